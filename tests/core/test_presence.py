"""Devices that are to be there, and events that are to be no more, however often that is asked."""

from datetime import timedelta

import pytest

from server.core.change import DeviceRevised, EventCancelled
from server.core.command import (
    CancelEvent,
    CancelEvents,
    CreateEvent,
    CreateGroup,
    CreateProgram,
    EnrolClient,
    EnsureDevice,
    IntervalDraft,
)
from server.core.model import (
    ClientKind,
    Controls,
    DeviceId,
    EventId,
    GroupId,
    Lfdi,
    ProgramId,
    Targets,
)
from server.errors import Conflict, Invalid

LFDI = Lfdi("A" * 40)
HOUR = timedelta(hours=1)


@pytest.fixture
def roof(world):
    """The device, in a group that a program is offered to."""
    world.do(CreateGroup(name="all", joins_new_devices=True))
    world.do(EnsureDevice(lfdi=LFDI, name="roof", pin=123455))
    program = CreateProgram(
        name="p", primacy=1, groups=frozenset({GroupId("g1")}), market_context="urn:p:1"
    )
    world.do(program)
    return world.book.device_by_lfdi[LFDI]


def state(world, start, **more) -> EventId:
    asked = IntervalDraft(duration=HOUR, controls=Controls(connect=True))
    wish = CreateEvent(
        program_id=next(iter(world.book.programs)),
        name="e",
        start=world.now + start,
        intervals=(asked,),
        supersede=True,
        **more,
    )
    return world.do(wish)[0].event.id


def test_a_device_is_added_once_and_revised_where_it_differs(world, roof):
    assert world.do(EnsureDevice(lfdi=LFDI)) == ()
    assert world.do(EnsureDevice(lfdi=LFDI, name="roof", pin=123455)) == ()
    (change,) = world.do(EnsureDevice(lfdi=LFDI, pin=111115, rated_w=5.0, device_category=4))
    assert change == DeviceRevised(
        device_id=roof, name="roof", pin=111115, device_category=4, rated_w=5.0
    )
    device = world.book.devices[roof]
    assert (device.name, device.pin, device.rated_w, device.lfdi) == ("roof", 111115, 5.0, LFDI)


def test_a_device_joins_the_groups_that_it_is_not_in(world, roof):
    world.do(CreateGroup(name="north"))
    north = next(one.id for one in world.book.groups.values() if one.name == "north")
    both = EnsureDevice(lfdi=LFDI, groups=frozenset({GroupId("g1"), north}))
    assert len(world.do(both)) == 1
    assert {group.id for group in world.book.groups_of(roof)} == {"g1", north}
    assert world.do(both) == ()


def test_a_device_of_another_client_is_not_taken_over(world, roof):
    boss = EnrolClient(kind=ClientKind.AGGREGATOR, name="boss", lfdi=Lfdi("B" * 40))
    client_id = world.do(boss)[0].client.id
    with pytest.raises(Conflict):
        world.do(EnsureDevice(lfdi=LFDI, client_id=client_id))
    world.do(EnsureDevice(lfdi=LFDI, client_id=world.book.devices[roof].client_id))
    theirs = EnsureDevice(lfdi=Lfdi("C" * 40), client_id=client_id)
    assert world.do(theirs)[0].device.name == "device CCCCCCCC"


def test_what_is_not_over_of_a_program_is_called_off_at_once(world, roof):
    first, second = state(world, timedelta(0)), state(world, HOUR)
    over = state(world, -HOUR / 2)
    world.now += HOUR * 0.75
    gone = state(world, HOUR * 5)
    world.do(CancelEvent(event_id=gone))
    (program_id,) = world.book.programs
    changes = world.do(CancelEvents(program_id=program_id))
    assert [change.event_id for change in changes] == [first, second]
    assert world.book.events[over].cancelled_at is None
    assert world.do(CancelEvents(program_id=program_id)) == ()


def test_what_is_for_another_device_goes_on(world, roof):
    world.do(EnsureDevice(lfdi=Lfdi("D" * 40)))
    other = world.book.device_by_lfdi[Lfdi("D" * 40)]
    kept = state(world, HOUR, targets=Targets(devices=frozenset({other})))
    both = state(world, HOUR * 5)
    changes = world.do(CancelEvents(device_id=roof))
    assert [(type(one), one.event_id) for one in changes] == [(EventCancelled, both)]
    assert world.book.events[kept].cancelled_at is None


@pytest.mark.parametrize(
    ("command", "pointer"),
    [
        (CancelEvents(), "/program_id"),
        (CancelEvents(program_id=ProgramId("p1"), device_id=DeviceId("d1")), "/program_id"),
        (CancelEvents(program_id=ProgramId("p99")), "/program_id"),
        (CancelEvents(device_id=DeviceId("d99")), "/device_id"),
    ],
)
def test_a_wish_to_call_off_names_one_that_there_is(world, roof, command, pointer):
    with pytest.raises(Invalid) as caught:
        world.do(command)
    assert caught.value.pointer == pointer
