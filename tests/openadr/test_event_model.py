"""The whole of an event on the wire: what it asks, of whom, for how long, and how that changes."""

from datetime import timedelta

import pytest

from server.core.command import CreateEvent, IntervalDraft
from server.core.event_commands import ChangeEvent
from server.core.for_vens import Baseline, BaselineInterval, ForVens, Places
from server.core.model import Signal, Targets
from server.errors import Conflict, Invalid

MINUTE = timedelta(minutes=1)
HALF_HOUR = timedelta(minutes=30)
HOUR = timedelta(hours=1)
SIMPLE = Signal(name="SIMPLE", type="level")
DISPATCH = Signal(name="LOAD_DISPATCH", type="setpoint", unit="powerReal")
SQUARE = ((1.0, 1.0), (1.0, 2.0), (-2.5, 2.0), (1.0, 1.0))


async def told(ven):
    return [one.eiEvent for one in (await ven.ask()).oadrEvent]


async def only(ven):
    (event,) = await told(ven)
    return event


def rows(signal):
    """Each interval of a signal or a baseline: its number, its length and its value."""
    return [
        (
            interval.uid.text,
            interval.duration.duration,
            interval.streamPayloadBase[0].payloadFloat.value,
        )
        for interval in signal.intervals.interval
    ]


@pytest.fixture
def change(world):
    async def change(event, **what):
        await world.desk.submit(ChangeEvent(event_id=event.id, **what), actor="test")
        return world.desk.book.events[event.id]

    return change


async def test_rule_3_a_priority_is_told_as_it_is_and_zero_comes_last(world, ven):
    none = await world.event(after=MINUTE, priority=0)
    low = await world.event(after=2 * MINUTE, priority=4_000_000_000)
    high = await world.event(after=3 * MINUTE, priority=1)
    world.clock.move(5 * MINUTE)
    seen = [(e.eventDescriptor.eventID, e.eventDescriptor.priority) for e in await told(ven)]
    assert seen == [(high.id, 1), (low.id, 4_000_000_000), (none.id, 0)]


async def test_rule_8_each_signal_has_intervals_of_its_own_that_add_up_alike(world, ven):
    values = ((1.0, 100.0), (None, 200.0), (2.0, None), (None, 300.0))
    await world.event(after=MINUTE, values=values, signals=(SIMPLE, DISPATCH))
    event = await only(ven)
    simple, dispatch = event.eiEventSignals.eiEventSignal
    assert rows(simple) == [("0", HOUR, 1), ("1", HOUR, 2)]
    assert rows(dispatch) == [
        ("0", HALF_HOUR, 100),
        ("1", HOUR, 200),
        ("2", HALF_HOUR, 300),
    ]
    assert event.eiActivePeriod.properties.duration.duration == 2 * HOUR
    seen = []
    for _ in values:
        world.clock.move(HALF_HOUR)
        signals = (await only(ven)).eiEventSignals.eiEventSignal
        seen.append(tuple(one.currentValue.payloadFloat.value for one in signals))
    assert seen == [(1, 100), (1, 200), (2, 200), (2, 300)]


async def test_rule_9_simple_is_0_to_3_and_nothing_else_is_taken(world, ven):
    await world.event(values=((0.0,), (1.0,), (2.0,), (3.0,)))
    (signal,) = (await only(ven)).eiEventSignals.eiEventSignal
    assert [value for _, _, value in rows(signal)] == [0, 1, 2, 3]
    for value in (-1.0, 0.5, 4.0):
        with pytest.raises(Invalid):
            await world.event(values=((value,),))


async def test_rules_13_and_46_an_event_is_near_from_its_ramp_up_on_and_tells_its_terms(world, ven):
    said = ForVens(
        ramp_up=10 * MINUTE,
        recovery=-2 * MINUTE,
        notification=timedelta(days=1),
        comment="heat & <wave>",
    )
    await world.event(after=15 * MINUTE, for_vens=said)
    seen = []
    for _ in range(3):
        event = await only(ven)
        seen.append(event.eventDescriptor.eventStatus)
        world.clock.move(8 * MINUTE)
    assert seen == ["far", "near", "active"]
    properties = event.eiActivePeriod.properties
    assert properties.x_eiRampUp.duration == 10 * MINUTE
    assert properties.x_eiRecovery.duration == -2 * MINUTE
    assert properties.x_eiNotification.duration == timedelta(days=1)
    assert event.eventDescriptor.vtnComment == "heat & <wave>"


async def test_rule_18_overlapping_events_are_both_told(world, ven):
    events = {(await world.event(after=MINUTE * after)).id for after in (1, 10)}
    world.clock.move(15 * MINUTE)
    found = await told(ven)
    assert {event.eventDescriptor.eventID for event in found} == events
    assert {event.eventDescriptor.eventStatus for event in found} == {"active"}


async def test_rule_20_what_lies_ahead_changes_and_what_is_past_stays(world, ven, change):
    event = await world.event(after=MINUTE, values=((1.0,), (2.0,), (3.0,)))
    before = (await only(ven)).eiEventSignals.eiEventSignal[0]
    world.clock.move(HALF_HOUR + 2 * MINUTE)
    drafts = tuple(
        IntervalDraft(duration=length, values=(value,))
        for length, value in ((HALF_HOUR, 1.0), (HALF_HOUR, 2.0), (HOUR, 0.0), (HALF_HOUR, 1.0))
    )
    await change(event, intervals=drafts)
    now = await only(ven)
    assert now.eventDescriptor.modificationNumber == 1
    assert now.eventDescriptor.modificationDateTime == world.clock.now()
    assert now.eiActivePeriod.properties.duration.duration == 5 * HALF_HOUR
    after = now.eiEventSignals.eiEventSignal[0]
    assert rows(after)[:2] == rows(before)[:2]
    assert rows(after)[2:] == [("2", HOUR, 0), ("3", HALF_HOUR, 1)]
    with pytest.raises(Conflict):
        await change(event, intervals=(IntervalDraft(duration=HOUR, values=(0.0,)), *drafts[1:]))
    with pytest.raises(Conflict):
        await change(event, end=world.clock.now() - MINUTE)


async def test_rule_5_each_change_raises_the_number_by_one_and_is_polled_once(world, ven, change):
    event = await world.event()
    (await ven.poll(), await ven.answer(event.id))
    changes = (
        {"priority": 7},
        {"for_vens": ForVens(comment="hot")},
        {"extend_by": HOUR},
        {"start": event.start + HOUR},
    )
    for version, what in enumerate(changes, start=1):
        await change(event, **what)
        polled = (await ven.poll()).oadrEvent[0].eiEvent.eventDescriptor
        assert polled.modificationNumber == version
        assert (await ven.answer(event.id, version - 1)).eiResponse.responseCode == "450"
        assert (await ven.answer(event.id, version)).eiResponse.responseCode == "200"
        assert type(await ven.poll()).__name__ == "OadrResponse"
    await change(event, priority=7)
    assert type(await ven.poll()).__name__ == "OadrResponse"
    await world.cancel(event.id)
    assert (await only(ven)).eventDescriptor.modificationNumber == 5


async def test_rule_32_each_interval_has_a_length_and_a_value_of_the_signal(world, ven):
    event = await world.event(values=((1.0, -5.5), (2.0, 1e6)), signals=(SIMPLE, DISPATCH))
    for signal, index in zip((await only(ven)).eiEventSignals.eiEventSignal, (0, 1), strict=True):
        assert rows(signal) == [
            (str(number), interval.duration, interval.values[index])
            for number, interval in enumerate(event.intervals)
        ]


async def test_rule_47_an_event_without_end_goes_on_until_it_is_cancelled(world, ven):
    command = CreateEvent(
        program_id=await world.program(),
        name="on",
        start=world.clock.now() + MINUTE,
        intervals=(
            IntervalDraft(duration=HALF_HOUR, values=(1.0,)),
            IntervalDraft(duration=None, values=(2.0,)),
        ),
        signals=(SIMPLE,),
    )
    (created,) = await world.desk.submit(command, actor="test")
    await ven.ask()
    world.clock.move(timedelta(days=20))
    event = await only(ven)
    assert event.eventDescriptor.eventStatus == "active"
    assert event.eiActivePeriod.properties.duration.duration == timedelta(0)
    (signal,) = event.eiEventSignals.eiEventSignal
    assert rows(signal) == [("0", HALF_HOUR, 1), ("1", timedelta(0), 2)]
    assert signal.currentValue.payloadFloat.value == 2
    await world.cancel(created.event.id)
    assert (await only(ven)).eventDescriptor.eventStatus == "cancelled"
    await ven.answer(created.event.id, 1)
    assert await told(ven) == []


async def test_rules_101_and_108_a_baseline_counts_up_for_the_resources_together(world, ven):
    device = world.desk.book.devices_of(ven.client.id)[0]
    line = Baseline(
        name="usual",
        start=world.clock.now(),
        intervals=tuple(
            BaselineInterval(duration=HALF_HOUR, value=value) for value in (4.0, 5.0, 6.5)
        ),
        unit="powerReal",
        resources=("boiler", "pump"),
    )
    await world.event(
        for_vens=ForVens(baseline=line), targets=Targets(devices=frozenset({device.id}))
    )
    told_line = (await only(ven)).eiEventSignals.eiEventBaseline
    assert rows(told_line) == [("0", HALF_HOUR, 4), ("1", HALF_HOUR, 5), ("2", HALF_HOUR, 6.5)]
    assert {interval.dtstart for interval in told_line.intervals.interval} == {None}
    assert told_line.duration.duration == 3 * HALF_HOUR
    assert told_line.dtstart.date_time == line.start
    assert told_line.resourceID == ("boiler", "pump")
    assert (told_line.baselineName, told_line.itemBase.itemUnits) == ("usual", "W")


TABLE = {
    ("SIMPLE", "level"): (None,),
    ("ELECTRICITY_PRICE", "price"): ("currencyPerKWh",),
    ("ELECTRICITY_PRICE", "priceRelative"): ("currencyPerKWh",),
    ("ELECTRICITY_PRICE", "priceMultiplier"): (None,),
    ("ENERGY_PRICE", "price"): ("currencyPerKWh",),
    ("ENERGY_PRICE", "priceRelative"): ("currencyPerKWh",),
    ("ENERGY_PRICE", "priceMultiplier"): (None,),
    ("DEMAND_CHARGE", "price"): ("currencyPerKW",),
    ("DEMAND_CHARGE", "priceRelative"): ("currencyPerKW",),
    ("DEMAND_CHARGE", "priceMultiplier"): (None,),
    ("BID_PRICE", "price"): ("currency", "currencyPerKWh", "currencyPerKW"),
    ("BID_LOAD", "setpoint"): ("powerReal", "powerApparent", "powerReactive"),
    ("BID_ENERGY", "setpoint"): ("energyReal", "energyApparent", "energyReactive"),
    ("CHARGE_STATE", "setpoint"): ("energyReal", "energyApparent", "energyReactive"),
    ("CHARGE_STATE", "delta"): ("energyReal", "energyApparent", "energyReactive"),
    ("CHARGE_STATE", "multiplier"): (None,),
    ("LOAD_DISPATCH", "setpoint"): ("powerReal", "powerApparent", "powerReactive"),
    ("LOAD_DISPATCH", "delta"): ("powerReal", "powerApparent", "powerReactive"),
    ("LOAD_DISPATCH", "multiplier"): (None,),
    ("LOAD_DISPATCH", "level"): ("powerReal", "powerApparent", "powerReactive"),
    ("LOAD_CONTROL", "x-loadControlCapacity"): (None,),
    ("LOAD_CONTROL", "x-loadControlLevelOffset"): (None,),
    ("LOAD_CONTROL", "x-loadControlSetpoint"): (None,),
    ("LOAD_CONTROL", "x-loadControlPercentOffset"): (None,),
}


async def test_rule_104_every_well_known_signal_is_told_with_its_type_and_unit(world, ven):
    for (name, kind), units in TABLE.items():
        for unit in units:
            currency = "EUR" if (unit or "").startswith("currency") else None
            signal = Signal(name=name, type=kind, unit=unit, currency=currency)
            event = await world.event(values=((1.0,),), signals=(signal,))
            (seen,) = (await only(ven)).eiEventSignals.eiEventSignal
            assert (seen.signalName, seen.signalType) == (name, kind)
            assert (seen.itemBase and type(seen.itemBase).wire_tag) == unit
            await world.cancel(event.id)
            await ven.answer(event.id, 1)


async def test_rule_106_simple_stands_beside_other_signals(world, ven):
    own = Signal(name="x-own", type="delta")
    await world.event(values=((1.0, 5.0, -1.0),), signals=(SIMPLE, DISPATCH, own))
    signals = (await only(ven)).eiEventSignals.eiEventSignal
    assert [one.signalName for one in signals] == ["SIMPLE", "LOAD_DISPATCH", "x-own"]


async def test_rule_111_a_signal_is_for_classes_of_devices_or_has_no_target(world, ven):
    heaters = Signal(name="SIMPLE", type="level", device_classes=("Water_Heater", "x-kiln"))
    await world.event(values=((1.0, 5.0),), signals=(heaters, DISPATCH))
    simple, dispatch = (await only(ven)).eiEventSignals.eiEventSignal
    assert [asset.mrid for asset in simple.eiTarget.endDeviceAsset] == ["Water_Heater", "x-kiln"]
    assert simple.eiTarget.venID == ()
    assert dispatch.eiTarget is None


async def test_rule_116_simple_is_of_the_type_level(world, ven):
    await world.event()
    (signal,) = (await only(ven)).eiEventSignals.eiEventSignal
    assert signal.signalType == "level"
    with pytest.raises(Invalid):
        await world.event(signals=(Signal(name="SIMPLE", type="delta"),))


async def test_rule_63_the_places_of_an_event_stand_without_any_ven_id(world, ven):
    device = world.desk.book.devices_of(ven.client.id)[0]
    places = Places(
        resources=("boiler",),
        group_ids=("north",),
        group_names=("the north",),
        parties=("retailer",),
        nodes=("n1",),
        aggregated_nodes=("a1",),
        delivery_points=("dp1",),
        device_classes=("Thermostat",),
        meters=("m1",),
        areas=(SQUARE,),
        locations=(SQUARE,),
        transports=(("here", "there"),),
    )
    await world.event(
        for_vens=ForVens(places=places), targets=Targets(devices=frozenset({device.id}))
    )
    target = (await only(ven)).eiTarget
    assert target.venID == ()
    assert (target.resourceID, target.groupID, target.partyID) == (
        ("boiler",),
        ("north",),
        ("retailer",),
    )
    assert target.groupName == ("the north",)
    assert [node.node for node in (*target.pnode, *target.aggregatedPnode)] == ["n1", "a1"]
    assert [node.node for node in target.serviceDeliveryPoint] == ["dp1"]
    assert [asset.mrid for asset in (*target.endDeviceAsset, *target.meterAsset)] == [
        "Thermostat",
        "m1",
    ]
    (area,), (edge,) = target.serviceArea, target.transportInterface
    corners = area.FeatureCollection_.location.Polygon_.exterior.LinearRing_.posList
    assert [float(number) for number in corners.split()] == [x for pair in SQUARE for x in pair]
    assert target.serviceLocation[0].FeatureCollection_ == area.FeatureCollection_
    assert (edge.pointOfReceipt, edge.pointOfDelivery) == ("here", "there")
