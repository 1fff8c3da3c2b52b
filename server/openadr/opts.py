"""The EiOpt service: schedules of when VENs take part, and their word on single events.

It must not know what replaces what, nor what an operator makes of it.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from schemas.openadr import Message
from schemas.openadr.blocks import Properties
from schemas.openadr.opt import (
    Available,
    OadrCanceledOpt,
    OadrCancelOpt,
    OadrCreatedOpt,
    OadrCreateOpt,
)
from schemas.openadr.targets import EiTarget
from server.core.availability import (
    Opts,
    OptType,
    Qualification,
    Schedule,
    Scope,
    Window,
    normal_uri,
)
from server.core.model import Client, Device, Event, EventId, ResponsePolicy
from server.core.optouts import names_of
from server.core.response import Response, ResponseStatus
from server.desk import Desk
from server.errors import Invalid, Unknown
from server.openadr.answer import (
    MISSING,
    NOT_ALLOWED,
    OUT_OF_SEQUENCE,
    TARGET_MISMATCH,
    Declined,
    outcome,
)
from server.openadr.call import Call
from server.openadr.opting import Opting
from server.openadr.talk import Talks

WINDOWS_LIMIT: Final = 10_000
DETAIL_LIMIT: Final = 500
STATUS: Final = {"optIn": ResponseStatus.OPTED_IN, "optOut": ResponseStatus.OPTED_OUT}
PART_STATUS: Final = {
    "optIn": ResponseStatus.PARTIAL_OPTED_IN,
    "optOut": ResponseStatus.PARTIAL_OPTED_OUT,
}


class OptService:
    """Takes opts and takes them back."""

    def __init__(self, desk: Desk, talks: Talks, opting: Opting) -> None:
        self._desk = desk
        self._talks = talks
        self._opting = opting

    async def create(self, call: Call[OadrCreateOpt]) -> Message:
        """Keep a schedule, or the word on an event; never both (rule 206)."""
        message = call.message
        if not message.optID:
            raise Declined(MISSING, "an opt has an optID")
        _check_ven(message.eiTarget, call.ven)
        if message.qualifiedEventID is not None:
            await self._qualify(call)
        else:
            await self._schedule(call)
        return OadrCreatedOpt(eiResponse=outcome(message), optID=message.optID)

    async def cancel(self, call: Call[OadrCancelOpt]) -> Message:
        """Forget all schedules of an optID; one that was replaced is no error (204, 211)."""
        opt_id = call.message.optID

        def forget(opts: Opts) -> Opts:
            if not opts.knows(opt_id):
                raise Unknown("no opt schedule has this optID")
            return opts.without(opt_id)

        await self._opting.change(call.ven, forget)
        return OadrCanceledOpt(eiResponse=outcome(call.message), optID=opt_id)

    async def _schedule(self, call: Call[OadrCreateOpt]) -> None:
        added = self._read_schedule(call.message)

        def add(opts: Opts) -> Opts:
            after = opts.with_schedule(added, call.now)
            if after.window_count > WINDOWS_LIMIT:
                raise Declined(NOT_ALLOWED, "too many stretches of time: cancel some schedules")
            return after

        await self._opting.change(call.ven, add)

    def _read_schedule(self, message: OadrCreateOpt) -> Schedule:
        if message.vavailability is None:
            raise Declined(MISSING, "neither a vavailability nor a qualifiedEventID")
        available = message.vavailability.components.available
        if not available:
            raise Invalid("a vavailability holds at least one stretch of time")
        return Schedule(
            opt_id=message.optID,
            opt_type=_opt_type(message),
            reason=message.optReason,
            scope=Scope(
                resources=frozenset(_resources(message.eiTarget)),
                market_contexts=frozenset(self._contexts(message)),
                device_classes=frozenset(_classes(message.oadrDeviceClass)),
            ),
            windows=tuple(_window(each) for each in available),
        )

    def _contexts(self, message: OadrCreateOpt) -> Iterator[str]:
        """Return the market context that a schedule is limited to; one of a program (rule 205)."""
        if message.marketContext is None:
            return
        known = {normal_uri(each.market_context) for each in self._desk.book.programs.values()}
        context = normal_uri(message.marketContext)
        if context not in known:
            raise Declined(TARGET_MISMATCH, "no program has this marketContext")
        yield context

    async def _qualify(self, call: Call[OadrCreateOpt]) -> None:
        message, client = call.message, call.ven
        if message.vavailability is not None or message.marketContext is not None:
            raise Declined(MISSING, "an opt for an event has no vavailability and no marketContext")
        event, devices = self._event(call)
        added = Qualification(
            opt_id=message.optID,
            opt_type=_opt_type(message),
            event_id=event.id,
            reason=message.optReason,
            resources=_parts(message.eiTarget, event, devices),
        )
        alive = self._alive(call.now)
        await self._opting.change(client, lambda opts: opts.with_qualification(added, alive))
        respond = partial(_response, event=event, said=added, message=message, now=call.now)
        await asyncio.gather(*(keep_word(self._desk, respond(device)) for device in devices))
        if client.registration is not None and not added.resources:
            self._talks.with_ven(client, client.registration).answered[event.id] = event.version

    def _alive(self, now: datetime) -> list[EventId]:
        return [each.id for each in self._desk.book.events.values() if now < each.end]

    def _event(self, call: Call[OadrCreateOpt]) -> tuple[Event, tuple[Device, ...]]:
        """Return the event that is meant and the VEN's devices that it is for (452, 450, 451)."""
        event, version = self._named(call.message)
        book = self._desk.book
        mine = book.devices_of(call.ven.id) if event.signals else ()
        devices = tuple(device for device in mine if book.is_targeted(event, device.id))
        if not devices:
            raise Unknown("no such event")
        if version != event.version:
            raise Declined(OUT_OF_SEQUENCE, "not the current version of the event")
        if event.response_policy is ResponsePolicy.NEVER:
            raise Declined(NOT_ALLOWED, "this event asks for no answer")
        return event, devices

    def _named(self, message: OadrCreateOpt) -> tuple[Event, int]:
        named = message.qualifiedEventID
        event = None if named is None else self._desk.book.events.get(EventId(named.eventID))
        if named is None or event is None:
            raise Unknown("no such event")
        return event, named.modificationNumber


def _opt_type(message: OadrCreateOpt) -> OptType:
    return "optIn" if message.optType == "optIn" else "optOut"


async def keep_word(desk: Desk, said: Response) -> None:
    """Keep what a VEN said to an event: as its latest word, and beside all its others."""
    await asyncio.gather(desk.store.add_response(said), desk.store.opt_words.add(said))


def _response(
    device: Device, *, event: Event, said: Qualification, message: OadrCreateOpt, now: datetime
) -> Response:
    return Response(
        device_id=device.id,
        event_id=event.id,
        status=(PART_STATUS if said.resources else STATUS)[said.opt_type],
        said_at=message.createdDateTime,
        request_id=message.requestID[:DETAIL_LIMIT],
        received_at=now,
        version=event.version,
        detail=", ".join((f"opt {said.reason}", *sorted(said.resources)))[:DETAIL_LIMIT],
    )


def _check_ven(target: EiTarget, client: Client) -> None:
    if set(target.venID) - {client.ven_id}:
        raise Unknown("the target names another VEN")


def _resources(target: EiTarget) -> tuple[str, ...]:
    """Return the resources in a target; none means all of them (rule 202)."""
    if set(_kinds(target)) - {"venID", "resourceID"}:
        raise Declined(TARGET_MISMATCH, "only resourceID tells parts of a VEN")
    return target.resourceID


def _parts(target: EiTarget, event: Event, devices: tuple[Device, ...]) -> frozenset[str]:
    """Return the resources that alone are meant; Declined for what the event is not for (206).

    None if all are meant: if none is named, or all that the event is for, or the VEN's device.
    """
    named = frozenset(_resources(target))
    whole = frozenset(name for device in devices for name in names_of(device))
    places = frozenset(event.for_vens.places.resources)
    if named - whole - places:
        raise Declined(TARGET_MISMATCH, "the event is not for this resourceID")
    is_all = not named or named & whole or named >= places
    return frozenset() if is_all else named


def _classes(target: EiTarget | None) -> tuple[str, ...]:
    """Return the device classes in oadrDeviceClass, which holds nothing else (rule 209)."""
    if target is None:
        return ()
    if set(_kinds(target)) - {"endDeviceAsset"}:
        raise Declined(TARGET_MISMATCH, "oadrDeviceClass holds endDeviceAsset only")
    return tuple(asset.mrid for asset in target.endDeviceAsset)


def _kinds(target: EiTarget) -> Iterator[str]:
    return (each.name for each in fields(target) if getattr(target, each.name))


def _window(available: Available) -> Window:
    """Return a stretch of time, which has a start and a duration only (rule 200)."""
    told: Properties = available.properties
    if told.tolerance or told.x_eiNotification or told.x_eiRampUp or told.x_eiRecovery:
        raise Invalid("an availability has neither tolerance, notification, ramp nor recovery")
    if told.duration.duration < timedelta(0):
        raise Invalid("no such duration")
    return Window(start=told.dtstart.date_time, duration=told.duration.duration)
