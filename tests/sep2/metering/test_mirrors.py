"""Mirrors of usage points: made, found again, replaced, removed, and whose they are."""

import pytest

from server.core.command import RemoveDevice
from server.store.store import Store


async def test_a_posted_usage_point_is_made_once_and_read_back(alpha, lfdi, said):
    body = said.usage_point(
        lfdi("alpha"), said.meter(), words="<description>site</description>", rate=60
    )
    made = await alpha.post("/mup", body)
    assert (made.status, made.body) == (201, b"")
    again = await alpha.post("/mup", body)
    assert (again.status, again.headers["Location"]) == (204, made.headers["Location"])
    read = await alpha.get(made.headers["Location"])
    assert read.status == 200
    assert read.xml.get("href") == made.headers["Location"]
    told = [(node.tag.partition("}")[2], node.text) for node in read.xml]
    assert told == [
        ("mRID", said.SITE),
        ("description", "site"),
        ("roleFlags", "0003"),
        ("serviceCategoryKind", "0"),
        ("status", "1"),
        ("deviceLFDI", lfdi("alpha")),
        ("postRate", "60"),
    ]
    listed = await alpha.get("/mup?l=9")
    assert (listed.xml.get("all"), listed.xml.get("results")) == ("1", "1")
    assert listed.href("MirrorUsagePoint") == made.headers["Location"]
    assert not listed.all("MirrorUsagePoint/MirrorMeterReading")


async def test_the_same_usage_point_posted_otherwise_is_overwritten(alpha, lfdi, said, site):
    """S-ALL-07: other roles and another ReadingType under the same mRIDs."""
    changed = said.usage_point(lfdi("alpha"), said.meter(kind=said.VOLTS), flags="0049", status=0)
    assert (await alpha.post("/mup", changed)).status == 204
    read = await alpha.get(site)
    assert (read.text("roleFlags"), read.text("status")) == ("0049", "0")
    kind = await alpha.get(f"/upt{site[4:]}/mr/{said.POWER}/rt")
    assert kind.text("uom") == "29"
    assert (await alpha.get("/mup?l=9")).xml.get("all") == "1"
    assert (await alpha.get(f"/upt{site[4:]}/mr")).xml.get("all") == "1"


async def test_a_usage_point_needs_no_meter_reading(alpha, lfdi, said):
    made = await alpha.post("/mup", said.usage_point(lfdi("alpha")))
    assert made.status == 201
    listed = await alpha.get(f"/upt{made.headers['Location'][4:]}/mr?l=5")
    assert (listed.status, listed.xml.get("all")) == (200, "0")


async def test_mrids_are_one_whatever_their_case(alpha, lfdi, said, site):
    again = said.usage_point(lfdi("alpha").lower(), mrid=said.SITE.lower())
    answer = await alpha.post("/mup", again)
    assert (answer.status, answer.headers["Location"]) == (204, site)


async def test_lists_are_by_mrid_the_highest_first_and_paged(alpha, lfdi, said):
    for digit in "37159":
        body = said.usage_point(lfdi("alpha"), mrid=digit * 32)
        assert (await alpha.post("/mup", body)).status == 201
    for path, name in (("/mup", "MirrorUsagePoint"), ("/upt", "UsagePoint")):
        whole = await alpha.get(f"{path}?l=9")
        found = [node.text[0] for node in whole.all(f"{name}/mRID")]
        assert found == list("97531")
        part = await alpha.get(f"{path}?s=1&l=2")
        assert [node.text[0] for node in part.all(f"{name}/mRID")] == ["7", "5"]
        assert (part.xml.get("all"), part.xml.get("results")) == ("5", "2")
        assert len((await alpha.get(path)).all(name)) == 1
        beyond = await alpha.get(f"{path}?s=99999999999999999&l=2")
        assert (beyond.status, beyond.xml.get("results")) == (200, "0")
        assert (await alpha.get(f"{path}?l=x")).status == 400


async def test_the_capability_counts_them_for_each_client(alpha, bravo, lfdi, said, site):
    for peer, count in ((alpha, "1"), (bravo, "0")):
        capability = await peer.get("/dcap")
        for link in ("MirrorUsagePointListLink", "UsagePointListLink"):
            (found,) = capability.all(link)
            assert found.get("all") == count
            assert (await peer.get(found.get("href"))).xml.get("all") == count
    await alpha.delete(site)
    assert (await alpha.get("/dcap")).all("UsagePointListLink")[0].get("all") == "0"


async def test_put_replaces_the_first_level_and_keeps_the_readings(alpha, lfdi, said, site):
    put = await alpha.put(site, said.usage_point(lfdi("alpha"), flags="0009", rate=30))
    assert (put.status, put.body) == (204, b"")
    read = await alpha.get(site)
    assert (read.text("roleFlags"), read.text("postRate")) == ("0009", "30")
    listed = await alpha.get(f"/upt{site[4:]}/mr?l=9")
    assert listed.text("MeterReading/mRID") == said.POWER
    assert (await alpha.put(site, read.body)).status == 204
    assert (await alpha.get(site)).body == read.body


async def test_put_keeps_mrid_and_device(boss, lfdi, said):
    made = await boss.post("/mup", said.usage_point(lfdi("one")))
    path = made.headers["Location"]
    other = await boss.put(path, said.usage_point(lfdi("one"), mrid="AB" * 16))
    assert (other.status, other.text("reasonCode")) == (400, "1")
    moved = await boss.put(path, said.usage_point(lfdi("two")))
    assert (moved.status, moved.text("reasonCode")) == (400, "1")


async def test_what_is_removed_is_gone_but_its_readings_are_kept(alpha, lfdi, said, site, series):
    body = said.meter(said.reading_set(said.reading(7, said.START)))
    assert (await alpha.post(site, body)).status == 204
    assert (await alpha.delete(site)).status == 204
    tree = f"/upt{site[4:]}"
    for path in (site, tree, f"{tree}/mr", f"{tree}/mr/{said.POWER}"):
        assert (await alpha.get(path)).status == 404
    assert (await alpha.get("/mup?l=9")).xml.get("all") == "0"
    for method in ("PUT", "POST", "DELETE"):
        assert (await alpha.ask(method, site, body)).status == 404
    assert [one.value for one in await series()] == [70]
    assert (await alpha.post("/mup", said.usage_point(lfdi("alpha")))).status == 201
    assert (await alpha.get(f"{tree}/mr")).xml.get("all") == "0"


async def test_an_operator_takes_all_of_a_device_out_of_sight(alpha, desk, world, clock, site):
    assert (await alpha.get("/mup")).xml.get("all") == "1"
    await desk.store.metering.archive(world.alpha, at=clock.now())
    assert (await alpha.get("/mup")).xml.get("all") == "0"
    assert (await alpha.get(site)).status == 404


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("<mRID>", "<!--", "0"),
        ("<roleFlags>0003</roleFlags>", "", "0"),
        ("<status>1</status>", "", "0"),
        ("<status>1</status>", "<status>256</status>", "1"),
        ("<serviceCategoryKind>0</serviceCategoryKind>", "", "0"),
        ("<roleFlags>0003", "<roleFlags>0x03", "0"),
        ("<uom>38", "<uom>256", "1"),
        ("<uom>38", "<uom>W", "0"),
        ("<postRate>60", "<postRate>0", "1"),
        ("<postRate>60", "<postRate>-1", "1"),
        ("MirrorUsagePoint", "UsagePoint", "0"),
    ],
)
async def test_a_wrong_usage_point_is_refused(*, old, new, reason, alpha, lfdi, said):
    body = said.usage_point(lfdi("alpha"), said.meter(), rate=60)
    assert old in body
    answer = await alpha.post("/mup", body.replace(old, new))
    assert (answer.status, answer.text("reasonCode")) == (400, reason)
    assert (await alpha.get("/mup")).xml.get("all") == "0"


async def test_nobody_mirrors_for_another(alpha, boss, lfdi, said, certificates):
    strangers = (lfdi("bravo"), lfdi("one"), "AB" * 20, "AB")
    answers = [await alpha.post("/mup", said.usage_point(other)) for other in strangers]
    answers.append(await boss.post("/mup", said.usage_point(certificates.boss.identity.lfdi)))
    for answer in answers:
        assert (answer.status, answer.text("reasonCode")) == (403, "1")
    assert len({answer.body for answer in answers}) == 1


async def test_an_aggregator_mirrors_for_each_of_its_devices(boss, alpha, lfdi, said, world):
    for name, digit in (("one", "1"), ("two", "2")):
        made = await boss.post("/mup", said.usage_point(lfdi(name), mrid=digit * 32))
        assert made.status == 201
        assert getattr(world, name) in made.headers["Location"]
    listed = await boss.get("/mup?l=9")
    assert [node.text for node in listed.all("MirrorUsagePoint/deviceLFDI")] == [
        lfdi("two"),
        lfdi("one"),
    ]
    assert (await alpha.get("/mup?l=9")).xml.get("all") == "0"


async def test_what_is_anothers_is_answered_as_what_is_not_there(
    *, alpha, bravo, boss, site, said, lfdi, world
):
    nowhere = site.replace(said.SITE, "EE" * 16).replace(world.alpha, world.bravo)
    posts = {
        "POST": said.meter(),
        "PUT": said.usage_point(lfdi("alpha")),
        "DELETE": None,
        "GET": None,
    }
    for peer in (bravo, boss):
        for method, body in posts.items():
            theirs = await peer.ask(method, site, body)
            none = await peer.ask(method, nowhere, body)
            assert theirs.status == none.status == 404
            assert theirs.body == none.body
            assert theirs.headers["X-Error-Detail"] == none.headers["X-Error-Detail"]
        tree = f"/upt{site[4:]}"
        for path in (tree, f"{tree}/mr", f"{tree}/mr/{said.POWER}", f"{tree}/mr/{said.POWER}/rt"):
            assert (await peer.get(path)).status == 404
    assert (await alpha.get(site)).status == 200


async def test_an_mrid_of_another_device_is_refused(bravo, boss, lfdi, said, site):
    for mrid in (said.SITE, said.POWER):
        taken = await bravo.post("/mup", said.usage_point(lfdi("bravo"), mrid=mrid))
        assert (taken.status, taken.text("reasonCode")) == (403, "1")
    inside = said.usage_point(lfdi("bravo"), said.meter(), mrid="CD" * 16)
    assert (await bravo.post("/mup", inside)).status == 403
    assert (await bravo.get("/mup")).xml.get("all") == "0"


async def test_an_mrid_names_one_thing_on_a_device(alpha, lfdi, said, site):
    taken = await alpha.post("/mup", said.usage_point(lfdi("alpha"), mrid=said.POWER))
    assert (taken.status, taken.text("reasonCode")) == (400, "1")
    twice = said.usage_point(lfdi("alpha"), said.meter(mrid="CD" * 16), mrid="CD" * 16)
    assert (await alpha.post("/mup", twice)).status == 400


async def test_what_a_device_that_is_gone_has_held_is_free(
    *, bravo, alpha, house, lfdi, said, world
):
    whole = said.usage_point(lfdi("alpha"), said.meter())
    assert (await alpha.post("/mup", whole)).status == 201
    await house.do(RemoveDevice(device_id=world.alpha))
    mine = said.usage_point(lfdi("bravo"), said.meter())
    assert (await bravo.post("/mup", mine)).status == 201


async def test_a_devices_mirrors_are_bounded(alpha, lfdi, said, monkeypatch):
    from server.sep2 import mirror_accept

    monkeypatch.setattr(mirror_accept, "MIRRORS_LIMIT", 3)
    assert (await alpha.post("/mup", said.usage_point(lfdi("alpha"), said.meter()))).status == 201
    assert (await alpha.post("/mup", said.usage_point(lfdi("alpha"), mrid="01"))).status == 201
    full = await alpha.post("/mup", said.usage_point(lfdi("alpha"), mrid="02"))
    assert (full.status, full.text("reasonCode")) == (413, "2")
    assert (await alpha.post("/mup", said.usage_point(lfdi("alpha"), mrid="01"))).status == 204


async def test_everything_is_there_after_a_restart(
    *, serve, meet, desk, alpha, site, said, tmp_path
):
    body = said.meter(said.reading_set(said.reading(7, said.START)), kind=None)
    assert (await alpha.post(site, body)).status == 204
    tree = f"/upt{site[4:]}/mr/{said.POWER}"
    paths = [site, "/mup?l=9", f"{tree}/rt", f"{tree}/rs?l=9", f"{tree}/rs/{said.START}/r?l=9"]
    before = [(await alpha.get(path)).body for path in paths]
    first, desk.store = desk.store, await Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    again = meet(await serve(), "alpha")
    assert [(await again.get(path)).body for path in paths] == before
    assert (await again.post(site, body)).status == 204
    await first.close()


async def test_our_post_rate_goes_before_the_clients(serve, meet, lfdi, said):
    rates = {}
    alpha = meet(await serve(post_rates_s=rates), "alpha")
    made = await alpha.post("/mup", said.usage_point(lfdi("alpha"), rate=60))
    path = made.headers["Location"]
    assert (await alpha.get(path)).text("postRate") == "60"
    rates["MirrorUsagePoint"] = 300
    assert (await alpha.get(path)).text("postRate") == "300"
    assert (await alpha.get("/mup")).text("MirrorUsagePoint/postRate") == "300"
    rates.clear()
    assert (await alpha.get(path)).text("postRate") == "60"


async def test_poll_rates_are_those_of_the_settings(serve, meet):
    rates = {"MirrorUsagePointList": 30, "UsagePointList": 40}
    alpha = meet(await serve(poll_rates_s=rates), "alpha")
    assert (await alpha.get("/mup")).xml.get("pollRate") == "30"
    assert (await alpha.get("/upt")).xml.get("pollRate") == "40"


async def test_a_stranger_sees_nothing_and_posts_nothing(serve, meet, said):
    stranger = meet(await serve(in_band="open"), "stranger")
    assert (await stranger.get("/mup")).xml.get("all") == "0"
    assert (await stranger.get("/upt")).xml.get("all") == "0"
    assert (await stranger.post("/mup", said.usage_point("AB" * 20))).status == 403
