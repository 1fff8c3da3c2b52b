"""Bodies of requests, read within bounds of size and time, and unpacked.

aiohttp's low-level server has neither, and does not say "go on" to a client that waits for it.
"""

import asyncio
import zlib

from aiohttp import ClientError, hdrs, web

from server.errors import Malformed, NotAcceptable, TooLarge

BODY_LIMIT_S = 30.0
RATIO_LIMIT = 200
"""How many times as long as it was sent a body may be; XML of many like parts comes to some 50."""
_CODINGS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
_GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"


async def read_body(request: web.BaseRequest, limit: int) -> bytes:
    """Return the body of a request; TooLarge beyond `limit` bytes, Malformed if it breaks off.

    It is unpacked if it says that it is packed; NotAcceptable for another coding than ours.
    """
    coding = request.headers.get(hdrs.CONTENT_ENCODING, "").strip().lower()
    if coding not in {"", "identity", *_CODINGS}:
        raise NotAcceptable("a body is packed with gzip or deflate, or not at all")
    if (request.content_length or 0) > limit:
        raise TooLarge(f"a body has at most {limit} bytes")
    try:
        if request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
            await request.writer.write(_GO_ON)
        async with asyncio.timeout(BODY_LIMIT_S):
            body = await _read(request, limit)
    except TimeoutError as fault:
        raise Malformed("the body did not come in time") from fault
    except (ClientError, web.RequestPayloadError, ConnectionError) as fault:
        raise Malformed("the body cannot be read") from fault
    return _unpacked(body, _CODINGS[coding], limit) if coding in _CODINGS else body


async def _read(request: web.BaseRequest, limit: int) -> bytes:
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > limit:
            raise TooLarge(f"a body has at most {limit} bytes")
    return bytes(body)


def _unpacked(packed: bytes, window_bits: int, limit: int) -> bytes:
    most = min(limit, RATIO_LIMIT * len(packed))
    stream = zlib.decompressobj(window_bits)
    try:
        body = stream.decompress(packed, most + 1)
    except zlib.error as fault:
        raise Malformed("the body cannot be unpacked") from fault
    if len(body) > most:
        raise TooLarge(f"a body has at most {most} bytes when it is unpacked")
    if not stream.eof or stream.unused_data:
        raise Malformed("the packed body breaks off, or goes on behind its end")
    return body
