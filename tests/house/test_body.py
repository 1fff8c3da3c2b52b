import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

import server.net.body as under_test
from server.errors import Malformed, NotAcceptable, TooLarge
from server.net.listener import listen


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async def echo(request: web.BaseRequest) -> web.StreamResponse:
        try:
            limit = int(request.headers.get("X-Limit", 10))
            return web.Response(body=await under_test.read_body(request, limit))
        except NotAcceptable:
            return web.Response(status=406)
        except TooLarge:
            return web.Response(status=413)
        except Malformed as refusal:
            return web.Response(status=400, text=refusal.reason)

    listener = await listen(echo, host="127.0.0.1", port=0, tls=None)
    yield listener.port
    await listener.stop()


async def say(port: int, *pieces: bytes) -> bytes:
    """Send a POST piece by piece, each after an answer to the one before, and return the last."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    heard = b""
    for piece in pieces:
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\n" + piece if not heard else piece)
        heard = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    return heard


async def test_a_body_within_bounds_is_read(port):
    assert b" 200 " in await say(port, b"Content-Length: 10\r\n\r\n0123456789")


async def test_a_client_that_waits_is_told_to_go_on(port):
    head = b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    assert b" 200 " in await say(port, head, b"ok")


@pytest.mark.parametrize(
    "request_end",
    [
        b"Content-Length: 11\r\n\r\n0123456789x",
        b"Transfer-Encoding: chunked\r\n\r\nb\r\n0123456789x\r\n0\r\n\r\n",
    ],
    ids=["announced", "in chunks"],
)
async def test_a_body_beyond_bounds_is_refused(port, request_end):
    assert b" 413 " in await say(port, request_end)


async def test_a_body_that_does_not_come_is_given_up(port, monkeypatch):
    monkeypatch.setattr(under_test, "BODY_LIMIT_S", 0.05)
    assert b" 400 " in await say(port, b"Content-Length: 5\r\n\r\n0")


@pytest.mark.parametrize(
    ("coding", "pack", "status"),
    [
        ("gzip", gzip.compress, 200),
        ("deflate", zlib.compress, 200),
        ("identity", bytes, 200),
        ("br", bytes, 406),
        ("gzip", bytes, 400),
        ("deflate", gzip.compress, 400),
        ("gzip", lambda body: gzip.compress(body)[:-1], 400),
        ("gzip", lambda body: gzip.compress(body) * 2, 400),
        ("gzip", lambda body: gzip.compress(body * 20), 413),
    ],
)
async def test_a_packed_body_is_unpacked_within_bounds(*, port, coding, pack, status):
    body = pack(b"012345")
    head = f"X-Limit: 100\r\nContent-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n"
    assert f" {status} ".encode() in await say(port, head.encode() + body)


@pytest.mark.parametrize(("count", "status"), [(5_000, 200), (100_000, 413)])
async def test_a_body_is_not_blown_up_beyond_all_measure(count, status, port):
    body = gzip.compress(b" " * count)
    head = f"X-Limit: 1000000\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    assert f" {status} ".encode() in await say(port, head.encode() + body)
