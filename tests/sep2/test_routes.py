"""The route table: what it promises and which paths it knows."""

import pytest

from server.errors import Unknown
from server.sep2.routes import BY_NAME, ROUTES, SERVED, UNPAGED, Who, href, match, resolve


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_each_route_is_declared_whole(route):
    assert "GET" in route.methods
    assert "HEAD" in route.methods
    assert route.reads is not Who.NOBODY
    writes = set(route.methods) - {"GET", "HEAD"}
    assert (route.writes is Who.NOBODY) == (not writes) == (not route.takes)
    is_list = "all" in route.gives.__dataclass_fields__
    assert (route.paging == UNPAGED) == (not is_list) == (not route.order)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_each_route_is_found_by_its_own_href(route):
    path = href(route.name, e="d5", g="g1", p="p2", c="AB", d="1", r="9", v="v4")
    found, variables = match(path)
    assert found is route
    values = dict(zip("egpcdrv", ("d5", "g1", "p2", "AB", "1", "9", "v4"), strict=True))
    names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    assert variables == tuple(values[name] for name in names)


def test_names_and_shapes_are_unique():
    assert len(BY_NAME) == len(SERVED)
    shapes = {tuple("*" if "{" in part else part for part in r.path.split("/")) for r in SERVED}
    assert len(shapes) == len(SERVED)


STRANGE = [
    "",
    "/",
    "//dcap",
    "/dcap/",
    "/Dcap",
    "/%64cap",
    "/./dcap",
    "/../dcap",
    "/edev/../dcap",
    "/edev/",
    "/edev//fsa",
    "/edev/d5/",
    "/edev/d5//derp",
    "/edev/d5/derp/",
    "/edev/d5/derp/p2/derc/",
    "/edev/d5/derp/p2/nothing",
    "/edev/d5/der/1/ders/more",
    "/derp",
    "dcap",
    "x/dcap",
    "*",
    "https://elsewhere/dcap",
    "/dcap#top",
    "/dcap;x=1",
    "/edev/{e}/fsa/{g}/x",
]


@pytest.mark.parametrize("path", STRANGE)
def test_a_strange_path_is_no_resource(path):
    with pytest.raises(Unknown):
        match(path)


def test_an_absolute_target_is_read_as_its_path():
    route, variables, query = resolve("https://anywhere:1/edev/d5/derp?s=0&l=1?")
    assert (route.name, variables, query) == ("programs", ("d5",), "s=0&l=1?")


@pytest.mark.parametrize("target", ["*", "host:443", "https://anywhere", "dcap", "", "http://"])
def test_a_target_without_a_path_is_no_resource(target):
    with pytest.raises(Unknown):
        resolve(target)
