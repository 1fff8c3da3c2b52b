"""Groups and programs that change or go while devices use them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from server.core.command import (
    AddDevice,
    CancelEvent,
    CreateEvent,
    CreateGroup,
    CreateProgram,
    IntervalDraft,
    RemoveDevice,
    Subscribe,
)
from server.core.languages import unsaid
from server.core.model import (
    ClientId,
    Controls,
    DeviceId,
    Ending,
    EventId,
    GroupId,
    Language,
    Lfdi,
    ProgramId,
    Subject,
    Targets,
)
from server.core.program_commands import ChangeProgram, RemoveGroup, RemoveProgram
from server.errors import Conflict, Invalid, Unknown

HOUR = timedelta(hours=1)
ALL, FEW, LIMITS, OTHER = GroupId("g1"), GroupId("g2"), ProgramId("p3"), ProgramId("p4")
CAP = IntervalDraft(duration=HOUR, controls=Controls(max_limit_percent=50.0))


@pytest.fixture
def grid(world):
    """Two groups, a program for the first, one for nobody, and an inverter in both groups."""
    world.do(CreateGroup(name="all", joins_new_devices=True))
    world.do(CreateGroup(name="few", joins_new_devices=True))
    limits = CreateProgram(
        name="limits", primacy=5, groups=frozenset({ALL}), market_context="urn:x:limits"
    )
    world.do(limits)
    world.do(replace(limits, name="other", groups=frozenset(), market_context="urn:x:other"))
    world.do(AddDevice(name="roof", language=Language.SEP2, lfdi=Lfdi("A" * 40)))
    return world


@pytest.fixture
def roof(grid):
    return grid.book.device_by_lfdi["A" * 40]


@pytest.fixture
def wish(grid):
    return CreateEvent(program_id=LIMITS, name="peak", start=grid.now + HOUR, intervals=(CAP,))


def subscribe(roof, topic, program_id=None, resource="/x"):
    return Subscribe(
        client_id=ClientId("c5"),
        home="c5",
        resource=resource,
        subject=Subject(topic=topic, device_id=roof, program_id=program_id),
        level="+S1",
        limit=1,
        notification_uri="https://192.0.2.1/n",
    )


def test_a_program_changes_in_what_is_said_and_its_version_rises(grid, roof):
    before = grid.book.programs[LIMITS]
    grid.do(ChangeProgram(program_id=LIMITS, name="caps", primacy=2))
    after = grid.book.programs[LIMITS]
    assert after == replace(before, name="caps", primacy=2, version=1)
    assert grid.book.revision_by_program[LIMITS] == grid.book.head
    assert grid.do(ChangeProgram(program_id=LIMITS, primacy=2)) == ()


def test_a_program_moves_between_groups_and_so_between_devices(grid, roof, wish):
    grid.do(wish)
    grid.do(ChangeProgram(program_id=LIMITS, groups=frozenset()))
    assert grid.book.programs_of(roof) == ()
    (event,) = grid.book.events.values()
    assert grid.book.targeted_devices(event) == ()
    grid.do(ChangeProgram(program_id=LIMITS, groups=frozenset({FEW})))
    assert [p.id for p in grid.book.programs_of_group(FEW)] == [LIMITS]
    assert grid.book.programs_of_group(ALL) == ()
    assert grid.book.membership_revision == grid.book.head
    assert [d.id for d in grid.book.targeted_devices(event)] == [roof]


def test_the_strongest_program_is_the_one_of_the_new_primacy(grid, roof):
    grid.do(ChangeProgram(program_id=OTHER, groups=frozenset({ALL}), primacy=9))
    assert [p.id for p in grid.book.programs_of(roof)] == [LIMITS, OTHER]
    grid.do(ChangeProgram(program_id=OTHER, primacy=1))
    assert [p.id for p in grid.book.programs_of(roof)] == [OTHER, LIMITS]


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"name": " "}, Invalid),
        ({"name": "other"}, Conflict),
        ({"primacy": 256}, Invalid),
        ({"groups": frozenset({GroupId("g9")})}, Invalid),
        ({"program_id": ProgramId("p9")}, Unknown),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(grid, change, refusal):
    head = grid.book.head
    with pytest.raises(refusal):
        grid.do(ChangeProgram(**{"program_id": LIMITS, **change}))
    assert grid.book.head == head


def test_a_program_goes_when_its_events_are_cancelled(grid, roof, wish):
    grid.do(wish)
    with pytest.raises(Conflict):
        grid.do(RemoveProgram(program_id=LIMITS))
    (event,) = grid.book.events.values()
    grid.do(CancelEvent(event_id=event.id))
    grid.do(RemoveProgram(program_id=LIMITS))
    assert LIMITS not in grid.book.programs
    assert grid.book.programs_of(roof) == ()
    event = grid.book.events[event.id]
    assert not grid.book.is_targeted(event, roof)
    assert grid.book.targeted_devices(event) == ()
    assert unsaid(grid.book, event) == ()
    with pytest.raises(Unknown):
        grid.do(RemoveProgram(program_id=LIMITS))


def test_a_program_goes_when_its_events_are_over_for_every_device(grid, wish):
    grid.do(replace(wish, randomize_duration=HOUR))
    grid.now += 3 * HOUR - timedelta(seconds=1)
    with pytest.raises(Conflict):
        grid.do(RemoveProgram(program_id=LIMITS))
    grid.now += timedelta(seconds=1)
    grid.do(RemoveProgram(program_id=LIMITS))
    assert grid.book.programs_by_group[ALL] == {}


def test_with_a_program_go_its_subscriptions(grid, roof):
    grid.do(subscribe(roof, "controls", LIMITS, "/a"))
    grid.do(subscribe(roof, "programs", None, "/b"))
    ended, _ = grid.do(RemoveProgram(program_id=LIMITS))
    assert ended.ending is Ending.RESOURCE_GONE
    assert [s.resource for s in grid.book.subscriptions.values()] == ["/b"]


def test_a_group_goes_when_nothing_is_offered_to_it(grid, roof):
    with pytest.raises(Conflict, match="p3 is offered to group g1"):
        grid.do(RemoveGroup(group_id=ALL))
    grid.do(RemoveGroup(group_id=FEW))
    assert [g.id for g in grid.book.groups_of(roof)] == [ALL]
    assert grid.book.membership_revision == grid.book.head
    with pytest.raises(Unknown):
        grid.do(RemoveGroup(group_id=FEW))


def test_a_group_stays_while_an_event_is_for_it(grid, wish):
    grid.do(replace(wish, targets=Targets(groups=frozenset({FEW}))))
    with pytest.raises(Conflict):
        grid.do(RemoveGroup(group_id=FEW))
    grid.now += 2 * HOUR
    grid.do(RemoveGroup(group_id=FEW))
    assert FEW not in grid.book.groups


def test_an_event_for_one_device_is_for_nobody_when_that_is_removed(grid, roof, wish):
    grid.do(AddDevice(name="barn", language=Language.SEP2, lfdi=Lfdi("B" * 40)))
    grid.do(replace(wish, targets=Targets(devices=frozenset({roof}))))
    grid.do(subscribe(roof, "controls", LIMITS))
    ended, *_ = grid.do(RemoveDevice(device_id=roof))
    assert ended.ending is Ending.RESOURCE_GONE
    (event,) = grid.book.events.values()
    assert grid.book.targeted_devices(event) == ()
    assert not grid.book.is_targeted(event, DeviceId(roof))
    assert grid.book.subscriptions_by_program[LIMITS] == {}
    grid.do(CancelEvent(event_id=EventId(event.id)))
