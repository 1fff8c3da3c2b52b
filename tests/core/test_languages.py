"""The languages: whatever a device is left without is reported."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from server.core.book import Book
from server.core.languages import Unsaid, unsaid
from server.core.model import (
    Controls,
    CurveId,
    Device,
    DeviceId,
    Event,
    EventId,
    Group,
    GroupId,
    Interval,
    Language,
    Mrid,
    Program,
    ProgramId,
    Signal,
    Targets,
)

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)
HALF = Controls(max_limit_percent=50.0)
PLAIN = Controls(target_w=5.0, connect=True, ramp_s=3.0)
SIMPLE = Signal(name="SIMPLE", type="level")


def device(
    name: str,
    language: Language,
    modes: frozenset[str] | None = None,
    rated_w: float | None = None,
) -> Device:
    return Device(
        id=DeviceId(name),
        name=name,
        language=language,
        modes=modes,
        rated_w=rated_w,
        added_at=NOON,
    )


def book_of(*devices: Device) -> Book:
    """A book with one program that is offered to one group of the devices."""
    book = Book()
    group, program = GroupId("g"), ProgramId("p")
    book.devices = {d.id: d for d in devices}
    book.groups[group] = Group(id=group, mrid=Mrid("G"), name="g", created_at=NOON)
    book.devices_by_group[group] = dict.fromkeys(book.devices)
    book.programs[program] = Program(
        id=program,
        mrid=Mrid("P"),
        name="p",
        primacy=1,
        groups=frozenset({group}),
        market_context="http://utility.example/p",
        default_mrid=Mrid("D"),
        created_at=NOON,
    )
    for d in devices:
        book.groups_by_device[d.id][group] = None
    book.programs_by_group[group][program] = None
    return book


def event(
    *asked: Controls | None, signals: tuple[Signal, ...] = (), targets: Targets | None = None
) -> Event:
    hour = timedelta(hours=1)
    return Event(
        id=EventId("e"),
        program_id=ProgramId("p"),
        name="e",
        intervals=tuple(
            Interval(
                mrid=Mrid(str(index)),
                start=NOON + index * hour,
                duration=hour,
                controls=controls,
                values=tuple(1.0 for _ in signals),
            )
            for index, controls in enumerate(asked)
        ),
        signals=signals,
        targets=targets or Targets(),
        created_at=NOON,
    )


def told(*devices: Device, event: Event) -> list[tuple[str, str]]:
    return [(u.device_id, u.what) for u in unsaid(book_of(*devices), event)]


VEN = device("ven", Language.OPENADR)
INVERTER = device("inverter", Language.SEP2)
METER = device("meter", Language.MODBUS)


def test_a_ven_is_not_told_the_controls_of_an_event_without_signals() -> None:
    gaps = unsaid(book_of(VEN), event(HALF, None, PLAIN))
    assert [gap.what for gap in gaps] == ["connect", "max_limit_percent", "target_w"]
    assert gaps[0] == Unsaid(
        device_id=DeviceId("ven"),
        language=Language.OPENADR,
        what="connect",
        why="OpenADR has no word for controls, and the event has no signal.",
    )


def test_a_2030_5_device_and_a_modbus_device_are_not_told_signals() -> None:
    price = Signal(name="x-price", type="price")
    both = event(None, signals=(SIMPLE, price, SIMPLE))
    assert told(INVERTER, METER, event=both) == [
        ("inverter", "SIMPLE"),
        ("inverter", "x-price"),
        ("meter", "SIMPLE"),
        ("meter", "x-price"),
    ]


def test_a_ramp_alone_is_no_wording() -> None:
    ramp = event(Controls(ramp_s=3.0), signals=(SIMPLE,))
    assert told(INVERTER, event=ramp) == [("inverter", "SIMPLE")]


def test_an_event_that_is_worded_twice_leaves_nobody_without() -> None:
    assert told(VEN, INVERTER, METER, event=event(PLAIN, signals=(SIMPLE,))) == []


def test_an_event_in_a_devices_own_language_leaves_it_nothing_to_miss() -> None:
    assert told(VEN, event=event(None, signals=(SIMPLE,))) == []
    assert told(INVERTER, METER, event=event(PLAIN)) == []


def test_modes_that_a_device_is_known_not_to_follow_are_reported() -> None:
    picky = (
        device("inverter", Language.SEP2, modes=frozenset({"connect"})),
        device("meter", Language.MODBUS, modes=frozenset({"target_w"})),
    )
    gaps = unsaid(book_of(*picky), event(PLAIN))
    assert [(g.device_id, g.what) for g in gaps] == [("inverter", "target_w"), ("meter", "connect")]
    assert {g.why for g in gaps} == {"The device cannot follow this mode."}


def test_curves_are_reported_as_any_mode_that_a_device_cannot_follow() -> None:
    meter = device("meter", Language.MODBUS, modes=frozenset({"target_w"}))
    bent = Controls(volt_var=CurveId("v1"), storage_target_w=1.0, target_w=1.0)
    gaps = unsaid(book_of(meter, INVERTER), event(bent))
    assert [g.what for g in gaps] == ["storage_target_w", "volt_var"]


def test_a_percentage_says_nothing_to_a_modbus_device_of_unknown_rating() -> None:
    rated = device("rated", Language.MODBUS, rated_w=5000.0)
    percent = event(Controls(max_limit_percent=50.0, fixed_w_percent=10.0, target_w=1.0))
    gaps = unsaid(book_of(METER, rated, INVERTER), percent)
    assert [(g.device_id, g.what) for g in gaps] == [
        ("meter", "fixed_w_percent"),
        ("meter", "max_limit_percent"),
    ]
    assert "rated power" in gaps[0].why


def test_a_mode_that_cannot_be_followed_for_two_reasons_is_reported_once() -> None:
    picky = device("meter", Language.MODBUS, modes=frozenset({"target_w"}))
    gaps = unsaid(book_of(picky), event(HALF))
    assert [g.why for g in gaps] == ["The device cannot follow this mode."]


def test_only_the_devices_that_the_event_is_for_are_reported() -> None:
    only = Targets(devices=frozenset({METER.id}))
    to_meter = event(None, signals=(SIMPLE,), targets=only)
    assert told(INVERTER, METER, event=to_meter) == [("meter", "SIMPLE")]


CONTROLS = st.none() | st.sampled_from([HALF, PLAIN, Controls()])
DEVICES = st.builds(
    device,
    st.sampled_from("abcd"),
    st.sampled_from(list(Language)),
    st.none() | st.frozensets(st.sampled_from(["target_w", "connect", "max_limit_percent"])),
    st.none() | st.just(5000.0),
)


@given(
    st.lists(DEVICES, unique_by=lambda d: d.id),
    st.lists(CONTROLS, min_size=1, max_size=3),
    st.sampled_from([(), (SIMPLE,)]),
)
@settings(max_examples=100)
def test_a_gap_is_always_in_the_form_that_the_device_does_not_get(
    devices: list[Device], asked: list[Controls | None], signals: tuple[Signal, ...]
) -> None:
    gaps = unsaid(book_of(*devices), event(*asked, signals=signals))
    modes = {mode for controls in asked if controls for mode in controls.modes}
    assert len({(g.device_id, g.what) for g in gaps}) == len(gaps)
    for gap in gaps:
        assert gap.what in modes | {s.name for s in signals}
        assert not (gap.language is Language.OPENADR and signals)
        assert not (gap.what == "SIMPLE" and modes)
