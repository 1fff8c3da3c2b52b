"""What VENs that want it are pushed: the next word for each, and what becomes of their replies.

A VEN may answer inside its HTTP response, or with a message of its own to our services later (OADR
2.0b 9.1.1); both are taken. It must not know how anything is delivered, or when it is tried again.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from schemas.openadr.payload import OadrResponse
from schemas.wire import Limits
from server.core.model import Client, ClientId, ClientKind
from server.desk import Desk
from server.errors import Unauthenticated, Unsupported
from server.openadr.admission import check_sender
from server.openadr.agenda import Agenda
from server.openadr.call import Call, Handler
from server.openadr.events import Events
from server.openadr.security import Security, Sender
from server.openadr.settings import OpenAdrSettings

log = logging.getLogger(__name__)

SERVICES_PATH = "/OpenADR2/Simple/2.0b"
Handlers = Mapping[str, Mapping[type[Any], Handler]]


@dataclass(frozen=True, slots=True)
class Push:
    """A document for a VEN."""

    uri: str
    body: bytes
    fingerprint: str | None
    """Of the certificate that its server must show; None for a lab's that has none."""
    service: str
    take_back: Callable[[], None]
    """Makes it due again, because it did not arrive."""


class Teller:
    """Says what there is to say to VENs that are pushed to."""

    def __init__(
        self,
        desk: Desk,
        settings: OpenAdrSettings,
        *,
        agenda: Agenda,
        events: Events,
        security: Security,
        handlers: Handlers,
        limits: Limits,
    ) -> None:
        self._book = desk.book
        self._clock = desk.clock
        self._settings = settings
        self._agenda = agenda
        self._events = events
        self._security = security
        self._handlers = handlers
        self._limits = limits
        self._listeners: list[Callable[[ClientId], None]] = []

    def listen(self, listener: Callable[[ClientId], None]) -> None:
        """Call `listener` with each VEN that is pushed to and has just said something."""
        self._listeners.append(listener)

    def heed(self, client: Client) -> None:
        """Take note that a client has said something."""
        if self.is_pushed(client.id):
            for listener in self._listeners:
                listener(client.id)

    def is_pushed(self, client_id: ClientId) -> bool:
        """Tell whether a client is a VEN that this face pushes to, by what the book says now."""
        client = self._book.clients[client_id]
        if client.kind is not ClientKind.VEN or not client.enabled or client.registration is None:
            return False
        is_ours = (client.fingerprint is None) == self._settings.allow_plain
        return is_ours and not client.registration.pull

    async def next(self, client_id: ClientId, *, counts: bool) -> Push | None:
        """Return what a VEN is to be told now; `counts` as for the agenda."""
        if not self.is_pushed(client_id):
            return None
        client, now = self._book.clients[client_id], self._clock.now()
        said = await self._agenda.next(client, now, request_id=None, counts=counts)
        if said is None or client.registration is None:
            return None
        return Push(
            uri=f"{_base(client.registration.transport_address)}/{said.service}",
            body=self._security.seal_push(client, said.answer.form(""), now),
            fingerprint=client.fingerprint,
            service=said.service,
            take_back=said.take_back,
        )

    async def heard(self, client_id: ClientId, push: Push, body: bytes, der: bytes) -> None:
        """Take what a VEN replied in its HTTP response, and the certificate that it showed.

        Raises a Refusal for what is no answer, or not the VEN's own.
        """
        if not body.strip():
            return
        client, now = self._book.clients[client_id], self._clock.now()
        sender = Sender(client, lambda: _shown(der))
        letter = await self._security.open(sender, body, self._limits)
        await self._security.admit(client, letter, now)
        message = letter.message
        check_sender(client, message)
        letter.check()
        if isinstance(message, OadrResponse):
            _note(client, message)
            return
        handler = self._handlers[push.service].get(type(message))
        if handler is None:
            raise Unsupported(f"{type(message).__name__} is no answer to what was pushed")
        await handler(Call(message, body, client, now))

    def looks_after(self, client_id: ClientId) -> timedelta | None:
        """Return after what time to look again, though nothing happens; None if never.

        Answers are waited for as long as those of VENs that poll.
        """
        client = self._book.clients[client_id]
        if client.registration is None or not self._events.talk(client).is_waiting:
            return None
        return client.ven_settings.poll_interval or self._settings.poll_interval


def _base(address: str) -> str:
    """Return where the services of a VEN are; some name the whole path, not what is before it."""
    return f"{address.rstrip('/').removesuffix(SERVICES_PATH)}{SERVICES_PATH}"


def _shown(der: bytes) -> bytes:
    if not der:
        raise Unauthenticated("this connection showed no certificate")
    return der


def _note(client: Client, message: OadrResponse) -> None:
    code = message.eiResponse.responseCode
    if not code.startswith("2"):
        log.warning("VEN %s says %s to what it was pushed", client.ven_id, code)
