import random
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.sep2.base import DateTimeInterval, EventStatus
from schemas.sep2.der import DERControl, DERControlBase
from server.clients.notice import Kind
from server.clients.sep2_schedule import EPOCH, Schedule

T0 = 1_770_000_000
SCHEDULED, ACTIVE, CANCELLED, CANCELLED_AT_RANDOM, SUPERSEDED = range(5)


def at(seconds: float):
    return EPOCH + timedelta(seconds=T0 + seconds)


def control(name: str = "A1", start: int = 10, duration: int = 20, status: int = 0, **more):
    more = {"replyTo": "/rsp", "responseRequired": "03"} | more
    return DERControl(
        mRID=name,
        creationTime=T0,
        EventStatus_=EventStatus(currentStatus=status, dateTime=T0, potentiallySuperseded=False),
        interval=DateTimeInterval(duration=duration, start=T0 + start),
        DERControlBase_=DERControlBase(opModMaxLimW=5000),
        **more,
    )


@pytest.fixture
def schedule() -> Schedule:
    return Schedule(random.Random(1))


def kinds(steps) -> list[Kind]:
    return [step.kind for step in steps]


def test_a_control_is_received_started_and_completed_each_once(schedule):
    assert kinds(schedule.take("p", [control()], at(0))) == [Kind.RECEIVED]
    assert schedule.take("p", [control()], at(5)) == []
    assert schedule.next_due() == at(10)
    assert kinds(schedule.advance(at(10))) == [Kind.STARTED]
    assert schedule.take("p", [control(status=ACTIVE)], at(12)) == []
    assert [one.mRID for one in schedule.in_force()] == ["A1"]
    assert schedule.next_due() == at(30)
    assert kinds(schedule.advance(at(30))) == [Kind.COMPLETED]
    assert schedule.in_force() == ()
    assert schedule.next_due() is None
    assert schedule.take("p", [control(status=ACTIVE)], at(31)) == []


def test_each_step_has_its_response_status(schedule):
    steps = schedule.take("p", [control()], at(0)) + schedule.advance(at(99))
    assert [step.status for step in steps] == [1, 2, 3]
    assert [step.due for step in steps] == [at(0), at(10), at(30)]


def test_one_that_is_found_active_starts_at_once(schedule):
    steps = schedule.take("p", [control(status=ACTIVE)], at(15))
    assert kinds(steps) == [Kind.RECEIVED, Kind.STARTED]
    assert steps[1].due == at(10)


@pytest.mark.parametrize(
    ("status", "kind", "said"), [(CANCELLED, Kind.CANCELLED, 6), (SUPERSEDED, Kind.SUPERSEDED, 7)]
)
@pytest.mark.parametrize("when", [5, 15])
def test_the_server_ends_a_control_before_or_during_it(schedule, status, kind, said, when):
    schedule.take("p", [control()], at(0))
    schedule.advance(at(when))
    (step,) = schedule.take("p", [control(status=status)], at(when))
    assert (step.kind, step.status, step.due) == (kind, said, at(when))
    assert schedule.take("p", [control(status=status)], at(when + 1)) == []
    assert schedule.advance(at(100)) == []


def test_one_first_seen_as_cancelled_is_received_and_cancelled(schedule):
    steps = schedule.take("p", [control(status=CANCELLED)], at(0))
    assert kinds(steps) == [Kind.RECEIVED, Kind.CANCELLED]


def test_cancelled_at_random_ends_within_the_larger_range(schedule):
    running = control(duration=1000, randomizeStart=-30, randomizeDuration=60)
    schedule.take("p", [running], at(0))
    schedule.advance(at(200))
    ending = control(
        duration=1000, randomizeStart=-30, randomizeDuration=60, status=CANCELLED_AT_RANDOM
    )
    assert schedule.take("p", [ending], at(200)) == []
    due = schedule.next_due()
    assert at(200) <= due <= at(260)
    assert schedule.take("p", [ending], at(200)) == []
    assert schedule.next_due() == due
    (step,) = schedule.advance(at(261))
    assert (step.kind, step.due) == (Kind.CANCELLED, due)


def test_cancelled_at_random_before_its_start_never_starts(schedule):
    schedule.take("p", [control(randomizeDuration=60)], at(0))
    steps = schedule.take("p", [control(status=CANCELLED_AT_RANDOM)], at(1))
    assert kinds(steps) == [Kind.CANCELLED]


def test_one_that_vanishes_before_its_end_counts_as_cancelled(schedule):
    schedule.take("p", [control(), control("B2")], at(0))
    steps = schedule.take("p", [control("B2")], at(12))
    assert [(step.kind, step.control.mRID) for step in steps] == [
        (Kind.CANCELLED, "A1"),
        (Kind.STARTED, "B2"),
    ]


def test_one_that_vanishes_at_its_end_is_completed(schedule):
    schedule.take("p", [control()], at(0))
    assert kinds(schedule.take("p", [], at(30))) == [Kind.STARTED, Kind.COMPLETED]


def test_one_that_comes_back_after_its_end_is_not_begun_anew(schedule):
    schedule.take("p", [control()], at(0))
    schedule.take("p", [], at(5))
    assert schedule.take("p", [control()], at(6)) == []


def test_lists_of_other_programs_are_left_alone(schedule):
    schedule.take("p", [control()], at(0))
    assert schedule.take("q", [], at(1)) == []
    assert kinds(schedule.drop_programs_but(["q"], at(2))) == [Kind.CANCELLED]
    assert schedule.drop_programs_but(["q"], at(3)) == []


def test_one_that_comes_too_late_is_rejected(schedule):
    steps = schedule.take("p", [control()], at(30))
    assert [(step.kind, step.status) for step in steps] == [
        (Kind.RECEIVED, 1),
        (Kind.REJECTED, 254),
    ]
    assert schedule.take("p", [control()], at(31)) == []


def test_one_outside_the_calendar_is_rejected_and_spoils_no_other(schedule):
    odd = control("B2", start=2**62)
    steps = schedule.take("p", [odd, control()], at(0))
    assert [(step.control.mRID, step.status) for step in steps] == [
        ("B2", 1),
        ("B2", 253),
        ("A1", 1),
    ]


@pytest.mark.parametrize(
    ("required", "asked"),
    [("00", []), (None, []), ("01", [1]), ("02", [2, 3]), ("03", [1, 2, 3]), ("07", [1, 2, 3])],
)
def test_responses_are_owed_as_required(schedule, required, asked):
    schedule.take("p", [], at(0))
    wanted = control(responseRequired=required)
    steps = schedule.take("p", [wanted], at(0)) + schedule.advance(at(99))
    assert [step.status for step in steps if step.is_asked_for] == asked


@given(start=st.integers(-3600, 3600), duration=st.integers(-10, 3600), seed=st.integers(0, 99))
@settings(max_examples=50, deadline=None)
def test_the_random_ends_lie_within_their_ranges(start, duration, seed):
    schedule = Schedule(random.Random(seed))
    begin = 4000
    schedule.take(
        "p", [control(start=begin, randomizeStart=start, randomizeDuration=duration)], at(0)
    )
    starts = schedule.next_due()
    assert at(begin + min(0, start)) <= starts <= at(begin + max(0, start))
    schedule.advance(starts)
    ends = schedule.next_due()
    length = ends - starts
    low, high = sorted((20, 20 + duration))
    assert timedelta(seconds=low) <= length <= timedelta(seconds=high)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 8),
            st.dictionaries(st.sampled_from("ABC"), st.integers(0, 4), max_size=3),
        ),
        max_size=12,
    )
)
@settings(max_examples=100, deadline=None)
def test_no_step_is_made_twice_and_none_follows_an_end(turns):
    schedule = Schedule(random.Random(1))
    now = 0
    steps = []
    for pause, listed in turns:
        now += pause
        steps += schedule.advance(at(now))
        controls = [control(name * 2, status=status) for name, status in listed.items()]
        steps += schedule.take("p", controls, at(now))
    for name in "ABC":
        mine = [step.kind for step in steps if step.control.mRID == name * 2]
        assert len(set(mine)) == len(mine)
        ends = {Kind.COMPLETED, Kind.CANCELLED, Kind.SUPERSEDED, Kind.REJECTED}
        assert not ends & set(mine[:-1])
        assert mine[:1] in ([], [Kind.RECEIVED])
