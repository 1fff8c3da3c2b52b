from dataclasses import replace
from datetime import timedelta

import pytest

from server.core.command import (
    CancelEvent,
    ChangeMembers,
    CreateEvent,
    CreateGroup,
    CreateProgram,
    EnrolClient,
    IntervalDraft,
)
from server.core.model import (
    ClientKind,
    Controls,
    DeviceId,
    EventId,
    GroupId,
    ProgramId,
    Signal,
    Targets,
)
from server.errors import Conflict, Invalid, Unknown

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SIMPLE = Signal(name="SIMPLE", type="level")
HALF = Controls(max_limit_percent=50.0)
SOME = GroupId("g2")
MILL = DeviceId("d5")
INN = DeviceId("d7")


@pytest.fixture
def grid(world):
    """Two groups, a program for both, and a VEN in each."""
    world.do(CreateGroup(name="all"))
    world.do(CreateGroup(name="some"))
    both = frozenset({GroupId("g1"), SOME})
    world.do(CreateProgram(name="p", primacy=1, groups=both, market_context="urn:x:p"))
    world.do(EnrolClient(kind=ClientKind.VEN, name="mill"))
    world.do(EnrolClient(kind=ClientKind.VEN, name="inn"))
    world.do(EnrolClient(kind=ClientKind.VEN, name="barn"))
    world.do(ChangeMembers(group_id=GroupId("g1"), add=frozenset({MILL})))
    world.do(ChangeMembers(group_id=SOME, add=frozenset({INN})))
    return world


@pytest.fixture
def wish(grid):
    return CreateEvent(
        program_id=ProgramId("p3"),
        name="peak",
        start=grid.now + HOUR,
        intervals=(
            IntervalDraft(duration=HOUR, controls=HALF, values=(1.0,)),
            IntervalDraft(duration=MINUTE, values=(2.0,)),
        ),
        signals=(SIMPLE,),
    )


def test_an_event_becomes_contiguous_intervals_with_names_of_their_own(grid, wish):
    grid.do(wish)
    event = grid.book.events[EventId("e10")]
    first, second = event.intervals
    assert (event.start, first.end, event.end) == (
        grid.now + HOUR,
        second.start,
        grid.now + 2 * HOUR + MINUTE,
    )
    assert grid.book.event_by_mrid[second.mrid] == (event.id, 1)
    assert first.mrid != second.mrid
    assert event.version == 0


def test_an_event_is_for_the_program_or_for_those_it_names(grid, wish):
    grid.do(wish)
    group = Targets(groups=frozenset({SOME}))
    device = Targets(devices=frozenset({MILL}))
    grid.do(replace(wish, targets=group, supersede=True))
    grid.do(replace(wish, targets=device, supersede=True))
    everyone, some, one = grid.book.events.values()
    assert [d.id for d in grid.book.targeted_devices(everyone)] == [MILL, INN]
    assert [d.id for d in grid.book.targeted_devices(some)] == [INN]
    assert [d.id for d in grid.book.targeted_devices(one)] == [MILL]
    assert grid.book.events_for(MILL, wish.program_id) == (everyone, one)
    assert grid.book.events_for(DeviceId("d9"), wish.program_id) == ()


def test_asking_the_same_of_the_same_device_twice_needs_a_word(grid, wish):
    grid.do(wish)
    with pytest.raises(Conflict, match="e10"):
        grid.do(wish)
    grid.do(replace(wish, supersede=True))


@pytest.mark.parametrize(
    "other",
    [
        {"start": HOUR * 3},
        {
            "signals": (),
            "intervals": (IntervalDraft(duration=HOUR, controls=Controls(connect=True)),),
        },
        {"targets": Targets(groups=frozenset({SOME}))},
    ],
    ids=["another time", "another demand", "another device"],
)
def test_events_that_do_not_meet_do_not_collide(grid, wish, other):
    if "start" in other:
        other = {"start": grid.now + other["start"]}
    grid.do(replace(wish, targets=Targets(devices=frozenset({MILL}))))
    grid.do(
        replace(wish, **other)
        if other.get("targets")
        else replace(wish, targets=Targets(devices=frozenset({MILL})), **other)
    )
    assert len(grid.book.events) == 2


def test_a_cancelled_event_collides_with_nothing(grid, wish):
    grid.do(wish)
    grid.do(CancelEvent(event_id=EventId("e10")))
    grid.do(wish)
    cancelled = grid.book.events[EventId("e10")]
    assert (cancelled.cancelled_at, cancelled.version) == (grid.now, 1)


def test_an_event_that_began_already_is_stated_and_one_that_is_over_is_not(grid, wish):
    grid.do(replace(wish, start=grid.now - HOUR))
    with pytest.raises(Invalid) as caught:
        grid.do(replace(wish, start=grid.now - 2 * HOUR - MINUTE))
    assert caught.value.pointer == "/start"


def draft(**kw):
    return IntervalDraft(**{"duration": HOUR, "values": (1.0,), **kw})


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"intervals": ()}, "/intervals"),
        ({"intervals": (draft(),) * 1001}, "/intervals"),
        ({"intervals": (draft(duration=timedelta(days=367)),)}, "/intervals"),
        ({"intervals": (draft(duration=timedelta(0)),)}, "/intervals/0/duration"),
        ({"intervals": (draft(), draft(duration=-HOUR))}, "/intervals/1/duration"),
        ({"intervals": (draft(duration=timedelta(seconds=1.5)),)}, "/intervals/0/duration"),
        ({"intervals": (draft(values=()),)}, "/intervals/0/values"),
        ({"intervals": (draft(values=(1.0, 2.0)),)}, "/intervals/0/values"),
        ({"intervals": (draft(values=()),), "signals": ()}, "/intervals/0"),
        (
            {"intervals": (draft(values=(), controls=Controls(ramp_s=1.0)),), "signals": ()},
            "/intervals/0",
        ),
        (
            {"intervals": (draft(controls=Controls(max_limit_percent=101.0)),)},
            "/intervals/0/controls/max_limit_percent",
        ),
        ({"signals": (SIMPLE, SIMPLE)}, "/signals/1"),
        ({"randomize_start": timedelta(hours=2)}, "/randomize_start"),
        ({"randomize_duration": timedelta(seconds=0.5)}, "/randomize_duration"),
        ({"priority": -1}, "/priority"),
        ({"targets": Targets(groups=frozenset({GroupId("g99")}))}, "/targets/groups"),
        ({"targets": Targets(devices=frozenset({DeviceId("d99")}))}, "/targets/devices"),
        ({"targets": Targets(devices=frozenset({DeviceId("d9")}))}, "/targets/devices"),
    ],
)
def test_what_makes_no_sense_is_refused(grid, wish, change, pointer):
    with pytest.raises(Invalid) as caught:
        grid.do(replace(wish, **change))
    assert caught.value.pointer == pointer
    assert not grid.book.events


def test_a_start_between_seconds_is_refused(grid, wish):
    with pytest.raises(Invalid, match="whole second"):
        grid.do(replace(wish, start=wish.start.replace(microsecond=1)))


def test_an_unknown_program_and_an_unknown_event_are_unknown(grid, wish):
    with pytest.raises(Unknown):
        grid.do(replace(wish, program_id=ProgramId("p99")))
    with pytest.raises(Unknown):
        grid.do(CancelEvent(event_id=EventId("e99")))


def test_an_event_is_cancelled_once_and_not_after_its_end(grid, wish):
    grid.do(wish)
    grid.do(replace(wish, supersede=True))
    grid.do(CancelEvent(event_id=EventId("e10")))
    with pytest.raises(Conflict):
        grid.do(CancelEvent(event_id=EventId("e10")))
    grid.now = grid.book.events[EventId("e11")].end
    with pytest.raises(Conflict):
        grid.do(CancelEvent(event_id=EventId("e11")))


def test_only_a_randomised_event_ends_at_random(grid, wish):
    grid.do(wish)
    with pytest.raises(Invalid):
        grid.do(CancelEvent(event_id=EventId("e10"), at_random=True))
    grid.do(replace(wish, randomize_start=MINUTE, supersede=True))
    grid.do(CancelEvent(event_id=EventId("e11"), at_random=True))
    assert grid.book.events[EventId("e11")].is_cancelled_at_random
