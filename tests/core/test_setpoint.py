"""The setpoint: what one device follows, joined from everything that is asked of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from server.core.book import Book
from server.core.inverter import FrequencyDroop
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
)
from server.core.setpoint import Setpoint, effective_window, setpoint
from server.core.timeline import Control, Status, controls_of, standings

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)
DEVICE = DeviceId("d")
GROUP = GroupId("g")
LIMIT = Controls(export_limit_w=1000.0)
LOAD = Controls(load_limit_w=500.0)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def event(
    name: str,
    *windows: tuple[int, int],
    asked: Controls = LIMIT,
    program: str = "p",
    created: int = 0,
    cancelled: int | None = None,
    at_random: bool = False,
    start_range: int = 0,
    duration_range: int = 0,
) -> Event:
    """An event of one interval per window (start, end), in seconds after noon."""
    return Event(
        id=EventId(name),
        program_id=ProgramId(program),
        name=name,
        intervals=tuple(
            Interval(
                mrid=Mrid(f"{name}{index}"),
                start=at(start),
                duration=timedelta(seconds=end - start),
                controls=asked,
            )
            for index, (start, end) in enumerate(windows)
        ),
        randomize_start=timedelta(seconds=start_range),
        randomize_duration=timedelta(seconds=duration_range),
        created_at=at(created),
        cancelled_at=None if cancelled is None else at(cancelled),
        is_cancelled_at_random=at_random,
    )


def program(name: str, primacy: int, default: Controls | None = None) -> Program:
    return Program(
        id=ProgramId(name),
        mrid=Mrid(name.upper()),
        name=name,
        primacy=primacy,
        groups=frozenset({GROUP}),
        market_context=f"http://utility.example/{name}",
        default=default or Controls(),
        default_mrid=Mrid(f"{name}-default"),
        created_at=NOON,
    )


def book_of(*events: Event, programs: tuple[Program, ...] = (program("p", 1),)) -> Book:
    """A book with one device in one group that is offered the programs."""
    book = Book()
    book.devices[DEVICE] = Device(id=DEVICE, name="d", language=Language.MODBUS, added_at=NOON)
    book.groups[GROUP] = Group(id=GROUP, mrid=Mrid("G"), name="g", created_at=NOON)
    book.groups_by_device[DEVICE][GROUP] = None
    for one in programs:
        book.programs[one.id] = one
        book.programs_by_group[GROUP][one.id] = None
    for each in events:
        book.events[each.id] = each
        book.events_by_program[each.program_id][each.id] = None
    return book


def second(instant: datetime | None) -> float | None:
    return None if instant is None else (instant - NOON).total_seconds()


def wanted(book: Book, now: float) -> Setpoint:
    return setpoint(book, DEVICE, at(now))


def window(of: Event, index: int = 0, device: str = "d") -> tuple[float, float]:
    start, end = effective_window(Control(event=of, index=index), DeviceId(device))
    return (start - NOON).total_seconds(), (end - NOON).total_seconds()


def test_a_device_that_nothing_is_asked_of_follows_nothing() -> None:
    nothing = Setpoint(controls=Controls(), sources={}, until=None)
    assert wanted(book_of(), 0) == nothing
    assert setpoint(book_of(), DeviceId("stranger"), NOON) == nothing


def test_a_control_is_followed_within_its_window_and_the_next_edge_is_told() -> None:
    book = book_of(event("a", (100, 200)))
    assert wanted(book, 99) == Setpoint(controls=Controls(), sources={}, until=at(100))
    assert wanted(book, 100) == Setpoint(
        controls=LIMIT, sources={"export_limit_w": Mrid("a0")}, until=at(200)
    )
    assert wanted(book, 200) == Setpoint(controls=Controls(), sources={}, until=None)


def test_defaults_fill_the_modes_that_no_control_speaks_for() -> None:
    strong = program("p", 1, Controls(export_limit_w=9.0, connect=True))
    weak = program("q", 2, Controls(export_limit_w=8.0, load_limit_w=7.0))
    book = book_of(event("a", (100, 200), program="q"), programs=(weak, strong))
    before, within = wanted(book, 0), wanted(book, 150)
    assert before.controls == Controls(export_limit_w=9.0, connect=True, load_limit_w=7.0)
    assert before.sources == {}
    assert within.controls == Controls(export_limit_w=1000.0, connect=True, load_limit_w=7.0)
    assert within.sources == {"export_limit_w": "a0"}


def test_the_lower_primacy_wins_mode_by_mode() -> None:
    both = Controls(export_limit_w=1.0, load_limit_w=2.0)
    book = book_of(
        event("a", (0, 100), program="p"),
        event("b", (0, 100), program="q", asked=both, created=-5),
        programs=(program("q", 2), program("p", 1)),
    )
    assert wanted(book, 50).controls == Controls(export_limit_w=1000.0, load_limit_w=2.0)
    assert wanted(book, 50).sources == {"export_limit_w": "a0", "load_limit_w": "b0"}


def test_at_equal_primacy_the_newest_wins_whatever_its_program() -> None:
    book = book_of(
        event("a", (0, 100), program="p", created=-5),
        event("b", (0, 100), program="q", asked=Controls(export_limit_w=1.0), created=-9),
        programs=(program("q", 1), program("p", 1)),
    )
    assert wanted(book, 50).sources == {"export_limit_w": "a0"}


def test_within_a_program_the_newer_takes_its_modes_and_leaves_the_rest() -> None:
    both = Controls(export_limit_w=1.0, load_limit_w=2.0)
    book = book_of(event("a", (0, 100), asked=both), event("b", (20, 40), created=5))
    assert wanted(book, 10).controls == both
    assert wanted(book, 30).controls == Controls(export_limit_w=1000.0, load_limit_w=2.0)
    assert wanted(book, 50).controls == both


def test_a_superseded_control_is_not_taken_up_again() -> None:
    book = book_of(event("a", (0, 100)), event("b", (20, 40), created=5))
    assert wanted(book, 30).sources == {"export_limit_w": "b0"}
    assert wanted(book, 50).controls == Controls()


def test_the_ramp_is_that_of_the_strongest_that_gives_a_mode() -> None:
    ramped = Controls(load_limit_w=500.0, ramp_s=30.0)
    strong = program("p", 1, Controls(connect=True, ramp_s=60.0))
    book = book_of(event("a", (0, 100)), event("b", (50, 200), asked=ramped), programs=(strong,))
    assert wanted(book, 10).controls.ramp_s is None
    assert wanted(book, 60).controls.ramp_s == 30.0
    assert wanted(book, 250).controls.ramp_s == 60.0


def test_curves_and_droops_are_modes_of_their_own() -> None:
    droop = FrequencyDroop(
        over_dead_band_hz=0.1,
        under_dead_band_hz=0.1,
        over_slope=0.05,
        under_slope=0.05,
        open_loop_s=1.0,
    )
    bent = Controls(volt_var=CurveId("v1"), freq_droop=droop, storage_target_w=-5.0)
    usual = Controls(volt_var=CurveId("v2"), volt_watt=CurveId("v3"), freq_droop=droop)
    book = book_of(
        event("a", (0, 100), asked=bent),
        event("b", (0, 50), asked=Controls(volt_var=CurveId("v4")), program="q"),
        programs=(program("p", 2, usual), program("q", 1)),
    )
    assert wanted(book, 10).controls == replace(
        usual, volt_var=CurveId("v4"), storage_target_w=-5.0
    )
    assert wanted(book, 10).sources == {
        "volt_var": "b0",
        "freq_droop": "a0",
        "storage_target_w": "a0",
    }
    assert wanted(book, 60).controls.volt_var == "v1"
    assert wanted(book, 200).controls == usual


def test_a_ramp_without_a_mode_is_no_wish() -> None:
    book = book_of(event("a", (0, 100), asked=Controls(ramp_s=5.0)))
    assert wanted(book, 50).controls == Controls()


def test_a_control_created_late_is_followed_from_its_creation_on() -> None:
    book = book_of(event("a", (0, 100), created=50))
    assert wanted(book, 50).controls == LIMIT
    over = book_of(event("a", (0, 40), (40, 100), created=50))
    assert wanted(over, 50).sources == {"export_limit_w": "a1"}


def test_a_clock_that_is_set_back_keeps_what_was_stated_and_cancelled() -> None:
    book = book_of(event("a", (0, 100), created=50))
    assert wanted(book, 20).controls == LIMIT
    assert wanted(book, -1) == Setpoint(controls=Controls(), sources={}, until=at(0))
    for off in (event("a", (0, 100), cancelled=50), event("a", (60, 100), cancelled=50)):
        assert wanted(book_of(off), 20).controls == Controls()


def test_a_cancelled_control_is_dropped_at_once() -> None:
    book = book_of(event("a", (0, 100), cancelled=50, start_range=30, duration_range=30))
    assert wanted(book, 50) == Setpoint(controls=Controls(), sources={}, until=None)
    before = book_of(event("a", (0, 100), start_range=30, duration_range=30))
    assert wanted(before, 50).controls == LIMIT


def test_a_control_cancelled_before_it_starts_is_never_followed() -> None:
    for at_random in (False, True):
        off = event("a", (100, 200), cancelled=50, at_random=at_random, duration_range=600)
        assert wanted(book_of(off), 50) == Setpoint(controls=Controls(), sources={}, until=None)


def test_a_cancellation_at_random_is_followed_within_the_larger_range() -> None:
    ends = set()
    for number in range(40):
        off = event(
            f"a{number}",
            (0, 1000),
            cancelled=500,
            at_random=True,
            start_range=-20,
            duration_range=60,
        )
        until = wanted(book_of(off), 500 - 1e-6).until
        assert until is not None
        assert at(500) <= until <= at(560)
        ends.add(until)
    assert len(ends) > 30
    assert max(ends) > at(540)


def test_a_cancellation_at_random_never_prolongs() -> None:
    for number in range(20):
        off = event(f"a{number}", (0, 100), cancelled=99, at_random=True, start_range=-60)
        assert wanted(book_of(off), 100).controls == Controls()


def test_draws_are_pinned_so_that_a_restart_draws_the_same() -> None:
    one = event("a", (0, 100), start_range=1000, duration_range=1000)
    assert window(one) == (119.174569, 861.577747)


def test_draws_differ_by_device_and_by_event_and_fill_the_range() -> None:
    one, other = (event(n, (0, 100), start_range=1000, duration_range=-50) for n in "ab")
    windows = [window(one, device=f"d{number}") for number in range(200)]
    starts = [start for start, _ in windows]
    assert min(starts) >= 0
    assert max(starts) < 1000
    assert min(starts) < 50
    assert max(starts) > 950
    assert len(set(starts)) == 200
    lengths = [end - start for start, end in windows]
    assert 50 < min(lengths) < 55
    assert 95 < max(lengths) <= 100
    assert window(one) != window(other)


def test_the_intervals_of_a_randomised_event_stay_successive() -> None:
    long = event("a", (0, 100), (100, 200), (200, 300), start_range=-60, duration_range=60)
    first, second_, last = (window(long, index) for index in range(3))
    assert first[0] < 0
    assert first[1] == second_[0]
    assert second_[1] == last[0]
    assert first[1] - first[0] == second_[1] - second_[0] == 100
    assert 100 < last[1] - last[0] < 160


def test_a_window_shortened_to_nothing_ends_where_it_starts() -> None:
    start, end = window(event("a", (0, 1), duration_range=-3600))
    assert (start, end) == (0, 0)


def test_a_control_is_held_until_the_devices_own_start_of_its_heir() -> None:
    heir = event("b", (100, 500), created=5, start_range=200)
    starts = window(heir)[0]
    assert starts > 110
    book = book_of(event("a", (0, 500)), heir)
    assert wanted(book, 110).sources == {"export_limit_w": "a0"}
    assert wanted(book, 110).until == at(starts)
    assert wanted(book, starts).sources == {"export_limit_w": "b0"}


def test_a_control_is_dropped_when_its_heir_is_cancelled_before_the_device_starts_it() -> None:
    heir = event("b", (100, 500), created=5, start_range=200, cancelled=105)
    book = book_of(event("a", (0, 500)), heir)
    assert window(heir)[0] > 105
    assert wanted(book, 104).sources == {"export_limit_w": "a0"}
    assert wanted(book, 105).controls == Controls()


def test_a_control_is_held_through_an_heir_that_the_device_never_starts() -> None:
    heir = event("b", (100, 500), created=5, start_range=200)
    last = event("c", (105, 500), created=6, start_range=20)
    starts = window(last)[0]
    assert 106 < starts < window(heir)[0]
    book = book_of(event("a", (0, 500)), heir, last)
    assert wanted(book, 106).sources == {"export_limit_w": "a0"}
    assert wanted(book, starts).sources == {"export_limit_w": "c0"}


INSTANTS = st.integers(0, 12)
ASKED = st.sampled_from([LIMIT, LOAD, Controls(export_limit_w=5.0, load_limit_w=6.0, ramp_s=1.0)])


@st.composite
def books(draw: st.DrawFn, ranges: st.SearchStrategy[int]) -> Book:
    """A device with two programs, one with a default, and a handful of events that collide."""
    events = []
    for name in "abcde"[: draw(st.integers(1, 5))]:
        start, created = draw(INSTANTS), draw(INSTANTS)
        middle = start + draw(st.integers(1, 9))
        events.append(
            event(
                name,
                *[(start, middle), (middle, middle + 3)][: draw(st.integers(1, 2))],
                asked=draw(ASKED),
                program=draw(st.sampled_from("pq")),
                created=created,
                cancelled=draw(st.none() | st.integers(created, 20)),
                at_random=draw(st.booleans()),
                start_range=draw(ranges),
                duration_range=draw(ranges),
            )
        )
    default = Controls(export_limit_w=99.0)
    return book_of(
        *events, programs=(program("p", draw(st.sampled_from([0, 2]))), program("q", 1, default))
    )


@given(books(st.integers(-4, 4)), st.integers(-2, 25))
@settings(max_examples=100, deadline=None)
def test_the_setpoint_holds_until_it_says(book: Book, now: int) -> None:
    found = wanted(book, now)
    assert found.until is None or found.until > at(now)
    for halves in range(1, 50):
        then = now + halves / 2
        if found.until is None or at(then) < found.until:
            later = wanted(book, then)
            assert (later.controls, later.sources) == (found.controls, found.sources)
            assert later.until == found.until


@given(books(st.integers(-4, 4)), st.integers(-2, 25))
@settings(max_examples=100, deadline=None)
def test_every_value_comes_from_its_source_or_a_default(book: Book, now: int) -> None:
    found = wanted(book, now)
    controls = {c.mrid: c for c in controls_of(book.events.values())}
    for mode in found.controls.modes:
        value = getattr(found.controls, mode)
        source = found.sources.get(mode)
        assert value == (99.0 if source is None else getattr(controls[source].controls, mode))
    assert found.sources.keys() <= found.controls.modes
    for mrid in found.sources.values():
        control = controls[mrid]
        assert control.earliest_start <= at(now) < control.latest_end


@given(books(st.just(0)), st.integers(-2, 25))
@settings(max_examples=100, deadline=None)
def test_without_randomisation_exactly_the_active_controls_are_followed(
    book: Book, now: int
) -> None:
    """For each mode: the newest active control of the strongest program that has one."""
    stated = [e for e in book.events.values() if e.created_at <= at(now)]
    events = [
        replace(e, cancelled_at=None) if e.cancelled_at and e.cancelled_at > at(now) else e
        for e in stated
    ]
    book = book_of(*events, programs=tuple(book.programs.values()))
    sources = {}
    for one in sorted(book.programs.values(), key=lambda p: p.primacy, reverse=True):
        events = [e for e in book.events.values() if e.program_id == one.id]
        controls = controls_of(events)
        found = standings(controls, at(now))
        for c in sorted(controls, key=lambda c: (c.created_at, c.mrid)):
            if c.mrid in found and found[c.mrid].status is Status.ACTIVE:
                sources.update(dict.fromkeys(c.modes, c.mrid))
    assert wanted(book, now).sources == sources
