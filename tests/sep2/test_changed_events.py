"""What a 2030.5 client sees of an event that is changed while it may follow it already."""

from datetime import timedelta

import pytest

from schemas.sep2 import encode
from schemas.sep2.response import DERControlResponse
from server.core.command import CreateEvent, IntervalDraft
from server.core.event_commands import ChangeEvent
from server.core.model import Controls
from server.sep2.routes import href

SCHEDULED, ACTIVE, CANCELLED, SUPERSEDED = "0", "1", "2", "4"
LIMIT = Controls(export_limit_w=1500.0)


def text(item, path):
    steps = "/".join(f"*[local-name()='{step}']" for step in path.split("/"))
    return item.xpath(f"string({steps})")


@pytest.fixture
async def look(house, world):
    """Read alpha's list of the common program: each control by its mRID."""
    alpha = house.peer("alpha")

    async def read(name: str = "controls"):
        listed = await alpha.get(href(name, e=world.alpha, p=world.common) + "?l=255")
        return {text(item, "mRID"): item for item in listed.xml}

    return read


@pytest.fixture
def statuses(look):
    async def statuses(name: str = "controls"):
        seen = await look(name)
        return {mrid: text(item, "EventStatus/currentStatus") for mrid, item in seen.items()}

    return statuses


@pytest.fixture
def change(world, state):
    async def change(event, **what):
        (changed,) = await world.do(ChangeEvent(event_id=event.id, **what))
        return changed.event

    return change


async def test_nothing_that_was_published_changes_but_its_status(state, world, look, clock, change):
    event = await state(world.common, 30, 600)
    (mrid,) = (one.mrid for one in event.intervals)
    before = await look()
    await change(event, name="evening", priority=3)
    assert {m: text(item, "description") for m, item in (await look()).items()} == {mrid: "peak"}
    clock.set(event.start + timedelta(seconds=10))
    changed = await change(event, extend_by=timedelta(minutes=10))
    after = await look()
    for path in ("description", "version", "creationTime", "interval/duration", "interval/start"):
        assert text(after[mrid], path) == text(before[mrid], path)
    new = after[changed.intervals[0].mrid]
    assert text(new, "description") == "evening"
    assert text(new, "interval/duration") == "1200"
    assert int(text(new, "creationTime")) > int(text(before[mrid], "creationTime"))


async def test_a_running_control_is_superseded_at_once_by_its_longer_or_shorter_self(
    state, world, statuses, clock, change
):
    event = await state(world.common, 30, 600)
    first = event.intervals[0].mrid
    clock.set(event.start + timedelta(seconds=60))
    assert await statuses() == {first: ACTIVE}
    longer = (await change(event, extend_by=timedelta(minutes=10))).intervals[0].mrid
    assert await statuses() == {first: SUPERSEDED, longer: ACTIVE}
    assert await statuses("active_controls") == {longer: ACTIVE}
    shorter = (await change(event, end=clock.now() + timedelta(seconds=30))).intervals[0].mrid
    assert await statuses() == {first: SUPERSEDED, longer: SUPERSEDED, shorter: ACTIVE}
    clock.move(seconds=30)
    assert await statuses("active_controls") == {}
    assert await statuses() == {first: SUPERSEDED, longer: SUPERSEDED}
    clock.set(event.end)
    assert await statuses() == {longer: SUPERSEDED}
    clock.move(minutes=10)
    assert await statuses() == {}


async def test_a_control_to_come_is_cancelled_and_another_stands_beside_it(
    state, world, statuses, clock, change
):
    event = await state(world.common, 300, 600)
    old = event.intervals[0].mrid
    changed = await change(event, start=event.start + timedelta(minutes=5))
    new = changed.intervals[0].mrid
    assert await statuses() == {old: CANCELLED, new: SCHEDULED}
    clock.set(changed.start)
    assert await statuses() == {old: CANCELLED, new: ACTIVE}


async def test_what_goes_on_waits_for_no_random_start_again(state, world, look, clock, change):
    event = await state(
        world.common,
        30,
        600,
        randomize_start=timedelta(seconds=20),
        randomize_duration=timedelta(seconds=10),
    )
    clock.set(event.start + timedelta(seconds=25))
    changed = await change(event, extend_by=timedelta(minutes=10))
    seen = await look()
    old, new = seen[event.intervals[0].mrid], seen[changed.intervals[0].mrid]
    assert text(old, "randomizeStart") == "20"
    assert text(new, "randomizeStart") == ""
    assert text(new, "randomizeDuration") == text(old, "randomizeDuration") == "10"


async def test_a_replaced_control_is_still_read_by_its_href_and_answered(
    house, state, world, clock, change
):
    event = await state(world.common, 30, 600)
    clock.set(event.start + timedelta(seconds=10))
    await change(event, extend_by=timedelta(minutes=10))
    alpha, mrid = house.peer("alpha"), event.intervals[0].mrid
    read = await alpha.get(href("control", e=world.alpha, p=world.common, c=mrid))
    assert (read.status, read.text("EventStatus/currentStatus")) == (200, SUPERSEDED)
    said = DERControlResponse(
        createdDateTime=int(clock.now().timestamp()),
        endDeviceLFDI=house.certificates.alpha.identity.lfdi,
        status=7,
        subject=mrid,
    )
    body = encode(said)
    posted = await alpha.post(href("responses", e=world.alpha, p=world.common), body)
    assert posted.status == 201, posted.body
    ((_, kept),) = await house.desk.store.responses(event_id=event.id)
    assert (kept.mrid, kept.version, kept.status.value) == (mrid, 1, "superseded")


async def test_a_control_without_end_is_ten_years_long(state, world, look, clock, change):
    (created,) = await world.do(_open_wish(world, clock.now() + timedelta(seconds=30)))
    (item,) = (await look()).values()
    assert text(item, "interval/duration") == str(3653 * 86400)
    clock.set(created.event.start + timedelta(days=3))
    await change(created.event, end=clock.now() + timedelta(minutes=1))
    lengths = [int(text(item, "interval/duration")) for item in (await look()).values()]
    assert sorted(lengths) == [3 * 86400 + 60, 3653 * 86400]


def _open_wish(world, start):
    return CreateEvent(
        program_id=world.common,
        name="on",
        start=start,
        intervals=(IntervalDraft(duration=None, controls=LIMIT),),
    )
