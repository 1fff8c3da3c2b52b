"""Events that are changed while devices follow them: what stays, what is new, what is refused."""

from dataclasses import replace
from datetime import timedelta

import pytest

from server.core.change import EventChanged
from server.core.command import (
    CancelEvent,
    CreateEvent,
    CreateGroup,
    CreateProgram,
    EnrolClient,
    IntervalDraft,
)
from server.core.event_commands import ChangeEvent
from server.core.for_vens import ForVens, Places
from server.core.model import ClientKind, Controls, EventId, GroupId, ProgramId, Signal
from server.core.setpoint import setpoint
from server.core.timeline import Status, controls_of, standings
from server.errors import Conflict, Invalid, Unknown

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
SIMPLE = Signal(name="SIMPLE", type="level")
HALF = Controls(max_limit_percent=50.0)
LOW = Controls(max_limit_percent=20.0)


def draft(duration=HOUR, controls=HALF, value=1.0):
    return IntervalDraft(duration=duration, controls=controls, values=(value,))


@pytest.fixture
def grid(world):
    world.do(CreateGroup(name="all", joins_new_devices=True))
    groups = frozenset({GroupId("g1")})
    world.do(CreateProgram(name="p", primacy=1, groups=groups, market_context="urn:x:p"))
    world.do(EnrolClient(kind=ClientKind.VEN, name="mill"))
    return world


@pytest.fixture
def device(grid):
    return next(iter(grid.book.devices))


@pytest.fixture
def wish(grid):
    return CreateEvent(
        program_id=ProgramId("p2"),
        name="peak",
        start=grid.now + HOUR,
        intervals=(draft(), draft(controls=LOW, value=2.0)),
        signals=(SIMPLE,),
    )


@pytest.fixture
def event(grid, wish):
    """An event of two hours that begins in one."""
    (created,) = grid.do(wish)
    return created.event


@pytest.fixture
def change(grid, event):
    def change(**what):
        found = grid.do(ChangeEvent(event_id=event.id, **what))
        if not found:
            return grid.book.events[event.id]
        (changed,) = found
        assert isinstance(changed, EventChanged)
        assert changed.event == grid.book.events[event.id]
        return changed.event

    return change


@pytest.fixture
def follows(grid, device):
    def follows():
        return setpoint(grid.book, device, grid.now).controls.max_limit_percent

    return follows


@pytest.fixture
def stand(grid, event):
    """Where each control stands that is still listed, the oldest first."""

    def stand():
        controls = controls_of([grid.book.events[event.id]])
        found = standings(controls, grid.now)
        return [(mrid, found[mrid].status) for mrid in found]

    return stand


def drafts(event):
    return tuple(
        IntervalDraft(duration=one.duration, controls=one.controls, values=one.values)
        for one in event.intervals
    )


def test_a_change_of_words_alone_leaves_every_control_as_it_was_published(event, change):
    said = ForVens(comment="hot day", ramp_up=MINUTE)
    changed = change(name="evening", priority=4, for_vens=said)
    assert (changed.version, changed.name, changed.priority) == (1, "evening", 4)
    assert changed.for_vens == said
    assert [one.mrid for one in changed.intervals] == [one.mrid for one in event.intervals]
    assert changed.replaced == ()
    assert [control.name for control in controls_of([changed])] == ["peak", "peak"]
    assert [control.version for control in controls_of([changed])] == [0, 0]
    again = change(name="night")
    assert [control.name for control in controls_of([again])] == ["peak", "peak"]


def test_what_is_as_wished_already_changes_nothing(event, change):
    assert change() == event
    assert change(name=event.name, end=event.end, intervals=None) == event
    assert change(intervals=drafts(event)).version == 0


def test_a_change_of_values_alone_is_none_for_controls(event, change):
    first, second = drafts(event)
    changed = change(intervals=(first, replace(second, values=(3.0,))))
    assert changed.version == 1
    assert [one.mrid for one in changed.intervals] == [one.mrid for one in event.intervals]
    assert changed.intervals[1].values == (3.0,)


def test_before_its_start_an_event_moves_and_what_it_was_is_taken_back(
    grid, event, change, stand, follows
):
    changed = change(start=event.start + 2 * HOUR)
    assert (changed.start, changed.end) == (event.start + 2 * HOUR, event.end + 2 * HOUR)
    gone = [one.mrid for one in event.intervals]
    assert dict(stand()) == {
        **dict.fromkeys(gone, Status.CANCELLED),
        **{one.mrid: Status.SCHEDULED for one in changed.intervals},
    }
    for one in changed.published:
        assert grid.book.event_by_mrid[one.mrid][0] == event.id
    grid.now = event.start + MINUTE
    assert follows() is None
    grid.now = changed.start
    assert follows() == 50.0


def test_a_running_interval_that_is_shortened_is_superseded_by_its_shorter_self(
    grid, event, change, stand, follows
):
    grid.now = event.start + 10 * MINUTE
    assert follows() == 50.0
    old, last = event.intervals
    changed = change(end=event.start + 30 * MINUTE)
    (new,) = changed.intervals
    assert (new.start, new.end) == (event.start, event.start + 30 * MINUTE)
    assert dict(stand()) == {
        new.mrid: Status.ACTIVE,
        old.mrid: Status.SUPERSEDED,
        last.mrid: Status.CANCELLED,
    }
    assert follows() == 50.0
    grid.now += 19 * MINUTE
    assert follows() == 50.0
    grid.now += MINUTE
    assert follows() is None
    assert dict(stand()) == {old.mrid: Status.SUPERSEDED, last.mrid: Status.CANCELLED}


def test_a_running_event_is_stretched_without_a_gap(grid, event, change, stand, follows):
    grid.now = event.end - MINUTE
    assert follows() == 20.0
    changed = change(extend_by=HOUR)
    assert changed.end == event.end + HOUR
    assert changed.intervals[0] == event.intervals[0]
    assert follows() == 20.0
    assert dict(stand()) == {
        changed.intervals[1].mrid: Status.ACTIVE,
        event.intervals[1].mrid: Status.SUPERSEDED,
    }
    for _ in range(61):
        grid.now += MINUTE
        assert follows() == (20.0 if grid.now < changed.end else None)


def test_a_device_keeps_its_random_start_through_a_change(grid, wish, device, follows):
    (created,) = grid.do(replace(wish, randomize_start=30 * MINUTE, randomize_duration=MINUTE))
    before = setpoint(grid.book, device, created.event.start - MINUTE).until
    assert created.event.start < before < created.event.start + 30 * MINUTE
    grid.now = created.event.start + timedelta(seconds=1)
    grid.do(ChangeEvent(event_id=created.event.id, extend_by=HOUR))
    grid.do(ChangeEvent(event_id=created.event.id, extend_by=-MINUTE))
    grid.now = before - timedelta(seconds=1)
    assert follows() is None
    grid.now = before
    assert follows() == 50.0


def test_only_a_control_that_goes_on_waits_for_no_random_start(grid, wish):
    (created,) = grid.do(replace(wish, randomize_start=-30 * MINUTE))
    grid.now = created.event.start - MINUTE
    (changed,) = grid.do(ChangeEvent(event_id=created.event.id, intervals=(draft(2 * HOUR),)))
    goes_on = {control.mrid: control.goes_on for control in controls_of([changed.event])}
    assert goes_on == {
        changed.event.intervals[0].mrid: True,
        created.event.intervals[0].mrid: False,
        created.event.intervals[1].mrid: False,
    }


def test_intervals_to_come_change_and_others_are_added(grid, event, change, follows):
    grid.now = event.start + MINUTE
    first, second = drafts(event)
    new = draft(controls=Controls(max_limit_percent=70.0), value=3.0)
    changed = change(intervals=(first, replace(second, controls=None), new))
    assert changed.intervals[0] == event.intervals[0]
    assert follows() == 50.0
    grid.now = event.intervals[1].start
    assert follows() is None
    grid.now = event.end
    assert follows() == 70.0


def test_an_event_is_changed_again_and_called_off_at_last(grid, event, change, stand, follows):
    grid.now = event.start + MINUTE
    change(end=event.start + 30 * MINUTE)
    grid.now += MINUTE
    changed = change(end=event.start + 40 * MINUTE)
    assert changed.version == 2
    assert follows() == 50.0
    assert sorted(status for _, status in stand()) == [
        Status.ACTIVE,
        Status.CANCELLED,
        Status.SUPERSEDED,
        Status.SUPERSEDED,
    ]
    grid.do(CancelEvent(event_id=event.id))
    assert follows() is None
    assert grid.book.events[event.id].version == 3
    assert Status.ACTIVE not in dict(stand()).values()
    with pytest.raises(Conflict, match="cancelled"):
        change(priority=1)


@pytest.mark.parametrize(
    ("minutes", "what"),
    [
        (1, {"start": 2 * HOUR}),
        (1, {"intervals": (draft(controls=LOW), draft())}),
        (1, {"intervals": (draft(value=3.0), draft())}),
        (1, {"intervals": ()}),
        (10, {"intervals": (draft(5 * MINUTE),)}),
        (10, {"end": 5 * MINUTE}),
        (10, {"end": 10 * MINUTE}),
        (10, {"extend_by": -110 * MINUTE}),
        (70, {"intervals": (draft(50 * MINUTE), draft(controls=LOW, value=2.0))}),
        (70, {"intervals": (draft(2 * HOUR), draft(controls=LOW, value=2.0))}),
        (70, {"intervals": (draft(),)}),
        (120, {"priority": 3}),
        (-1, {"start": -10 * MINUTE}),
    ],
)
def test_what_lies_in_the_past_cannot_be_changed(grid, event, change, minutes, what):
    what = {
        name: event.start + value if name in {"start", "end"} else value
        for name, value in what.items()
    }
    grid.now = event.start + minutes * MINUTE
    with pytest.raises(Conflict):
        change(**what)
    assert grid.book.events[event.id] == event


@pytest.mark.parametrize(
    "what",
    [
        {"name": ""},
        {"priority": -1},
        {"end": -HOUR},
        {"extend_by": -3 * HOUR},
        {"extend_by": HOUR, "intervals": (draft(),)},
        {"intervals": ()},
        {"intervals": (draft(value=7.0),)},
        {"intervals": (draft(duration=None), draft())},
        {"for_vens": ForVens(places=Places(resources=("meter",)))},
    ],
)
def test_what_makes_no_sense_is_refused(grid, event, change, what):
    with pytest.raises(Invalid):
        change(**({**what, "end": event.start + what["end"]} if "end" in what else what))
    with pytest.raises(Unknown):
        grid.do(ChangeEvent(event_id=EventId("e99"), **what))
    assert grid.book.events[event.id] == event


def test_a_change_takes_the_place_of_another_event_only_on_a_word(grid, wish, event, change):
    grid.do(replace(wish, start=event.end))
    assert change(priority=1).version == 1
    with pytest.raises(Conflict):
        change(extend_by=HOUR)
    assert change(extend_by=HOUR, supersede=True).version == 2


def test_a_clock_set_back_makes_no_older_control_of_the_newer_one(
    grid, event, change, follows, stand
):
    grid.now = event.start + 10 * MINUTE
    change(extend_by=HOUR)
    grid.now -= 5 * MINUTE
    changed = change(extend_by=-HOUR)
    assert changed.changed_at > grid.now
    grid.now += 6 * MINUTE
    assert follows() == 50.0
    active = [mrid for mrid, status in stand() if status is Status.ACTIVE]
    assert active == [changed.intervals[0].mrid]


def test_an_event_without_end_goes_on_until_it_is_cancelled_or_given_one(grid, wish, follows):
    (created,) = grid.do(replace(wish, intervals=(draft(), draft(None, LOW, 2.0))))
    event = created.event
    assert event.is_open_ended
    grid.now = event.start + timedelta(days=400)
    assert follows() == 20.0
    with pytest.raises(Invalid):
        grid.do(ChangeEvent(event_id=event.id, extend_by=HOUR))
    (renamed,) = grid.do(ChangeEvent(event_id=event.id, name="on"))
    assert (renamed.event.is_open_ended, renamed.event.replaced) == (True, ())
    (ended,) = grid.do(ChangeEvent(event_id=event.id, end=grid.now + MINUTE))
    assert not ended.event.is_open_ended
    assert follows() == 20.0
    grid.now = ended.event.end
    assert follows() is None


def test_an_event_without_end_leaves_nothing_to_resume_and_its_rest_has_none_either(grid, wish):
    open_ended = replace(wish, intervals=(draft(None),))
    (created,) = grid.do(open_ended)
    nested = replace(
        wish, start=wish.start + HOUR, intervals=(draft(),), supersede=True, resume_after=True
    )
    with pytest.raises(Invalid, match="without end"):
        grid.do(replace(open_ended, supersede=True, resume_after=True))
    _, rest = grid.do(nested)
    assert rest.event.is_open_ended
    assert rest.event.end == created.event.end
    (changed,) = grid.do(ChangeEvent(event_id=rest.event.id, priority=2))
    assert changed.event.replaced == ()
