"""One remote server, spoken to over mutual TLS: every exchange is bounded, vetted and ours to end.

No redirects, no cookies, no proxies from the environment, no plain HTTP except in a lab, no other
origin than the one that was given, and only addresses that a rule lets through. It must not know
any message.
"""

import ipaddress
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import Connection
from aiohttp.resolver import ThreadedResolver
from yarl import URL

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
AddressRule = Callable[[Address], bool]

BODY_LIMIT: Final = 4 * 1024 * 1024
_WORTH_A_RETRY = frozenset({408, 425, 429})


class ExchangeFailed(Exception):  # noqa: N818 - it tells what happened, not whose error it was
    """An exchange that brought no usable answer."""

    def __init__(
        self, why: str, *, status: int | None = None, retry_after_s: float | None = None
    ) -> None:
        """Take the reason, the HTTP status if there was one, and when the server wants a retry."""
        super().__init__(why)
        self.why = why
        self.status = status
        self.retry_after_s = retry_after_s

    @property
    def is_final(self) -> bool:
        """Whether the server understood and declined, so that sending the same again is useless."""
        return (
            self.status is not None and 400 <= self.status < 500
        ) and self.status not in _WORTH_A_RETRY


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful answer."""

    status: int
    body: bytes
    location: str = ""
    certificate: bytes = b""
    """What the server showed, as DER; empty without TLS."""


def anywhere(address: Address) -> bool:
    """Let every address through: for a server that the owner of the certificate chose."""
    return True


class Peer:
    """The server at `base` (`https://host:port`), as the holder of one certificate reaches it."""

    def __init__(
        self,
        base: str,
        tls: ssl.SSLContext,
        *,
        may_reach: AddressRule = anywhere,
        timeout_s: float = 15.0,
        body_limit: int = BODY_LIMIT,
        may_be_plain: bool = False,
        fingerprint: str | None = None,
    ) -> None:
        """Take the origin, the client's context and the bounds.

        `may_reach` is asked about the address that is connected to, so that a name which resolves
        to something else the second time gains nothing; `may_be_plain` lets HTTP through, for labs.
        `fingerprint` is the SHA-256 in hex of the one certificate that the server may show.
        Raises ValueError for a base that is no origin or names an address that may not be reached.
        """
        self._schemes = ("https", "http") if may_be_plain else ("https",)
        self._origin = _origin(base, self._schemes)
        self._base = base
        self._tls = tls
        self._may_reach = may_reach
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._body_limit = body_limit
        self._pin = None if fingerprint is None else aiohttp.Fingerprint(bytes.fromhex(fingerprint))
        self._session: aiohttp.ClientSession | None = None
        literal = _literal(urlsplit(base).hostname or "")
        if literal is not None and not may_reach(literal):
            raise ValueError(f"{literal} may not be reached")

    async def get(self, href: str, *, accept: str) -> Reply:
        """Return what stands at `href`; raises ExchangeFailed."""
        return await self._exchange("GET", href, b"", {"Accept": accept})

    async def put(self, href: str, body: bytes, *, media_type: str) -> Reply:
        """Put a body at `href`; raises ExchangeFailed."""
        return await self._exchange("PUT", href, body, {"Content-Type": media_type})

    async def post(
        self, href: str, body: bytes, *, media_type: str, accept: str | None = None
    ) -> Reply:
        """Post a body to `href`; raises ExchangeFailed."""
        accepted = {} if accept is None else {"Accept": accept}
        return await self._exchange("POST", href, body, {"Content-Type": media_type} | accepted)

    async def close(self) -> None:
        """Hang up; the next exchange would connect again."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _exchange(
        self, method: str, href: str, body: bytes, headers: dict[str, str]
    ) -> Reply:
        url = self._resolve(href)
        if self._session is None:
            self._session = self._open()
        try:
            async with self._session.request(
                method,
                url,
                ssl=self._tls,
                data=body or None,
                headers=headers,
                allow_redirects=False,
            ) as response:
                return _checked(method, href, response, await self._read(response))
        except TimeoutError as fault:
            raise ExchangeFailed(f"{method} {href}: no answer in time") from fault
        except (aiohttp.ClientError, OSError) as fault:
            why = str(fault) or type(fault).__name__
            raise ExchangeFailed(f"{method} {href}: {why}") from fault

    def _resolve(self, href: str) -> URL:
        """Return the address of a link; one that leads to another origin is not followed."""
        try:
            target = urljoin(self._base, href)
            origin = _origin(target, self._schemes)
            url = URL(target, encoded=True)
        except ValueError as fault:
            raise ExchangeFailed(f"{href!r} is no usable link") from fault
        if origin != self._origin:
            raise ExchangeFailed(f"{href!r} leads to another server")
        return url

    def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            # What a certificate is held against; the context, which trusts, goes with a request.
            ssl=self._pin or True,
            limit=1,
            keepalive_timeout=600,
            use_dns_cache=False,
            resolver=_VettedResolver(self._may_reach),
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._timeout,
            response_class=_Response,
        )

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for piece in response.content.iter_any():
            body += piece
            if len(body) > self._body_limit:
                raise ExchangeFailed(f"the answer is larger than {self._body_limit} bytes")
        return bytes(body)


class _VettedResolver(AbstractResolver):
    """Resolves once and passes on only addresses that may be reached."""

    def __init__(self, may_reach: AddressRule) -> None:
        self._may_reach = may_reach
        self._resolver = ThreadedResolver()

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: int = 0,
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)  # type: ignore[arg-type]
        fit = [one for one in found if self._may_reach(ipaddress.ip_address(one["host"]))]
        if not fit:
            raise OSError(f"{host} has no address that may be reached")
        return fit

    async def close(self) -> None:
        await self._resolver.close()


class _Response(aiohttp.ClientResponse):
    """Remembers the certificate of its connection, which may be gone before anybody can ask."""

    certificate = b""

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        transport = connection.transport
        tls = None if transport is None else transport.get_extra_info("ssl_object")
        if tls is not None:
            self.certificate = tls.getpeercert(binary_form=True) or b""
        return await super().start(connection)


def _checked(method: str, href: str, response: aiohttp.ClientResponse, body: bytes) -> Reply:
    if not 200 <= response.status < 300:
        raise ExchangeFailed(
            f"{method} {href}: {response.status} {response.reason or ''}".rstrip(),
            status=response.status,
            retry_after_s=_seconds(response.headers.get("Retry-After", "")),
        )
    shown = response.certificate if isinstance(response, _Response) else b""
    return Reply(response.status, body, response.headers.get("Location", ""), shown)


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() else None


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _origin(url: str, schemes: Sequence[str]) -> tuple[str, str, int]:
    """Return scheme, host and port of a URL without credentials; else ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in schemes or not parts.hostname or "@" in parts.netloc:
        raise ValueError(f"{url!r} is no {schemes[0]} address")
    return parts.scheme, parts.hostname.lower(), parts.port or 443
