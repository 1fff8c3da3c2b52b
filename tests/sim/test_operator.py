import pytest
from aiohttp import web

from server.net.listener import listen
from server.sim.operator import NotDone, Operator


@pytest.fixture
async def base():
    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get("Authorization") != "Bearer secret":
            return web.Response(status=401, text="who are you?")
        if request.path == "/readyz":
            return web.Response(status=200)
        body = await request.text()
        return web.json_response({"asked": f"{request.method} {request.path} {body}"})

    listener = await listen(handle, host="127.0.0.1", port=0, tls=None)
    yield f"http://127.0.0.1:{listener.port}"
    await listener.stop()


async def test_it_asks_with_its_token(base):
    async with Operator(base, "secret") as operator:
        assert await operator.is_ready()
        assert (await operator.get("/events"))["asked"] == "GET /api/v1/events "
        posted = await operator.post("/events", {"a": 1})
        assert posted["asked"] == 'POST /api/v1/events {"a": 1}'


async def test_a_refusal_says_what_was_refused_and_why(base):
    async with Operator(base, "wrong") as operator:
        assert not await operator.is_ready()
        with pytest.raises(NotDone, match=r"GET /events: 401 who are you\?"):
            await operator.get("/events")


async def test_nobody_there_is_not_ready(unused_tcp_port):
    async with Operator(f"http://127.0.0.1:{unused_tcp_port}", "secret") as operator:
        assert not await operator.is_ready()
        with pytest.raises(NotDone):
            await operator.get("/events")


async def test_one_that_is_not_connected_can_do_nothing(base):
    operator = Operator(base, "secret")
    assert not await operator.is_ready()
    with pytest.raises(NotDone):
        await operator.get("/events")
