"""What only VENs are told of an event, where it overlaps others, and when it is near."""

from dataclasses import replace
from datetime import timedelta

import pytest

from server.core.command import (
    AddDevice,
    CancelEvent,
    CreateEvent,
    CreateGroup,
    CreateProgram,
    EnrolClient,
    IntervalDraft,
)
from server.core.for_vens import Baseline, BaselineInterval, ForVens, Places
from server.core.model import (
    ClientKind,
    Controls,
    EventId,
    GroupId,
    Language,
    ModbusEndpoint,
    ProgramId,
    Signal,
    Targets,
)
from server.core.overlap import Overlap, overlaps
from server.core.timeline import Phase, phase
from server.errors import Invalid

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAYS = timedelta(days=367)
SIMPLE = Signal(name="SIMPLE", type="level")
DISPATCH = Signal(name="LOAD_DISPATCH", type="setpoint", unit="powerReal")
SQUARE = ((1.0, 1.0), (1.0, 2.0), (2.0, 2.0), (1.0, 1.0))


@pytest.fixture
def grid(world):
    """A program for two VENs."""
    world.do(CreateGroup(name="all", joins_new_devices=True))
    groups = frozenset({GroupId("g1")})
    world.do(CreateProgram(name="p", primacy=1, groups=groups, market_context="urn:x:p"))
    world.do(EnrolClient(kind=ClientKind.VEN, name="mill"))
    world.do(EnrolClient(kind=ClientKind.VEN, name="inn"))
    return world


@pytest.fixture
def vens(grid):
    return tuple(grid.book.devices)


@pytest.fixture
def state(grid):
    def state(*, after=HOUR, signals=(SIMPLE,), **others):
        draft = IntervalDraft(duration=HOUR, values=(1.0,) * len(signals))
        command = CreateEvent(
            program_id=ProgramId("p2"),
            name="peak",
            start=grid.now + after,
            intervals=(draft,),
            signals=signals,
            supersede=True,
        )
        (created,) = grid.do(replace(command, **others))
        return created.event

    return state


def baseline(grid, **others):
    line = Baseline(
        name="usual",
        start=grid.now,
        intervals=(BaselineInterval(duration=MINUTE, value=5.0),) * 2,
        unit="powerReal",
    )
    return replace(line, **others)


def test_an_event_keeps_what_it_says_to_vens(grid, state):
    said = ForVens(
        ramp_up=MINUTE,
        recovery=-MINUTE,
        notification=HOUR,
        comment="hot day,\nbe kind",
        baseline=baseline(grid),
        places=Places(group_ids=("a",), areas=(SQUARE,), transports=(("here", "there"),)),
    )
    assert state(for_vens=said).for_vens == said
    assert said.baseline.duration == 2 * MINUTE


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        (ForVens(ramp_up=DAYS), "/for_vens/ramp_up"),
        (ForVens(recovery=-DAYS), "/for_vens/recovery"),
        (ForVens(notification=-MINUTE), "/for_vens/notification"),
        (ForVens(ramp_up=timedelta(seconds=0.5)), "/for_vens/ramp_up"),
        (ForVens(comment="x" * 1001), "/for_vens/comment"),
        (ForVens(comment="a\x00b"), "/for_vens/comment"),
        (ForVens(places=Places(parties=("",))), "/for_vens/places/parties"),
        (ForVens(places=Places(parties=("a",) * 1001)), "/for_vens/places/parties"),
        (ForVens(places=Places(transports=(("here", " "),))), "/for_vens/places/transports"),
        (ForVens(places=Places(areas=(SQUARE[:3],))), "/for_vens/places/areas"),
        (ForVens(places=Places(areas=(SQUARE[:3] + SQUARE[1:2],))), "/for_vens/places/areas"),
        (
            ForVens(places=Places(locations=(((91.0, 0.0), *SQUARE[1:3], (91.0, 0.0)),))),
            "/for_vens/places/locations",
        ),
    ],
)
def test_what_no_ven_could_read_is_refused(state, said, pointer):
    with pytest.raises(Invalid) as caught:
        state(for_vens=said)
    assert caught.value.pointer == pointer


@pytest.mark.parametrize(
    ("others", "pointer"),
    [
        ({"name": ""}, "name"),
        ({"start": timedelta(seconds=0.5)}, "start"),
        ({"intervals": ()}, ""),
        ({"intervals": (BaselineInterval(duration=-MINUTE, value=1.0),)}, "intervals/0"),
        ({"intervals": (BaselineInterval(duration=MINUTE, value=float("inf")),)}, "intervals/0"),
        (
            {"intervals": (BaselineInterval(duration=timedelta(seconds=0.5), value=1.0),)},
            "intervals/0",
        ),
        ({"unit": "furlong"}, "unit"),
    ],
)
def test_a_baseline_is_a_line_of_values(grid, state, others, pointer):
    if "start" in others:
        others = {"start": grid.now + others["start"]}
    with pytest.raises(Invalid) as caught:
        state(for_vens=ForVens(baseline=baseline(grid, **others)))
    assert caught.value.pointer == f"/for_vens/baseline/{pointer}".rstrip("/")


def test_a_baseline_of_money_needs_a_currency(grid, state):
    line = baseline(grid, unit="currencyPerKWh")
    with pytest.raises(Invalid, match="currency"):
        state(for_vens=ForVens(baseline=line))
    state(for_vens=ForVens(baseline=replace(line, currency="EUR")))


def test_parts_of_a_ven_are_named_to_it_alone(grid, state, vens):
    part = ForVens(places=Places(resources=("boiler",)))
    line = ForVens(baseline=baseline(grid, resources=("boiler",)))
    for said in (part, line):
        for targets in (
            Targets(),
            Targets(devices=frozenset(vens)),
            Targets(groups=frozenset({GroupId("g1")})),
        ):
            with pytest.raises(Invalid, match="one VEN by name"):
                state(for_vens=said, targets=targets)
        state(for_vens=said, targets=Targets(devices=frozenset(vens[:1])))


def test_a_class_of_devices_is_listed_or_the_users_own(state):
    for name in ("Water_Heater", "x-kiln"):
        signal = replace(SIMPLE, device_classes=(name,))
        assert state(signals=(signal,)).signals == (signal,)
    with pytest.raises(Invalid, match="class of devices"):
        state(signals=(replace(SIMPLE, device_classes=("Kiln",)),))


def test_an_event_is_near_from_its_ramp_up_on(grid, state):
    def phases(ramp_up):
        event = state(for_vens=ForVens(ramp_up=ramp_up))
        return [phase(event, event.start - length) for length in (HOUR, MINUTE, 0 * MINUTE)]

    assert phases(2 * MINUTE) == [Phase.FAR, Phase.NEAR, Phase.ACTIVE]
    assert phases(0 * MINUTE) == phases(-2 * MINUTE) == [Phase.FAR, Phase.FAR, Phase.ACTIVE]


def test_a_value_goes_on_where_none_is_said(state):
    rows = ((1.0, 5.0), (None, 6.0), (2.0, None))
    event = state(
        signals=(SIMPLE, DISPATCH),
        intervals=tuple(IntervalDraft(duration=HOUR, values=row) for row in rows),
    )
    assert [[event.value(signal, index) for index in range(3)] for signal in (0, 1)] == [
        [1.0, 1.0, 2.0],
        [5.0, 6.0, 6.0],
    ]
    with pytest.raises(Invalid, match="goes on"):
        state(intervals=(IntervalDraft(duration=HOUR, values=(None,)),))


def test_overlapping_events_are_found_by_the_vens_that_see_both(grid, state, vens):
    grid.do(
        AddDevice(
            name="sun",
            language=Language.MODBUS,
            modbus=ModbusEndpoint(host="10.0.0.1", port=502, unit=1, register_map="any"),
        )
    )
    long = state(randomize_start=10 * MINUTE)
    one = Targets(devices=frozenset(vens[:1]))
    inside = state(after=HOUR + MINUTE, signals=(DISPATCH,), targets=one)
    in_the_tail = state(after=2 * HOUR + 9 * MINUTE)
    after_it = state(after=2 * HOUR + 10 * MINUTE, targets=Targets(devices=frozenset(vens[1:])))
    cancelled = state()
    grid.do(CancelEvent(event_id=EventId(cancelled.id)))
    state(signals=(), intervals=(IntervalDraft(duration=HOUR, controls=Controls(connect=True)),))

    assert overlaps(grid.book, long, grid.now) == (
        Overlap(event_id=inside.id, devices=vens[:1]),
        Overlap(event_id=in_the_tail.id, devices=vens),
    )
    assert overlaps(grid.book, after_it, grid.now) == (
        Overlap(event_id=in_the_tail.id, devices=vens[1:]),
    )
    assert overlaps(grid.book, long, in_the_tail.end) == ()
