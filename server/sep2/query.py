"""What stands around a body: the query of a list, media types, and the body's own bytes.

Pure functions of header and query text, remembered because polls repeat themselves, and one that
reads. It must not know resources or who asks.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from schemas.sep2 import MEDIA_TYPE
from server.errors import Malformed
from server.sep2.reply import UnsupportedMedia
from server.sep2.routes import Paging

_COUNT = re.compile("[0-9]{1,19}")
_QUALITY = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)
_TAKEN = (MEDIA_TYPE, "application/xml", "text/xml")
_RANGES = (MEDIA_TYPE, "application/*", "*/*")
"""What covers our media type, the most specific first."""
_GZIP = ("gzip", "x-gzip", "*")
_CODINGS = ("", "identity", "gzip")


class Page(NamedTuple):
    """The part of a list that is asked for (2030.5 query parameters s, l, a)."""

    start: int = 0
    limit: int = 1
    after: int | None = None
    """Only items later than this, in seconds since the epoch."""


@lru_cache(maxsize=1024)
def page_of(query: str, paging: Paging, limit: int) -> Page:
    """Return the page that a query string asks for, of at most `limit` items.

    The first of repeated parameters counts, unknown ones do not. Raises Malformed for anything
    but a natural number.
    """
    found: dict[str, int] = {}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if name in paging and name not in found:
            found[name] = _count(name, value)
    return Page(found.get("s", 0), min(found.get("l", 1), limit), found.get("a"))


def _count(name: str, value: str) -> int:
    if not _COUNT.fullmatch(value):
        raise Malformed(f"{name} is a natural number", pointer=f"?{name}")
    return int(value)


@lru_cache(maxsize=1024)
def accepts_xml(accept: str) -> bool:
    """Tell whether an Accept header admits our media type; the most specific range decides."""
    quality = _qualities(accept)
    return next((quality[media] > 0 for media in _RANGES if media in quality), not accept.strip())


@lru_cache(maxsize=1024)
def prefers_gzip(accept_encoding: str) -> bool:
    """Tell whether an Accept-Encoding header admits gzip, and likes it no less than no packing."""
    quality = _qualities(accept_encoding)
    packed = next((quality[name] for name in _GZIP if name in quality), 0.0)
    return packed > 0 and packed >= quality.get("identity", 0.0)


def _qualities(header: str) -> dict[str, float]:
    """Return how much is liked what a header lists, parameters apart; 0 is not at all."""
    found: dict[str, float] = {}
    for part in header.split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        said = (_QUALITY.fullmatch(parameter) for parameter in parameters)
        found[name.lower()] = min((float(quality[1]) for quality in said if quality), default=1.0)
    return found


@lru_cache(maxsize=1024)
def check_content_type(content_type: str) -> None:
    """Refuse a body that says it is no XML; parameters do not count, nor does silence."""
    media = content_type.partition(";")[0].strip().lower()
    if media and media not in _TAKEN:
        raise UnsupportedMedia(f"a body is {MEDIA_TYPE}")


def check_coding(content_encoding: str) -> None:
    """Refuse a body that is packed in another way than gzip."""
    if content_encoding.strip().lower() not in _CODINGS:
        raise UnsupportedMedia("a body is packed with gzip or not at all")
