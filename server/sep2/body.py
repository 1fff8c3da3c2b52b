"""The body of a request as a wire type, and the instants in it."""

from datetime import UTC, datetime, timedelta
from typing import TypeVar

from aiohttp import web
from aiohttp.hdrs import CONTENT_ENCODING, CONTENT_TYPE

from schemas.sep2 import decode
from schemas.wire import Element, Limits, WireError
from server.errors import Invalid, Malformed
from server.net.body import read_body
from server.sep2.call import Call
from server.sep2.query import check_coding, check_content_type

E = TypeVar("E", bound=Element)

HEARD = web.RequestKey("heard", bytes)
"""Where a request keeps the body that was read of it."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def body_of(call: Call, kinds: tuple[type[E], ...], limit: int) -> E:
    """Return what the body holds; Malformed if that is none of the kinds.

    Raises Invalid where a number is out of bounds, TooLarge for more than `limit` bytes.
    """
    headers = call.request.headers
    check_content_type(headers.get(CONTENT_TYPE, ""))
    check_coding(headers.get(CONTENT_ENCODING, ""))
    body = await read_body(call.request, limit)
    call.request[HEARD] = body
    try:
        return decode(kinds, body, limits=Limits(size=limit))
    except WireError as fault:
        kind = Invalid if fault.is_range else Malformed
        raise kind(fault.why, pointer=fault.path) from fault


def instant_of(seconds: int, pointer: str) -> datetime:
    """Return the instant so many seconds after 1970 began; Invalid if there is none."""
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError as fault:
        raise Invalid("no such time", pointer=pointer) from fault
