"""The EiEvent service: events on request, and what VENs say to them.

It must not know how an event is spelled, nor when a poll brings one.
"""

import asyncio
import logging
from dataclasses import replace
from datetime import datetime

from schemas.openadr import Message
from schemas.openadr.event import EventResponse, OadrCreatedEvent, OadrRequestEvent
from server.core.model import Client, Device, Event, EventId, ResponsePolicy
from server.core.response import Response, ResponseStatus
from server.desk import Desk
from server.openadr.answer import INVALID_ID, OK, OUT_OF_SEQUENCE, Answer, request_id_of, response
from server.openadr.call import Call
from server.openadr.opting import Opting
from server.openadr.opts import STATUS, keep_word
from server.openadr.project import Projector
from server.openadr.talk import Talk, Talks, is_over, versions

log = logging.getLogger(__name__)

DETAIL_LIMIT = 500
RESPONSE_LIMIT = 1_000_000
"""More than one event has: every one of them is read at the start."""
_TROUBLE = {OK: "OK", INVALID_ID: "unknown eventID", OUT_OF_SEQUENCE: "not the current version"}


class Events:
    """Tells events to VENs and takes down what they answer."""

    def __init__(self, desk: Desk, talks: Talks, projector: Projector, opting: Opting) -> None:
        self._desk = desk
        self._talks = talks
        self._projector = projector
        self._opting = opting

    async def open(self) -> None:
        """Learn from the store what VENs have answered to events that are not over yet.

        An answer from before the present registration counts no more.
        """
        now = self._desk.clock.now()
        for event in self._desk.book.events.values():
            if event.signals and not is_over(event, now):
                known = await self._desk.store.responses(event_id=event.id, limit=RESPONSE_LIMIT)
                for _, said in known:
                    if said.status is not ResponseStatus.UNANSWERED:
                        self._remember(event.id, said)

    def _remember(self, event_id: EventId, said: Response) -> None:
        book = self._desk.book
        device = book.devices.get(said.device_id)
        if device is None or device.client_id is None:
            return
        client = book.clients[device.client_id]
        held = client.registration
        if held is not None and said.received_at >= held.registered_at:
            answered = self._talks.with_ven(client, held).answered
            answered[event_id] = max(said.version, answered.get(event_id, 0))

    async def request(self, call: Call[OadrRequestEvent]) -> Answer:
        """Answer with all events, or the first `replyLimit` of them (rules 15 and 27)."""
        request_id = request_id_of(call.message)
        return self.distribute(self.talk(call.ven), self.due(call), call.now, request_id=request_id)

    def due(self, call: Call[OadrRequestEvent]) -> tuple[Event, ...]:
        """Return the events that a VEN asks for, in the order of rule 15."""
        events = self._talks.due(call.ven, self.talk(call.ven), call.now)
        return events[: call.message.eiRequestEvent.replyLimit]

    def distribute(
        self, talk: Talk, events: tuple[Event, ...], now: datetime, *, request_id: str | None
    ) -> Answer:
        """Return the message that tells events to a VEN, and note that it was told.

        `request_id` is that of the message which it answers; None if it answers none (rule 40).
        """
        talk.told = dict(versions(events))
        return self._projector.distribution(
            events, ven_id=talk.client.ven_id or "", request_id=request_id, now=now
        )

    def talk(self, client: Client) -> Talk:
        """Return the conversation with a registered client."""
        if client.registration is None:
            raise LookupError(f"{client.id} was let in without a registration")
        return self._talks.with_ven(client, client.registration)

    async def created(self, call: Call[OadrCreatedEvent]) -> Message:
        """Keep what a VEN says to each event; a wrong answer spoils no other (rules 19 and 48)."""
        said = call.message.eiCreatedEvent
        if not said.eiResponse.responseCode.startswith("2"):
            log.warning(
                "VEN %s could not read its events: %s %s",
                call.ven.ven_id,
                said.eiResponse.responseCode,
                (said.eiResponse.responseDescription or "")[:DETAIL_LIMIT],
            )
            return response(call.message, call.ven.ven_id)
        answers = said.eventResponses.eventResponse if said.eventResponses else ()
        codes = await asyncio.gather(*(self._take(call.ven, each, call.now) for each in answers))
        code = next((code for code in codes if code != OK), OK)
        return response(call.message, call.ven.ven_id, code, _TROUBLE[code])

    async def _take(self, client: Client, said: EventResponse, now: datetime) -> str:
        """Keep one answer and return the code for it; late ones are welcome."""
        named = said.qualifiedEventID
        event = self._desk.book.events.get(EventId(named.eventID))
        devices = self._targeted(client, event) if event is not None else ()
        if event is None or not devices:
            return INVALID_ID
        if event.response_policy is ResponsePolicy.NEVER:
            return OK
        if named.modificationNumber != event.version:
            return OUT_OF_SEQUENCE
        opted = (await self._opting.of(client.id)).on_event(event.id)
        for device in devices:
            heard = _response(device, event, said, now)
            if opted is not None:
                # What was opted for the event stands, whatever is answered (rule 206).
                status, detail = STATUS[opted.opt_type], f"opt {opted.reason}"
                heard = replace(heard, status=status, code=None, detail=detail)
            await keep_word(self._desk, heard)
        self.talk(client).answered[event.id] = event.version
        return OK

    async def note_silence(self, client: Client, owed: tuple[Event, ...], now: datetime) -> None:
        """Keep for operators that a VEN was told events often enough and no opt was received."""
        names = ", ".join(event.id for event in owed)
        log.warning("VEN %s does not answer its events: %s", client.ven_id, names)
        for event in owed:
            for device in self._targeted(client, event):
                silence = Response(
                    device_id=device.id,
                    event_id=event.id,
                    status=ResponseStatus.UNANSWERED,
                    received_at=now,
                    version=event.version,
                    detail="no opt received",
                )
                await keep_word(self._desk, silence)

    def _targeted(self, client: Client, event: Event) -> tuple[Device, ...]:
        """Return the client's devices that were told an event."""
        if client.registration is None or client.registration.report_only or not event.signals:
            return ()
        book = self._desk.book
        return tuple(
            device for device in book.devices_of(client.id) if book.is_targeted(event, device.id)
        )


def _response(device: Device, event: Event, said: EventResponse, now: datetime) -> Response:
    is_good = said.responseCode.startswith("2")
    return Response(
        device_id=device.id,
        event_id=event.id,
        status=STATUS[said.optType] if is_good else ResponseStatus.REJECTED,
        code=int(said.responseCode),
        received_at=now,
        version=event.version,
        detail=(said.responseDescription or "")[:DETAIL_LIMIT],
        request_id=said.requestID[:DETAIL_LIMIT],
    )
