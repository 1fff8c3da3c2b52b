"""The OpenADR face: from a request to its answer.

Finds out which service is meant, what the message is and who sent it, then hands over to the
handler. The one place that turns a Refusal into HTTP or into a response code; whatever else is
raised is our fault and logged once.
"""

import logging
from datetime import datetime
from functools import partial
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
from server.core.model import Client, ClientId
from server.desk import Desk
from server.errors import Refusal, Unsupported
from server.net.body import read_body
from server.net.identity import certificate_of
from server.openadr.admission import Admission, check_sender
from server.openadr.agenda import Agenda
from server.openadr.answer import (
    Answer,
    declining,
    outcome,
    response_code,
)
from server.openadr.call import Call, Handler, acknowledge
from server.openadr.events import Events
from server.openadr.opting import Opting
from server.openadr.opts import OptService
from server.openadr.polling import Polling
from server.openadr.project import Projector
from server.openadr.push import Teller
from server.openadr.registration import AddressRule, Registrar
from server.openadr.reporting import Reporting
from server.openadr.reports import Reports
from server.openadr.security import Letter, Security, Sender
from server.openadr.settings import OpenAdrSettings
from server.openadr.signer import Signing
from server.openadr.simple import SimpleProfile
from server.openadr.simple_wire import encode_simple
from server.openadr.talk import Talks
from server.openadr.transport import (
    SIMPLE_SERVICE,
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
        self,
        desk: Desk,
        settings: OpenAdrSettings,
        *,
        signing: Signing | None = None,
        check_address: AddressRule | None = None,
        reporting: Reporting | None = None,
        opting: Opting | None = None,
    ) -> None:
        """Take what answers are signed with; without it signatures are left alone.

        `check_address` judges where VENs want to be pushed to; without it none may want that.
        `reporting` is what operators ask for, `opting` what VENs have opted: the faces share both.
        """
        self._clock = desk.clock
        self._settings = settings
        self._limits = Limits(size=settings.body_limit, marks=LIMITS.marks, depth=LIMITS.depth)
        self._security = Security(desk, settings, signing)
        self._polls: dict[bytes, Letter] = {}
        self._endpoints = Endpoints(settings.prefix)
        self._admission = Admission(desk.book, allow_plain=settings.allow_plain)
        talks = _talks(desk, settings)
        opting = opting or Opting(desk)
        opts, registrar = OptService(desk, talks, opting), Registrar(desk, settings, check_address)
        projector = Projector(desk.book, settings)
        self._events = Events(desk, talks, projector, opting)
        self._simple = SimpleProfile(desk, self._events, projector)
        reporting = reporting or Reporting(desk, settings)
        agenda = Agenda(desk.book, talks, self._events, reporting.asker, registrar)
        polling, reports = Polling(agenda, self._events), Reports(desk, self._events, reporting)
        self._handlers = _handlers(registrar, reports, self._events, polling, opts)
        self._handlers[SIMPLE_SERVICE] = {
            OadrRequestEvent: self._simple.request,
            OadrCreatedEvent: self._events.created,
        }
        self.teller = self._teller(desk, agenda)
        """What VENs that do not poll are told."""
        self._book = desk.book
        reporting.listen(self._heed_operator)

    def _teller(self, desk: Desk, agenda: Agenda) -> Teller:
        return Teller(
            desk,
            self._settings,
            agenda=agenda,
            events=self._events,
            security=self._security,
            handlers=self._handlers,
            limits=self._limits,
        )

    def _heed_operator(self, client_id: ClientId) -> None:
        """Have a VEN of this face told what an operator asks of it, however mute it was."""
        client = self._book.clients[client_id]
        is_ours = (client.fingerprint is None) == self._settings.allow_plain
        if is_ours and client.registration is not None:
            talk = self._events.talk(client)
            talk.unanswered.clear()
            talk.look_for_asks()
            self.teller.heed(client)

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
            sender = self._sender(request)
            letter = await self._open(service, sender, body)
            message, now = letter.message, self._clock.now()
            client = self._admission.identify(request, message, now)
            if client is not None:
                client = await self._admit(client, letter, now)
            letter.check()
            said = await self._handler(service, message)(Call(message, body, client, now))
            if client is not None:
                self.teller.heed(client)
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

    def _sender(self, request: web.BaseRequest) -> Sender:
        return Sender(self._admission.holder(request), partial(certificate_of, request))

    async def _open(self, service: str, sender: Sender, body: bytes) -> Letter:
        """Return the message in a body; polls, which repeat to the byte, are read once."""
        if service == SIMPLE_SERVICE:
            return self._simple.open(sender, body, self._limits)
        letter = self._polls.get(body) if len(body) <= POLL_SIZE else None
        if letter is None:
            letter = await self._security.open(sender, body, self._limits)
            is_poll = isinstance(letter.message, OadrPoll) and len(body) <= POLL_SIZE
            if is_poll and letter.protection is None:
                self._keep_poll(body, letter)
        return letter

    async def _admit(self, client: Client, letter: Letter, now: datetime) -> Client:
        """Return who sent a message, if it may; raises a Refusal."""
        await self._security.admit(client, letter, now)
        if letter.is_simple:
            client = await self._simple.admit(client, letter.message)
        check_sender(client, letter.message, is_simple=letter.is_simple)
        return client

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
        if not isinstance(said, Answer):
            said = Answer(encode_simple(said)) if letter.is_simple else Answer.of(said)
        answer = said
        if self._security.seals(client, letter):
            shown, now = certificate_of(request), self._clock.now()
            answer = Answer(self._security.seal(shown, answer.form(""), now))
        coding = coding_of(request.headers.get("Accept-Encoding", ""))
        return replied(answer.form(coding), coding)


def _talks(desk: Desk, settings: OpenAdrSettings) -> Talks:
    return Talks(
        desk.book,
        repeat_after_polls=settings.repeat_after_polls,
        repeat_limit=settings.repeat_limit,
    )


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
            OadrCanceledPartyRegistration: registrar.canceled,
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
