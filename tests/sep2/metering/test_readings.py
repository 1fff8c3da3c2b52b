"""Posted readings: what becomes of their values, what is refused, and the tree they show up in."""

import asyncio
from datetime import timedelta

import pytest


async def test_readings_are_scaled_into_the_series(alpha, site, said, series):
    values = [said.reading(-3, said.START), said.reading(250, said.START + 60, length=30)]
    posted = await alpha.post(site, said.meter(said.reading_set(*values), kind=None))
    assert (posted.status, posted.body) == (204, b"")
    assert posted.headers["Location"] == f"/upt{site[4:]}/mr/{said.POWER}"
    first, second = await series()
    assert (first.value, first.unit, first.quality) == (-30.0, "W", "good")
    assert (first.start.timestamp(), first.duration) == (said.START, timedelta(seconds=60))
    assert (second.value, second.duration) == (2500.0, timedelta(seconds=30))


async def test_a_new_meter_reading_is_made_and_then_known(alpha, site, said, series):
    values = said.reading_set(said.reading(2301, said.START))
    made = await alpha.post(site, said.meter(values, mrid=said.VOLTAGE, kind=said.VOLTS))
    assert made.status == 201
    assert (await alpha.get(made.headers["Location"])).text("mRID") == said.VOLTAGE
    known = await alpha.post(site, said.meter(values, mrid=said.VOLTAGE, kind=None))
    assert (known.status, known.headers["Location"]) == (204, made.headers["Location"])
    ((value, unit),) = [(one.value, one.unit) for one in await series(said.VOLTAGE)]
    assert (value, unit) == (230.1, "V")
    listed = await alpha.get(f"/upt{site[4:]}/mr?l=9")
    assert [node.text for node in listed.all("MeterReading/mRID")] == [said.VOLTAGE, said.POWER]


async def test_a_list_of_meter_readings_is_taken_whole(alpha, site, said, series):
    one = said.meter(said.reading_set(said.reading(1, said.START)))
    two = said.meter(
        said.reading_set(said.reading(2, said.START)), mrid=said.VOLTAGE, kind=said.VOLTS
    )
    made = await alpha.post(site, said.several(one, two))
    assert (made.status, made.headers["Location"]) == (201, f"/upt{site[4:]}/mr")
    assert [r.value for r in await series()] == [10]
    assert [r.value for r in await series(said.VOLTAGE)] == [0.2]
    assert (await alpha.get(made.headers["Location"])).xml.get("all") == "2"


async def test_a_posted_list_need_not_say_how_long_it_is(alpha, site, said, series):
    one = said.meter(said.reading_set(said.reading(1, said.START)))
    uncounted = said.several(one).replace(' all="1" results="1"', "")
    assert "results" not in uncounted
    assert (await alpha.post(site, uncounted)).status == 204
    assert [r.value for r in await series()] == [10]


async def test_readings_may_come_with_the_usage_point(alpha, lfdi, said, series):
    inside = said.meter(said.reading_set(said.reading(5, said.START)))
    assert (await alpha.post("/mup", said.usage_point(lfdi("alpha"), inside))).status == 201
    assert [one.value for one in await series()] == [50]


async def test_the_same_time_is_overwritten(alpha, site, said, series):
    for value in (1, 2):
        body = said.meter(said.reading_set(said.reading(value, said.START)), kind=None)
        assert (await alpha.post(site, body)).status == 204
    assert [one.value for one in await series()] == [20]
    sets = await alpha.get(f"/upt{site[4:]}/mr/{said.POWER}/rs?l=9")
    assert sets.xml.get("all") == "1"
    path = sets.href("ReadingSet/ReadingListLink")
    assert (await alpha.get(f"{path}?l=9")).text("Reading/value") == "2"


async def test_another_reading_type_applies_from_then_on(alpha, site, said, series):
    first = said.meter(said.reading_set(said.reading(5, said.START)), kind=None)
    kilowatts = "<powerOfTenMultiplier>3</powerOfTenMultiplier><uom>38</uom>"
    later = said.reading_set(said.reading(5, said.START + 300), start=said.START + 300)
    assert (await alpha.post(site, first)).status == 204
    assert (await alpha.post(site, said.meter(later, kind=kilowatts))).status == 204
    assert (await alpha.post(site, said.meter(later, kind=None))).status == 204
    assert [one.value for one in await series()] == [50, 5000]
    tree = f"/upt{site[4:]}/mr/{said.POWER}"
    assert (await alpha.get(f"{tree}/rt")).text("powerOfTenMultiplier") == "3"
    # The old value in the new power of ten: 50 W are 0 kW.
    old = await alpha.get(f"{tree}/rs/{said.START}/r")
    assert old.text("Reading/value") == "0"


async def test_a_lone_reading_is_the_latest_value(alpha, site, said, series, clock):
    tree = f"/upt{site[4:]}/mr/{said.POWER}"
    assert not (await alpha.get(tree)).all("ReadingLink")
    assert (await alpha.get(f"{tree}/r")).status == 404
    flags = "<qualityFlags>0010</qualityFlags>"
    lone = said.meter(lone=said.reading(4, more=flags), at=said.START, kind=None)
    assert (await alpha.post(site, lone)).status == 204
    now = said.meter(lone=said.reading(9), kind=None)
    assert (await alpha.post(site, now)).status == 204
    first, second = await series()
    assert (first.value, first.quality, first.duration) == (40, "questionable", timedelta(0))
    assert first.start.timestamp() == said.START
    assert second.start == clock.now()
    link = (await alpha.get(tree)).href("ReadingLink")
    latest = await alpha.get(link)
    assert latest.text("value") == "9"
    assert latest.text("timePeriod/start") == str(int(clock.now().timestamp()))
    assert not latest.all("qualityFlags")


async def test_values_without_a_time_follow_each_other(alpha, site, said, series):
    values = [said.reading(number) for number in (1, 2, 3)]
    body = said.meter(said.reading_set(*values, length=300), kind=None)
    assert (await alpha.post(site, body)).status == 204
    starts = [int(one.start.timestamp()) - said.START for one in await series()]
    assert starts == [0, 100, 200]


async def test_the_tree_shows_what_was_posted(alpha, site, said):
    tail = "<touTier>2</touTier>"
    more = "<consumptionBlock>1</consumptionBlock><qualityFlags>0003</qualityFlags>"
    values = [
        said.reading(3, said.START + 60, local_id="02"),
        said.reading(None, said.START + 120, local_id="03"),
        said.reading(1, said.START, local_id="01", more=more, tail=tail),
    ]
    words = "<description>five minutes</description><version>4</version>"
    older = said.reading_set(*values, words=words)
    newer = said.reading_set(start=said.START + 300, mrid="DD" * 16)
    body = said.meter(older, newer, kind=None, words="<description>power</description>")
    assert (await alpha.post(site, body)).status == 204
    point = await alpha.get((await alpha.get("/upt")).href("UsagePoint"))
    assert point.text("roleFlags") == "0003"
    meters = await alpha.get(point.href("MeterReadingListLink"))
    assert meters.text("MeterReading/description") == "power"
    kind = await alpha.get(meters.href("MeterReading/ReadingTypeLink"))
    assert (kind.text("uom"), kind.text("powerOfTenMultiplier")) == ("38", "1")
    (link,) = meters.all("MeterReading/ReadingSetListLink")
    assert link.get("all") == "2"
    sets = await alpha.get(link.get("href") + "?l=9")
    assert [node.text for node in sets.all("ReadingSet/timePeriod/start")] == [
        str(said.START + 300),
        str(said.START),
    ]
    path = [node.get("href") for node in sets.all("ReadingSet")][1]
    one = await alpha.get(path)
    assert (one.text("description"), one.text("version")) == ("five minutes", "4")
    assert one.text("mRID") == said.SET
    readings = await alpha.get(one.href("ReadingListLink") + "?l=9")
    assert (readings.xml.get("all"), readings.xml.get("results")) == ("3", "3")
    assert [node.text for node in readings.all("Reading/localID")] == ["01", "02", "03"]
    assert [node.text for node in readings.all("Reading/value")] == ["1", "3"]
    first = await alpha.get(readings.all("Reading")[0].get("href"))
    assert (first.text("touTier"), first.text("consumptionBlock")) == ("2", "1")
    assert first.text("qualityFlags") == "0003"
    assert (await alpha.get(readings.xml.get("href") + "/9")).status == 404


async def test_lists_of_readings_are_paged_and_filtered_by_time(alpha, site, said):
    sets = [
        said.reading_set(
            said.reading(number, said.START + 300 * number), start=said.START + 300 * number
        )
        for number in range(4)
    ]
    assert (await alpha.post(site, said.meter(*sets, kind=None))).status == 204
    path = f"/upt{site[4:]}/mr/{said.POWER}/rs"
    part = await alpha.get(f"{path}?s=1&l=2")
    assert [node.text for node in part.all("ReadingSet/timePeriod/start")] == [
        str(said.START + 600),
        str(said.START + 300),
    ]
    later = await alpha.get(f"{path}?l=9&a={said.START + 300}")
    assert (later.xml.get("all"), later.xml.get("results")) == ("4", "2")
    for odd in ("a=9999999999999999999", "s=9999999999999999999"):
        assert (await alpha.get(f"{path}?l=9&{odd}")).xml.get("results") == "0"
    values = f"{path}/{said.START}/r"
    assert (await alpha.get(f"{values}?a={said.START - 1}")).xml.get("results") == "1"
    assert (await alpha.get(f"{values}?a={said.START}")).xml.get("results") == "0"


@pytest.mark.parametrize(
    "name", ["0", "x", "-0", "01", "1767225600.0", "99999999999", "9" * 30, "%31"]
)
async def test_a_set_that_is_not_there_is_unknown(name, alpha, site, said):
    tree = f"/upt{site[4:]}/mr/{said.POWER}/rs/{name}"
    for path in (tree, f"{tree}/r", f"{tree}/r/1"):
        assert (await alpha.get(path)).status == 404


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (2**47 - 1, 204),
        (-(2**47), 204),
        (2**47, 400),
        (3 * 10**15, 400),
        (-(2**47) - 1, 400),
        ("1.5", 400),
        ("NaN", 400),
    ],
)
async def test_a_value_is_an_int48(*, value, status, alpha, site, said, series):
    """S-ALL-47: what does not fit is refused as a whole."""
    values = [said.reading(1, said.START), said.reading(value, said.START + 60)]
    answer = await alpha.post(site, said.meter(said.reading_set(*values), kind=None))
    assert answer.status == status
    assert len(await series()) == (2 if status == 204 else 0)


async def test_a_new_meter_reading_says_what_it_measures(alpha, site, lfdi, said):
    body = said.meter(mrid=said.VOLTAGE, kind=None)
    known = said.meter(said.reading_set(said.reading(1, said.START)), kind=None)
    inside = said.usage_point(lfdi("alpha"), body)
    for path, posted in ((site, body), (site, said.several(known, body)), ("/mup", inside)):
        answer = await alpha.post(path, posted)
        assert (answer.status, answer.text("reasonCode")) == (400, "0")
    tree = f"/upt{site[4:]}/mr"
    assert (await alpha.get(tree)).xml.get("all") == "1"
    assert (await alpha.get(f"{tree}/{said.POWER}/rs")).xml.get("all") == "0"


@pytest.mark.parametrize("body", ["empty", "usage point", "nothing", "text", "no mRID"])
async def test_what_is_no_meter_reading_is_refused(body, alpha, site, lfdi, said):
    bodies = {
        "empty": said.several(),
        "usage point": said.usage_point(lfdi("alpha")),
        "nothing": "",
        "text": "hello",
        "no mRID": f"<MirrorMeterReading {said.NS}><ReadingType/></MirrorMeterReading>",
    }
    answer = await alpha.post(site, bodies[body])
    assert (answer.status, answer.text("reasonCode")) == (400, "0")


async def test_a_time_beyond_all_time_is_refused(alpha, site, said):
    for start in (2**63 - 1, -(2**63)):
        for value in (said.reading(1, start), said.reading(None, start), said.reading(1)):
            body = said.meter(said.reading_set(value, start=start), kind=None)
            assert (await alpha.post(site, body)).status == 400
        lone = said.meter(lone=said.reading(1, start), kind=None)
        assert (await alpha.post(site, lone)).status == 400
    assert (await alpha.get(f"/upt{site[4:]}/mr/{said.POWER}/rs")).xml.get("all") == "0"


async def test_a_meter_reading_of_another_device_is_refused(
    *, alpha, bravo, boss, site, lfdi, said, series
):
    """S-ALL-05, step 6."""
    own = (await bravo.post("/mup", said.usage_point(lfdi("bravo"), mrid="CD" * 16))).headers
    body = said.meter(said.reading_set(said.reading(1, said.START)))
    refused = await bravo.post(own["Location"], body)
    assert (refused.status, refused.text("reasonCode")) == (403, "1")
    assert (await bravo.post(site, body)).status == 404
    assert await series() == ()


async def test_a_meter_reading_of_another_usage_point_is_refused(alpha, site, lfdi, said):
    other = await alpha.post("/mup", said.usage_point(lfdi("alpha"), mrid="CD" * 16))
    refused = await alpha.post(other.headers["Location"], said.meter())
    assert (refused.status, refused.text("reasonCode")) == (400, "1")


async def test_a_long_list_is_taken_and_a_longer_one_is_not(serve, meet, lfdi, said, series):
    alpha = meet(await serve(body_limit=100, readings_body_limit=30_000), "alpha")
    made = await alpha.post("/mup", said.usage_point(lfdi("alpha"), said.meter()))
    path = made.headers["Location"]
    values = [said.reading(number, said.START + number) for number in range(200)]
    assert (await alpha.post(path, said.meter(said.reading_set(*values)))).status == 204
    assert len(await series()) == 200
    refused = await alpha.post(path, said.meter(said.reading_set(*values * 2)))
    assert (refused.status, refused.text("reasonCode")) == (413, "2")


@pytest.mark.parametrize(
    ("flags", "quality"),
    [
        ("00", "good"),
        ("01", "good"),
        ("0010", "questionable"),
        ("0C", "reference-day interpolated"),
        ("FF80", "good"),
    ],
)
async def test_quality_is_told_in_words(*, flags, quality, alpha, site, said, series):
    value = said.reading(1, said.START, more=f"<qualityFlags>{flags}</qualityFlags>")
    assert (await alpha.post(site, said.meter(said.reading_set(value), kind=None))).status == 204
    assert [one.quality for one in await series()] == [quality]


async def test_a_unit_without_a_name_keeps_its_number(alpha, lfdi, said, series):
    odd = said.meter(said.reading_set(said.reading(1, said.START)), kind="<uom>200</uom>")
    assert (await alpha.post("/mup", said.usage_point(lfdi("alpha"), odd))).status == 201
    assert [(one.value, one.unit) for one in await series()] == [(1, "uom:200")]


async def test_many_posts_at_once_lose_nothing(alpha, site, said, series):
    kinds = [f"{digit}" * 32 for digit in range(1, 7)]
    bodies = [
        said.meter(said.reading_set(said.reading(1, said.START)), mrid=mrid) for mrid in kinds
    ]
    answers = await asyncio.gather(*(alpha.post(site, body) for body in bodies * 2))
    assert sorted(answer.status for answer in answers) == [201] * 6 + [204] * 6
    assert (await alpha.get(f"/upt{site[4:]}/mr")).xml.get("all") == "7"
    for mrid in kinds:
        assert len(await series(mrid)) == 1


async def test_a_store_that_fails_leaves_no_belief_behind(alpha, site, said, desk, monkeypatch):
    from server.errors import Unavailable
    from server.store import writer

    def fail(connection, work):
        raise Unavailable("no disk")

    with monkeypatch.context() as broken:
        broken.setattr(writer, "_commit", fail)
        answer = await alpha.post(site, said.meter(mrid=said.VOLTAGE, kind=said.VOLTS))
        assert answer.status == 503
    assert (await alpha.get(f"/upt{site[4:]}/mr")).xml.get("all") == "1"
    assert (await alpha.post(site, said.meter(mrid=said.VOLTAGE, kind=None))).status == 400
    assert (await alpha.post(site, said.meter(mrid=said.VOLTAGE))).status == 201
