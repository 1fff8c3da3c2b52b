"""What a DER finds of its programs and its usage point, where they are associated with it."""

import pytest

from server.core.command import ChangeMembers
from server.sep2.routes import ASSOCIATED, href

NS = 'xmlns="urn:ieee:std:2030.5:ns"'
POINT = f"""<MirrorUsagePoint {NS}><mRID>{{mrid}}</mRID><roleFlags>{{flags}}</roleFlags>
    <serviceCategoryKind>0</serviceCategoryKind><status>1</status>
    <deviceLFDI>{{lfdi}}</deviceLFDI></MirrorUsagePoint>"""
SITE, DER, LATER = (f"{one:024X}00028547" for one in (9, 5, 7))
each_route = pytest.mark.parametrize("route", ASSOCIATED, ids=lambda route: route.name)


@pytest.fixture
def places(world):
    return {route.name: href(route.name, e=world.alpha, d="1") for route in ASSOCIATED}


@pytest.fixture
def mirror(alpha, world, desk):
    """Mirror a usage point of alpha."""
    lfdi = desk.book.devices[world.alpha].lfdi

    async def post(mrid: str, flags: str) -> None:
        body = POINT.format(mrid=mrid, flags=flags, lfdi=lfdi)
        assert (await alpha.post("/mup", body)).status == 201

    return post


async def test_a_der_links_to_them(alpha, world, places):
    der = await alpha.get(f"/edev/{world.alpha}/der/1")
    (listed,) = der.all("AssociatedDERProgramListLink")
    assert (listed.get("href"), listed.get("all")) == (places["der_programs"], "2")
    assert der.href("CurrentDERProgramLink") == places["current_program"]
    assert der.href("AssociatedUsagePointLink") == places["der_usage_point"]


async def test_the_programs_of_a_der_are_those_of_its_device(alpha, world, places):
    mine = await alpha.get(places["der_programs"] + "?l=9")
    all_of_them = await alpha.get(f"/edev/{world.alpha}/derp?l=9")
    assert mine.xml.get("href") == places["der_programs"]
    assert [one.get("href") for one in mine.xml] == [one.get("href") for one in all_of_them.xml]
    page = await alpha.get(places["der_programs"] + "?s=1&l=1")
    assert (page.xml.get("all"), page.xml.get("results")) == ("2", "1")


async def test_the_current_program_is_the_first_that_controls_now(
    *, alpha, bravo, world, places, state, clock
):
    async def current() -> str:
        read = await alpha.get(places["current_program"])
        assert read.xml.get("href") == places["current_program"]
        return read.text("description")

    assert await current() == "special"
    await state(world.common, -10, 60)
    assert await current() == "common"
    await state(world.special, 20, 60)
    assert await current() == "common"
    clock.move(seconds=20)
    assert await current() == "special"
    clock.move(seconds=70)
    assert await current() == "special"
    other = await bravo.get(href("current_program", e=world.bravo, d="1"))
    assert other.text("description") == "common"


async def test_without_a_program_there_is_no_current_one(bravo, world):
    await world.do(ChangeMembers(group_id=world.everyone, remove=frozenset({world.bravo})))
    der = await bravo.get(f"/edev/{world.bravo}/der/1")
    assert der.all("CurrentDERProgramLink") == []
    assert (await bravo.get(href("current_program", e=world.bravo, d="1"))).status == 404
    listed = await bravo.get(href("der_programs", e=world.bravo, d="1"))
    assert (listed.status, listed.xml.get("all")) == (200, "0")


async def test_the_usage_point_of_a_der_is_the_one_that_is_mirrored_as_such(alpha, places, mirror):
    path = places["der_usage_point"]
    assert (await alpha.get(path)).status == 404
    await mirror(SITE, "0003")
    assert (await alpha.get(path)).status == 404
    await mirror(DER, "0049")
    read = await alpha.get(path)
    assert (read.text("mRID"), read.xml.get("href")) == (DER, path)
    await mirror(LATER, "0009")
    assert (await alpha.get(path)).text("mRID") == LATER


@each_route
async def test_what_is_associated_belongs_to_its_der_and_its_client(
    *, route, alpha, bravo, boss, world, mirror
):
    await mirror(DER, "0049")
    path = href(route.name, e=world.alpha, d="1")
    assert (await alpha.get(path)).status == 200
    for other in (bravo, boss):
        assert (await other.get(path)).status == 404
    for strange in ("2", "0", "x", "1%00"):
        assert (await alpha.get(href(route.name, e=world.alpha, d=strange))).status == 404
    for method in ("PUT", "POST", "DELETE"):
        answer = await alpha.ask(method, path, "")
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
