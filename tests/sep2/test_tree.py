"""What a client finds when it follows the links from the start."""

import pytest

from certs.identity import sfdi
from server.core.model import Controls
from server.sep2.routes import ROUTES, UNPAGED, Who, href


async def test_a_device_walks_from_its_capability_to_its_controls(
    house, world, state, certificates
):
    event = await state(world.common, 60)
    alpha = house.peer("alpha")
    capability = await alpha.get("/dcap")
    assert capability.status == 200
    assert capability.headers["Content-Type"] == "application/sep+xml"
    assert capability.all("EndDeviceListLink")[0].get("all") == "1"
    devices = await alpha.get(capability.href("EndDeviceListLink") + "?s=0&l=255")
    assert devices.text("EndDevice/lFDI") == certificates.alpha.identity.lfdi
    assert devices.text("EndDevice/sFDI") == str(certificates.alpha.identity.sfdi)
    assert int(devices.text("EndDevice/deviceCategory"), 16) == 0x200000
    registration = await alpha.get(devices.href("EndDevice/RegistrationLink"))
    assert registration.text("pIN") == "111115"
    assignments = await alpha.get(devices.href("EndDevice/FunctionSetAssignmentsListLink") + "?l=9")
    assert assignments.xml.get("results") == "2"
    programs = {}
    for link in assignments.all("FunctionSetAssignments/DERProgramListLink"):
        assert link.get("all") == "1"
        found = await alpha.get(link.get("href"))
        programs[found.text("DERProgram/description")] = found
    assert programs["common"].text("DERProgram/primacy") == "10"
    controls = await alpha.get(programs["common"].href("DERProgram/DERControlListLink"))
    assert controls.text("DERControl/mRID") == event.intervals[0].mrid
    default = await alpha.get(programs["common"].href("DERProgram/DefaultDERControlLink"))
    assert default.text("DERControlBase/opModExpLimW/value") == "5000"
    assert default.text("DERControlBase/rampTms") == "250"
    one = await alpha.get(controls.href("DERControl"))
    assert one.tag == "DERControl"
    assert one.text("mRID") == event.intervals[0].mrid


UNSAID = {"dercap", "derg", "ders", "dera", "di", "dstat", "ps", "fs", "cfg", "cp", "upt"}
"""What is linked before the device has put anything there."""


async def test_every_link_and_href_of_the_tree_leads_to_what_bears_it(
    house, world, state, draw_curve
):
    curve = await draw_curve(world.common)
    await state(world.common, 60, controls=Controls(volt_var=curve.id))
    await state(world.special, -30)
    alpha = house.peer("alpha")
    seen, waiting = set(), ["/dcap"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = await alpha.get(path + "?s=0&l=255")
        if answer.status == 404:
            assert path.rsplit("/", 1)[1] in UNSAID
            continue
        assert answer.status == 200, path
        assert answer.xml.get("href") == path
        waiting += [found.get("href") for found in answer.xml.iter() if found.get("href")]
        waiting += [found.get("replyTo") for found in answer.xml.iter() if found.get("replyTo")]
    names = {route.name for route in ROUTES if any(_fits(route.path, path) for path in seen)}
    assert names == {route.name for route in ROUTES} - {"response"}


def _fits(template: str, path: str) -> bool:
    pairs = list(zip(template.split("/"), path.split("/"), strict=False))
    same_length = template.count("/") == path.count("/")
    return same_length and all(a.startswith("{") or a == b for a, b in pairs)


async def test_an_aggregator_sees_itself_first_and_then_its_devices_by_sfdi(house, world):
    boss = house.peer("boss")
    listed = await boss.get("/edev?l=10")
    assert listed.xml.get("all") == "3"
    hrefs = [found.get("href") for found in listed.all("EndDevice")]
    own, *others = hrefs
    assert own == f"/edev/{world.aggregator}"
    assert others == [f"/edev/{world.two}", f"/edev/{world.one}"]
    entry = await boss.get(own)
    assert entry.status == 200
    assert not entry.all("FunctionSetAssignmentsListLink")
    assert (await boss.get("/dcap")).all("EndDeviceListLink")[0].get("all") == "3"


async def test_head_says_what_get_says_without_a_body(house, world, state):
    event = await state(world.common)
    alpha = house.peer("alpha")
    at = {
        "e": world.alpha,
        "g": world.everyone,
        "p": world.common,
        "c": event.intervals[0].mrid,
        "d": "1",
        "r": "1",
        "v": "v1",
    }
    for route in ROUTES:
        path = href(route.name, **at)
        got, headed = await alpha.get(path), await alpha.ask("HEAD", path)
        assert headed.status == got.status
        assert headed.body == b""
        assert headed.headers | {"Date": ""} == got.headers | {"Date": ""}
        assert got.headers["Content-Length"] == str(len(got.body))


SORTED_BY = {
    "sFDI": lambda item: int(_text(item, "sFDI")),
    "href": lambda item: item.get("href"),
    "mRID": lambda item: _text(item, "mRID"),
    "primacy": lambda item: int(_text(item, "primacy")),
    "interval.start": lambda item: int(_text(item, "interval", "start")),
    "creationTime": lambda item: int(_text(item, "creationTime")),
    "createdDateTime": lambda item: int(_text(item, "createdDateTime")),
    "endDeviceLFDI": lambda item: _text(item, "endDeviceLFDI"),
}


def _text(item, *names: str) -> str:
    for name in names:
        (item,) = item.xpath(f"*[local-name()='{name}']")
    return item.text


LISTS = [route for route in ROUTES if route.paging != UNPAGED]


OTHER_MODES = (
    Controls(max_limit_percent=50.0),
    Controls(connect=True),
    Controls(import_limit_w=1000.0),
)
RESPONSE = (
    '<DERControlResponse xmlns="urn:ieee:std:2030.5:ns"><createdDateTime>{}</createdDateTime>'
    "<endDeviceLFDI>{}</endDeviceLFDI><status>1</status><subject>{}</subject></DERControlResponse>"
)


@pytest.fixture
async def crowd(house, world, state, clock, draw_curve):
    """Fill every list of alpha, with ties in each sorting key."""
    for number in range(3):
        name = f"more {number}"
        await world.program(name, 10, await world.group(name, world.alpha), world.everyone)
        await draw_curve(world.common, name=f"curve {number}")
        await draw_curve(world.common, name=f"other {number}")
        clock.move(seconds=1)
    events = []
    for offset in (-1, 100, -5):
        events.append(await state(world.common, offset, 1000, supersede=True))
        clock.move(seconds=1)
    for offset, controls in zip((-3, -3, -10), OTHER_MODES, strict=True):
        events.append(await state(world.common, offset, 1000, controls))
    alpha = house.peer("alpha")
    lfdi = house.desk.book.devices[world.alpha].lfdi
    for number, event in enumerate(events[:3]):
        body = RESPONSE.format(100 + number % 2, lfdi, event.intervals[0].mrid).encode()
        path = href("responses", e=world.alpha, p=world.common)
        assert (await alpha.post(path, body)).status == 201
    return alpha


@pytest.mark.parametrize("route", LISTS, ids=lambda route: route.name)
async def test_lists_are_ordered_and_paged_as_declared(route, crowd, world):
    path = href(route.name, e=world.alpha, g=world.everyone, p=world.common)
    whole = await crowd.get(path + "?s=0&l=255")
    items = list(whole.xml)
    total = len(items)
    assert whole.xml.get("all") == whole.xml.get("results") == str(total)
    assert total > 1 or route.name in {"end_devices", "ders"}
    in_order = items
    for key in reversed(route.order):
        by = SORTED_BY[key.removeprefix("-")]
        in_order = sorted(in_order, key=by, reverse=key.startswith("-"))
    assert _hrefs(items) == _hrefs(in_order)
    assert _hrefs((await crowd.get(path)).xml) == _hrefs(items[:1])
    for start in range(total + 2):
        page = await crowd.get(f"{path}?s={start}&l=2")
        assert page.xml.get("all") == str(total)
        assert page.xml.get("results") == str(len(page.xml))
        assert _hrefs(page.xml) == _hrefs(items[start : start + 2])
    empty = await crowd.get(path + "?l=0")
    assert (empty.xml.get("all"), empty.xml.get("results")) == (str(total), "0")


@pytest.mark.parametrize("route", LISTS, ids=lambda route: route.name)
async def test_queries_are_natural_numbers_and_the_first_counts(route, crowd, world):
    path = href(route.name, e=world.alpha, g=world.everyone, p=world.common)
    whole = await crowd.get(path + "?s=0&l=255")
    odd = await crowd.get(path + "?s=0&s=-4&l=999&l=1&x=%zz&&=")
    assert _hrefs(odd.xml) == _hrefs(whole.xml)
    for wrong in ("s=-1", "l=two", "l=", "s=1.0", "l=%31", "l=%D9%A3", "s=" + "9" * 20, "l=+1"):
        answer = await crowd.get(f"{path}?{wrong}")
        assert (answer.status, answer.text("reasonCode")) == (400, "0"), wrong


def _hrefs(items) -> list[str]:
    return [item.get("href") for item in items]


async def test_only_lists_in_order_of_time_look_at_a(house, world, state, clock):
    for offset in (10, 20, 30):
        await state(world.common, offset, 5)
    alpha = house.peer("alpha")
    second = int(clock.now().timestamp()) + 20
    path = href("controls", e=world.alpha, p=world.common)
    later = await alpha.get(f"{path}?l=9&a={second}")
    assert later.xml.get("results") == "1"
    assert later.xml.get("all") == "3"
    assert (await alpha.get(f"{path}?l=9&a={second - 1}")).xml.get("results") == "2"
    assert (await alpha.get(f"{path}?a=now")).status == 400
    devices = await alpha.get("/edev?a=nonsense")
    assert devices.xml.get("results") == "1"


async def test_the_server_bounds_a_page(serve, world, state):
    house = await serve(list_limit=2)
    for offset in (10, 20, 30):
        await state(world.common, offset, 5)
    path = href("controls", e=world.alpha, p=world.common)
    page = await house.peer("alpha").get(f"{path}?l=255")
    assert (page.xml.get("all"), page.xml.get("results")) == ("3", "2")


async def test_poll_rates_are_the_operators(serve, world):
    house = await serve(poll_rate_s=60, poll_rates_s={"Time": 900})
    alpha = house.peer("alpha")
    assert (await alpha.get("/dcap")).xml.get("pollRate") == "60"
    assert (await alpha.get("/tm")).xml.get("pollRate") == "900"
    rated = {
        route.name
        for route in ROUTES
        if "pollRate" in route.gives.__dataclass_fields__ and route.reads is not Who.NOBODY
    }
    at = {"e": world.alpha, "g": world.everyone, "p": world.common}
    for name in rated - {"time"}:
        assert (await alpha.get(href(name, **at))).xml.get("pollRate") == "60", name


async def test_the_registration_link_can_be_withheld(serve, world):
    house = await serve(show_registration_link=False)
    entry = await house.peer("alpha").get(f"/edev/{world.alpha}")
    assert not entry.all("RegistrationLink")
    assert entry.text("sFDI") == str(sfdi(entry.text("lFDI")))


async def test_a_client_that_offers_gcm_is_served_as_well(house, world):
    alpha = house.peer("alpha", ciphers="ECDHE-ECDSA-AES128-GCM-SHA256")
    assert (await alpha.get("/dcap")).status == 200


async def test_groups_without_programs_are_assigned_only_to_who_has_no_others(house, world):
    from server.core.command import ChangeMembers

    bravo = house.peer("bravo")
    empty = await world.group("empty", world.bravo)
    path = f"/edev/{world.bravo}/fsa"
    shown = (await bravo.get(f"{path}?l=9")).all("FunctionSetAssignments/description")
    assert [one.text for one in shown] == ["everyone"]
    await world.do(ChangeMembers(group_id=world.everyone, remove=frozenset({world.bravo})))
    assert (await bravo.get(f"/edev/{world.bravo}/fsa/{empty}")).status == 200
    (link,) = (await bravo.get(path)).all("FunctionSetAssignments/DERProgramListLink")
    assert link.get("all") == "0"
    listed = (await bravo.get(link.get("href"))).xml
    assert (listed.get("all"), listed.get("results")) == ("0", "0")
    await world.program("first", 5, empty)
    assert (await bravo.get(link.get("href"))).xml.get("all") == "1"


async def test_joining_a_group_shows_at_the_next_poll(house, world):
    from server.core.command import ChangeMembers

    bravo = house.peer("bravo")
    path = f"/edev/{world.bravo}/fsa"
    special = f"/edev/{world.bravo}/derp/{world.special}/derc"
    assert (await bravo.get(path)).xml.get("all") == "1"
    assert (await bravo.get(special)).status == 404
    join = ChangeMembers(group_id=world.alphas, add=frozenset({world.bravo}))
    await world.do(join)
    assert (await bravo.get(path)).xml.get("all") == "2"
    assert (await bravo.get(special)).status == 200
    await world.do(ChangeMembers(group_id=world.alphas, remove=frozenset({world.bravo})))
    assert (await bravo.get(path)).xml.get("all") == "1"
    assert (await bravo.get(special)).status == 404
