"""The answers of the 2030.5 face as HTTP: documents, confirmations and refusals.

The only place that knows which status and reasonCode a refusal has. Bodies always come as bytes,
so that Content-Length is always there. It must not know resources.
"""

import zlib

from aiohttp import web
from multidict import CIMultiDict

from schemas.sep2 import MEDIA_TYPE, Profile, encode
from schemas.sep2.base import Error
from schemas.wire import Element
from server.errors import (
    Conflict,
    Forbidden,
    Invalid,
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

FORMAT, VALUES, LIMIT, SUBSCRIPTION, RATE = range(5)
"""Error.reasonCode: the form, a value, too much of it, no such subscription, too often."""


class NoRoom(Conflict):
    """The client has as many of the kind as it may."""


class TargetTooLong(TooLarge):
    """The path and query are longer than any of ours."""


class UnsupportedMedia(NotAcceptable):
    """A body of a type, or in a coding, that is not taken."""


class NotSubscribable(Invalid):
    """Nobody is told of changes of that resource, or not on that condition."""


class BadRange(Invalid):
    """The part of a file that was asked for is not there; `size` is that of all of it."""

    def __init__(self, reason: str, *, size: int) -> None:
        """Take the reason and the size in bytes."""
        super().__init__(reason)
        self.size = size


_STATUS: dict[type[Refusal], tuple[int, int]] = {
    Malformed: (400, FORMAT),
    Invalid: (400, VALUES),
    Unauthenticated: (403, VALUES),
    Forbidden: (403, VALUES),
    Unknown: (404, FORMAT),
    Unsupported: (405, FORMAT),
    NotAcceptable: (406, FORMAT),
    UnsupportedMedia: (415, FORMAT),
    Conflict: (409, VALUES),
    NoRoom: (409, LIMIT),
    NotSubscribable: (400, SUBSCRIPTION),
    BadRange: (416, VALUES),
    TooLarge: (413, LIMIT),
    TargetTooLong: (414, FORMAT),
    TooMany: (429, RATE),
    Unavailable: (503, LIMIT),
}
_RANGES = "Accept-Ranges"
_PLAIN = {"Server": "gridherald"}
_XML = {"Content-Type": MEDIA_TYPE, **_PLAIN}
_XML_READY = CIMultiDict({**_XML, "Vary": "Accept-Encoding"})
_WORTH_PACKING = 1024
"""Bytes; what is shorter is sent in one packet anyway."""
_GZIP = 16 + zlib.MAX_WBITS
_LEVEL = 6
_DETAIL_LIMIT = 200


class Duplicate(Conflict):
    """What a client wants to make is there already, and its own: at `location`."""

    def __init__(self, reason: str, *, location: str) -> None:
        """Take the reason and the path of what is there."""
        super().__init__(reason)
        self.location = location


def document(element: Element, profile: Profile) -> web.Response:
    """Answer with a resource, written in a profile."""
    return raw_document(encode(element, profile=profile))


def raw_document(body: bytes) -> web.Response:
    """Answer with a resource that was encoded before."""
    return web.Response(body=body, headers=_XML_READY)


def pack(answer: web.Response) -> web.Response:
    """Compress the body of an answer, if it is long enough for that and no file."""
    body = answer.body
    is_long = isinstance(body, bytes) and len(body) >= _WORTH_PACKING
    if isinstance(body, bytes) and is_long and _RANGES not in answer.headers:
        answer.body = zlib.compress(body, _LEVEL, _GZIP)
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def content(part: bytes, *, first: int, size: int) -> web.Response:
    """Answer with a part of a file of some size, or with all of it."""
    headers = {**_PLAIN, "Content-Type": "application/octet-stream", _RANGES: "bytes"}
    if len(part) == size:
        return web.Response(body=part, headers=headers)
    headers["Content-Range"] = f"bytes {first}-{first + len(part) - 1}/{size}"
    return web.Response(status=206, body=part, headers=headers)


def created(location: str) -> web.Response:
    """Confirm a POST: there it is now."""
    return web.Response(status=201, headers={**_PLAIN, "Location": location})


def replaced() -> web.Response:
    """Confirm a PUT."""
    return web.Response(status=204, headers=_PLAIN)


def updated(location: str) -> web.Response:
    """Confirm a POST or PUT that changed what was there already: this."""
    return web.Response(status=204, headers={**_PLAIN, "Location": location})


def removed() -> web.Response:
    """Confirm a DELETE."""
    return web.Response(status=204, headers=_PLAIN)


def refused(refusal: Refusal, profile: Profile) -> web.Response:
    """Answer with the status and the Error body of a refusal; its reason goes into a header."""
    status, reason = _status(refusal)
    headers = {**_XML, "X-Error-Detail": _detail(refusal)}
    if isinstance(refusal, Unsupported) and refusal.allow:
        headers["Allow"] = ", ".join(refusal.allow)
    if isinstance(refusal, Unavailable):
        headers["Retry-After"] = str(refusal.retry_after_s)
    if isinstance(refusal, Duplicate):
        headers["Location"] = refusal.location
    if isinstance(refusal, BadRange):
        headers["Content-Range"] = f"bytes */{refusal.size}"
    longest = refusal.retry_after_s if isinstance(refusal, TooMany) else None
    body = encode(Error(maxRetryDuration=longest, reasonCode=reason), profile=profile)
    return web.Response(status=status, body=body, headers=headers)


def failed(reference: str, profile: Profile) -> web.Response:
    """Answer that we failed; the reference leads to the log."""
    headers = {**_XML, "X-Error-Reference": reference}
    body = encode(Error(reasonCode=FORMAT), profile=profile)
    return web.Response(status=500, body=body, headers=headers)


def _status(refusal: Refusal) -> tuple[int, int]:
    kinds = (kind for kind in type(refusal).__mro__ if kind in _STATUS)
    return _STATUS[next(kinds, Malformed)]


def _detail(refusal: Refusal) -> str:
    """Return the reason fit for a header: printable ASCII of bounded length."""
    text = f"{refusal.pointer} {refusal.reason}".strip()[:_DETAIL_LIMIT]
    return "".join(sign if " " <= sign <= "~" else "?" for sign in text)
