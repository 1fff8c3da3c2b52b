import random
from datetime import UTC, datetime, timedelta

import pytest

from schemas.openadr.blocks import (
    Dtstart,
    DurationProp,
    Interval,
    Intervals,
    PayloadFloat,
    Properties,
    SignalPayload,
    Tolerance,
    Tolerate,
    Uid,
)
from schemas.openadr.event import (
    Components,
    EiActivePeriod,
    EiEvent,
    EiEventSignal,
    EiEventSignals,
    EiMarketContext,
    EventDescriptor,
    OadrDistributeEvent,
    OadrEvent,
)
from schemas.openadr.targets import EiTarget
from server.clients.notice import Kind
from server.clients.ven_events import VenEvents, always_in

T0 = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def event(
    name: str = "e1",
    *,
    version: int = 0,
    status: str = "far",
    start: float = 10,
    duration: float = 20,
    response: str = "always",
    after: float | None = None,
) -> OadrEvent:
    length = DurationProp(duration=timedelta(seconds=duration))
    tolerance = after and Tolerance(tolerate=Tolerate(startafter=timedelta(seconds=after)))
    payload = SignalPayload(payloadFloat=PayloadFloat(value=2.0))
    signal = EiEventSignal(
        intervals=Intervals(
            interval=(Interval(duration=length, uid=Uid(text="0"), streamPayloadBase=(payload,)),)
        ),
        signalName="SIMPLE",
        signalType="level",
        signalID="s",
    )
    return OadrEvent(
        eiEvent=EiEvent(
            eventDescriptor=EventDescriptor(
                eventID=name,
                modificationNumber=version,
                eiMarketContext=EiMarketContext(marketContext="http://m"),
                createdDateTime=T0,
                eventStatus=status,
            ),
            eiActivePeriod=EiActivePeriod(
                properties=Properties(
                    dtstart=Dtstart(date_time=at(start)),
                    duration=length,
                    tolerance=tolerance or None,
                ),
                components=Components(),
            ),
            eiEventSignals=EiEventSignals(eiEventSignal=(signal,)),
            eiTarget=EiTarget(),
        ),
        oadrResponseRequired=response,
    )


def told(*events: OadrEvent, request_id: str = "r1") -> OadrDistributeEvent:
    return OadrDistributeEvent(requestID=request_id, vtnID="v", oadrEvent=events)


@pytest.fixture
def events() -> VenEvents:
    return VenEvents(random.Random(1), always_in)


def kinds(notices) -> list[Kind]:
    return [notice.kind for notice in notices]


def test_an_event_is_received_started_and_completed_each_once(events):
    (received,) = events.take(told(event()), at(0))
    assert (received.kind, received.subject, received.value) == (Kind.RECEIVED, "e1", 2.0)
    assert events.take(told(event(status="near")), at(5)) == []
    assert events.next_due() == at(10)
    (started,) = events.advance(at(11))
    assert (started.kind, started.due) == (Kind.STARTED, at(10))
    (completed,) = events.advance(at(30))
    assert (completed.kind, completed.due) == (Kind.COMPLETED, at(30))
    assert events.next_due() is None
    assert events.take(told(), at(31)) == []


def test_an_answer_is_owed_until_the_vtn_has_taken_it(events):
    events.take(told(event(version=3), request_id="r7"), at(0))
    (answer,) = events.answers()
    assert (answer.responseCode, answer.optType, answer.requestID) == ("200", "optIn", "r7")
    named = answer.qualifiedEventID
    assert (named.eventID, named.modificationNumber) == ("e1", 3)
    assert events.answers() == (answer,)
    assert kinds(events.confirmed((answer,), at(1))) == [Kind.OPTED_IN]
    assert events.answers() == ()


def test_a_new_version_owes_a_new_answer_and_a_late_confirmation_is_no_use(events):
    events.take(told(event()), at(0))
    old = events.answers()
    assert events.take(told(event(version=1, start=15)), at(1)) == []
    assert events.confirmed(old, at(2)) == []
    (answer,) = events.answers()
    assert answer.qualifiedEventID.modificationNumber == 1
    assert events.next_due() == at(15)


def test_an_event_that_wants_no_answer_gets_none(events):
    events.take(told(event(response="never")), at(0))
    assert events.answers() == ()


def test_whoever_opts_out_says_so_and_does_not_start():
    events = VenEvents(random.Random(1), lambda event: False)
    events.take(told(event()), at(0))
    answers = events.answers()
    assert [answer.optType for answer in answers] == ["optOut"]
    assert kinds(events.confirmed(answers, at(0))) == [Kind.OPTED_OUT]
    assert events.advance(at(60)) == []
    assert events.next_due() is None


def test_a_cancelled_event_ends_and_is_confirmed_with_opt_in_even_by_who_was_out():
    events = VenEvents(random.Random(1), lambda event: False)
    events.take(told(event()), at(0))
    events.confirmed(events.answers(), at(0))
    assert kinds(events.take(told(event(version=1, status="cancelled")), at(1))) == [Kind.CANCELLED]
    assert [answer.optType for answer in events.answers()] == ["optIn"]
    assert events.advance(at(60)) == []


def test_an_event_that_a_distribution_lacks_is_cancelled_by_that(events):
    events.take(told(event(), event("e2", start=5)), at(0))
    events.advance(at(6))
    assert kinds(events.take(told(event()), at(7))) == [Kind.CANCELLED]
    assert events.next_due() == at(10)


def test_an_event_that_is_missing_because_it_is_over_is_completed(events):
    events.take(told(event(start=0)), at(1))
    assert kinds(events.take(told(), at(21))) == [Kind.COMPLETED]


def test_an_event_without_duration_has_no_end(events):
    events.take(told(event(duration=0)), at(0))
    assert kinds(events.advance(at(10_000))) == [Kind.STARTED]
    assert events.next_due() is None
    assert kinds(events.take(told(), at(10_001))) == [Kind.CANCELLED]


@pytest.mark.parametrize("seed", range(5))
def test_a_tolerance_delays_the_start_and_the_end_alike(seed):
    events = VenEvents(random.Random(seed), always_in)
    events.take(told(event(after=100)), at(0))
    start = events.next_due()
    assert at(10) <= start <= at(110)
    events.take(told(event(after=100)), at(1))
    assert events.next_due() == start
    events.advance(start)
    assert events.next_due() == start + timedelta(seconds=20)
