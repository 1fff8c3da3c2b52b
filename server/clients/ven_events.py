"""The events that a VEN knows: what a distribution changes, when they start and end, what to say.

Pure: distributions and the time go in, notices and answers come out. It must not know sockets.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.openadr.blocks import QualifiedEventID, SignalPayload
from schemas.openadr.event import EiEvent, EventResponse, OadrDistributeEvent, OadrEvent
from server.clients.notice import Kind, Notice

Opt = Callable[[EiEvent], bool]
"""Decides whether the VEN takes part in an event."""


def always_in(event: EiEvent) -> bool:
    """Take part in everything."""
    return True


@dataclass(slots=True)
class _Known:
    """One event at the version that was told last."""

    event: EiEvent
    request_id: str
    delay: timedelta
    is_in: bool
    needs_answer: bool
    is_started: bool = False
    is_over: bool = False

    @property
    def version(self) -> int:
        return self.event.eventDescriptor.modificationNumber

    @property
    def starts_at(self) -> datetime:
        return self.event.eiActivePeriod.properties.dtstart.date_time + self.delay

    @property
    def ends_at(self) -> datetime | None:
        """The end, which the random delay moves as well; None if there is none (rule 47)."""
        duration = self.event.eiActivePeriod.properties.duration.duration
        return self.starts_at + duration if duration else None


class VenEvents:
    """All events that the VTN holds the VEN to."""

    def __init__(self, rng: random.Random, opt: Opt) -> None:
        self._rng = rng
        self._opt = opt
        self._known: dict[str, _Known] = {}

    def take(self, told: OadrDistributeEvent, now: datetime) -> list[Notice]:
        """Take a distribution; an event that it lacks is cancelled by that (OADR 2.0b rule 61)."""
        notices: list[Notice] = []
        named = set()
        for each in told.oadrEvent:
            named.add(each.eiEvent.eventDescriptor.eventID)
            notices += self._take_one(each, told.requestID, now)
        for event_id in self._known.keys() - named:
            notices += self._miss(event_id, now)
        return notices + self.advance(now)

    def advance(self, now: datetime) -> list[Notice]:
        """Return the starts and ends that have come due."""
        notices: list[Notice] = []
        for known in self._known.values():
            if known.is_over or not known.is_in:
                continue
            if not known.is_started and known.starts_at <= now:
                known.is_started = True
                notices.append(_notice(Kind.STARTED, known, now, known.starts_at))
            if known.ends_at is not None and known.ends_at <= now:
                known.is_over = True
                notices.append(_notice(Kind.COMPLETED, known, now, known.ends_at))
        return notices

    def next_due(self) -> datetime | None:
        """Return when `advance` has something to do next."""
        open_ = (k for k in self._known.values() if k.is_in and not k.is_over)
        due = (k.ends_at if k.is_started else k.starts_at for k in open_)
        return min((at for at in due if at is not None), default=None)

    def answers(self) -> tuple[EventResponse, ...]:
        """Return what the VTN has not confirmed to have heard."""
        return tuple(_answer(known) for known in self._known.values() if known.needs_answer)

    def confirmed(self, answers: tuple[EventResponse, ...], now: datetime) -> list[Notice]:
        """Note that the VTN has taken answers."""
        notices = []
        for answer in answers:
            known = self._known.get(answer.qualifiedEventID.eventID)
            if known is not None and known.version == answer.qualifiedEventID.modificationNumber:
                known.needs_answer = False
                kind = Kind.OPTED_IN if answer.optType == "optIn" else Kind.OPTED_OUT
                notices.append(_notice(kind, known, now, now))
        return notices

    def _take_one(self, told: OadrEvent, request_id: str, now: datetime) -> list[Notice]:
        event = told.eiEvent
        descriptor = event.eventDescriptor
        known = self._known.get(descriptor.eventID)
        if known is not None and known.version == descriptor.modificationNumber:
            known.event = event
            return []
        is_new = known is None
        known = self._known[descriptor.eventID] = _Known(
            event=event,
            request_id=request_id,
            delay=self._drawn(event) if known is None else known.delay,
            is_in=self._opt(event),
            needs_answer=told.oadrResponseRequired == "always",
            is_started=known is not None and known.is_started,
            is_over=known is not None and known.is_over,
        )
        notices = [_notice(Kind.RECEIVED, known, now, now)] if is_new else []
        if descriptor.eventStatus == "cancelled":
            known.is_in = True  # this opt confirms the cancellation (OADR 2.0b rule 36)
            notices += _cancel(known, now)
        return notices

    def _miss(self, event_id: str, now: datetime) -> list[Notice]:
        known = self._known.pop(event_id)
        has_ended = known.ends_at is not None and known.ends_at <= now
        return self._last_words(known, now) if has_ended else _cancel(known, now)

    def _last_words(self, known: _Known, now: datetime) -> list[Notice]:
        if known.is_over or not known.is_in or not known.is_started:
            return []
        return [_notice(Kind.COMPLETED, known, now, known.ends_at or now)]

    def _drawn(self, event: EiEvent) -> timedelta:
        """Draw how much later than told the VEN starts."""
        tolerance = event.eiActivePeriod.properties.tolerance
        most = tolerance.tolerate.startafter if tolerance else None
        return timedelta(0) if most is None else most * self._rng.random()


def _cancel(known: _Known, now: datetime) -> list[Notice]:
    if known.is_over:
        return []
    known.is_over = True
    return [_notice(Kind.CANCELLED, known, now, now)]


def _answer(known: _Known) -> EventResponse:
    return EventResponse(
        responseCode="200",
        requestID=known.request_id,
        qualifiedEventID=QualifiedEventID(
            eventID=known.event.eventDescriptor.eventID, modificationNumber=known.version
        ),
        optType="optIn" if known.is_in else "optOut",
    )


def _notice(kind: Kind, known: _Known, now: datetime, due: datetime) -> Notice:
    event_id = known.event.eventDescriptor.eventID
    return Notice(at=now, kind=kind, subject=event_id, due=due, value=_level(known.event))


def _level(event: EiEvent) -> float | None:
    """Return the first value of the first signal."""
    signal = event.eiEventSignals.eiEventSignal[0]
    payload = signal.intervals.interval[0].streamPayloadBase[0]
    return payload.payloadFloat.value if isinstance(payload, SignalPayload) else None
