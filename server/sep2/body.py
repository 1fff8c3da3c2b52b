"""The body of a request as a wire type, and the instants in it."""

from datetime import UTC, datetime, timedelta
from typing import TypeVar

from schemas.sep2 import decode
from schemas.wire import Element, Limits, WireError
from server.errors import Invalid, Malformed
from server.net.body import read_body
from server.sep2.call import Call
from server.sep2.query import check_content_type

E = TypeVar("E", bound=Element)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def body_of(call: Call, kinds: tuple[type[E], ...], limit: int) -> E:
    """Return what the body holds; Malformed if that is none of the kinds.

    Raises TooLarge for more than `limit` bytes.
    """
    check_content_type(call.request.headers.get("Content-Type", ""))
    body = await read_body(call.request, limit)
    try:
        return decode(kinds, body, limits=Limits(size=limit))
    except WireError as fault:
        raise Malformed(fault.why, pointer=fault.path) from fault


def instant_of(seconds: int, pointer: str) -> datetime:
    """Return the instant so many seconds after 1970 began; Invalid if there is none."""
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError as fault:
        raise Invalid("no such time", pointer=pointer) from fault
