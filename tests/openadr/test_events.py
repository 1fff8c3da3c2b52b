"""What a VEN is told of events (rules 1 to 116), as it stands on the wire."""

from datetime import timedelta

import pytest

from certs.issue import Family
from schemas.openadr.event import OadrDistributeEvent
from schemas.openadr.registration import OadrCreatedPartyRegistration
from server.core.command import (
    ChangeMembers,
    CreateEvent,
    CreateGroup,
    CreateProgram,
    EnrolClient,
    IntervalDraft,
)
from server.core.model import ClientKind, Controls, ResponsePolicy, Signal, Targets

MINUTE = timedelta(minutes=1)
HALF_HOUR = timedelta(minutes=30)
SIMPLE = Signal(name="SIMPLE", type="level")
DISPATCH = Signal(name="LOAD_DISPATCH", type="setpoint", unit="powerReal")
PRICE = Signal(name="ELECTRICITY_PRICE", type="price", unit="currencyPerKWh", currency="EUR")


def _events(told):
    assert isinstance(told, OadrDistributeEvent)
    assert told.eiResponse.responseCode == "200"
    return [one.eiEvent for one in told.oadrEvent]


def _ids(told):
    return [event.eventDescriptor.eventID for event in _events(told)]


def _only(told):
    (event,) = _events(told)
    return event


async def test_an_empty_distribution_answers_a_request_when_there_is_no_event(ven):
    told = await ven.ask()
    assert isinstance(told, OadrDistributeEvent)
    assert told.oadrEvent == ()


async def test_rule_40_and_41_the_answer_holds_an_outcome_and_a_request_id_of_its_own(world, ven):
    await world.event()
    told = await ven.ask()
    assert told.eiResponse.requestID == "ask"
    assert told.requestID
    assert told.vtnID == "VTN-1"
    polled = await ven.poll()
    assert polled.eiResponse.requestID == ""


async def test_rule_4_5_and_10_a_new_event_is_number_0_and_its_cancellation_1(world, ven):
    event = await world.event(priority=3, is_test=True)
    descriptor = _only(await ven.ask()).eventDescriptor
    assert descriptor.modificationNumber == 0
    assert descriptor.eventStatus == "far"
    assert descriptor.priority == 3
    assert descriptor.testEvent == "true"
    assert descriptor.eiMarketContext.marketContext == "http://utility.example/program/peak"
    await world.cancel(event.id)
    descriptor = _only(await ven.ask()).eventDescriptor
    assert (descriptor.modificationNumber, descriptor.eventStatus) == (1, "cancelled")


async def test_rule_13_an_event_goes_from_far_to_active_to_gone(world, ven):
    await world.event(after=MINUTE)
    seen = []
    for _ in range(4):
        seen.append([e.eventDescriptor.eventStatus for e in _events(await ven.ask())])
        world.clock.move(timedelta(minutes=15))
    assert seen == [["far"], ["active"], ["active"], []]


async def test_rule_66_a_completed_event_is_told_until_the_last_random_start_is_over(world, ven):
    await world.event(after=MINUTE, randomize_start=timedelta(minutes=10))
    assert _only(
        await ven.ask()
    ).eiActivePeriod.properties.tolerance.tolerate.startafter == timedelta(minutes=10)
    world.clock.move(timedelta(minutes=35))
    assert _only(await ven.ask()).eventDescriptor.eventStatus == "completed"
    world.clock.move(timedelta(minutes=6))
    assert _events(await ven.ask()) == []


async def test_rule_105_notification_is_always_there_and_no_tolerance_without_randomness(
    world, ven
):
    event = await world.event()
    properties = _only(await ven.ask()).eiActivePeriod.properties
    assert properties.x_eiNotification.duration == timedelta(0)
    assert properties.tolerance is None
    assert properties.dtstart.date_time == event.start
    assert properties.duration.duration == HALF_HOUR


async def test_rules_2_100_102_and_103_intervals_count_up_and_add_up_without_a_start(world, ven):
    await world.event(values=((0.0,), (1.0,), (2.0,)))
    told = _only(await ven.ask())
    (signal,) = told.eiEventSignals.eiEventSignal
    intervals = signal.intervals.interval
    assert [i.uid.text for i in intervals] == ["0", "1", "2"]
    assert {i.dtstart for i in intervals} == {None}
    assert [len(i.streamPayloadBase) for i in intervals] == [1, 1, 1]
    assert [i.streamPayloadBase[0].payloadFloat.value for i in intervals] == [0, 1, 2]
    total = sum((i.duration.duration for i in intervals), timedelta(0))
    assert total == told.eiActivePeriod.properties.duration.duration


async def test_rule_107_signals_have_ids_and_units_of_their_own(world, ven):
    await world.event(values=((1.0, -2500.0, 0.31),), signals=(SIMPLE, DISPATCH, PRICE))
    simple, dispatch, price = _only(await ven.ask()).eiEventSignals.eiEventSignal
    assert len({simple.signalID, dispatch.signalID, price.signalID}) == 3
    assert simple.itemBase is None
    assert (dispatch.itemBase.itemUnits, dispatch.itemBase.siScaleCode) == ("W", "none")
    assert dispatch.intervals.interval[0].streamPayloadBase[0].payloadFloat.value == -2500.0
    assert price.itemBase.itemUnits == "EUR"
    assert price.itemBase.itemDescription == "currencyPerKWh"


@pytest.mark.parametrize(
    "unit",
    [
        *("powerReal", "powerApparent", "powerReactive"),
        *("energyReal", "energyApparent", "energyReactive"),
        *("currency", "currencyPerKWh", "currencyPerKW"),
    ],
)
async def test_every_unit_that_a_signal_may_have_is_valid_on_the_wire(world, ven, unit):
    currency = "AUD" if unit.startswith("currency") else None
    signal = Signal(name="x-own", type="setpoint", unit=unit, currency=currency)
    await world.event(values=((5.0,),), signals=(signal,))
    (told,) = _only(await ven.ask()).eiEventSignals.eiEventSignal
    assert type(told.itemBase).wire_tag == unit


async def test_rules_14_29_and_110_the_current_value_follows_the_running_interval(world, ven):
    await world.event(after=MINUTE, values=((1.0, 100.0), (2.0, 200.0)), signals=(SIMPLE, DISPATCH))
    seen = []
    for _ in range(3):
        signals = _only(await ven.ask()).eiEventSignals.eiEventSignal
        seen.append([s.currentValue and s.currentValue.payloadFloat.value for s in signals])
        world.clock.move(HALF_HOUR)
    assert seen == [[0, None], [1, 100], [2, 200]]


async def test_rule_63_an_event_is_for_the_recipient_and_names_nobody_else(world, ven):
    other = await world.ven("ven-2")
    await other.come_up()
    await world.event()
    for one in (ven, other):
        target = _only(await one.ask()).eiTarget
        assert target.venID == (one.ven_id,)
        assert target.resourceID == ()


async def test_rule_115_all_events_of_a_distribution_are_made_at_the_same_instant(world, ven):
    await world.event()
    world.clock.move(MINUTE)
    await world.event(after=2 * HALF_HOUR)
    told = _events(await ven.ask())
    assert [e.eventDescriptor.createdDateTime for e in told] == [world.clock.now()] * 2


async def test_rule_15_active_events_come_first_by_priority_then_those_to_come_by_start(world, ven):
    later = await world.event(after=timedelta(hours=3), priority=1)
    sooner = await world.event(after=timedelta(hours=2), priority=9)
    unranked = await world.event(after=MINUTE, priority=0)
    third = await world.event(after=2 * MINUTE, priority=3)
    first = await world.event(after=3 * MINUTE, priority=1)
    world.clock.move(timedelta(minutes=5))
    order = [first.id, third.id, unranked.id, sooner.id, later.id]
    assert _ids(await ven.ask()) == order
    await world.cancel(third.id)
    assert _ids(await ven.ask()) == order


async def test_rule_27_the_reply_limit_takes_the_first_of_that_order(world, ven):
    events = [await world.event(after=timedelta(hours=hours)) for hours in (3, 1, 2)]
    assert _ids(await ven.ask(2)) == [events[1].id, events[2].id]
    assert _ids(await ven.poll()) == [events[1].id, events[2].id, events[0].id]
    assert _ids(await ven.ask(0)) == []


async def test_an_event_of_controls_alone_or_for_others_is_not_told(world, ven):
    other = await world.ven("ven-2")
    await other.come_up()
    device = world.desk.book.devices_of(other.client.id)[0]
    mine = await world.event(targets=Targets(devices=frozenset({device.id})))
    assert _ids(await other.ask()) == [mine.id]
    assert _ids(await ven.ask()) == []
    (group,) = await world.desk.submit(
        CreateGroup(name="sep2", members=frozenset(world.devices())), actor="test"
    )
    (program,) = await world.desk.submit(
        CreateProgram(
            name="limits",
            primacy=2,
            groups=frozenset({group.group.id}),
            market_context="http://utility.example/limits",
        ),
        actor="test",
    )
    await world.desk.submit(_controls_only(world, program.program.id), actor="test")
    assert _ids(await ven.ask()) == []


def _controls_only(world, program_id):
    draft = IntervalDraft(duration=HALF_HOUR, controls=Controls(export_limit_w=0.0))
    return CreateEvent(
        program_id=program_id,
        name="limit",
        start=world.clock.now() + MINUTE,
        intervals=(draft,),
    )


async def test_a_report_only_ven_is_told_of_no_event(world):
    ven = await world.ven()
    created = await ven.register(oadrReportOnly=True)
    assert isinstance(created, OadrCreatedPartyRegistration)
    event = await world.event()
    assert _ids(await ven.ask()) == []
    assert (await ven.answer(event.id)).eiResponse.responseCode == "452"


async def test_an_event_is_told_once_to_a_ven_that_is_targeted_by_several_groups(world, ven):
    event = await world.event()
    book = world.desk.book
    device = book.devices_of(ven.client.id)[0]
    (made,) = await world.desk.submit(CreateGroup(name="extra"), actor="test")
    await world.desk.submit(
        ChangeMembers(group_id=made.group.id, add=frozenset({device.id})), actor="test"
    )
    assert _ids(await ven.ask()) == [event.id]


async def test_a_response_is_required_as_the_event_says(world, ven):
    await world.event(response_policy=ResponsePolicy.NEVER)
    assert [one.oadrResponseRequired for one in (await ven.ask()).oadrEvent] == ["never"]


async def test_rule_512_a_ven_id_of_any_visible_characters_is_told_as_it_is(world):
    print_ = world.papers.ven("ven-1", Family.ECC).identity.fingerprint
    command = EnrolClient(
        kind=ClientKind.VEN, name="ven-1", fingerprint=print_, ven_id="<a>&'\"]]>"
    )
    enrolled, *_ = await world.desk.submit(command, actor="test")
    ven = world.connect(enrolled.client, world.client_tls("ven-1", Family.ECC))
    await ven.come_up()
    await world.event()
    assert _only(await ven.ask()).eiTarget.venID == ("<a>&'\"]]>",)
