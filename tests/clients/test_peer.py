import ipaddress
import random

import pytest
from aiohttp import web

from certs.folder import Pki
from certs.tls import sep2_client_context
from server.clients.peer import ExchangeFailed, Peer

XML = "application/sep+xml"


@pytest.fixture
async def base(serve, sep2_server_tls) -> str:
    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        match request.path:
            case "/moved":
                return web.Response(status=301, headers={"Location": "/echo"})
            case "/large":
                return web.Response(body=b"x" * 5000)
            case "/busy":
                return web.Response(status=503, headers={"Retry-After": "7"})
            case "/cookie":
                return web.Response(headers={"Set-Cookie": "a=b"})
        kind = request.headers.get("Content-Type", "")
        text = f"{request.method} {request.raw_path} {kind} {request.headers.get('Cookie')} "
        return web.Response(body=text.encode() + await request.read(), headers={"Location": "/x/1"})

    return await serve(handle, sep2_server_tls)


@pytest.fixture
def alpha(base, peer, pki):
    return lambda **options: peer(base, pki.sep2_tls(pki.alpha), **options)


async def test_it_sends_what_it_is_given_and_returns_the_answer(alpha):
    reply = await alpha().post("/x?s=0&l=%31", b"<a/>", media_type=XML)
    assert reply.body == b"POST /x?s=0&l=%31 application/sep+xml None <a/>"
    assert reply.location == "/x/1"


async def test_plain_http_is_for_labs_that_say_so(serve, peer, pki):
    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=b"plain")

    base = (await serve(handle, None)).replace("https:", "http:")
    context = pki.sep2_tls(pki.alpha)
    with pytest.raises(ValueError, match="no https address"):
        Peer(base, context)
    plain = peer(base, context, may_be_plain=True)
    assert (await plain.get("/", accept=XML)).body == b"plain"
    with pytest.raises(ExchangeFailed, match="another server"):
        await plain.get(base.replace("http:", "https:"), accept=XML)


async def test_it_keeps_no_cookies(alpha):
    one = alpha()
    await one.get("/cookie", accept=XML)
    assert b" None " in (await one.get("/x", accept=XML)).body


async def test_it_follows_no_redirect(alpha):
    with pytest.raises(ExchangeFailed) as caught:
        await alpha().get("/moved", accept=XML)
    assert caught.value.status == 301
    assert not caught.value.is_final


async def test_it_takes_no_larger_answer_than_allowed(alpha):
    with pytest.raises(ExchangeFailed, match="larger than 4999"):
        await alpha(body_limit=4999).get("/large", accept=XML)
    assert len((await alpha(body_limit=5000).get("/large", accept=XML)).body) == 5000


async def test_it_tells_when_the_server_wants_a_retry(alpha):
    with pytest.raises(ExchangeFailed) as caught:
        await alpha().get("/busy", accept=XML)
    assert (caught.value.status, caught.value.retry_after_s) == (503, 7.0)
    assert not caught.value.is_final


@pytest.mark.parametrize(
    "href",
    [
        "https://utility.example/x",
        "//127.0.0.1:1/x",
        "http://127.0.0.1/x",
        "file:///etc/passwd",
        "https://[broken/x",
        "https://user@127.0.0.1/x",
    ],
)
async def test_it_follows_no_link_to_another_server(alpha, href):
    with pytest.raises(ExchangeFailed, match=r"another server|no usable link"):
        await alpha().get(href, accept=XML)


@pytest.mark.parametrize(
    "base",
    ["http://127.0.0.1:1", "https://", "ftp://host", "https://me@host", "127.0.0.1:8443", ""],
)
def test_a_base_is_a_plain_https_origin(base, pki):
    with pytest.raises(ValueError, match="no https address"):
        Peer(base, pki.sep2_tls(pki.alpha))


async def test_an_address_that_the_rule_forbids_is_not_connected_to(base, peer, pki):
    tls = pki.sep2_tls(pki.alpha)

    def public(address) -> bool:
        return not address.is_loopback

    with pytest.raises(ValueError, match="may not be reached"):
        Peer(base, tls, may_reach=public)
    named = base.replace("127.0.0.1", "localhost")
    with pytest.raises(ExchangeFailed, match=r"may be reached|Cannot connect"):
        await peer(named, tls, may_reach=public).get("/x", accept=XML)


async def test_the_rule_is_asked_about_what_a_name_resolves_to(base, peer, pki):
    asked = []

    def rule(address) -> bool:
        asked.append(address)
        return address == ipaddress.ip_address("127.0.0.1")

    named = base.replace("127.0.0.1", "localhost")
    await peer(named, pki.sep2_tls(pki.alpha), may_reach=rule).get("/x", accept=XML)
    assert ipaddress.ip_address("127.0.0.1") in asked


async def test_a_server_under_another_authority_is_not_spoken_to(base, peer, pki, tmp_path, clock):
    other = Pki.create(tmp_path / "other", now=clock.now(), rng=random.Random(2))
    tls = sep2_client_context(pki.alpha.chain, pki.alpha.key, other.sep2_trust)
    with pytest.raises(ExchangeFailed, match="certificate verify failed"):
        await peer(base, tls).get("/x", accept=XML)


async def test_nobody_there_is_a_failure_and_no_more(peer, pki, unused_tcp_port):
    one = peer(f"https://127.0.0.1:{unused_tcp_port}", pki.sep2_tls(pki.alpha))
    with pytest.raises(ExchangeFailed) as caught:
        await one.get("/x", accept=XML)
    assert caught.value.status is None
    assert not caught.value.is_final


async def test_a_silent_server_is_given_up(serve, peer, pki, sep2_server_tls):
    import asyncio

    release = asyncio.Event()

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        await release.wait()
        return web.Response()

    base = await serve(handle, sep2_server_tls)
    with pytest.raises(ExchangeFailed, match="no answer in time"):
        await peer(base, pki.sep2_tls(pki.alpha), timeout_s=0.3).get("/x", accept=XML)
    release.set()


async def test_after_closing_it_connects_again(alpha):
    one = alpha()
    await one.get("/x", accept=XML)
    await one.close()
    assert (await one.get("/x", accept=XML)).status == 200


@pytest.mark.parametrize(
    ("status", "is_final"), [(400, True), (404, True), (408, False), (429, False), (500, False)]
)
def test_only_what_was_understood_and_declined_is_final(status, is_final):
    assert ExchangeFailed("why", status=status).is_final is is_final
