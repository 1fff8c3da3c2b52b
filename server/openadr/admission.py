"""Who sent a message: the certificate first, then what the message says of its sender.

OADR 2.0b 9.2.1.1 and rule 517: not enrolled, denied or not registered is 463; a venID other than
the sender's own is 452, whether somebody else has it or nobody. It must not know what the
message asks for.
"""

from datetime import datetime

from aiohttp import web

from schemas.openadr import Message
from schemas.openadr.registration import (
    OadrCanceledPartyRegistration,
    OadrCancelPartyRegistration,
    OadrCreatePartyRegistration,
    OadrQueryRegistration,
)
from server.core.book import Book
from server.core.model import Client, ClientId, ClientKind, Fingerprint
from server.errors import Forbidden, Unauthenticated, Unknown
from server.net.identity import identity_of
from server.openadr.answer import MISSING, Declined, ven_id_of

SIMPLE_PROFILE = "2.0a"
"""What VENs speak that need no registration."""
_BEFORE_REGISTRATION = (
    OadrQueryRegistration,
    OadrCreatePartyRegistration,
    OadrCancelPartyRegistration,
    OadrCanceledPartyRegistration,
)


class Admission:
    """Lets clients in, by certificate or on a lab's plain connection by name."""

    def __init__(self, book: Book, *, allow_plain: bool) -> None:
        self._book = book
        self._allow_plain = allow_plain

    def identify(self, request: web.BaseRequest, message: Message, now: datetime) -> Client | None:
        """Return the client behind a message; None for a query on a plain connection.

        Raises Unauthenticated if the connection does not do, Forbidden if the client is not
        enrolled or is denied.
        """
        if not self._allow_plain or _is_secure(request):
            client_id = self._certified_client(request, now)
        elif isinstance(message, OadrQueryRegistration):
            return None
        else:
            client_id = self._plain_client(message)
        client = None if client_id is None else self._book.clients[client_id]
        if client is None or not client.enabled or client.kind is not ClientKind.VEN:
            raise Forbidden("this VEN is not enrolled")
        return client

    def holder(self, request: web.BaseRequest) -> Client | None:
        """Return the client whose certificate a connection shows, if it shows one that we know."""
        if not _is_secure(request):
            return None
        fingerprint = Fingerprint(identity_of(request).fingerprint)
        client_id = self._book.client_by_fingerprint.get(fingerprint)
        return None if client_id is None else self._book.clients[client_id]

    def _certified_client(self, request: web.BaseRequest, now: datetime) -> ClientId | None:
        identity = identity_of(request)
        if not identity.is_valid_at(now):
            raise Unauthenticated("the certificate is not within its lifetime")
        return self._book.client_by_fingerprint.get(Fingerprint(identity.fingerprint))

    def _plain_client(self, message: Message) -> ClientId | None:
        """Find a client that was enrolled without a certificate: only such may come plain."""
        ven_id = ven_id_of(message)
        if ven_id:
            client_id = self._book.client_by_ven_id.get(ven_id)
            is_plain = client_id is not None and _is_plain(self._book.clients[client_id])
            return client_id if is_plain else None
        if not isinstance(message, OadrCreatePartyRegistration):
            raise Declined(MISSING, "the message holds no venID")
        plain = filter(_is_plain, self._book.clients.values())
        found = [client.id for client in plain if client.name == message.oadrVenName]
        return found[0] if len(found) == 1 else None


def check_sender(client: Client, message: Message, *, is_simple: bool = False) -> None:
    """Refuse a message of an unregistered client, or one with another venID than its own.

    `is_simple` tells that it came as 2.0a, which is all that a VEN says that speaks it. Raises
    Forbidden, Unknown, or Declined where the venID is missing (rules 33 and 508).
    """
    if not isinstance(message, _BEFORE_REGISTRATION):
        _check_registered(client, is_simple=is_simple)
    if isinstance(message, OadrQueryRegistration):
        return
    ven_id = ven_id_of(message)
    if not ven_id and not _may_be_nameless(client, message):
        raise Declined(MISSING, "the message holds no venID")
    if ven_id and ven_id != client.ven_id:
        raise Unknown("this venID is not the sender's")


def _check_registered(client: Client, *, is_simple: bool) -> None:
    if client.registration is None:
        raise Forbidden("this VEN is not registered")
    if client.registration.profile == SIMPLE_PROFILE and not is_simple:
        raise Forbidden("this VEN speaks 2.0a: it has to register for more")


def _may_be_nameless(client: Client, message: Message) -> bool:
    """Tell whether a message need not say whose it is, as the certificate does."""
    return client.ven_settings.is_lenient or isinstance(message, OadrCreatePartyRegistration)


def _is_secure(request: web.BaseRequest) -> bool:
    transport = request.transport
    return transport is not None and transport.get_extra_info("ssl_object") is not None


def _is_plain(client: Client) -> bool:
    return client.ven_id is not None and client.fingerprint is None
