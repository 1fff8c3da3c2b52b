"""What an operator writes, checked against its kind and made into what is kept.

An mRID, status, links and whatever else is the server's need not be given, and is not kept if it
is. It must not know who may publish what.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, cast

from schemas.describe import from_json, to_json
from schemas.sep2 import Profile, decode, encode
from schemas.sep2.base import Event
from schemas.wire import Element, WireError
from server.core.publication import Window
from server.errors import Invalid, Malformed
from server.publications.kinds import Kind

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)
_AT = "/content"
_THEIRS = frozenset({"PrepaymentLink", "TariffProfileLink", "UsagePointLink"})
"""Links that an operator gives; all others are the server's."""
_BLANK: Mapping[str, Any] = {
    "mRID": "0" * 32,
    "creationTime": 0,
    "EventStatus": {"currentStatus": 0, "dateTime": 0, "potentiallySuperseded": False},
}
"""What stands for the members that are the server's, where one must stand."""
_OWN = frozenset({*_BLANK, "href", "subscribable", "replyTo", "version"})


class Draft(NamedTuple):
    """What is kept of a document, and the span of time in which it holds."""

    document: bytes
    window: Window | None


def from_view(kind: Kind, view: Mapping[str, Any]) -> Draft:
    """Return the draft that a JSON view shows; Malformed if it is none of that kind."""
    given = {key: value for key, value in view.items() if not _is_own(key)}
    for field in fields(cast(Any, kind.type)):
        key = field.name.removesuffix("_")
        if _is_own(key) and field.default is MISSING:
            given[key] = _BLANK.get(key, {"href": "/"})
    try:
        element = from_json(kind.type, given)
    except WireError as fault:
        raise Malformed(fault.why, pointer=f"{_AT}{fault.path}") from fault
    kind.check(element)
    return Draft(encode(element, profile=Profile.CSIPAUS_13), _window(kind, element))


def from_xml(kind: Kind, text: str) -> Draft:
    """Return the draft that an XML document holds; Malformed if it is none of that kind."""
    try:
        element = decode(kind.type, text.encode())
    except WireError as fault:
        raise Malformed(fault.why, pointer=f"/xml{fault.path}") from fault
    return from_view(kind, to_json(element))


@lru_cache(maxsize=16_384)
def element_of(kind: Kind, document: bytes) -> Element:
    """Return what a kept document holds; what is the server's in it means nothing."""
    return decode(kind.type, document)


def view_of(kind: Kind, document: bytes) -> dict[str, Any]:
    """Return the JSON view of a kept document, without what is the server's."""
    view = to_json(element_of(kind, document))
    return {key: value for key, value in view.items() if not _is_own(key)}


def _is_own(key: str) -> bool:
    return key in _OWN or (key.endswith("Link") and key not in _THEIRS)


def _window(kind: Kind, element: Element) -> Window | None:
    if not isinstance(element, Event):
        return None
    start = _instant(element.interval.start)
    duration = timedelta(seconds=element.interval.duration)
    if start > _LATEST - duration:
        raise Invalid("it would not end", pointer=f"{_AT}/interval/duration")
    return Window(
        start=start,
        duration=duration,
        randomize_start=_seconds(element, "randomizeStart"),
        randomize_duration=_seconds(element, "randomizeDuration"),
        modes=kind.modes(element),
    )


def _instant(seconds: int) -> datetime:
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError as fault:
        raise Invalid("no such time", pointer=f"{_AT}/interval/start") from fault


def _seconds(element: Event, name: str) -> timedelta:
    return timedelta(seconds=getattr(element, name, None) or 0)
