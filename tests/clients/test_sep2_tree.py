import pytest
from aiohttp import web

from schemas.sep2 import MEDIA_TYPE, encode
from schemas.sep2.device import EndDevice, EndDeviceList, Time
from server.clients.peer import ExchangeFailed
from server.clients.sep2_tree import PAGE_LIMIT, Tree

SFDI = 167261211391


@pytest.fixture
def tree(serve, sep2_server_tls, peer, pki):
    """A tree over a server that answers with what a function returns for (start, limit)."""

    async def make(answer) -> Tree:
        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            start, limit = (int(request.query.get(name, "0")) for name in "sl")
            body = answer(start, limit)
            return web.Response(body=body, headers={"Content-Type": MEDIA_TYPE})

        return Tree(peer(await serve(handle, sep2_server_tls), pki.sep2_tls(pki.alpha)))

    return make


def page(names: list[str], total: int) -> bytes:
    devices = tuple(EndDevice(href=name, sFDI=SFDI, changedTime=0) for name in names)
    return encode(EndDeviceList(href="/edev", all=total, results=len(devices), EndDevice_=devices))


async def devices(tree: Tree, href: str = "/edev") -> list[str | None]:
    _, found = await tree.fetch_list(href, EndDeviceList, lambda page: page.EndDevice_)
    return [device.href for device in found]


@pytest.mark.parametrize("at_most", [1, 7, 255])
async def test_all_pages_of_a_list_are_read_whatever_the_server_gives_at_once(tree, at_most):
    names = [f"/edev/{number}" for number in range(20)]

    def answer(start: int, limit: int) -> bytes:
        return page(names[start : start + min(limit, at_most)], len(names))

    assert await devices(await tree(answer)) == names


async def test_a_query_that_a_link_has_is_kept(tree):
    asked = await tree(lambda start, limit: page(["/edev/1"] if limit else [], 1))
    assert await devices(asked, "/edev?x=1") == ["/edev/1"]


async def test_an_empty_list_is_empty(tree):
    assert await devices(await tree(lambda start, limit: page([], 0))) == []


async def test_a_list_that_promises_more_than_it_has_ends(tree):
    asked = await tree(lambda start, limit: page(["/edev/1"] if start == 0 else [], 9))
    assert await devices(asked) == ["/edev/1"]


async def test_a_list_without_end_is_left(tree):
    asked = []

    def answer(start: int, limit: int) -> bytes:
        asked.append(start)
        return page(["/edev/1"], 10**6)

    with pytest.raises(ExchangeFailed, match="does not end"):
        await devices(await tree(answer))
    assert len(asked) == PAGE_LIMIT + 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html/>",
        b"<Time/>",
        b"\xff\xfe",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        encode(EndDevice(sFDI=SFDI, changedTime=0)),
    ],
)
async def test_what_is_no_such_resource_is_a_failure_and_no_more(tree, body):
    with pytest.raises(ExchangeFailed):
        await (await tree(lambda start, limit: body)).fetch("/tm", Time)
