"""Bodies of requests, read within bounds of size and time.

aiohttp's low-level server has neither, and does not say "go on" to a client that waits for it.
"""

import asyncio

from aiohttp import ClientError, hdrs, web

from server.errors import Malformed, TooLarge

BODY_LIMIT_S = 30.0
_GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"


async def read_body(request: web.BaseRequest, limit: int) -> bytes:
    """Return the body of a request; TooLarge beyond `limit` bytes, Malformed if it breaks off."""
    if (request.content_length or 0) > limit:
        raise TooLarge(f"a body has at most {limit} bytes")
    try:
        if request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
            await request.writer.write(_GO_ON)
        async with asyncio.timeout(BODY_LIMIT_S):
            return await _read(request, limit)
    except TimeoutError as fault:
        raise Malformed("the body did not come in time") from fault
    except (ClientError, web.RequestPayloadError, ConnectionError) as fault:
        raise Malformed("the body cannot be read") from fault


async def _read(request: web.BaseRequest, limit: int) -> bytes:
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > limit:
            raise TooLarge(f"a body has at most {limit} bytes")
    return bytes(body)
