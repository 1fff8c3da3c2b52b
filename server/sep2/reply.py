"""The answers of the 2030.5 face as HTTP: documents, confirmations and refusals.

The only place that knows which status and reasonCode a refusal has. Bodies always come as bytes,
so that Content-Length is always there. It must not know resources.
"""

from aiohttp import web
from multidict import CIMultiDict

from schemas.sep2 import MEDIA_TYPE, encode
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
    Unauthenticated,
    Unavailable,
    Unknown,
    Unsupported,
)

FORMAT, VALUES, LIMIT, SUBSCRIPTION = 0, 1, 2, 3
"""Error.reasonCode: the form is wrong, a value, too much of it, no such kind of subscription."""


class NoRoom(Conflict):
    """The client has as many of the kind as it may."""


class NotSubscribable(Invalid):
    """Nobody is told of changes of that resource, or not on that condition."""


_STATUS: dict[type[Refusal], tuple[int, int]] = {
    Malformed: (400, FORMAT),
    Invalid: (400, VALUES),
    Unauthenticated: (403, VALUES),
    Forbidden: (403, VALUES),
    Unknown: (404, FORMAT),
    Unsupported: (405, FORMAT),
    NotAcceptable: (406, FORMAT),
    Conflict: (409, VALUES),
    NoRoom: (409, LIMIT),
    NotSubscribable: (400, SUBSCRIPTION),
    TooLarge: (413, LIMIT),
    Unavailable: (503, LIMIT),
}
_ERRORS = {reason: encode(Error(reasonCode=reason)) for reason in range(4)}
_PLAIN = {"Server": "gridherald"}
_XML = {"Content-Type": MEDIA_TYPE, **_PLAIN}
_XML_READY = CIMultiDict(_XML)
_DETAIL_LIMIT = 200


class Duplicate(Conflict):
    """What a client wants to make is there already, and its own: at `location`."""

    def __init__(self, reason: str, *, location: str) -> None:
        """Take the reason and the path of what is there."""
        super().__init__(reason)
        self.location = location


def document(element: Element) -> web.Response:
    """Answer with a resource."""
    return raw_document(encode(element))


def raw_document(body: bytes) -> web.Response:
    """Answer with a resource that was encoded before."""
    return web.Response(body=body, headers=_XML_READY)


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


def refused(refusal: Refusal) -> web.Response:
    """Answer with the status and the Error body of a refusal; its reason goes into a header."""
    status, reason = _status(refusal)
    headers = {**_XML, "X-Error-Detail": _detail(refusal)}
    if isinstance(refusal, Unsupported) and refusal.allow:
        headers["Allow"] = ", ".join(refusal.allow)
    if isinstance(refusal, Unavailable):
        headers["Retry-After"] = str(refusal.retry_after_s)
    if isinstance(refusal, Duplicate):
        headers["Location"] = refusal.location
    return web.Response(status=status, body=_ERRORS[reason], headers=headers)


def failed(reference: str) -> web.Response:
    """Answer that we failed; the reference leads to the log."""
    headers = {**_XML, "X-Error-Reference": reference}
    return web.Response(status=500, body=_ERRORS[FORMAT], headers=headers)


def _status(refusal: Refusal) -> tuple[int, int]:
    if isinstance(refusal, NotAcceptable) and refusal.pointer == "/content-type":
        return 415, FORMAT
    kinds = (kind for kind in type(refusal).__mro__ if kind in _STATUS)
    return _STATUS[next(kinds, Malformed)]


def _detail(refusal: Refusal) -> str:
    """Return the reason fit for a header: printable ASCII of bounded length."""
    text = f"{refusal.pointer} {refusal.reason}".strip()[:_DETAIL_LIMIT]
    return "".join(sign if " " <= sign <= "~" else "?" for sign in text)
