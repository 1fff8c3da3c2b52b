"""The methods that the WADL of 2030.5 asks of each resource, against the server that is here.

`fixtures/sep2/wadl.csv` holds a line for each path, resource and method with its mode, and
`not_served.txt` the resources that are missing here. One device fills all that it may write; then
each resource that links lead to is driven.
"""

import csv
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from server.errors import Unknown
from server.sep2.routes import SERVED, match

pytestmark = pytest.mark.conformance

FACTS = Path(__file__).parents[3] / "fixtures" / "sep2"
INVENTORY = FACTS / "wadl.csv"
NOT_SERVED = FACTS / "not_served.txt"
WRITES = ("PUT", "POST", "DELETE")
NS = 'xmlns="urn:ieee:std:2030.5:ns"'
AUS = 'xmlns="https://csipaus.org/ns"'
MRID = "{:024d}00028547"
KIND = "<ReadingType><powerOfTenMultiplier>0</powerOfTenMultiplier><uom>38</uom></ReadingType>"
READING = f"""<mRID>{MRID.format(2)}</mRID>
    <MirrorReadingSet><mRID>{MRID.format(3)}</mRID>
    <timePeriod><duration>300</duration><start>1767225600</start></timePeriod><Reading>
    <timePeriod><duration>300</duration><start>1767225600</start></timePeriod><value>5</value>
    <localID>01</localID></Reading></MirrorReadingSet>
    <Reading><value>5</value></Reading>{KIND}"""


def modes() -> dict[str, dict[str, str]]:
    """Return the mode of each method, by resource."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    with INVENTORY.open(newline="") as lines:
        for line in csv.DictReader(lines):
            found[line["resource"]][line["method"]] = line["mode"]
    return found


def element(tag: str, content: str, namespace: str = NS) -> str:
    return f"<{tag} {namespace}>{content}</{tag}>"


PUTS = {
    "der_capability": element(
        "DERCapability",
        "<modesSupported>01</modesSupported><rtgMaxW><multiplier>0</multiplier><value>5</value>"
        f"</rtgMaxW><type>4</type><doeModesSupported {AUS}>0F</doeModesSupported>",
    ),
    "der_settings": element(
        "DERSettings",
        "<setGradW>1</setGradW><setMaxW><multiplier>0</multiplier><value>5</value></setMaxW>"
        "<updatedTime>1</updatedTime>",
    ),
    "der_status": element("DERStatus", "<readingTime>1</readingTime>"),
    "der_availability": element("DERAvailability", "<readingTime>1</readingTime>"),
    "device_information": "<lFDI>{lfdi}</lFDI><mfDate>5</mfDate><mfHwVer>1</mfHwVer>"
    "<mfID>28547</mfID><mfModel>m</mfModel><mfSerNum>n</mfSerNum><primaryPower>1</primaryPower>"
    "<secondaryPower>0</secondaryPower><swActTime>6</swActTime><swVer>2</swVer>",
    "device_status": element("DeviceStatus", "<changedTime>5</changedTime>"),
    "power_status": element(
        "PowerStatus",
        "<batteryStatus>1</batteryStatus><changedTime>5</changedTime>"
        "<currentPowerSource>1</currentPowerSource>",
    ),
    "file_status": element(
        "FileStatus",
        "<loadPercent>50</loadPercent><nextRequestAttempt>5</nextRequestAttempt>"
        "<request503Count>0</request503Count><requestFailCount>1</requestFailCount>"
        "<status>2</status><statusTime>5</statusTime>",
    ),
    "configuration": element(
        "Configuration",
        "<currentLocale>en</currentLocale><userDeviceName>roof</userDeviceName>",
    ),
    "connection_point": element(
        "ConnectionPoint", "<connectionPointId>41020000002</connectionPointId>", AUS
    ),
}
PUTS["device_information"] = element("DeviceInformation", PUTS["device_information"])
POSTS = {
    "responses": element(
        "DERControlResponse",
        "<endDeviceLFDI>{lfdi}</endDeviceLFDI><status>1</status><subject>{mrid}</subject>",
    ),
    "mirrors": element(
        "MirrorUsagePoint",
        f"<mRID>{MRID.format(1)}</mRID><roleFlags>0003</roleFlags>"
        "<serviceCategoryKind>0</serviceCategoryKind><status>1</status>"
        "<deviceLFDI>{lfdi}</deviceLFDI>",
    ),
    "mirror": element("MirrorMeterReading", READING),
    "subscriptions": element(
        "Subscription",
        "<subscribedResource>/edev</subscribedResource><encoding>0</encoding><level>+S1</level>"
        "<limit>1</limit><notificationURI>https://agg.example/n</notificationURI>",
    ),
    "locales": element("SupportedLocale", "<locale>en</locale>"),
    "price_responses": element(
        "PriceResponseCfg",
        "<consumeThreshold>1</consumeThreshold><maxReductionThreshold>2</maxReductionThreshold>"
        '<RateComponentLink href="/tp/1/rc/1"/>',
    ),
    "log_events": element(
        "LogEvent",
        "<createdDateTime>5</createdDateTime><functionSet>11</functionSet>"
        "<logEventCode>0</logEventCode><logEventID>1</logEventID>"
        "<logEventPEN>28547</logEventPEN><profileID>2</profileID>",
    ),
    "load_sheds": element("LoadShedAvailability", ""),
    "ip_interfaces": element("IPInterface", ""),
    "ip_addresses": element("IPAddr", f"<address>{1:032X}</address>"),
    "rpl_instances": element(
        "RPLInstance",
        "<DODAGid>1</DODAGid><DODAGroot>true</DODAGroot><flags>0</flags>"
        "<groundedFlag>true</groundedFlag><MOP>0</MOP><PRF>0</PRF><rank>1</rank>"
        "<RPLInstanceID>1</RPLInstanceID><versionNumber>1</versionNumber>",
    ),
    "rpl_routes": element(
        "RPLSourceRoutes",
        f"<DestAddress>{1:032X}</DestAddress><SourceRoute>{2:032X}</SourceRoute>",
    ),
    "link_layers": element(
        "LLInterface",
        f"<CRCerrors>0</CRCerrors><EUI64>{1:016X}</EUI64><IEEE_802_15_4>"
        "<capabilityInfo>00</capabilityInfo><shortAddress>1</shortAddress></IEEE_802_15_4>"
        "<linkLayerType>2</linkLayerType>",
    ),
    "neighbors": element(
        "Neighbor",
        "<isChild>false</isChild><linkQuality>9</linkQuality><shortAddress>1</shortAddress>",
    ),
}
"""What a client writes, by the name of the route; a list comes before what is below it."""


def filled(body: str, lfdi: str, mrid: str) -> bytes:
    return body.replace("{lfdi}", lfdi).replace("{mrid}", mrid).encode()


async def crawl(client) -> dict[str, str]:
    """Return a path for each route that links and hrefs lead to, by the route's name."""
    found: dict[str, str] = {}
    waiting, seen = ["/dcap"], set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        try:
            route, _ = match(path)
        except Unknown:
            continue
        found.setdefault(route.name, path)
        answer = await client.get(path + "?l=255")
        if answer.status == 200:
            links = [node.get(key) for node in answer.xml.iter() for key in ("href", "replyTo")]
            waiting += [link for link in links if link]
    return found


async def write_all(client, lfdi: str, mrid: str) -> dict[str, str]:
    """Write everything once and return where each resource is."""
    paths = await crawl(client)
    for name, body in PUTS.items():
        assert (await client.put(paths[name], filled(body, lfdi, mrid))).status in {201, 204}, name
    for name, body in POSTS.items():
        if name not in paths:
            paths = await crawl(client)
        answer = await client.post(paths[name], filled(body, lfdi, mrid))
        assert answer.status in {201, 204}, name
        assert "Location" in answer.headers or name == "mirror"
    return await crawl(client)


@pytest.fixture
async def client(serve, world):
    house = await serve(notification_hosts=frozenset({"agg.example"}))
    return house.peer("alpha")


@pytest.fixture
async def paths(client, world, state, desk):
    event = await state(world.common, -10)
    lfdi = desk.book.devices[world.alpha].lfdi
    return await write_all(client, lfdi, event.intervals[0].mrid)


def test_the_gaps_are_those_that_are_listed():
    asked, served = set(modes()), {route.resource for route in SERVED}
    assert served <= asked
    gaps = asked - served
    sys.stdout.write(f"{len(gaps)} of {len(asked)} are not served: {', '.join(sorted(gaps))}\n")
    assert gaps == set(NOT_SERVED.read_text().split())


@pytest.mark.parametrize("route", SERVED, ids=lambda route: route.name)
def test_methods_are_offered_as_their_mode_says(route):
    for method, mode in modes()[route.resource].items():
        if mode == "Mandatory":
            assert method in route.methods
        if mode == "Error":
            assert method not in route.methods


async def test_every_served_resource_is_found_by_its_links(paths):
    assert set(paths) == {route.name for route in SERVED}


async def test_head_is_get_without_a_body(client, paths):
    for name, path in paths.items():
        read, head = await client.get(path), await client.ask("HEAD", path)
        assert (read.status, head.status, head.body) == (200, 200, b""), name
        assert {**head.headers, "Date": ""} == {**read.headers, "Date": ""}, name


async def test_what_is_an_error_is_405_with_allow(client, paths):
    for route in SERVED:
        for method in WRITES:
            if modes()[route.resource][method] == "Error":
                answer = await client.ask(method, paths[route.name], b"")
                assert (answer.status, answer.tag) == (405, "Error"), (route.name, method)
                assert answer.headers["Allow"] == ", ".join(route.methods)


async def test_what_is_mandatory_works(client, paths):
    wanted = modes()
    deepest_first = sorted(SERVED, key=lambda route: -route.path.count("/"))
    for route in deepest_first:
        path, mode = paths[route.name], wanted[route.resource]
        if mode["POST"] == "Mandatory":
            assert route.name in POSTS
        if mode["PUT"] == "Mandatory":
            body = (await client.get(path)).body
            assert (await client.put(path, body)).status in {200, 201, 204}, route.name
            assert (await client.get(path)).status == 200
    for route in deepest_first:
        if wanted[route.resource]["DELETE"] == "Mandatory":
            path = paths[route.name]
            assert (await client.ask("DELETE", path)).status in {200, 204}, route.name
            assert (await client.get(path)).status == 404
