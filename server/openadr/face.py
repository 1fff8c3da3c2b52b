"""The OpenADR face: from a request to its answer.

Finds out which service is meant, what the message is and who sent it, then hands over to the
handler. The one place that turns a Refusal into HTTP or into a response code; whatever else is
raised is our fault and logged once.
"""

import logging
from secrets import token_hex
from typing import Any

from aiohttp import web

from schemas.openadr import LIMITS, Message, decode_payload
from schemas.openadr.event import OadrCreatedEvent, OadrRequestEvent
from schemas.openadr.opt import OadrCancelOpt, OadrCreateOpt
from schemas.openadr.payload import OadrPoll, OadrResponse
from schemas.openadr.registration import (
    OadrCanceledPartyRegistration,
    OadrCancelPartyRegistration,
    OadrCreatePartyRegistration,
    OadrQueryRegistration,
)
from schemas.openadr.report import (
    OadrCanceledReport,
    OadrCancelReport,
    OadrCreatedReport,
    OadrCreateReport,
    OadrRegisteredReport,
    OadrRegisterReport,
    OadrUpdatedReport,
    OadrUpdateReport,
)
from schemas.wire import Limits, WireError
from server.core.model import Client
from server.desk import Desk
from server.errors import Malformed, Refusal, Unsupported
from server.net.body import read_body
from server.openadr.admission import Admission, check_sender
from server.openadr.answer import (
    NOT_ALLOWED,
    Answer,
    Declined,
    declining,
    outcome,
    response_code,
)
from server.openadr.call import Call, Handler, acknowledge
from server.openadr.events import Events
from server.openadr.polling import Polling
from server.openadr.project import Projector
from server.openadr.registration import Registrar
from server.openadr.reports import Reports
from server.openadr.settings import OpenAdrSettings
from server.openadr.talk import Talks
from server.openadr.transport import (
    Endpoints,
    check_content_type,
    coding_of,
    failed,
    refused,
    replied,
)

log = logging.getLogger(__name__)

POLL_SIZE = 1024
POLLS_KEPT = 20_000
"""With the size above 20 MB at most."""


class OpenAdrFace:
    """What a listener serves to VENs; the plain listener of a lab has a face of its own."""

    def __init__(self, desk: Desk, settings: OpenAdrSettings) -> None:
        self._clock = desk.clock
        self._settings = settings
        self._limits = Limits(size=settings.body_limit, marks=LIMITS.marks, depth=LIMITS.depth)
        self._polls: dict[bytes, Message] = {}
        self._endpoints = Endpoints(settings.prefix)
        self._admission = Admission(desk.book, allow_plain=settings.allow_plain)
        talks = Talks(
            desk.book,
            repeat_after_polls=settings.repeat_after_polls,
            repeat_limit=settings.repeat_limit,
        )
        self._events = Events(desk, talks, Projector(desk.book, settings))
        polling = Polling(desk.book, talks, self._events)
        registrar, reports = Registrar(desk, settings), Reports(desk, self._events)
        self._handlers = _handlers(registrar, reports, self._events, polling)

    async def open(self) -> None:
        """Learn from the store what VENs have answered already; to be called before serving."""
        await self._events.open()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request; refusals become response codes in a payload, or HTTP status codes."""
        coding = coding_of(request.headers.get("Accept-Encoding", ""))
        message: Message | None = None
        client: Client | None = None
        try:
            service = self._endpoints.service(request.raw_path)
            body = await self._body(request)
            message = self._decode(body)
            now = self._clock.now()
            client = self._admission.identify(request, message, now)
            if client is not None:
                check_sender(client, message)
            said = await self._handler(service, message)(Call(message, body, client, now))
            return _replied(said, coding)
        except Refusal as refusal:
            code = response_code(refusal)
            if message is None or code is None:
                return refused(refusal)
            return _replied(self._declined(refusal, code, message, client), coding)
        except Exception:
            reference = token_hex(4)
            log.exception("%s %s failed (%s)", request.method, request.raw_path, reference)
            return failed(reference)

    async def _body(self, request: web.BaseRequest) -> bytes:
        if request.method != "POST":
            raise Unsupported(f"{request.method} is not offered here")
        content_type = request.headers.get("Content-Type", "")
        check_content_type(content_type, strict=self._settings.strict_content_type)
        return await read_body(request, self._settings.body_limit)

    def _decode(self, body: bytes) -> Message:
        """Return the message in a body; polls, which repeat to the byte, are read once."""
        message = self._polls.get(body)
        if message is None:
            try:
                message = decode_payload(body, limits=self._limits).oadrSignedObject.message
            except WireError as fault:
                raise Malformed(str(fault)) from fault
            if isinstance(message, OadrPoll) and len(body) <= POLL_SIZE:
                self._keep_poll(body, message)
        return message

    def _keep_poll(self, body: bytes, message: OadrPoll) -> None:
        if len(self._polls) >= POLLS_KEPT:
            self._polls.clear()
        self._polls[body] = message

    def _handler(self, service: str, message: Message) -> Handler:
        handler = self._handlers[service].get(type(message))
        if handler is None:
            raise Unsupported(f"{service} does not take this message")
        return handler

    def _declined(
        self, refusal: Refusal, code: str, message: Message, client: Client | None
    ) -> Message:
        log.info("%s declined: %s %s", type(message).__name__, code, refusal.reason)
        return declining(
            message,
            outcome(message, code, refusal.reason),
            ven_id=None if client is None else client.ven_id,
            vtn_id=self._settings.vtn_id,
        )


def _replied(said: Message | Answer, coding: str) -> web.Response:
    answer = said if isinstance(said, Answer) else Answer.of(said)
    return replied(answer.form(coding), coding)


def _handlers(
    registrar: Registrar, reports: Reports, events: Events, polling: Polling
) -> dict[str, dict[type[Any], Handler]]:
    """Return who takes which message at which service (OADR 2.0b 8)."""
    return {
        "OadrPoll": {OadrPoll: polling.poll},
        "EiEvent": {OadrRequestEvent: events.request, OadrCreatedEvent: events.created},
        "EiRegisterParty": {
            OadrQueryRegistration: registrar.query,
            OadrCreatePartyRegistration: registrar.register,
            OadrCancelPartyRegistration: registrar.cancel,
            OadrCanceledPartyRegistration: acknowledge,
            OadrResponse: acknowledge,
        },
        "EiReport": {
            OadrRegisterReport: reports.register,
            OadrRegisteredReport: reports.registered,
            OadrCreateReport: reports.create,
            OadrUpdateReport: reports.update,
            OadrCancelReport: reports.cancel,
            OadrCreatedReport: acknowledge,
            OadrUpdatedReport: acknowledge,
            OadrCanceledReport: acknowledge,
        },
        "EiOpt": {OadrCreateOpt: _take_no_opt, OadrCancelOpt: _take_no_opt},
    }


async def _take_no_opt(call: Call[Any]) -> Message:
    raise Declined(NOT_ALLOWED, "this VTN does not take opt schedules: answer each event instead")
