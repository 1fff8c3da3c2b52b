"""High security: which messages must be signed, which answers are, and what comes of a bad one.

A message with a signature is taken only if that holds for the certificate of its connection; then
the message is what was signed and nothing else. The one place that turns a bad signature into a
refusal, and logs it.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from secrets import token_hex

from aiohttp import web
from cryptography import x509
from lxml import etree

from schemas.openadr import Message, decode_payload_tree
from schemas.openadr.registration import OadrCreatePartyRegistration
from schemas.openadr.signature import ReplayProtect
from schemas.wire import Limits, WireError, parse
from server.config import SignaturePolicy
from server.core.model import Client
from server.desk import Desk
from server.errors import Malformed, Unauthenticated
from server.net.identity import certificate_of, identity_of
from server.openadr.answer import NOT_DEPLOYED, Declined
from server.openadr.replay import Replays
from server.openadr.settings import OpenAdrSettings
from server.openadr.signature import BadSignature, Signing, Verified, is_signed, verify

log = logging.getLogger(__name__)

APART_SIZE = 32 * 1024
"""Bytes from which a body is verified in a thread: it takes milliseconds."""
NONCE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it came in, and what its sender signed it with."""

    message: Message
    protection: ReplayProtect | None = None
    """None if nothing is signed."""


class Security:
    """Opens what comes in and seals what goes out; without signers it leaves signatures alone."""

    def __init__(self, desk: Desk, settings: OpenAdrSettings, signing: Signing | None) -> None:
        self._book = desk.book
        self._signing = None if settings.signatures is SignaturePolicy.OFF else signing
        self._is_required = settings.signatures is SignaturePolicy.REQUIRE
        self._replays = Replays(desk.store, settings.signature_window)

    async def open(self, request: web.BaseRequest, body: bytes, limits: Limits) -> Letter:
        """Return the message in a body; Unauthenticated if it bears a signature that is bad."""
        try:
            root = parse(body, limits)
            if self._signing is None or not is_signed(root):
                return Letter(_message_in(root))
            verified = await _verify(root, certificate_of(request), len(body))
            return Letter(_message_in(verified.payload), verified.protection)
        except WireError as fault:
            raise Malformed(str(fault)) from fault
        except BadSignature as fault:
            raise _refused(identity_of(request).openadr_fingerprint, fault) from fault

    async def admit(self, client: Client, letter: Letter, now: datetime) -> None:
        """Let a client's message pass if it need not be signed, or is and was never seen before.

        Raises Unauthenticated, or Declined for a registration with signatures where none are made.
        """
        message = letter.message
        if self._signing is None:
            if isinstance(message, OadrCreatePartyRegistration) and message.oadrXmlSignature:
                raise Declined(NOT_DEPLOYED, "this VTN does not sign here")
            return
        try:
            if letter.protection is not None:
                await self._replays.check(client, letter.protection, now)
            elif self._is_required or self._has_agreed(client):
                raise BadSignature("it is missing")  # noqa: TRY301 - as all that is wrong with one
        except BadSignature as fault:
            raise _refused(f"VEN {client.ven_id}", fault) from fault

    def seals(self, client: Client | None, letter: Letter) -> bool:
        """Tell whether the answer to a message is signed: as it was, or as was agreed."""
        if self._signing is None:
            return False
        return letter.protection is not None or (client is not None and self._has_agreed(client))

    def seal(self, request: web.BaseRequest, document: bytes, now: datetime) -> bytes:
        """Return an answer's document, signed with a key of the family that the client has."""
        if self._signing is None:
            return document
        signer = self._signing.fit(_certificate(certificate_of(request)))
        return signer.sign(document, now=now, nonce=token_hex(NONCE_BYTES))

    def _has_agreed(self, client: Client) -> bool:
        """Tell whether a VEN is registered with signatures, by what the book says now."""
        registration = self._book.clients[client.id].registration
        return registration is not None and registration.xml_signature


async def _verify(root: etree._Element, der: bytes, size: int) -> Verified:
    if size < APART_SIZE:
        return verify(root, _certificate(der))
    return await asyncio.to_thread(verify, root, _certificate(der))


def _message_in(root: etree._Element) -> Message:
    return decode_payload_tree(root).oadrSignedObject.message


@lru_cache(maxsize=4096)
def _certificate(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)


def _refused(sender: str, fault: BadSignature) -> Unauthenticated:
    log.warning("a message of %s is refused for its signature: %s", sender, fault)
    return Unauthenticated(f"the signature is not accepted: {fault}")
