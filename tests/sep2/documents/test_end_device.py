"""An EndDevice that its client changes or removes."""

import pytest

from certs.identity import sfdi
from server.sep2.routes import href

NS = 'xmlns="urn:ieee:std:2030.5:ns"'


def entry(lfdi: str | None, *, sfdi_of: str, category: str | None = "200000", at: int = 77) -> str:
    said = "" if category is None else f"<deviceCategory>{category}</deviceCategory>"
    named = "" if lfdi is None else f"<lFDI>{lfdi}</lFDI>"
    return f"""<EndDevice {NS}>{said}{named}<sFDI>{sfdi(sfdi_of)}</sFDI>
        <changedTime>{at}</changedTime><enabled>false</enabled><postRate>60</postRate>
        </EndDevice>"""


@pytest.fixture
def lfdis(desk, world):
    return {
        name: desk.book.devices[getattr(world, name)].lfdi for name in ("alpha", "bravo", "one")
    }


@pytest.fixture
async def stranger(serve, world, meet, certificates):
    """A client that has registered itself, with its path."""
    client = meet(await serve(in_band="open"), "stranger")
    lfdi = certificates.stranger.identity.lfdi
    answer = await client.post("/edev", entry(lfdi, sfdi_of=lfdi, at=42))
    assert answer.status == 201
    return client, answer.headers["Location"], lfdi


async def test_what_was_registered_reads_back(stranger):
    client, path, lfdi = stranger
    read = await client.get(path)
    assert [read.text(name) for name in ("changedTime", "postRate", "lFDI")] == ["42", "60", lfdi]
    assert int(read.text("deviceCategory"), 16) == 0x200000


async def test_a_device_describes_itself_as_a_whole(alpha, world, lfdis):
    path = f"/edev/{world.alpha}"
    mine = lfdis["alpha"]
    assert (await alpha.put(path, entry(None, sfdi_of=mine, category="01"))).status == 204
    read = await alpha.get(path)
    assert (int(read.text("deviceCategory"), 16), read.text("changedTime")) == (1, "77")
    assert (read.text("enabled"), read.text("lFDI")) == ("true", mine)
    listed = await alpha.get("/edev")
    assert listed.text("EndDevice/changedTime") == "77"
    assert (await alpha.put(path, entry(mine.lower(), sfdi_of=mine, category=None))).status == 204
    assert (await alpha.get(path)).all("deviceCategory") == []


async def test_saying_the_same_again_changes_nothing(alpha, world, lfdis, desk):
    body = entry(None, sfdi_of=lfdis["alpha"])
    assert (await alpha.put(f"/edev/{world.alpha}", body)).status == 204
    head = desk.book.head
    assert (await alpha.put(f"/edev/{world.alpha}", body)).status == 204
    assert desk.book.head == head


async def test_the_identity_never_changes(alpha, world, lfdis, desk):
    path, head = f"/edev/{world.alpha}", desk.book.head
    mine, other = lfdis["alpha"], lfdis["bravo"]
    late = entry(mine, sfdi_of=mine, at=2**60)
    for body in (entry(other, sfdi_of=mine), entry(mine, sfdi_of=other), late):
        answer = await alpha.put(path, body)
        assert (answer.status, answer.text("reasonCode")) == (400, "1")
    assert (await alpha.put(path, "<EndDevice/>")).text("reasonCode") == "0"
    assert desk.book.head == head


async def test_only_the_owner_changes_or_removes(alpha, bravo, boss, world, lfdis):
    for client in (bravo, boss):
        answer = await client.put(f"/edev/{world.alpha}", entry(None, sfdi_of=lfdis["alpha"]))
        assert (answer.status, answer.text("reasonCode")) == (403, "1")
        assert (await client.delete(f"/edev/{world.alpha}")).status == 403
    for client, name in ((alpha, "alpha"), (boss, "one")):
        assert (await client.delete(f"/edev/{getattr(world, name)}")).status == 403
    assert (await boss.put(f"/edev/{world.one}", entry(None, sfdi_of=lfdis["one"]))).status == 403
    assert (await alpha.ask("POST", f"/edev/{world.alpha}", "")).status == 405


async def test_an_aggregator_changes_what_it_registered(boss, world):
    lfdi = "B055ED" + "0" * 33 + "7"
    path = (await boss.post("/edev", entry(lfdi, sfdi_of=lfdi))).headers["Location"]
    assert (await boss.put(path, entry(lfdi, sfdi_of=lfdi, at=99))).status == 204
    listed = await boss.get("/edev?l=9")
    assert "99" in [found.text for found in listed.all("EndDevice/changedTime")]
    assert (await boss.delete(path)).status == 204
    assert (await boss.get(path)).status == 404
    assert (await boss.delete(f"/edev/{world.aggregator}")).status == 404


async def test_what_a_removed_device_said_goes_with_it(stranger, desk):
    client, path, lfdi = stranger
    device_id = path.rsplit("/", 1)[1]
    body = f"<SupportedLocale {NS}><locale>en</locale></SupportedLocale>"
    assert (await client.post(href("locales", e=device_id), body)).status == 201
    assert desk.store.items.total(device_id) == 1
    assert (await client.delete(path)).status == 204
    assert (await client.get(path)).status == 404
    assert await desk.store.documents(device_id) == ()
    assert desk.store.items.total(device_id) == 0
    again = await client.post("/edev", entry(lfdi, sfdi_of=lfdi))
    assert again.status == 201
    assert again.headers["Location"] != path


async def test_a_device_that_comes_back_mirrors_under_the_same_mrid(stranger):
    client, path, lfdi = stranger
    mirror = f"""<MirrorUsagePoint {NS}><mRID>{"0A" * 12}00028547</mRID><roleFlags>0003</roleFlags>
        <serviceCategoryKind>0</serviceCategoryKind><status>1</status>
        <deviceLFDI>{lfdi}</deviceLFDI></MirrorUsagePoint>"""
    first = await client.post("/mup", mirror)
    assert first.status == 201
    assert (await client.delete(path)).status == 204
    assert (await client.get(first.headers["Location"])).status == 404
    assert (await client.post("/edev", entry(lfdi, sfdi_of=lfdi))).status == 201
    assert (await client.post("/mup", mirror)).status == 201
