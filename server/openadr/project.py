"""From the book's events to oadrDistributeEvent as one VEN sees it.

What is due, and when that is, is decided elsewhere.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from secrets import token_hex

from schemas.openadr import encode_payload, wrap
from schemas.openadr.blocks import (
    Dtstart,
    DurationProp,
    EiResponse,
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
    CurrentValue,
    EiActivePeriod,
    EiEvent,
    EiEventBaseline,
    EiEventSignal,
    EiEventSignals,
    EiMarketContext,
    EventDescriptor,
    OadrDistributeEvent,
    OadrEvent,
)
from schemas.openadr.units import (
    Currency,
    CurrencyPerKW,
    CurrencyPerKWh,
    EnergyApparent,
    EnergyReactive,
    EnergyReal,
    ItemBase,
    PowerApparent,
    PowerAttributes,
    PowerReactive,
    PowerReal,
)
from schemas.simple import escape
from server.core.book import Book
from server.core.model import Event, EventId, Signal
from server.core.timeline import Phase, current_interval, phase
from server.openadr.answer import OK, Answer
from server.openadr.project_targets import class_target, target
from server.openadr.settings import OpenAdrSettings

_VEN_ID = f"ven-{token_hex(16)}".encode()
_REQUEST_ID = f"request-{token_hex(16)}".encode()
_MARKS = re.compile(b"(%b|%b)" % (_VEN_ID, _REQUEST_ID))

_NONE = timedelta(0)


class Projector:
    """Tells events as the messages of one VTN."""

    def __init__(self, book: Book, settings: OpenAdrSettings) -> None:
        self._book = book
        self._vtn_id = settings.vtn_id
        self._moment: tuple[int, datetime] | None = None
        self._written: dict[tuple[bool, tuple[EventId, ...]], tuple[bytes, ...]] = {}
        self._supply = PowerAttributes(
            hertz=settings.grid_hertz, voltage=settings.grid_voltage, ac=True
        )

    def distribution(
        self, events: Sequence[Event], *, ven_id: str, request_id: str | None, now: datetime
    ) -> Answer:
        """Return the message that holds the events, in the given order, all made now (rule 115).

        Without a `request_id` it answers nothing and holds no outcome (rule 40).
        What VENs are told within one second differs by a few words only: it is written once.
        """
        moment = (self._book.head, now.replace(microsecond=0))
        if self._moment != moment:
            self._moment = moment
            self._written.clear()
        key = (request_id is None, tuple(event.id for event in events))
        pieces = self._written.get(key)
        if pieces is None:
            answers = request_id is not None
            pieces = self._written[key] = self._write(events, now, answers=answers)
        words = {_VEN_ID: escape(ven_id).encode(), _REQUEST_ID: escape(request_id or "").encode()}
        return Answer(b"".join(words.get(piece, piece) for piece in pieces))

    def _write(self, events: Sequence[Event], now: datetime, *, answers: bool) -> tuple[bytes, ...]:
        """Return the document in pieces, with marks where each VEN's own words go."""
        request_id = _REQUEST_ID.decode() if answers else None
        message = self.message(events, ven_id=_VEN_ID.decode(), request_id=request_id, now=now)
        return tuple(_MARKS.split(encode_payload(wrap(message))))

    def message(
        self, events: Sequence[Event], *, ven_id: str, request_id: str | None, now: datetime
    ) -> OadrDistributeEvent:
        """Return the message itself; see `distribution`."""
        outcome = None
        if request_id is not None:
            outcome = EiResponse(responseCode=OK, responseDescription="OK", requestID=request_id)
        return OadrDistributeEvent(
            eiResponse=outcome,
            requestID=f"distribution-{self._book.head}-{now:%Y%m%dT%H%M%S}",
            vtnID=self._vtn_id,
            oadrEvent=tuple(self._event(event, ven_id, now) for event in events),
        )

    def _event(self, event: Event, ven_id: str, now: datetime) -> OadrEvent:
        signals = tuple(
            self._signal(event, index, signal, now) for index, signal in enumerate(event.signals)
        )
        told = EiEvent(
            eventDescriptor=self._descriptor(event, now),
            eiActivePeriod=_active_period(event),
            eiEventSignals=EiEventSignals(
                eiEventSignal=signals, eiEventBaseline=self._baseline(event)
            ),
            eiTarget=target(event.for_vens.places, ven_id),
        )
        return OadrEvent(eiEvent=told, oadrResponseRequired=event.response_policy.value)

    def _descriptor(self, event: Event, now: datetime) -> EventDescriptor:
        context = self._book.programs[event.program_id].market_context
        return EventDescriptor(
            eventID=event.id,
            modificationNumber=event.version,
            modificationDateTime=event.cancelled_at or event.changed_at,
            priority=event.priority,
            eiMarketContext=EiMarketContext(marketContext=context),
            createdDateTime=now,
            eventStatus=phase(event, now).value,
            testEvent="true" if event.is_test else "false",
            vtnComment=event.for_vens.comment or None,
        )

    def _signal(self, event: Event, index: int, signal: Signal, now: datetime) -> EiEventSignal:
        return EiEventSignal(
            intervals=_intervals(event, index),
            eiTarget=class_target(signal.device_classes),
            signalName=signal.name,
            signalType=signal.type,
            signalID=f"{event.id}-{index}",
            itemBase=self._unit(signal.unit, signal.currency),
            currentValue=_current_value(event, index, signal, now),
        )

    def _baseline(self, event: Event) -> EiEventBaseline | None:
        """Return the baseline; its intervals are as those of a signal (rules 100 to 103)."""
        told = event.for_vens.baseline
        if told is None:
            return None
        rows = ((interval.duration, interval.value) for interval in told.intervals)
        return EiEventBaseline(
            dtstart=Dtstart(date_time=told.start),
            duration=DurationProp(duration=told.duration),
            intervals=_row(rows),
            baselineID=f"{event.id}-baseline",
            resourceID=told.resources,
            baselineName=told.name,
            itemBase=self._unit(told.unit, told.currency),
        )

    def _unit(self, unit: str | None, currency: str | None) -> ItemBase | None:
        return None if unit is None else _UNITS[unit](self._supply, currency or "")


def _active_period(event: Event) -> EiActivePeriod:
    said, late = event.for_vens, event.randomize_start
    tolerance = Tolerance(tolerate=Tolerate(startafter=late)) if late > _NONE else None
    properties = Properties(
        dtstart=Dtstart(date_time=event.start),
        duration=DurationProp(duration=_length(event, event.end - event.start)),
        tolerance=tolerance,
        x_eiNotification=DurationProp(duration=said.notification),
        x_eiRampUp=_if_any(said.ramp_up),
        x_eiRecovery=_if_any(said.recovery),
    )
    return EiActivePeriod(properties=properties, components=Components())


def _length(event: Event, length: timedelta) -> timedelta:
    """Return how long an event is, or its last interval: nothing if it has no end (rule 47)."""
    return _NONE if event.is_open_ended else length


def _if_any(length: timedelta) -> DurationProp | None:
    return DurationProp(duration=length) if length else None


def _intervals(event: Event, index: int) -> Intervals:
    """Return the values of one signal; where none is said, the one before goes on."""
    starts = [one for one in event.intervals if one.values[index] is not None]
    rows = [(follows.start - one.start, one.values[index]) for one, follows in pairwise(starts)]
    last = _length(event, event.end - starts[-1].start)
    return _row((*rows, (last, starts[-1].values[index])))


def _row(rows: Iterable[tuple[timedelta, float | None]]) -> Intervals:
    """Return intervals, which count up and have no dtstart (rules 2, 101 and 103)."""
    return Intervals(
        interval=tuple(
            Interval(
                duration=DurationProp(duration=length),
                uid=Uid(text=str(uid)),
                streamPayloadBase=(SignalPayload(payloadFloat=PayloadFloat(value=value)),),
            )
            for uid, (length, value) in enumerate(rows)
            if value is not None
        )
    )


def _current_value(event: Event, index: int, signal: Signal, now: datetime) -> CurrentValue | None:
    """Return what holds now: of SIMPLE also while nothing does (rules 14, 29 and 110)."""
    running = current_interval(event, now)
    if phase(event, now) is Phase.ACTIVE and running is not None:
        return _value(event.value(index, running))
    return _value(0.0) if signal.name == "SIMPLE" else None


def _value(value: float) -> CurrentValue:
    return CurrentValue(payloadFloat=PayloadFloat(value=value))


_UNITS: dict[str, Callable[[PowerAttributes, str], ItemBase]] = {
    "powerReal": lambda supply, _: PowerReal(
        itemDescription="RealPower",
        itemUnits="W",
        siScaleCode="none",
        powerAttributes=supply,
    ),
    "powerApparent": lambda supply, _: PowerApparent(
        itemDescription="ApparentPower",
        itemUnits="VA",
        siScaleCode="none",
        powerAttributes=supply,
    ),
    "powerReactive": lambda supply, _: PowerReactive(
        itemDescription="ReactivePower",
        itemUnits="VAR",
        siScaleCode="none",
        powerAttributes=supply,
    ),
    "energyReal": lambda _, __: EnergyReal(
        itemDescription="RealEnergy", itemUnits="Wh", siScaleCode="none"
    ),
    "energyApparent": lambda _, __: EnergyApparent(
        itemDescription="ApparentEnergy", itemUnits="VAh", siScaleCode="none"
    ),
    "energyReactive": lambda _, __: EnergyReactive(
        itemDescription="ReactiveEnergy", itemUnits="VARh", siScaleCode="none"
    ),
    "currency": lambda _, code: Currency(
        itemDescription="currency", itemUnits=code, siScaleCode="none"
    ),
    "currencyPerKWh": lambda _, code: CurrencyPerKWh(
        itemDescription="currencyPerKWh", itemUnits=code, siScaleCode="none"
    ),
    "currencyPerKW": lambda _, code: CurrencyPerKW(
        itemDescription="currencyPerKW", itemUnits=code, siScaleCode="none"
    ),
}
