"""What becomes of an event in the lists of controls, second by second."""

from datetime import timedelta

import pytest

from schemas.sep2 import Profile
from server.core.command import CancelEvent, CreateEvent, IntervalDraft, SetDefault
from server.core.model import Controls, Targets
from server.sep2.routes import href

SCHEDULED, ACTIVE, CANCELLED, CANCELLED_AT_RANDOM, SUPERSEDED = "0", "1", "2", "3", "4"


@pytest.fixture
async def look(house, world):
    """Read alpha's list of the common program: mRID to status."""
    alpha = house.peer("alpha")

    async def read(name: str = "controls", device: str | None = None) -> dict[str, str]:
        at = {"e": device or world.alpha, "p": world.common}
        listed = await alpha.get(href(name, **at) + "?l=255")
        assert listed.xml.get("all") == listed.xml.get("results")
        return {
            item.xpath("string(*[local-name()='mRID'])"): item.xpath(
                "string(*[local-name()='EventStatus']/*[local-name()='currentStatus'])"
            )
            for item in listed.xml
        }

    return read


async def test_a_control_turns_active_at_the_very_second_of_its_start(state, world, look, clock):
    event = await state(world.common, 30, 60)
    mrid = event.intervals[0].mrid
    assert await look() == {mrid: SCHEDULED}
    clock.set(event.start - timedelta(microseconds=1))
    assert await look() == {mrid: SCHEDULED}
    assert await look("active_controls") == {}
    clock.set(event.start)
    assert await look() == {mrid: ACTIVE}
    assert await look("active_controls") == {mrid: ACTIVE}
    clock.set(event.end - timedelta(microseconds=1))
    assert await look() == {mrid: ACTIVE}
    clock.set(event.end)
    assert await look() == {}
    assert await look("active_controls") == {}


async def test_a_clock_that_is_set_back_is_believed(state, world, look, clock):
    event = await state(world.common, 30, 60)
    mrid = event.intervals[0].mrid
    clock.set(event.start)
    assert await look() == {mrid: ACTIVE}
    clock.move(seconds=-5)
    assert await look() == {mrid: SCHEDULED}


async def test_status_time_is_when_it_was_set(house, state, world, clock):
    event = await state(world.common, 30, 60)
    path = href("control", e=world.alpha, p=world.common, c=event.intervals[0].mrid)
    alpha = house.peer("alpha")
    scheduled = await alpha.get(path)
    assert scheduled.text("EventStatus/dateTime") == scheduled.text("creationTime")
    clock.move(seconds=40)
    active = await alpha.get(path)
    assert active.text("EventStatus/dateTime") == active.text("interval/start")
    assert active.text("EventStatus/potentiallySuperseded") == "false"


async def test_a_negative_randomisation_makes_it_active_earlier(state, world, look, clock):
    event = await state(world.common, 60, 60, randomize_start=timedelta(seconds=-20))
    clock.set(event.start - timedelta(seconds=20))
    assert await look() == {event.intervals[0].mrid: ACTIVE}


async def test_a_cancelled_control_stays_listed_to_its_end(state, world, look, clock):
    event = await state(world.common, 30, 60)
    mrid = event.intervals[0].mrid
    clock.move(seconds=10)
    await world.do(CancelEvent(event_id=event.id))
    assert await look() == {mrid: CANCELLED}
    clock.set(event.end - timedelta(seconds=1))
    assert await look() == {mrid: CANCELLED}
    assert await look("active_controls") == {}
    clock.set(event.end)
    assert await look() == {}


async def test_cancelling_at_random_says_so_and_raises_the_version(house, state, world, look):
    event = await state(world.common, -30, 600, randomize_duration=timedelta(seconds=60))
    await world.do(CancelEvent(event_id=event.id, at_random=True))
    mrid = event.intervals[0].mrid
    assert await look() == {mrid: CANCELLED_AT_RANDOM}
    one = await house.peer("alpha").get(href("control", e=world.alpha, p=world.common, c=mrid))
    assert one.text("version") == "1"
    assert one.text("randomizeDuration") == "60"


async def test_a_newer_event_supersedes_at_its_start_and_both_stay_listed(
    state, world, look, clock
):
    older = await state(world.common, 10, 600)
    clock.move(seconds=1)
    newer = await state(world.common, 100, 100, supersede=True)
    old, new = older.intervals[0].mrid, newer.intervals[0].mrid
    assert await look() == {old: SCHEDULED, new: SCHEDULED}
    clock.set(older.start)
    assert await look() == {old: ACTIVE, new: SCHEDULED}
    clock.set(newer.start)
    assert await look() == {old: SUPERSEDED, new: ACTIVE}
    assert await look("active_controls") == {new: ACTIVE}
    clock.set(newer.end)
    assert await look() == {old: SUPERSEDED}


async def test_what_was_superseded_does_not_come_back_after_any_reload(
    serve, state, world, clock, desk
):
    older = await state(world.common, -10, 6 * 3600)
    clock.move(seconds=1)
    await state(world.common, 10, 60, supersede=True)
    clock.set(older.end - timedelta(minutes=1))
    other = await serve()
    listed = await other.peer("alpha").get(href("controls", e=world.alpha, p=world.common))
    assert listed.text("DERControl/EventStatus/currentStatus") == SUPERSEDED


async def test_partial_overlap_of_modes_only_raises_doubt(house, state, world, clock):
    both = Controls(export_limit_w=1000.0, import_limit_w=1000.0)
    older = await state(world.common, -10, 600, both)
    clock.move(seconds=1)
    await state(world.common, 10, 600, supersede=True)
    clock.move(seconds=10)
    path = href("control", e=world.alpha, p=world.common, c=older.intervals[0].mrid)
    one = await house.peer("alpha").get(path)
    assert one.text("EventStatus/currentStatus") == ACTIVE
    assert one.text("EventStatus/potentiallySuperseded") == "true"
    assert one.text("EventStatus/potentiallySupersededTime") == str(
        int((clock.now() - timedelta(seconds=10)).timestamp())
    )


@pytest.mark.parametrize("hours", [0, 1])
async def test_an_ended_control_is_served_by_its_own_href_for_an_hour(
    *, hours, house, state, world, clock, look
):
    event = await state(world.common, 10, 60)
    path = href("control", e=world.alpha, p=world.common, c=event.intervals[0].mrid)
    clock.set(event.end + timedelta(hours=hours))
    # Another event makes the server settle the program anew.
    await state(world.common, 600, 60)
    assert event.intervals[0].mrid not in await look()
    one = await house.peer("alpha").get(path)
    assert one.status == 200
    assert one.text("EventStatus/currentStatus") == ACTIVE


async def test_events_of_long_ago_are_dropped_in_the_end(house, state, world, clock):
    event = await state(world.common, 10, 60)
    path = href("control", e=world.alpha, p=world.common, c=event.intervals[0].mrid)
    clock.move(days=1)
    await state(world.common, 600, 60)
    assert (await house.peer("alpha").get(path)).status == 404


async def test_an_event_of_several_intervals_is_as_many_controls(house, world, clock):
    parts = tuple(
        IntervalDraft(duration=timedelta(seconds=60), controls=Controls(target_w=float(watts)))
        for watts in (1000, 2000, 123_456_789)
    )
    command = CreateEvent(program_id=world.common, name="ramp", start=clock.now(), intervals=parts)
    (change,) = await world.do(command)
    listed = await house.peer("alpha").get(href("controls", e=world.alpha, p=world.common) + "?l=9")
    mrids = [found.text for found in listed.all("DERControl/mRID")]
    assert mrids == [interval.mrid for interval in change.event.intervals]
    values = [found.text for found in listed.all("DERControl/DERControlBase/opModTargetW/value")]
    powers = [
        found.text for found in listed.all("DERControl/DERControlBase/opModTargetW/multiplier")
    ]
    assert list(zip(values, powers, strict=True)) == [
        ("1000", "0"),
        ("2000", "0"),
        ("12346", "4"),
    ]


async def test_each_device_sees_only_the_events_meant_for_it(house, state, world, look):
    mine = await state(world.common, 0, 60, targets=Targets(devices=frozenset({world.alpha})))
    theirs = await state(world.common, 100, 60, targets=Targets(devices=frozenset({world.bravo})))
    shared = await state(world.common, 200, 60)
    assert await look() == {
        mine.intervals[0].mrid: ACTIVE,
        shared.intervals[0].mrid: SCHEDULED,
    }
    bravo = house.peer("bravo")
    path = href("controls", e=world.bravo, p=world.common)
    assert (await bravo.get(path)).text("DERControl/mRID") == theirs.intervals[0].mrid
    foreign = href("control", e=world.bravo, p=world.common, c=mine.intervals[0].mrid)
    assert (await bravo.get(foreign)).status == 404


async def test_a_shared_list_bears_only_the_readers_own_hrefs(house, state, world):
    await state(world.common, 10, 60)
    for name, device in (("alpha", world.alpha), ("bravo", world.bravo), ("boss", world.one)):
        listed = await house.peer(name).get(href("controls", e=device, p=world.common))
        hrefs = listed.xml.xpath("//@href | //@replyTo")
        assert len(hrefs) == 3
        assert all(found.startswith(f"/edev/{device}/") for found in hrefs)


async def test_each_control_asks_for_responses(house, state, world):
    await state(world.common, 10, 60)
    listed = await house.peer("alpha").get(href("controls", e=world.alpha, p=world.common))
    (item,) = listed.all("DERControl")
    assert item.get("responseRequired") == "03"
    assert item.get("replyTo") == href("responses", e=world.alpha, p=world.common)


async def test_the_counts_of_a_program_follow_the_clock(house, state, world, clock):
    await state(world.common, 10, 60)
    alpha = house.peer("alpha")
    path = href("program", e=world.alpha, p=world.common)

    async def counts() -> tuple[str, str]:
        found = await alpha.get(path)
        return tuple(
            found.all(name)[0].get("all")
            for name in ("DERControlListLink", "ActiveDERControlListLink")
        )

    assert await counts() == ("1", "0")
    clock.move(seconds=10)
    assert await counts() == ("1", "1")
    clock.move(seconds=60)
    assert await counts() == ("0", "0")


async def test_a_default_is_there_even_if_it_asks_nothing_and_counts_its_versions(house, world):
    alpha = house.peer("alpha")
    path = href("default_control", e=world.alpha, p=world.special)
    empty = await alpha.get(path)
    assert empty.status == 200
    assert empty.text("version") == "0"
    assert len(empty.all("DERControlBase")[0]) == 0
    wanted = Controls(max_limit_percent=12.34)
    await world.do(SetDefault(program_id=world.special, controls=wanted))
    changed = await alpha.get(path)
    assert changed.text("version") == "1"
    assert changed.text("DERControlBase/opModMaxLimW") == "1234"
    assert changed.text("mRID") == empty.text("mRID")


async def test_without_csip_aus_its_limits_are_left_out(serve, state, world):
    house = await serve(profile=Profile.PLAIN)
    await state(world.common, 0, 60, Controls(export_limit_w=1000.0, connect=True))
    listed = await house.peer("alpha").get(href("controls", e=world.alpha, p=world.common))
    assert b"csipaus" not in listed.body
    assert listed.text("DERControl/DERControlBase/opModConnect") == "true"


async def test_an_operators_text_cannot_break_out_of_its_element(house, state, world):
    name = "</description>&\"'<b/>{e}"
    await state(world.common, 10, 60, name=name)
    listed = await house.peer("alpha").get(href("controls", e=world.alpha, p=world.common))
    assert listed.text("DERControl/description") == name
