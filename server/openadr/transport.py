"""The HTTP of OADR 2.0b 9.1: endpoints, media types, bodies, content codings, status codes.

It must not know messages nor who sends them.
"""

import posixpath
import re
from functools import lru_cache
from urllib.parse import unquote

from aiohttp import web

from schemas.openadr import MEDIA_TYPE
from server.errors import (
    Malformed,
    NotAcceptable,
    Refusal,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
    Unknown,
    Unsupported,
)

SERVICES = ("EiEvent", "EiReport", "EiRegisterParty", "EiOpt", "OadrPoll")
SIMPLE_SERVICE = "EiEvent of 2.0a"

_STRICT_TYPES = (MEDIA_TYPE, f"{MEDIA_TYPE}; charset=utf-8")
_LENIENT_TYPE = re.compile(
    r"\s*(application|text)/xml\s*(;\s*charset\s*=\s*\"?utf-?8\"?\s*)?;?\s*", re.IGNORECASE
)
_REFUSING = re.compile(r"q=0(\.0{0,3})?")
_STATUS: dict[type[Refusal], int] = {
    Unauthenticated: 403,
    Unknown: 404,
    Malformed: 406,
    NotAcceptable: 406,
    TooLarge: 413,
    TooMany: 429,
    Unsupported: 501,
    Unavailable: 503,
}
_HEADERS = {"Content-Type": MEDIA_TYPE}


class Endpoints:
    """The paths of the five services below a prefix, and of the one of 2.0a (rule 511)."""

    def __init__(self, prefix: str) -> None:
        base = f"/{prefix.strip('/')}/OpenADR2/Simple/".replace("//", "/")
        self._services = {f"{base}2.0b/{service}": service for service in SERVICES}
        self._services[f"{base}EiEvent"] = SIMPLE_SERVICE

    def service(self, path: str) -> str:
        """Return the service that a raw path names, normalised if need be; Unknown if none."""
        path = path.partition("?")[0]
        service = self._services.get(path) or self._services.get(_normal(path))
        if service is None:
            raise Unknown("there is no such service")
        return service


def _normal(path: str) -> str:
    """Return the RFC 3986 normal form; only what is unreserved may be percent-encoded."""
    if re.search("%2f", path, re.IGNORECASE):
        return path
    return "/" + posixpath.normpath(unquote(path)).lstrip("/")


@lru_cache(maxsize=256)
def check_content_type(content_type: str, *, strict: bool) -> None:
    """Refuse a body that is not said to be UTF-8 XML (rule 53)."""
    is_fit = (
        content_type in _STRICT_TYPES
        if strict
        else _LENIENT_TYPE.fullmatch(content_type) is not None
    )
    if not is_fit:
        raise NotAcceptable(f"a body is {MEDIA_TYPE} in UTF-8")


@lru_cache(maxsize=256)
def coding_of(accept_encoding: str) -> str:
    """Return the content coding for an answer: one that the client lists, or "" for none."""
    listed = {}
    for part in accept_encoding.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        listed[name] = not any(_REFUSING.fullmatch(parameter) for parameter in parameters)
    return next((name for name in ("gzip", "deflate") if listed.get(name)), "")


def replied(body: bytes, coding: str) -> web.Response:
    """Return HTTP 200 with a payload in a content coding."""
    response = web.Response(body=body, headers=_HEADERS)
    if coding:
        response.headers["Content-Encoding"] = coding
    return response


def refused(refusal: Refusal) -> web.Response:
    """Return the HTTP status that a refusal without a payload has (OADR 2.0b 9.1.5)."""
    response = web.Response(
        status=_STATUS.get(type(refusal), 406),
        text=f"{refusal.reason}\n",
    )
    if isinstance(refusal, Unavailable):
        response.headers["Retry-After"] = str(refusal.retry_after_s)
    return response


def failed(reference: str) -> web.Response:
    """Return HTTP 500 with nothing but a reference to the log."""
    return web.Response(status=500, text=f"this is our fault; reference {reference}\n")
