"""OpenADR 2.0a (rules 7, 69, 113 and 506): the same events for VENs that know levels alone.

A VEN is known by its certificate and needs no registration: what it first uses tells what it is.
Whatever a 2.0a document cannot say of whom an event is for is not told wider than it is meant.
"""

import logging
from collections.abc import Callable
from dataclasses import fields, replace

from schemas.openadr import Message
from schemas.openadr.blocks import Interval, Intervals, PayloadFloat, SignalPayload
from schemas.openadr.event import (
    CurrentValue,
    EiEventSignal,
    EiEventSignals,
    OadrEvent,
    OadrRequestEvent,
)
from schemas.openadr.targets import EiTarget
from schemas.wire import Limits, WireError
from server.core.command import RegisterVen
from server.core.model import Client, Event
from server.desk import Desk
from server.errors import Forbidden, Malformed
from server.openadr.admission import SIMPLE_PROFILE
from server.openadr.answer import request_id_of, ven_id_of
from server.openadr.call import Call
from server.openadr.events import Events
from server.openadr.project import Projector
from server.openadr.security import Letter, Sender
from server.openadr.simple_wire import TARGETS, decode_simple

log = logging.getLogger(__name__)

SIMPLE = "SIMPLE"
_NEUTRAL = {
    "delta": 0.0,
    "level": 0.0,
    "multiplier": 1.0,
    "priceMultiplier": 1.0,
    "priceRelative": 0.0,
    "x-loadControlCapacity": 1.0,
    "x-loadControlLevelOffset": 0.0,
    "x-loadControlPercentOffset": 0.0,
}
"""The values by which a signal asks for nothing; of the other types there is none."""


class SimpleProfile:
    """Speaks 2.0a with VENs that use it."""

    def __init__(self, desk: Desk, events: Events, projector: Projector) -> None:
        self._desk = desk
        self._events = events
        self._projector = projector

    def open(self, sender: Sender, body: bytes, limits: Limits) -> Letter:
        """Return the message in a body; 2.0a has no signatures."""
        is_lenient = sender.client is not None and sender.client.ven_settings.is_lenient
        try:
            return Letter(decode_simple(body, limits, lenient=is_lenient), is_simple=True)
        except WireError as fault:
            raise Malformed(str(fault)) from fault

    async def admit(self, client: Client, message: Message) -> Client:
        """Return a client that speaks 2.0a, and note so if it asks for events the first time.

        Raises Forbidden for one that has registered to speak 2.0b.
        """
        if client.registration is not None:
            if client.registration.profile != SIMPLE_PROFILE:
                raise Forbidden("this VEN is registered with another profile")
            return client
        if isinstance(message, OadrRequestEvent) and ven_id_of(message) == client.ven_id:
            command = RegisterVen(
                client_id=client.id,
                ven_name=client.name,
                profile=SIMPLE_PROFILE,
                pull=True,
                transport_address="",
                report_only=False,
                xml_signature=False,
            )
            await self._desk.submit(command, actor=client.id)
        return self._desk.book.clients[client.id]

    async def request(self, call: Call[OadrRequestEvent]) -> Message:
        """Answer with all events that can be said, or the first `replyLimit` of them."""
        events = self._events.due(call)
        message = self._projector.message(
            events,
            ven_id=call.ven.ven_id or "",
            request_id=request_id_of(call.message),
            now=call.now,
        )
        pairs = zip(events, message.oadrEvent, strict=True)
        told = (self._simple(event, told) for event, told in pairs)
        return replace(message, oadrEvent=tuple(one for one in told if one is not None))

    def _simple(self, event: Event, told: OadrEvent) -> OadrEvent | None:
        steps = self._desk.book.programs[event.program_id].ven_rules.simple_steps
        simple = simplified(told, steps)
        if simple is None:
            log.warning("event %s is not told in 2.0a: it cannot say whom it is for", event.id)
        return simple


def simplified(told: OadrEvent, steps: tuple[float, ...]) -> OadrEvent | None:
    """Return an event with one SIMPLE signal; None if it would be told wider than it is meant."""
    event = told.eiEvent
    signal = _signal_of(event.eiEventSignals.eiEventSignal)
    target = _target_of(event.eiTarget)
    if signal is None or target is None:
        return None
    signals = EiEventSignals(eiEventSignal=(_levels(signal, steps),))
    return replace(told, eiEvent=replace(event, eiEventSignals=signals, eiTarget=target))


def level_of(value: float, signal_type: str, steps: tuple[float, ...]) -> float:
    """Return the level that stands for a value of a signal other than SIMPLE."""
    if steps:
        is_rising = steps[0] < steps[-1]
        return float(sum(value >= one if is_rising else value <= one for one in steps))
    return 0.0 if value == _NEUTRAL.get(signal_type) else 1.0


def _signal_of(signals: tuple[EiEventSignal, ...]) -> EiEventSignal | None:
    """Return the signal that levels come from: SIMPLE if there is one, else the first.

    One for a class of devices alone does not do: there is no word for that.
    """
    fit = [signal for signal in signals if signal.eiTarget is None]
    levels = (signal for signal in fit if signal.signalName.upper() == SIMPLE)
    return next(levels, fit[0] if fit else None)


def _target_of(target: EiTarget) -> EiTarget | None:
    """Return what of a target can be said, unless that is less than a part of the VEN."""
    kinds = {each.name for each in fields(target) if getattr(target, each.name)}
    parts = kinds - {"venID"}
    if parts and not parts & set(TARGETS):
        return None
    return replace(target, **dict.fromkeys(parts - set(TARGETS), ()))


def _levels(signal: EiEventSignal, steps: tuple[float, ...]) -> EiEventSignal:
    """Return the SIMPLE signal; the value of now must be there, and is 0 while nothing holds."""
    is_simple = signal.signalName.upper() == SIMPLE

    def level(value: float) -> float:
        return value if is_simple else level_of(value, signal.signalType, steps)

    now = signal.currentValue
    current = 0.0 if now is None else level(now.payloadFloat.value)
    return EiEventSignal(
        intervals=Intervals(
            interval=tuple(_interval(each, level) for each in signal.intervals.interval)
        ),
        signalName=SIMPLE,
        signalType="level",
        signalID=signal.signalID,
        currentValue=CurrentValue(payloadFloat=PayloadFloat(value=current)),
    )


def _interval(interval: Interval, level: Callable[[float], float]) -> Interval:
    values = (one for one in interval.streamPayloadBase if isinstance(one, SignalPayload))
    levels = (PayloadFloat(value=level(one.payloadFloat.value)) for one in values)
    return replace(
        interval, streamPayloadBase=tuple(SignalPayload(payloadFloat=one) for one in levels)
    )
