"""Why a device follows what it follows: each rule, from what was stated."""

from datetime import timedelta

import pytest

from server.core import findings
from server.core.command import (
    AddDevice,
    CancelEvent,
    ChangeMembers,
    CreateEvent,
    CreateGroup,
    CreateProgram,
    EnrolClient,
    IntervalDraft,
    RegisterVen,
    RemoveProgram,
    SetAccess,
)
from server.core.explain import Rule, explain
from server.core.findings import Finding
from server.core.model import (
    ClientKind,
    Controls,
    Device,
    Language,
    Lfdi,
    ModbusEndpoint,
    Signal,
    Targets,
)

LIMIT = Controls(max_limit_percent=40)
LFDI = Lfdi("3E" * 20)


class House:
    """A group with a device and programs, and events that tests state."""

    def __init__(self, world):
        self.world = world
        (made,) = world.do(CreateGroup(name="all", joins_new_devices=True))
        self.group = made.group.id
        self.device = self.add(language=Language.SEP2, lfdi=LFDI)
        self.program = self.offer("limits", 5, default=Controls(max_limit_percent=90))

    def add(self, **members):
        changes = self.world.do(AddDevice(name="d", **members))
        return next(one.device for one in changes if hasattr(one, "device"))

    def offer(self, name, primacy, *, groups=None, default=None):
        wish = CreateProgram(
            name=name,
            primacy=primacy,
            groups=frozenset({self.group} if groups is None else groups),
            market_context=f"urn:{name}",
            default=default or Controls(),
        )
        return self.world.do(wish)[0].program.id

    def state(self, *, program=None, controls=LIMIT, after_s=0, **members):
        draft = IntervalDraft(duration=timedelta(hours=1), controls=controls)
        wish = CreateEvent(
            program_id=program or self.program,
            name="e",
            start=self.world.now + timedelta(seconds=after_s),
            intervals=members.pop("intervals", (draft,)),
            **members,
        )
        event = self.world.do(wish)[0].event
        self.world.now += timedelta(seconds=1)
        return event.id

    def why(self, device=None, outs=None, **later):
        at = self.world.now + timedelta(**later)
        return explain(self.world.book, device or self.device, at, outs or {})

    def rules(self, device=None, outs=None, **later):
        return {one.event_id: one.rule for one in self.why(device, outs, **later).candidates}

    def defaults(self):
        return {one.program_id: one.rule for one in self.why().fallbacks}


@pytest.fixture
def house(world):
    return House(world)


def test_a_control_holds_from_its_begin_to_its_end(house):
    event = house.state(after_s=60)
    assert house.rules() == {event: Rule.NOT_BEGUN}
    assert house.defaults() == {house.program: Rule.FOLLOWED}
    assert house.rules(minutes=2) == {event: Rule.FOLLOWED}
    assert house.rules(hours=2) == {}


def test_an_opt_out_is_told_of_what_would_hold(house):
    event = house.state()
    assert house.rules(outs={event: "opted_out"}) == {event: Rule.OPTED_OUT}


def test_a_cancelled_control_does_not_hold(house):
    event = house.state()
    house.world.do(CancelEvent(event_id=event))
    assert house.rules() == {event: Rule.CANCELLED}


def test_a_newer_control_supersedes(house):
    old, new = house.state(), house.state(supersede=True)
    assert house.rules() == {old: Rule.SUPERSEDED, new: Rule.FOLLOWED}
    beaten = house.why().candidates
    assert {one.event_id: len(one.beaten_by) for one in beaten} == {old: 1, new: 0}


def test_a_stronger_program_wins(house):
    strong = house.offer("safety", 1, default=Controls(max_limit_percent=80, connect=True))
    weak, winner = house.state(), house.state(program=strong)
    assert house.rules() == {weak: Rule.PRIMACY, winner: Rule.FOLLOWED}
    house.world.do(CancelEvent(event_id=winner))
    house.world.do(CancelEvent(event_id=weak))
    assert house.defaults() == {strong: Rule.FOLLOWED, house.program: Rule.PRIMACY}


def test_of_programs_of_one_primacy_the_newer_control_wins(house):
    other = house.offer("more", 5)
    old, new = house.state(), house.state(program=other)
    assert house.rules() == {old: Rule.NEWER, new: Rule.FOLLOWED}
    assert house.defaults() == {other: Rule.EMPTY, house.program: Rule.CONTROLLED}


def test_what_is_for_others_or_skips_the_device_is_told(house):
    other = house.add(language=Language.SEP2, lfdi=Lfdi("4E" * 20))
    aside = house.state(targets=Targets(devices=frozenset({other.id})))
    skipping = house.state(skipped=frozenset({house.device.id}), supersede=True)
    assert house.rules() == {aside: Rule.NOT_TARGETED, skipping: Rule.SKIPPED}
    assert house.rules(hours=2) == {}


def test_what_names_a_device_in_a_program_that_it_is_not_offered_is_told(house):
    (made,) = house.world.do(CreateGroup(name="other", members=frozenset({house.device.id})))
    program = house.offer("for others", 1, groups={made.group.id})
    event = house.state(program=program, targets=Targets(devices=frozenset({house.device.id})))
    leave = ChangeMembers(group_id=made.group.id, remove=frozenset({house.device.id}))
    house.world.do(leave)
    assert house.rules() == {event: Rule.NOT_OFFERED}
    house.world.do(CancelEvent(event_id=event))
    house.world.now += timedelta(hours=2)
    house.world.do(RemoveProgram(program_id=program))
    assert house.rules() == {}


def test_a_random_end_ends_what_still_stands_for_others(house):
    event = house.state(randomize_duration=timedelta(minutes=-30))
    mine = house.why().candidates[0].end
    left = mine - house.world.now + timedelta(seconds=1)
    assert house.rules(seconds=left.total_seconds()) == {event: Rule.ENDED}


def ven(house):
    enrol = EnrolClient(kind=ClientKind.VEN, name="v", fingerprint="AB" * 32)
    changes = house.world.do(enrol)
    return next(one.device for one in changes if hasattr(one, "device"))


def test_a_ven_is_told_of_events_with_signals(house):
    device = ven(house)
    signal = Signal(name="SIMPLE", type="level")
    level = IntervalDraft(duration=timedelta(hours=1), controls=None, values=(1.0,))
    asked = {"signals": (signal,), "intervals": (level,), "supersede": True}
    event = house.state(after_s=60, **asked)
    other = house.state(**asked, targets=Targets(devices=frozenset({house.device.id})))
    skipping = house.state(**asked, skipped=frozenset({device.id}))
    house.state()
    aside = {other: Rule.NOT_TARGETED, skipping: Rule.SKIPPED}
    assert house.rules(device) == {event: Rule.NOT_BEGUN, **aside}
    assert house.rules(device, minutes=2)[event] is Rule.FOLLOWED
    assert house.rules(device, {event: "opted_out"})[event] is Rule.OPTED_OUT
    house.world.do(CancelEvent(event_id=event))
    assert house.rules(device)[event] is Rule.CANCELLED
    assert house.rules(device, hours=3) == {}


def found(house, device):
    return {one.finding for one in findings.of_device(house.world.book, device)}


def test_what_keeps_a_device_from_seeing_anything_is_found(house):
    assert found(house, house.device) == set()
    deny = SetAccess(client_id=house.device.client_id, enabled=False)
    house.world.do(deny)
    leave = ChangeMembers(group_id=house.group, remove=frozenset({house.device.id}))
    house.world.do(leave)
    assert found(house, house.device) == {Finding.CLIENT_DENIED, Finding.NO_GROUP}
    house.world.do(CreateGroup(name="bare", members=frozenset({house.device.id})))
    assert found(house, house.device) == {Finding.CLIENT_DENIED, Finding.NO_PROGRAM}


def test_a_device_that_nobody_speaks_for_is_looked_at_alone(house):
    stray = Device(id="d9", name="x", language=Language.MODBUS, added_at=house.world.now)
    assert found(house, stray) == {Finding.NO_GROUP}
    assert not findings.speaks_for_itself(stray)
    assert findings.speaks_for_itself(house.device)


def test_a_ven_that_has_not_registered_is_found(house):
    device = ven(house)
    assert found(house, device) == {Finding.NOT_REGISTERED}
    register = RegisterVen(
        client_id=device.client_id,
        ven_name="v",
        profile="2.0b",
        pull=True,
        transport_address="",
        report_only=False,
        xml_signature=False,
    )
    house.world.do(register)
    assert found(house, device) == set()
    client = house.world.book.clients[device.client_id]
    assert [one.finding for one in findings.of_client(client, has_devices=False)] == [
        Finding.NO_DEVICE
    ]


@pytest.mark.parametrize(
    ("identity", "wanted"),
    [
        ("77" * 20, set()),
        ("3E" * 19 + "3F", {Finding.NEARLY_KNOWN}),
        ("AB" * 20, {Finding.IS_FINGERPRINT}),
        ("3E" * 19, set()),
    ],
)
def test_an_unknown_lfdi_is_compared_with_what_is_known(house, identity, wanted):
    ven(house)
    told = findings.of_unknown(house.world.book, identity)
    assert {one.finding for one in told} == {Finding.UNKNOWN_LFDI, *wanted}


def test_an_sfdi_is_not_an_lfdi(house):
    house.add(language=Language.MODBUS, modbus=_endpoint())
    told = findings.of_unknown(house.world.book, str(findings.sfdi(LFDI)))
    assert {one.finding for one in told} == {Finding.UNKNOWN_LFDI, Finding.IS_SFDI}


def _endpoint():

    return ModbusEndpoint(host="127.0.0.1", port=502, unit=1, register_map="generic-inverter")
