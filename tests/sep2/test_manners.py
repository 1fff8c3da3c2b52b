"""How bodies travel, packed or not; what is too long, too often, or comes at the wrong time."""

import asyncio
import gzip
import zlib

import pytest

from certs.tls import sep2_client_context
from server.errors import TooMany
from server.sep2.query import prefers_gzip

STATUS = (
    b'<DERStatus xmlns="urn:ieee:std:2030.5:ns"><readingTime>1767225600</readingTime></DERStatus>'
)


@pytest.fixture
async def say(house, world, certificates):
    """Send a request as alpha as it stands, and read the head and the body of the answer."""
    files = certificates.alpha
    context = sep2_client_context(files.chain, files.key, certificates.trust)
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", house.listener.port, ssl=context, server_hostname="127.0.0.1"
    )

    async def exchange(line: str, *headers: str) -> tuple[int, dict[str, str], bytes]:
        writer.write("\r\n".join([f"{line} HTTP/1.1", "Host: x", *headers, "", ""]).encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        fields = dict(field.split(": ", 1) for field in head[1:] if field)
        length = 0 if line.startswith("HEAD") else int(fields["Content-Length"])
        return int(head[0].split()[1]), fields, await reader.readexactly(length)

    yield exchange
    writer.close()
    await writer.wait_closed()


@pytest.fixture
async def long_list(state, world) -> str:
    for minute in range(5):
        await state(world.common, 60 * minute, 60)
    return f"/edev/{world.alpha}/derp/{world.common}/derc?l=255"


async def test_a_long_answer_is_packed_for_those_who_ask(say, long_list):
    status, plain_head, plain = await say(f"GET {long_list}")
    assert status == 200
    assert "Content-Encoding" not in plain_head
    assert len(plain) > 1024
    status, head, packed = await say(f"GET {long_list}", "Accept-Encoding: gzip, deflate")
    assert (status, head["Content-Encoding"]) == (200, "gzip")
    assert gzip.decompress(packed) == plain
    assert len(packed) < len(plain) / 2
    assert head["Content-Type"] == "application/sep+xml"
    assert "Transfer-Encoding" not in head
    assert plain_head["Vary"] == head["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("headers", [(), ("Accept-Encoding: gzip",)])
async def test_head_says_of_a_packed_answer_what_get_says(headers, say, long_list):
    _, of_get, _ = await say(f"GET {long_list}", *headers)
    status, of_head, _ = await say(f"HEAD {long_list}", *headers)
    assert status == 200
    for fields in (of_get, of_head):
        del fields["Date"]
    assert of_head == of_get


async def test_a_short_answer_is_never_packed(say, world):
    for path in ("/tm", "/nowhere", f"/edev/{world.alpha}/der/1"):
        _, head, body = await say(f"GET {path}", "Accept-Encoding: gzip")
        assert "Content-Encoding" not in head
        assert body.startswith(b"<?xml")


@pytest.mark.parametrize(
    ("accepted", "is_packed"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("deflate, gzip;q=0.001", True),
        ("gzip;q=1.0, identity; q=0.5, *;q=0", True),
        ("*", True),
        ("br, *;q=0.1", True),
        ("gzip, identity", True),
        ("", False),
        ("identity", False),
        ("deflate, br", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("gzip;q=0.5, identity", False),
        ("gzipped", False),
    ],
)
def test_who_likes_answers_packed(accepted, is_packed):
    assert prefers_gzip(accepted) is is_packed


@pytest.mark.parametrize(
    ("coding", "pack", "status"),
    [
        ("gzip", gzip.compress, 204),
        ("GZIP", gzip.compress, 204),
        ("identity", bytes, 204),
        ("", bytes, 204),
        ("deflate", zlib.compress, 415),
        ("br", bytes, 415),
        ("gzip, gzip", bytes, 415),
        ("utf-8", bytes, 415),
        ("gzip", bytes, 400),
        ("gzip", lambda data: gzip.compress(data)[:-9], 400),
        ("gzip", lambda data: gzip.compress(data)[:30], 400),
        ("gzip", lambda data: gzip.compress(data) + b"x", 400),
        ("gzip", lambda data: b"", 400),
        ("gzip", lambda data: gzip.compress(data + b" " * 40_000), 413),
        ("gzip", lambda data: gzip.compress(data)[:-8] + b"\0" * 8, 400),
        ("gzip", lambda data: gzip.compress(data + b" " * 65_536), 413),
        ("gzip", lambda data: gzip.compress(b" " * 50_000_000 + data), 413),
    ],
)
async def test_a_body_may_be_packed_with_gzip_alone(coding, pack, status, house, world):
    path = f"/edev/{world.alpha}/der/1/ders"
    answer = await house.peer("alpha").put(path, pack(STATUS), Content_Encoding=coding)
    assert answer.status == status
    if status > 400:
        assert answer.text("reasonCode") == ("2" if status == 413 else "0")
    assert (await house.peer("alpha").get(path)).status == (200 if status == 204 else 404)


async def test_several_accept_headers_are_one(say):
    assert (await say("GET /tm", "Accept: application/sep-exi"))[0] == 406
    both = ("Accept: application/sep-exi", "Accept: application/sep+xml;q=0.5")
    assert (await say("GET /tm", *both))[0] == 200
    assert (await say("GET /tm", "Accept: text/xml", "Accept: application/xml"))[0] == 406


@pytest.mark.parametrize(("length", "status"), [(8192, 404), (8193, 414), (30_000, 414)])
async def test_a_path_that_is_too_long_is_414(length, status, say):
    found, head, body = await say("GET /" + "x" * (length - 1))
    assert found == status
    assert b"<reasonCode>0</reasonCode>" in body
    assert head["Content-Type"] == "application/sep+xml"
    assert (await say("GET /tm?" + "x" * (length - 4)))[0] == (200 if status == 404 else 414)


async def test_who_asks_too_often_is_told_when_to_come_again(house, world, monkeypatch):
    async def refuse(*_args, **_named):
        raise TooMany("that was the third this second", retry_after_s=7)

    monkeypatch.setattr(house.desk.store, "put_document", refuse)
    answer = await house.peer("alpha").put(f"/edev/{world.alpha}/der/1/ders", STATUS)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "7")
    assert [child.tag.rpartition("}")[2] for child in answer.xml] == [
        "maxRetryDuration",
        "reasonCode",
    ]
    assert (answer.text("maxRetryDuration"), answer.text("reasonCode")) == ("7", "4")


async def test_a_server_that_stops_says_when_to_come_again(house, world):
    alpha = house.peer("alpha")
    assert (await alpha.get("/tm")).status == 200
    house.face.stop()
    for answer in (
        await alpha.get("/tm"),
        await alpha.put(f"/edev/{world.alpha}/der/1/ders", STATUS),
    ):
        assert (answer.status, answer.text("reasonCode")) == (503, "2")
        assert int(answer.headers["Retry-After"]) > 0
        assert not answer.all("maxRetryDuration")
    assert await house.desk.store.documents(world.alpha) == ()
