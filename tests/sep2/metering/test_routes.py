"""The metering routes: each answers what the table promises and nothing else."""

import pytest

from server.sep2.routes import METERING, ROUTES, UNPAGED, Who, href, match

each_route = pytest.mark.parametrize("route", METERING, ids=lambda route: route.name)


@pytest.fixture
async def places(alpha, site, said) -> dict[str, str]:
    values = said.reading_set(said.reading(1, said.START))
    body = said.meter(values, lone=said.reading(2, said.START), kind=None)
    assert (await alpha.post(site, body)).status == 204
    mirror = site.rsplit("/", 1)[1]
    return {"m": mirror, "u": mirror, "x": said.POWER, "s": str(said.START), "r": "1"}


@each_route
def test_each_route_is_declared_whole(route):
    writes = set(route.methods) - {"GET", "HEAD"}
    assert (route.writes is Who.NOBODY) == (not writes) == (not route.takes)
    is_list = "all" in route.gives.__dataclass_fields__
    assert (route.paging == UNPAGED) == (not is_list) == (not route.order)
    found, _ = match(href(route.name, m="1", u="2", x="3", s="4", r="5"))
    assert found is route
    assert route.name not in {other.name for other in ROUTES}


@each_route
async def test_each_route_is_served_as_declared(route, alpha, places):
    path = href(route.name, **places)
    read = await alpha.get(path)
    assert (read.status, read.tag) == (200, route.gives.wire_tag)
    assert read.xml.get("href") == path
    head = await alpha.ask("HEAD", path)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(len(read.body))
    for method in {"PUT", "POST", "DELETE", "PATCH"} - set(route.methods):
        answer = await alpha.ask(method, path)
        assert answer.status == 405
        assert answer.headers["Allow"] == ", ".join(route.methods)


@each_route
async def test_ids_that_lead_nowhere_are_404(route, alpha, places, world, said):
    for name in "muxsr":
        if f"{{{name}}}" not in route.path:
            continue
        for strange in (
            "zz",
            "..",
            "0",
            "-",
            f"{world.alpha}-",
            f"-{places['x']}",
            "1%00",
            "9" * 99,
        ):
            path = href(route.name, **places | {name: strange})
            for method in route.methods:
                assert (await alpha.ask(method, path)).status == 404, path


async def test_every_link_leads_to_what_bears_it(alpha, places):
    seen, waiting = set(), ["/mup", "/upt"]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            answer = await alpha.get(path + "?l=255")
            assert answer.status == 200, path
            assert answer.xml.get("href") == path
            waiting += [node.get("href") for node in answer.xml.iter() if node.get("href")]
    assert seen == {href(route.name, **places) for route in METERING}
