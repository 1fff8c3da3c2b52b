"""The OpenADR face: from a request to its answer.

Finds out which service is meant, what the message is and who sent it, then hands over to the
handler. The one place that turns a Refusal into HTTP or into a response code; whatever else is
raised is our fault and logged once.
"""

import logging
from secrets import token_hex
from typing import Any

from aiohttp import web

from schemas.openadr import LIMITS, Message
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
from schemas.wire import Limits
from server.core.model import Client
from server.desk import Desk
from server.errors import Refusal, Unsupported
from server.net.body import read_body
from server.openadr.admission import Admission, check_sender
from server.openadr.answer import (
    Answer,
    declining,
    outcome,
    response_code,
)
from server.openadr.asker import Asker
from server.openadr.call import Call, Handler, acknowledge
from server.openadr.events import Events
from server.openadr.opts import OptService
from server.openadr.polling import Polling
from server.openadr.project import Projector
from server.openadr.registration import Registrar
from server.openadr.reports import Reports
from server.openadr.security import Letter, Security
from server.openadr.settings import OpenAdrSettings
from server.openadr.signature import Signing
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

    def __init__(
        self, desk: Desk, settings: OpenAdrSettings, *, signing: Signing | None = None
    ) -> None:
        """Take what answers are signed with; without it signatures are left alone."""
        self._clock = desk.clock
        self._settings = settings
        self._limits = Limits(size=settings.body_limit, marks=LIMITS.marks, depth=LIMITS.depth)
        self._security = Security(desk, settings, signing)
        self._polls: dict[bytes, Letter] = {}
        self._endpoints = Endpoints(settings.prefix)
        self._admission = Admission(desk.book, allow_plain=settings.allow_plain)
        talks = Talks(
            desk.book,
            repeat_after_polls=settings.repeat_after_polls,
            repeat_limit=settings.repeat_limit,
        )
        opts = OptService(desk, talks)
        self._events = Events(desk, talks, Projector(desk.book, settings), opts)
        asker = Asker(desk, settings)
        polling = Polling(desk.book, talks, self._events, asker)
        registrar, reports = Registrar(desk, settings), Reports(desk, self._events, asker)
        self._handlers = _handlers(registrar, reports, self._events, polling, opts)

    async def open(self) -> None:
        """Learn from the store what VENs have answered already; to be called before serving."""
        await self._events.open()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request; refusals become response codes in a payload, or HTTP status codes."""
        letter: Letter | None = None
        client: Client | None = None
        try:
            service = self._endpoints.service(request.raw_path)
            body = await self._body(request)
            letter = await self._open(request, body)
            message, now = letter.message, self._clock.now()
            client = self._admission.identify(request, message, now)
            if client is not None:
                await self._security.admit(client, letter, now)
                check_sender(client, message)
            said = await self._handler(service, message)(Call(message, body, client, now))
            return self._replied(said, request, letter, client)
        except Refusal as refusal:
            code = response_code(refusal)
            if letter is None or code is None:
                return refused(refusal)
            declined = self._declined(refusal, code, letter.message, client)
            return self._replied(declined, request, letter, client)
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

    async def _open(self, request: web.BaseRequest, body: bytes) -> Letter:
        """Return the message in a body; polls, which repeat to the byte, are read once."""
        letter = self._polls.get(body)
        if letter is None:
            letter = await self._security.open(request, body, self._limits)
            is_poll = isinstance(letter.message, OadrPoll) and len(body) <= POLL_SIZE
            if is_poll and letter.protection is None:
                self._keep_poll(body, letter)
        return letter

    def _keep_poll(self, body: bytes, letter: Letter) -> None:
        if len(self._polls) >= POLLS_KEPT:
            self._polls.clear()
        self._polls[body] = letter

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

    def _replied(
        self,
        said: Message | Answer,
        request: web.BaseRequest,
        letter: Letter,
        client: Client | None,
    ) -> web.Response:
        answer = said if isinstance(said, Answer) else Answer.of(said)
        if self._security.seals(client, letter):
            document = self._security.seal(request, answer.form(""), self._clock.now())
            answer = Answer(document)
        coding = coding_of(request.headers.get("Accept-Encoding", ""))
        return replied(answer.form(coding), coding)


def _handlers(
    registrar: Registrar, reports: Reports, events: Events, polling: Polling, opts: OptService
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
            OadrCreatedReport: reports.created,
            OadrUpdatedReport: acknowledge,
            OadrCanceledReport: reports.canceled,
        },
        "EiOpt": {OadrCreateOpt: opts.create, OadrCancelOpt: opts.cancel},
    }
