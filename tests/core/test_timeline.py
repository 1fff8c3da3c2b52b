"""The timeline: every status is what the event, its rivals and the instant make it."""

from collections.abc import Iterable, Iterator
from cProfile import Profile
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.core.model import Controls, Event, EventId, Interval, Mrid, ProgramId
from server.core.timeline import (
    Control,
    Phase,
    Standing,
    Status,
    controls_of,
    current_interval,
    listed,
    next_change,
    phase,
    standings,
)

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)
LIMIT = Controls(export_limit_w=1000.0)
BOTH = Controls(export_limit_w=1000.0, load_limit_w=500.0)
LOAD = Controls(load_limit_w=500.0)


def at(seconds: int) -> datetime:
    return NOON + timedelta(seconds=seconds)


def mrid(name: str, index: int = 0) -> Mrid:
    return Mrid(f"{name}{index}")


def event(
    name: str,
    *windows: tuple[int, int],
    asked: Controls | None = LIMIT,
    created: int = 0,
    cancelled: int | None = None,
    at_random: bool = False,
    start_range: int = 0,
    duration_range: int = 0,
) -> Event:
    """An event of one interval per window (start, end), in seconds after noon."""
    return Event(
        id=EventId(name),
        program_id=ProgramId("p"),
        name=name,
        intervals=tuple(
            Interval(
                mrid=mrid(name, index),
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


def as_known(events: Iterable[Event], now: datetime) -> tuple[Event, ...]:
    """Events as a book held them at an instant: stated by then, and cancelled if by then."""
    return tuple(
        replace(e, cancelled_at=None) if e.cancelled_at and e.cancelled_at > now else e
        for e in events
        if e.created_at <= now
    )


def known(now: int, *events: Event) -> tuple[Control, ...]:
    """The controls as a book held them at a second."""
    return controls_of(as_known(events, at(now)))


def stand(name: str, now: int, *events: Event) -> tuple[Status, int] | None:
    """The status of an event's first control and the second since when, or None if not listed."""
    found = standings(known(now, *events), at(now)).get(mrid(name))
    if found is None:
        return None
    return found.status, int((found.since - NOON).total_seconds())


def doubt(name: str, now: int, *events: Event) -> int | None:
    """Since which second an event's first control is potentially superseded."""
    found = standings(known(now, *events), at(now))[mrid(name)]
    since = found.potentially_superseded_since
    assert found.potentially_superseded == (since is not None)
    return None if since is None else int((since - NOON).total_seconds())


def test_a_control_knows_its_event_and_the_window_of_all_devices() -> None:
    long = event("a", (100, 200), (200, 300), start_range=30, duration_range=20)
    late = Control(event=long, index=1)
    assert (late.mrid, late.program_id, late.created_at) == ("a1", "p", at(0))
    assert (late.start, late.end) == (at(200), at(300))
    assert (late.earliest_start, late.latest_end) == (at(200), at(350))
    assert late.modes == {"export_limit_w"}
    assert late.controls == LIMIT
    early = Control(event=event("a", (100, 200), start_range=-30, duration_range=-20), index=0)
    assert (early.earliest_start, early.latest_end) == (at(70), at(200))


def test_an_interval_without_controls_asks_nothing_and_is_no_control() -> None:
    silent = event("a", (0, 10), asked=None)
    assert Control(event=silent, index=0).modes == frozenset()
    assert controls_of([silent]) == ()


def test_controls_are_listed_by_start_then_newest_then_largest_mrid() -> None:
    events = [
        event("a", (50, 60), (60, 70)),
        event("b", (50, 60), created=5),
        event("c", (50, 60)),
        event("d", (10, 20)),
    ]
    assert [c.mrid for c in controls_of(events)] == ["d0", "b0", "c0", "a0", "a1"]


def test_a_control_is_scheduled_unless_created_late_then_active_then_gone() -> None:
    one = event("a", (100, 200))
    assert stand("a", -1, one) is None
    assert stand("a", 0, one) == (Status.SCHEDULED, 0)
    assert stand("a", 99, one) == (Status.SCHEDULED, 0)
    assert stand("a", 100, one) == (Status.ACTIVE, 100)
    assert stand("a", 199, one) == (Status.ACTIVE, 100)
    assert stand("a", 200, one) is None
    assert stand("b", 150, event("b", (100, 200), created=150)) == (Status.ACTIVE, 150)


def test_randomisation_widens_the_active_window() -> None:
    one = event("a", (100, 200), start_range=-30, duration_range=40)
    assert stand("a", 70, one) == (Status.ACTIVE, 70)
    assert stand("a", 239, one) == (Status.ACTIVE, 70)
    assert stand("a", 240, one) is None


def test_a_cancelled_control_stays_listed_to_its_nominal_end() -> None:
    one = event("a", (100, 200), cancelled=120, duration_range=40)
    assert stand("a", 119, one) == (Status.ACTIVE, 100)
    assert stand("a", 120, one) == (Status.CANCELLED, 120)
    assert stand("a", 199, one) == (Status.CANCELLED, 120)
    assert stand("a", 200, one) is None
    early = event("b", (100, 200), cancelled=10)
    assert stand("b", 10, early) == stand("b", 199, early) == (Status.CANCELLED, 10)


def test_a_control_cancelled_in_its_random_tail_is_seen_as_cancelled() -> None:
    one = event("a", (100, 200), cancelled=210, duration_range=40)
    assert stand("a", 205, one) == (Status.ACTIVE, 100)
    assert stand("a", 239, one) == (Status.CANCELLED, 210)
    assert stand("a", 240, one) is None


def test_a_control_cancelled_at_random_stays_listed_to_its_effective_end() -> None:
    one = event("a", (100, 200), cancelled=120, at_random=True, duration_range=40)
    assert stand("a", 239, one) == (Status.CANCELLED_AT_RANDOM, 120)
    assert stand("a", 240, one) is None


def test_a_newer_control_of_the_same_modes_supersedes_when_it_starts_and_both_stay() -> None:
    pair = (event("a", (100, 200)), event("b", (150, 180), created=10))
    assert stand("a", 149, *pair) == (Status.ACTIVE, 100)
    assert stand("a", 150, *pair) == (Status.SUPERSEDED, 150)
    assert stand("b", 150, *pair) == (Status.ACTIVE, 150)
    assert stand("a", 199, *pair) == (Status.SUPERSEDED, 150)
    assert stand("a", 200, *pair) is None
    assert doubt("a", 149, *pair) is None


def test_a_control_created_in_its_own_window_supersedes_at_once() -> None:
    pair = (event("a", (0, 200)), event("b", (10, 200), created=50))
    assert stand("a", 49, *pair) == (Status.ACTIVE, 0)
    assert stand("a", 50, *pair) == (Status.SUPERSEDED, 50)


def test_a_newer_control_supersedes_from_its_earliest_random_start() -> None:
    pair = (event("a", (100, 200)), event("b", (120, 180), created=10, start_range=-60))
    assert stand("a", 59, *pair) == (Status.SCHEDULED, 0)
    assert stand("a", 60, *pair) == (Status.SUPERSEDED, 60)


def test_of_two_created_together_the_larger_mrid_is_the_newer() -> None:
    pair = (event("b", (100, 200)), event("a", (100, 200)))
    assert stand("a", 100, *pair) == (Status.SUPERSEDED, 100)
    assert stand("b", 100, *pair) == (Status.ACTIVE, 100)


def test_a_newer_control_of_more_modes_supersedes_without_doubt() -> None:
    pair = (event("a", (100, 200)), event("b", (100, 200), asked=BOTH, created=10))
    assert doubt("a", 50, *pair) is None
    assert stand("a", 100, *pair) == (Status.SUPERSEDED, 100)


def test_a_newer_control_of_fewer_modes_leaves_a_doubt_from_its_creation_on() -> None:
    pair = (event("a", (100, 200), asked=BOTH), event("b", (120, 130), created=10))
    assert doubt("a", 9, *pair) is None
    assert doubt("a", 10, *pair) == 10
    assert stand("a", 125, *pair) == (Status.ACTIVE, 100)
    assert doubt("a", 199, *pair) == 10
    assert doubt("b", 125, *pair) is None


def test_the_doubt_ends_when_the_newer_control_is_cancelled_before_it_starts() -> None:
    pair = (event("a", (100, 200), asked=BOTH), event("b", (120, 130), created=10, cancelled=50))
    assert doubt("a", 49, *pair) == 10
    assert doubt("a", 50, *pair) is None


def test_the_doubt_stays_when_the_newer_control_is_cancelled_after_it_started() -> None:
    pair = (event("a", (100, 200), asked=BOTH), event("b", (120, 190), created=10, cancelled=150))
    assert doubt("a", 160, *pair) == 10


def test_a_cancelled_control_is_in_no_doubt() -> None:
    pair = (event("a", (100, 200), asked=BOTH, cancelled=110), event("b", (120, 130), created=10))
    assert doubt("a", 110, *pair) is None


def test_controls_of_other_modes_leave_each_other_alone() -> None:
    pair = (event("a", (100, 200)), event("b", (100, 200), asked=LOAD, created=10))
    assert (stand("a", 150, *pair), doubt("a", 150, *pair)) == ((Status.ACTIVE, 100), None)


def test_successive_controls_leave_each_other_alone_even_if_randomised() -> None:
    pair = (event("a", (100, 200), duration_range=60), event("b", (200, 300), created=10))
    assert stand("a", 210, *pair) == (Status.ACTIVE, 100)
    assert stand("b", 210, *pair) == (Status.ACTIVE, 200)


def test_the_intervals_of_one_event_leave_each_other_alone() -> None:
    crooked = event("a", (100, 200), (150, 250))
    found = standings(controls_of([crooked]), at(160))
    assert [s.status for s in found.values()] == [Status.ACTIVE, Status.ACTIVE]


@pytest.mark.parametrize("cancelled", [50, 150])
def test_a_newer_control_cancelled_by_its_start_supersedes_nothing(cancelled: int) -> None:
    pair = (event("a", (100, 200)), event("b", (150, 180), created=10, cancelled=cancelled))
    assert stand("a", 160, *pair) == (Status.ACTIVE, 100)


def test_superseded_is_for_good_though_the_newer_control_is_cancelled_later() -> None:
    pair = (event("a", (100, 200)), event("b", (150, 180), created=10, cancelled=151))
    assert stand("a", 190, *pair) == (Status.SUPERSEDED, 150)


def test_a_superseded_control_stays_so_when_it_is_cancelled() -> None:
    pair = (event("a", (100, 200), cancelled=151), event("b", (150, 180), created=10))
    assert stand("a", 160, *pair) == (Status.SUPERSEDED, 150)


def test_a_control_cancelled_when_the_newer_starts_stays_cancelled() -> None:
    pair = (event("a", (100, 200), cancelled=150), event("b", (150, 180), created=10))
    assert stand("a", 160, *pair) == (Status.CANCELLED, 150)


def test_a_control_superseded_before_it_takes_effect_supersedes_nothing() -> None:
    oldest = event("a", (50, 150))
    middle = event("b", (0, 100), created=1)
    newest = event("c", (0, 20), created=1)
    assert stand("a", 60, oldest, middle) == (Status.SUPERSEDED, 1)
    assert stand("a", 60, oldest, middle, newest) == (Status.ACTIVE, 50)


def test_an_interval_that_was_over_when_its_event_was_created_never_was() -> None:
    pair = (event("a", (0, 200)), event("b", (10, 50), (50, 60), created=55))
    assert stand("b", 55, *pair) is None
    assert standings(controls_of(pair), at(55))[mrid("b", 1)].status is Status.ACTIVE
    alone = (event("a", (0, 200)), event("b", (10, 50), created=55))
    assert stand("a", 70, *alone) == (Status.ACTIVE, 0)


def test_listed_keeps_the_given_order_and_leaves_out_what_has_ended() -> None:
    controls = controls_of([event("a", (0, 10)), event("b", (20, 30)), event("c", (20, 30))])
    backwards = tuple(reversed(controls))
    assert [c.mrid for c, _ in listed(backwards, at(15))] == ["b0", "c0"]
    assert listed(backwards, at(25))[1][1] == Standing(status=Status.ACTIVE, since=at(20))


def test_next_change_names_each_edge_and_then_nothing() -> None:
    controls = controls_of([event("a", (100, 200)), event("b", (150, 180), created=10)])
    seen = [at(10)]
    while (then := next_change(controls, seen[-1])) is not None:
        seen.append(then)
    assert seen[1:] == [at(s) for s in (100, 150, 180, 200)]
    assert next_change((), NOON) is None


def test_a_thousand_controls_in_a_row_are_not_compared_pair_by_pair() -> None:
    row = controls_of(event(f"{n:04}", (n * 60, n * 60 + 60)) for n in range(1000))
    assert len((profile := Profile()).runcall(standings, row, at(0))) == 1000
    assert sum(entry.callcount for entry in profile.getstats()) < 250_000


def test_the_phase_follows_the_nominal_window() -> None:
    early = event("a", (100, 200), (200, 300), start_range=-60)
    found = [phase(early, at(now)) for now in (99, 100, 299, 300)]
    assert found == [Phase.FAR, Phase.ACTIVE, Phase.ACTIVE, Phase.COMPLETED]


def test_the_phase_is_cancelled_until_the_end_of_the_window() -> None:
    off = event("a", (100, 200), cancelled=120)
    found = [phase(off, at(now)) for now in (120, 199, 200)]
    assert found == [Phase.CANCELLED, Phase.CANCELLED, Phase.COMPLETED]


def test_the_current_interval_is_the_one_that_holds_now() -> None:
    two = event("a", (100, 200), (200, 300))
    assert [current_interval(two, at(n)) for n in (99, 100, 199, 200, 300)] == [None, 0, 0, 1, None]


@st.composite
def histories(draw: st.DrawFn, ranges: st.SearchStrategy[int]) -> tuple[Event, ...]:
    """A handful of events that overlap, start and are cancelled at the same few instants."""
    made = []
    for name in "abcdef"[: draw(st.integers(1, 6))]:
        start, created = draw(st.integers(0, 20)), draw(st.integers(0, 20))
        middle = start + draw(st.integers(1, 9))
        windows = [(start, middle), (middle, middle + 3)][: draw(st.integers(1, 2))]
        made.append(
            event(
                name,
                *windows,
                asked=draw(st.sampled_from([LIMIT, LOAD, BOTH])),
                created=created,
                cancelled=draw(st.none() | st.integers(created, 25)),
                at_random=draw(st.booleans()),
                start_range=draw(ranges),
                duration_range=draw(ranges),
            )
        )
    return tuple(made)


def is_replaced(old: Control, new: Control) -> bool:
    is_older = (old.created_at, old.mrid) < (new.created_at, new.mrid)
    overlaps = old.start < new.end and new.start < old.end and old.event != new.event
    return is_older and overlaps and old.modes <= new.modes and old.created_at < old.latest_end


def step(controls: tuple[Control, ...], now: datetime, ends: dict[Mrid, Status]) -> None:
    """Let happen what happens at one instant: cancellations first, then starts, newest first."""
    for c in controls:
        if c.event.cancelled_at == now:
            at_random = c.event.is_cancelled_at_random
            ends.setdefault(c.mrid, Status.CANCELLED_AT_RANDOM if at_random else Status.CANCELLED)
    for c in sorted(controls, key=lambda c: (c.created_at, c.mrid), reverse=True):
        if max(c.earliest_start, c.created_at) == now < c.latest_end and c.mrid not in ends:
            for o in controls:
                if is_replaced(o, c):
                    ends.setdefault(o.mrid, Status.SUPERSEDED)


def walk(controls: tuple[Control, ...], seconds: int) -> Iterator[dict[Mrid, Status]]:
    """Tell the same story by walking through time: the statuses at each second."""
    ends: dict[Mrid, Status] = {}
    for now in map(at, range(seconds)):
        step(controls, now, ends)
        statuses = {}
        for c in controls:
            begun = Status.ACTIVE if c.earliest_start <= now else Status.SCHEDULED
            status = ends.get(c.mrid, begun)
            is_short = status is Status.CANCELLED and (c.event.cancelled_at or now) < c.end
            if c.created_at <= now < (c.end if is_short else c.latest_end):
                statuses[c.mrid] = status
        yield statuses


@given(histories(st.integers(-3, 3)))
@settings(max_examples=100, deadline=None)
def test_standings_are_those_of_a_walk_through_time(events: tuple[Event, ...]) -> None:
    controls = controls_of(events)
    for second, expected in enumerate(walk(controls, 45)):
        then = known(second, *events)
        found = standings(then, at(second))
        assert {m: s.status for m, s in found.items()} == expected
        assert standings(then[::-1], at(second)) == found
        for s in found.values():
            assert s.since <= at(second)
            assert (s.potentially_superseded_since or NOON) <= at(second)


@given(histories(st.integers(-3, 3)), st.integers(-5, 40))
@settings(max_examples=100, deadline=None)
def test_nothing_changes_before_the_next_change(events: tuple[Event, ...], second: int) -> None:
    controls = known(second, *events)
    now, then = at(second), next_change(controls, at(second))
    present = standings(controls, now)
    for half_seconds in range(1, 80):
        between = now + timedelta(seconds=half_seconds / 2)
        if then is None or between < then:
            assert standings(controls, between) == present
    if then is not None:
        assert now < then
        assert standings(controls, then) != present


@given(histories(st.just(0)))
@settings(max_examples=100, deadline=None)
def test_no_two_controls_of_the_same_modes_are_active_at_once(events: tuple[Event, ...]) -> None:
    for second in range(40):
        seen = listed(known(second, *events), at(second))
        active = [control.modes for control, s in seen if s.status is Status.ACTIVE]
        assert len(active) == len(set(active))
