"""High security: which messages must be signed, which answers are, and what comes of a bad one.

A message with a signature is taken only if that holds for the certificate of its connection; then
the message is what was signed and nothing else. The one place that turns a bad signature into a
refusal, and logs it.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from secrets import token_hex

from cryptography import x509
from lxml import etree

from schemas.openadr import Message, decode_payload_tree
from schemas.openadr.namespaces import EI, OADR
from schemas.openadr.registration import OadrCreatePartyRegistration
from schemas.openadr.signature import ReplayProtect
from schemas.wire import Limits, WireError, parse
from server.config import SignaturePolicy
from server.core.model import Client, ClientId
from server.desk import Desk
from server.errors import Invalid, Malformed, Refusal, Unauthenticated
from server.openadr.answer import NOT_DEPLOYED, Declined
from server.openadr.replay import Replays
from server.openadr.settings import OpenAdrSettings
from server.openadr.signature import (
    BadSignature,
    Verified,
    is_signed,
    verify,
)
from server.openadr.signer import Signer, Signing

log = logging.getLogger(__name__)

APART_SIZE = 32 * 1024
"""Bytes from which a body is verified in a thread: it takes milliseconds."""
NONCE_BYTES = 16
_NUMBERS = (
    *(f"{{{EI}}}{name}" for name in ("value", "accuracy")),
    *(f"{{{OADR}}}{name}" for name in ("oadrMin", "oadrMax", "oadrCurrent", "oadrNormal")),
)
_NON_FINITE = frozenset({"NaN", "INF", "-INF"})


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it came in, and what its sender signed it with."""

    message: Message
    protection: ReplayProtect | None = None
    """None if nothing is signed."""
    fault: Refusal | None = None
    """Why it is declined whatever it asks for; what was wrong is not in the message."""
    is_simple: bool = False
    """True if it came as 2.0a, and is to be answered so."""

    def check(self) -> None:
        """Raise the fault, if there is one."""
        if self.fault is not None:
            raise self.fault


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a document, as far as the connection tells."""

    client: Client | None
    """Whose certificate it is; None if nobody's that we know, or if there is none."""
    show: Callable[[], bytes]
    """Returns the certificate as DER; raises Unauthenticated if there is none."""

    @property
    def name(self) -> str:
        """Return what the log calls it."""
        if self.client is not None:
            return f"VEN {self.client.ven_id}"
        return f"an unknown client ({sha256(self.show()).hexdigest()[:16]})"


class Security:
    """Opens what comes in and seals what goes out; without signers it leaves signatures alone."""

    def __init__(self, desk: Desk, settings: OpenAdrSettings, signing: Signing | None) -> None:
        self._book = desk.book
        self._signing = signing
        self._usual = settings.signatures
        self._replays = Replays(desk.store, settings.signature_window)
        self._shown: dict[ClientId, bytes] = {}

    def _policy(self, client: Client | None) -> SignaturePolicy:
        """Return what holds for a client by what the book says now, or for nobody known."""
        if self._signing is None:
            return SignaturePolicy.OFF
        own = None if client is None else self._book.clients[client.id].ven_settings.signatures
        return own or self._usual

    async def open(self, sender: Sender, body: bytes, limits: Limits) -> Letter:
        """Return the message in a body; Unauthenticated if it bears a signature that is bad."""
        client = sender.client
        lenient = client is not None and client.ven_settings.is_lenient
        try:
            root = parse(body, limits)
            if self._policy(client) is SignaturePolicy.OFF or not is_signed(root):
                return _letter(root, None, lenient=lenient)
            verified = await _verify(root, sender.show(), len(body))
            if client is not None:
                self._shown[client.id] = sender.show()
            return _letter(verified.payload, verified.protection, lenient=lenient)
        except WireError as fault:
            raise Malformed(str(fault)) from fault
        except BadSignature as fault:
            raise _refused(sender.name, fault) from fault

    async def admit(self, client: Client, letter: Letter, now: datetime) -> None:
        """Let a client's message pass if it need not be signed, or is and was never seen before.

        Raises Unauthenticated, or Declined for a registration with signatures where none are made.
        """
        message, policy = letter.message, self._policy(client)
        if policy is SignaturePolicy.OFF:
            if isinstance(message, OadrCreatePartyRegistration) and message.oadrXmlSignature:
                raise Declined(NOT_DEPLOYED, "this VTN does not sign here")
            return
        try:
            if letter.protection is not None:
                await self._replays.check(client, letter.protection, now)
            elif policy is SignaturePolicy.REQUIRE or self._has_agreed(client):
                raise BadSignature("it is missing")  # noqa: TRY301 - as all that is wrong with one
        except BadSignature as fault:
            raise _refused(f"VEN {client.ven_id}", fault) from fault

    def seals(self, client: Client | None, letter: Letter) -> bool:
        """Tell whether the answer to a message is signed: as it was, or as was agreed."""
        if self._policy(client) is SignaturePolicy.OFF:
            return False
        return letter.protection is not None or (client is not None and self._has_agreed(client))

    def seal(self, certificate: bytes, document: bytes, now: datetime) -> bytes:
        """Return a document, signed with a key of the family that the client's certificate has."""
        if self._signing is None:
            return document
        return _sign(self._signing.fit(_certificate(certificate)), document, now)

    def seal_push(self, client: Client, document: bytes, now: datetime) -> bytes:
        """Return what a VEN is pushed, signed if it has agreed or if it must sign itself.

        The family is that of what it signed last; until it has signed something, RSA.
        """
        policy = self._policy(client)
        is_required = policy is SignaturePolicy.REQUIRE or self._has_agreed(client)
        if self._signing is None or policy is SignaturePolicy.OFF or not is_required:
            return document
        shown = self._shown.get(client.id)
        if shown is None:
            return _sign(self._signing.rsa, document, now)
        return self.seal(shown, document, now)

    def _has_agreed(self, client: Client) -> bool:
        """Tell whether a VEN is registered with signatures, by what the book says now."""
        registration = self._book.clients[client.id].registration
        return registration is not None and registration.xml_signature


async def _verify(root: etree._Element, der: bytes, size: int) -> Verified:
    if size < APART_SIZE:
        return verify(root, _certificate(der))
    return await asyncio.to_thread(verify, root, _certificate(der))


def _letter(root: etree._Element, protection: ReplayProtect | None, *, lenient: bool) -> Letter:
    """Return what a document holds; numbers that the schema allows and nobody can use are a fault.

    So that they are told by an application error in the type that fits (OADR 2.0b 8.7).
    """
    try:
        return Letter(_message_in(root, lenient=lenient), protection)
    except WireError:
        if not _take_out_non_finite(root):
            raise
        message = _message_in(root, lenient=lenient)
        return Letter(message, protection, Invalid("a number is not finite"))


def _take_out_non_finite(root: etree._Element) -> bool:
    found = [e for e in root.iter(*_NUMBERS) if (e.text or "").strip() in _NON_FINITE]
    for element in found:
        element.text = "0"
    return bool(found)


def _message_in(root: etree._Element, *, lenient: bool) -> Message:
    return decode_payload_tree(root, lenient=lenient).oadrSignedObject.message


def _sign(signer: Signer, document: bytes, now: datetime) -> bytes:
    return signer.sign(document, now=now, nonce=token_hex(NONCE_BYTES))


@lru_cache(maxsize=4096)
def _certificate(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)


def _refused(sender: str, fault: BadSignature) -> Unauthenticated:
    log.warning("a message of %s is refused for its signature: %s", sender, fault)
    return Unauthenticated(f"the signature is not accepted: {fault}")
