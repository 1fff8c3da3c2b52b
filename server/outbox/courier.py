"""Carries one body to one URI, and tells how that went.

Only public addresses are reached, and those that the settings add; redirects are not followed and
the answer's body is bounded. It must not know what it carries.
"""

import ipaddress
import ssl
from typing import NamedTuple
from urllib.parse import urlsplit

from server.clients.peer import Address, ExchangeFailed, Peer, Reply
from server.outbox.settings import OutboxSettings

MEDIA_TYPE = "application/sep+xml"
_ANSWER_LIMIT = 64 * 1024
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_SPECIAL = tuple(
    map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/32", "2002::/16"))
)
"""Protocol assignments, and Teredo and 6to4, in which an IPv4 address of whatever kind stands."""


class Failure(NamedTuple):
    """Why a body was not taken; a final one is not to be tried again."""

    why: str
    is_final: bool
    retry_after_s: float = 0.0
    status: int | None = None
    """Of HTTP, if it came that far."""


class Courier:
    """The way to the subscribers, as the holder of our notifying certificate."""

    def __init__(self, tls: ssl.SSLContext, settings: OutboxSettings) -> None:
        self._tls = tls
        self._settings = settings

    def peer(self, uri: str, *, fingerprint: str | None = None) -> Peer:
        """Return the server of a URI; ValueError if it may not be reached.

        `fingerprint` is the SHA-256 of the one certificate that it may show, in hex.
        """
        parts = urlsplit(uri)
        return Peer(
            f"{parts.scheme}://{parts.netloc}",
            self._tls,
            may_reach=self._may_reach,
            timeout_s=self._settings.timeout_s,
            body_limit=_ANSWER_LIMIT,
            may_be_plain=self._settings.may_be_plain,
            fingerprint=fingerprint,
        )

    def _may_reach(self, address: Address) -> bool:
        return is_public(address) or any(address in one for one in self._settings.networks)


async def deliver(peer: Peer, uri: str, body: bytes) -> Failure | None:
    """Send a notification; return why it was not taken, if so."""
    answer = await exchange(peer, uri, body, media_type=MEDIA_TYPE)
    return answer if isinstance(answer, Failure) else None


async def exchange(
    peer: Peer, uri: str, body: bytes, *, media_type: str, accept: str | None = None
) -> Reply | Failure:
    """Send a body of a type and return the reply, or why it was not taken."""
    try:
        return await peer.post(uri, body, media_type=media_type, accept=accept)
    except ExchangeFailed as fault:
        is_redirect = fault.status is not None and 300 <= fault.status < 400
        is_final = fault.is_final or is_redirect
        return Failure(fault.why, is_final, fault.retry_after_s or 0.0, fault.status)


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the public Internet and of one host."""
    if address.is_multicast or not address.is_global or any(address in one for one in _SPECIAL):
        return False
    return address.version == 4 or address in _GLOBAL_V6
