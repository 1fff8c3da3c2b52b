"""From the book's events to oadrDistributeEvent as one VEN sees it.

What is due, and when that is, is decided elsewhere.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
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
    EiEventSignal,
    EiEventSignals,
    EiMarketContext,
    EventDescriptor,
    OadrDistributeEvent,
    OadrEvent,
)
from schemas.openadr.targets import EiTarget
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
from server.openadr.settings import OpenAdrSettings

_VEN_ID = f"ven-{token_hex(16)}".encode()
_REQUEST_ID = f"request-{token_hex(16)}".encode()
_MARKS = re.compile(b"(%b|%b)" % (_VEN_ID, _REQUEST_ID))

_NONE = timedelta(0)
_AT_ONCE = DurationProp(duration=_NONE)


class Projector:
    """Tells events as the messages of one VTN."""

    def __init__(self, book: Book, settings: OpenAdrSettings) -> None:
        self._book = book
        self._vtn_id = settings.vtn_id
        self._moment: tuple[int, datetime] | None = None
        self._written: dict[tuple[EventId, ...], tuple[bytes, ...]] = {}
        self._supply = PowerAttributes(
            hertz=settings.grid_hertz, voltage=settings.grid_voltage, ac=True
        )

    def distribution(
        self, events: Sequence[Event], *, ven_id: str, request_id: str, now: datetime
    ) -> Answer:
        """Return the message that holds the events, in the given order, all made now (rule 115).

        What VENs are told within one second differs by a few words only: it is written once.
        """
        moment = (self._book.head, now.replace(microsecond=0))
        if self._moment != moment:
            self._moment = moment
            self._written.clear()
        key = tuple(event.id for event in events)
        pieces = self._written.get(key)
        if pieces is None:
            pieces = self._written[key] = self._write(events, now)
        words = {_VEN_ID: escape(ven_id).encode(), _REQUEST_ID: escape(request_id).encode()}
        return Answer(b"".join(words.get(piece, piece) for piece in pieces))

    def _write(self, events: Sequence[Event], now: datetime) -> tuple[bytes, ...]:
        """Return the document in pieces, with marks where each VEN's own words go."""
        message = OadrDistributeEvent(
            eiResponse=EiResponse(
                responseCode=OK, responseDescription="OK", requestID=_REQUEST_ID.decode()
            ),
            requestID=f"distribution-{self._book.head}-{now:%Y%m%dT%H%M%S}",
            vtnID=self._vtn_id,
            oadrEvent=tuple(self._event(event, now) for event in events),
        )
        return tuple(_MARKS.split(encode_payload(wrap(message))))

    def _event(self, event: Event, now: datetime) -> OadrEvent:
        signals = tuple(
            self._signal(event, index, signal, now) for index, signal in enumerate(event.signals)
        )
        told = EiEvent(
            eventDescriptor=self._descriptor(event, now),
            eiActivePeriod=_active_period(event),
            eiEventSignals=EiEventSignals(eiEventSignal=signals),
            eiTarget=EiTarget(venID=(_VEN_ID.decode(),)),
        )
        return OadrEvent(eiEvent=told, oadrResponseRequired=event.response_policy.value)

    def _descriptor(self, event: Event, now: datetime) -> EventDescriptor:
        context = self._book.programs[event.program_id].market_context
        return EventDescriptor(
            eventID=event.id,
            modificationNumber=event.version,
            priority=event.priority,
            eiMarketContext=EiMarketContext(marketContext=context),
            createdDateTime=now,
            eventStatus=phase(event, now).value,
            testEvent="true" if event.is_test else "false",
        )

    def _signal(self, event: Event, index: int, signal: Signal, now: datetime) -> EiEventSignal:
        return EiEventSignal(
            intervals=_intervals(event, index),
            signalName=signal.name,
            signalType=signal.type,
            signalID=f"{event.id}-{index}",
            itemBase=self._unit(signal),
            currentValue=_current_value(event, index, signal, now),
        )

    def _unit(self, signal: Signal) -> ItemBase | None:
        if signal.unit is None:
            return None
        return _UNITS[signal.unit](self._supply, signal.currency or "")


def _active_period(event: Event) -> EiActivePeriod:
    late = event.randomize_start
    tolerance = Tolerance(tolerate=Tolerate(startafter=late)) if late > _NONE else None
    properties = Properties(
        dtstart=Dtstart(date_time=event.start),
        duration=DurationProp(duration=event.end - event.start),
        tolerance=tolerance,
        x_eiNotification=_AT_ONCE,
    )
    return EiActivePeriod(properties=properties, components=Components())


def _intervals(event: Event, index: int) -> Intervals:
    """Return the values of one signal; they count up and have no dtstart (rules 2 and 103)."""
    return Intervals(
        interval=tuple(
            Interval(
                duration=DurationProp(duration=interval.duration),
                uid=Uid(text=str(uid)),
                streamPayloadBase=(
                    SignalPayload(payloadFloat=PayloadFloat(value=interval.values[index])),
                ),
            )
            for uid, interval in enumerate(event.intervals)
        )
    )


def _current_value(event: Event, index: int, signal: Signal, now: datetime) -> CurrentValue | None:
    """Return what holds now: of SIMPLE also while nothing does (rules 14, 29 and 110)."""
    running = current_interval(event, now)
    if phase(event, now) is Phase.ACTIVE and running is not None:
        return _value(event.intervals[running].values[index])
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
