"""Lists that a device keeps of itself: posted to, paged, sorted, bounded, emptied."""

import pytest

from server.sep2.routes import DOCUMENTS, href
from server.store.store import Store

NS = 'xmlns="urn:ieee:std:2030.5:ns"'
COUNTERS = "<CRCerrors>0</CRCerrors>"


def event(at: int = 5, number: int = 1, function: int = 11, profile: int = 2) -> str:
    return f"""<LogEvent {NS}><createdDateTime>{at}</createdDateTime>
        <functionSet>{function}</functionSet><logEventCode>0</logEventCode>
        <logEventID>{number}</logEventID><logEventPEN>28547</logEventPEN>
        <profileID>{profile}</profileID></LogEvent>"""


def instance(dodag: int, number: int) -> str:
    return f"""<RPLInstance {NS}><DODAGid>{dodag}</DODAGid><DODAGroot>true</DODAGroot>
        <flags>0</flags><groundedFlag>true</groundedFlag><MOP>0</MOP><PRF>0</PRF><rank>1</rank>
        <RPLInstanceID>{number}</RPLInstanceID><versionNumber>1</versionNumber></RPLInstance>"""


def layer(eui: str) -> str:
    return f"""<LLInterface {NS}>{COUNTERS}<EUI64>{eui}</EUI64><IEEE_802_15_4>
        <capabilityInfo>00</capabilityInfo><shortAddress>1</shortAddress></IEEE_802_15_4>
        <linkLayerType>2</linkLayerType></LLInterface>"""


def simple(tag: str, content: str) -> str:
    return f"<{tag} {NS}>{content}</{tag}>"


def route(destination: int, source: int) -> str:
    return simple(
        "RPLSourceRoutes",
        f"<DestAddress>{destination:032X}</DestAddress><SourceRoute>{source:032X}</SourceRoute>",
    )


PRICE = "<consumeThreshold>{0}</consumeThreshold><maxReductionThreshold>9</maxReductionThreshold>"
PRICE += '<RateComponentLink href="/tp/1/rc/1"/>'


def request(start: int, created: int, number: int) -> str:
    return simple(
        "FlowReservationRequest",
        f"<mRID>{number:032X}</mRID><creationTime>{created}</creationTime>"
        "<energyRequested><multiplier>0</multiplier><value>5</value></energyRequested>"
        f"<intervalRequested><duration>9</duration><start>{start}</start></intervalRequested>"
        "<powerRequested><multiplier>0</multiplier><value>5</value></powerRequested>"
        "<RequestStatus><dateTime>5</dateTime><requestStatus>0</requestStatus></RequestStatus>",
    )


CASES = {
    "flow_reservation_requests": [request(5, 2, 1), request(5, 1, 3), request(5, 1, 2)],
    "locales": [simple("SupportedLocale", f"<locale>{name}</locale>") for name in ("en", "de")],
    "price_responses": [simple("PriceResponseCfg", PRICE.format(n)) for n in (2, 1)],
    "log_events": [event(5, 1), event(5, 2), event(6, 0)],
    "load_sheds": [
        simple("LoadShedAvailability", f"<availabilityDuration>{n}</availabilityDuration>")
        for n in (9, 3)
    ],
    "ip_interfaces": [
        *(simple("IPInterface", f"<ifIndex>{n}</ifIndex>") for n in (1, 20)),
        simple("IPInterface", ""),
    ],
    "ip_addresses": [simple("IPAddr", f"<address>{n:032X}</address>") for n in (1, 2)],
    "rpl_instances": [instance(1, 7), instance(1, 8), instance(2, 0)],
    "rpl_routes": [route(2, 1), route(1, 2), route(3, 2)],
    "link_layers": [layer("00" * 7 + "01"), layer("00" * 7 + "A0")],
    "neighbors": [
        simple(
            "Neighbor",
            f"<isChild>false</isChild><linkQuality>{n}</linkQuality><shortAddress>1</shortAddress>",
        )
        for n in (4, 2)
    ],
}
"""Bodies of each list, in the order in which they are listed."""
BY_HREF = {"locales", "price_responses", "load_sheds", "neighbors"}
each_list = pytest.mark.parametrize("name", CASES)
LISTS = {found.name: found for found in DOCUMENTS if found.paging}


async def made(client, path: str, body: str) -> str:
    answer = await client.post(path, body)
    assert (answer.status, answer.body) == (201, b"")
    return answer.headers["Location"]


@pytest.fixture
def place(alpha, world):
    """Return the path of a list, once what it stands below is there."""

    async def find(name: str) -> str:
        path = f"/edev/{world.alpha}"
        for literal in LISTS[name].path.split("/")[3:-1:2]:
            (parent,) = (found for found in LISTS if LISTS[found].path.endswith(f"/{literal}"))
            path = await made(alpha, f"{path}/{literal}", CASES[parent][0])
        return f"{path}/{LISTS[name].path.rsplit('/', 1)[1]}"

    return find


def test_each_list_is_tried_here():
    assert set(CASES) == set(LISTS)


@each_list
async def test_a_list_grows_sorted_and_is_paged(name, alpha, place):
    path = await place(name)
    empty = await alpha.get(path)
    assert (empty.status, empty.xml.get("all"), empty.xml.get("results")) == (200, "0", "0")
    bodies = CASES[name] if name in BY_HREF else CASES[name][::-1]
    posted = [await made(alpha, path, body) for body in bodies]
    expected = posted if name in BY_HREF else posted[::-1]
    whole = await alpha.get(f"{path}?l=255")
    assert [item.get("href") for item in whole.xml] == expected
    assert whole.xml.get("all") == whole.xml.get("results") == str(len(expected))
    assert [item.get("href") for item in (await alpha.get(path)).xml] == expected[:1]
    paged = await alpha.get(f"{path}?s=1&l=1")
    assert [item.get("href") for item in paged.xml] == expected[1:2]
    assert paged.xml.get("all") == str(len(expected))
    beyond = await alpha.get(f"{path}?s=9&l=1")
    assert (beyond.xml.get("results"), len(beyond.xml)) == ("0", 0)
    assert (await alpha.get(f"{path}?l=x")).status == 400


@each_list
async def test_an_item_is_read_replaced_and_removed(name, alpha, place):
    path = await place(name)
    item = await made(alpha, path, CASES[name][0])
    read = await alpha.get(item)
    assert (read.status, read.xml.get("href")) == (200, item)
    assert (await alpha.put(item, CASES[name][1])).status == 204
    changed = await alpha.get(item)
    assert changed.body != read.body
    assert (await alpha.ask("HEAD", item)).headers["Content-Length"] == str(len(changed.body))
    assert (await alpha.get(f"{path}?l=9")).xml.get("all") == "1"
    assert (await alpha.delete(item)).status == 204
    for answer in (
        await alpha.get(item),
        await alpha.delete(item),
        await alpha.put(item, CASES[name][0]),
    ):
        assert (answer.status, answer.text("reasonCode")) == (404, "0")
    assert (await alpha.get(path)).xml.get("all") == "0"


@each_list
async def test_a_list_takes_nothing_from_others_and_nothing_else(name, alpha, bravo, boss, place):
    path = await place(name)
    item = await made(alpha, path, CASES[name][0])
    for other in (bravo, boss):
        assert (await other.get(path)).status == 404
        assert (await other.get(item)).status == 404
        for method, target in (("POST", path), ("PUT", item), ("DELETE", item)):
            body = None if method == "DELETE" else CASES[name][0]
            assert (await other.ask(method, target, body)).status == 403
    for method, target in (("PUT", path), ("DELETE", path), ("POST", item)):
        assert (await alpha.ask(method, target, "")).status == 405
    for body in ("", "<", f"<Time {NS}/>", CASES[name][0].replace("</", "<x></", 1)):
        answer = await alpha.post(path, body)
        assert (answer.status, answer.text("reasonCode")) == (400, "0")
    assert (await alpha.get(path)).xml.get("all") == "1"


@pytest.mark.parametrize("name", ["ip_addresses", "rpl_routes", "neighbors"])
async def test_what_stands_below_an_item_goes_with_it(name, alpha, place, world):
    path = await place(name)
    await made(alpha, path, CASES[name][0])
    top = "/".join(path.split("/")[:5])
    assert (await alpha.delete(top)).status == 204
    for answer in (await alpha.get(path), await alpha.post(path, CASES[name][0])):
        assert answer.status == 404
    assert (await alpha.get(f"/edev/{world.alpha}")).all("IPInterfaceListLink")[0].get("all") == "0"


async def test_links_below_items_tell_their_count(alpha, place):
    path = await place("neighbors")
    await made(alpha, path, CASES["neighbors"][0])
    layers = path.rsplit("/", 2)[0]
    for answer in (await alpha.get(f"{layers}?l=9"), await alpha.get(path.rsplit("/", 1)[0])):
        (link,) = [node for node in answer.xml.iter() if node.tag.endswith("}NeighborListLink")]
        assert (link.get("href"), link.get("all")) == (path, "1")


async def test_log_events_are_asked_for_by_time(alpha, world):
    path = href("log_events", e=world.alpha)
    for at in (30, 10, 20):
        await made(alpha, path, event(at))
    later = await alpha.get(f"{path}?a=10&l=9")
    assert [one.text for one in later.all("LogEvent/createdDateTime")] == ["20", "30"]
    assert (later.xml.get("all"), later.xml.get("results")) == ("3", "2")
    last = await alpha.get(f"{path}?a=10&s=1&l=9")
    assert [one.text for one in last.all("LogEvent/createdDateTime")] == ["30"]


async def test_the_oldest_log_events_make_room(serve, world, meet):
    alpha = meet(await serve(log_events_limit=3), "alpha")
    path = href("log_events", e=world.alpha)
    posted = [await made(alpha, path, event(at)) for at in (50, 40, 30, 20, 10)]
    whole = await alpha.get(f"{path}?l=9")
    assert [one.get("href") for one in whole.xml] == posted[:1:-1]
    assert whole.xml.get("all") == "3"
    assert (await alpha.get(posted[0])).status == 404
    (link,) = (await alpha.get(f"/edev/{world.alpha}")).all("LogEventListLink")
    assert link.get("all") == "3"


async def test_other_lists_are_full_when_they_are(serve, world, meet):
    alpha = meet(await serve(items_limit=2), "alpha")
    path = href("locales", e=world.alpha)
    for body in CASES["locales"]:
        item = await made(alpha, path, body)
    answer = await alpha.post(path, CASES["locales"][0])
    assert (answer.status, answer.text("reasonCode")) == (409, "2")
    await made(alpha, href("log_events", e=world.alpha), event())
    await alpha.delete(item)
    assert (await alpha.post(path, CASES["locales"][0])).status == 409
    await alpha.delete((await alpha.get(path)).xml[0].get("href"))
    assert (await alpha.post(path, CASES["locales"][0])).status == 201


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("log_events", event(function=20)),
        ("log_events", event(profile=5)),
        (
            "load_sheds",
            simple("LoadShedAvailability", "<availabilityDuration>0</availabilityDuration>"),
        ),
    ],
)
async def test_a_value_that_may_not_be_is_refused(name, body, alpha, world):
    path = href(name, e=world.alpha)
    answer = await alpha.post(path, body)
    assert (answer.status, answer.text("reasonCode")) == (400, "1")
    assert (await alpha.get(path)).xml.get("all") == "0"


async def test_counts_and_items_outlive_a_restart(alpha, world, desk, tmp_path):
    path = href("log_events", e=world.alpha)
    await made(alpha, path, event())
    again = await Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    assert again.items.count(world.alpha, "lel") == 1
    assert again.items.count(world.bravo, "lel") == 0
    (kept,) = await again.items.all(world.alpha, "lel")
    assert kept.body == (await desk.store.items.one(world.alpha, kept.name)).body
    await again.close()
