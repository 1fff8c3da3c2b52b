"""The rules of 2030.5 EventStatus one by one, on the timeline and in the lists of the face."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.core.model import Controls, Event, EventId, Interval, Mrid, ProgramId
from server.core.timeline import Status, controls_of, courses, next_change, standings
from server.errors import Unknown
from server.sep2.views import View

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)
LIMIT = Controls(max_limit_percent=50.0)
BOTH = Controls(max_limit_percent=50.0, connect=True)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def event(name: str, start: int, end: int, *, asks: Controls = LIMIT, **others) -> Event:
    """An event of one interval, in seconds after noon, stated at noon unless said otherwise."""
    instants = {key: at(value) for key, value in others.items() if key.endswith("_at")}
    spans = {k: timedelta(seconds=v) for k, v in others.items() if k.startswith("randomize")}
    return Event(
        id=EventId(name),
        program_id=ProgramId("p"),
        name=name,
        intervals=(
            Interval(
                mrid=Mrid(name), start=at(start), duration=timedelta(seconds=end - start),
                controls=asks,
            ),
        ),
        is_cancelled_at_random=others.get("at_random", False),
        **{"created_at": NOON, **instants, **spans},
    )  # fmt: skip


def read(now: float, *events: Event) -> dict[str, tuple[Status, float]]:
    """Where each event's control stands, and since which second."""
    found = standings(controls_of(events), at(now))
    return {m: (one.status, (one.since - NOON).total_seconds()) for m, one in found.items()}


def test_rule_1_what_has_started_is_never_scheduled() -> None:
    late = event("a", -100, 100, created_at=20)
    assert read(20, late) == {"a": (Status.ACTIVE, 20)}
    early = event("a", 100, 200, randomize_start=-30)
    assert read(69, early) == {"a": (Status.SCHEDULED, 0)}
    assert read(70, early) == {"a": (Status.ACTIVE, 70)}
    assert read(100, event("a", 100, 200, randomize_start=30)) == {"a": (Status.ACTIVE, 100)}


@pytest.mark.parametrize("back", [1, 60, 3600])
def test_rule_2_no_instant_is_to_come_though_the_clock_was_set_back(back: int) -> None:
    older = event("a", -4000, 4000, asks=BOTH, created_at=-4000)
    newer, partly = event("b", -10, 900, asks=BOTH), event("c", -9, 900)
    off, random = event("d", 5, 900, cancelled_at=0), event("e", 5, 9, cancelled_at=0)
    events = (older, newer, partly, off, replace(random, is_cancelled_at_random=True))
    controls, now = controls_of(events), at(-back)
    found = standings(controls, now)
    assert len(found) == len(events)
    for one in found.values():
        assert one.since <= now
        assert (one.potentially_superseded_since or now) <= now
    assert (following := next_change(controls, now)) is not None
    assert following > now


def test_rule_2_what_was_stated_and_cancelled_stays_so_though_the_clock_was_set_back() -> None:
    stated = event("a", 0, 100, created_at=50)
    assert read(20, stated) == {"a": (Status.ACTIVE, 20)}
    assert read(-20, stated) == {"a": (Status.SCHEDULED, -20)}
    off = event("a", 0, 100, cancelled_at=50)
    assert read(20, off) == {"a": (Status.CANCELLED, 20)}
    partly = (event("a", 0, 100, asks=BOTH), event("b", 50, 100, created_at=10, cancelled_at=40))
    assert not standings(controls_of(partly), at(20))["a"].potentially_superseded


def test_rule_3_what_is_over_is_listed_no_more() -> None:
    assert read(200, event("a", 100, 200)) == {}
    longer = event("a", 100, 200, randomize_start=20, randomize_duration=30)
    assert read(249, longer) == {"a": (Status.ACTIVE, 100)}
    assert read(250, longer) == {}


def test_rule_4_a_cancelled_one_is_listed_as_long_as_it_was_to_last() -> None:
    spans = {"randomize_start": -20, "randomize_duration": 30, "cancelled_at": 50}
    plain, random = event("a", 100, 200, **spans), event("b", 100, 200, at_random=True, **spans)
    assert read(60, plain) == {"a": (Status.CANCELLED, 50)}
    assert read(199, plain) == {"a": (Status.CANCELLED, 50)}
    assert read(200, plain) == {}
    assert read(229, random) == {"b": (Status.CANCELLED_AT_RANDOM, 50)}
    assert read(230, random) == {}


def test_rule_6_the_newer_one_supersedes_when_its_first_device_may_start() -> None:
    pair = (event("a", 0, 200), event("b", 100, 150, created_at=10, randomize_start=-20))
    assert read(79, *pair) == {"a": (Status.ACTIVE, 0), "b": (Status.SCHEDULED, 10)}
    assert read(80, *pair) == {"a": (Status.SUPERSEDED, 80), "b": (Status.ACTIVE, 80)}
    assert read(199, *pair) == {"a": (Status.SUPERSEDED, 80)}


def test_rule_6_back_to_back_is_no_overlap() -> None:
    pair = (event("a", 0, 100, randomize_duration=60), event("b", 100, 200, created_at=10))
    assert read(120, *pair) == {"a": (Status.ACTIVE, 0), "b": (Status.ACTIVE, 100)}


def test_rule_6_a_newer_one_of_some_modes_makes_a_doubt_and_one_of_more_an_end() -> None:
    partly = (event("a", 0, 100, asks=BOTH), event("b", 50, 100, created_at=10))
    found = standings(controls_of(partly), at(20))["a"]
    assert (found.status, found.potentially_superseded_since) == (Status.ACTIVE, at(10))
    wholly = (event("a", 0, 100), event("b", 50, 100, asks=BOTH, created_at=10))
    assert not standings(controls_of(wholly), at(20))["a"].potentially_superseded
    assert standings(controls_of(wholly), at(50))["a"].status is Status.SUPERSEDED


def last(name: str, now: float, *events: Event) -> tuple[Status, float]:
    """What a GET of one control by its own address tells."""
    _, found = View(ProgramId("p"), controls_of(events)).row(name, at(now))
    return found.status, (found.since - NOON).total_seconds()


def test_rule_8_what_has_ended_is_served_as_it_stood_last() -> None:
    assert last("a", 3600, event("a", 0, 100)) == (Status.ACTIVE, 0)
    assert last("a", 3600, event("a", 0, 100, cancelled_at=50)) == (Status.CANCELLED, 50)
    beaten = (event("a", 0, 100, asks=BOTH), event("b", 50, 100, asks=BOTH, created_at=10))
    assert last("a", 3600, *beaten) == (Status.SUPERSEDED, 50)
    with pytest.raises(Unknown):
        last("a", 3600, event("a", 0, 100, created_at=200, cancelled_at=200))


def test_rule_8_what_comes_after_its_end_does_not_change_it() -> None:
    over = event("a", 0, 100, asks=BOTH, cancelled_at=150)
    assert last("a", 3600, over) == (Status.ACTIVE, 0)
    for asks in (BOTH, LIMIT):
        newer = event("b", 50, 900, asks=asks, created_at=200)
        for one in (over, replace(over, cancelled_at=None)):
            assert last("a", 3600, one, newer) == (Status.ACTIVE, 0)
            course = next(c for c in courses(controls_of((one, newer))) if c.source == "a")
            assert course.last_standing() is not None
            assert not course.last_standing().potentially_superseded
