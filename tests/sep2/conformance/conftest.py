"""A server on which everything exists for one device, and those who have no business there."""

import csv
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from certs.identity import sfdi
from schemas.sep2 import MEDIA_TYPE
from server.core.command import AddDevice, ChangeMembers, EnrolClient, SetProfile
from server.core.model import ClientKind, Language, Lfdi
from server.errors import Unknown
from server.sep2.routes import href, match

FACTS = Path(__file__).parents[3] / "fixtures" / "sep2"
DONE = {200, 201, 204}
OF_BOSS = "0C0FFEE0" + "0" * 31 + "7"
"""A device that the aggregator speaks for."""
ANSWERS = {
    "DERControl": "DERControlResponse",
    "EndDeviceControl": "DrResponse",
    "FlowReservationResponse": "FlowReservationResponseResponse",
    "TextMessage": "TextResponse",
    "TimeTariffInterval": "PriceResponse",
}
"""What answers each kind of event."""
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


def element(tag: str, content: str, namespace: str = NS) -> str:
    return f"<{tag} {namespace}>{content}</{tag}>"


PUTS = {
    "registration": element(
        "Registration", "<dateTimeRegistered>5</dateTimeRegistered><pIN>111115</pIN>"
    ),
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
    "mirrors": element(
        "MirrorUsagePoint",
        f"<mRID>{MRID.format(1)}</mRID><roleFlags>0049</roleFlags>"
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
    "flow_reservation_requests": element(
        "FlowReservationRequest",
        f"<mRID>{MRID.format(9)}</mRID><creationTime>5</creationTime>"
        "<energyRequested><multiplier>0</multiplier><value>5</value></energyRequested>"
        "<intervalRequested><duration>600</duration><start>1772366400</start></intervalRequested>"
        "<powerRequested><multiplier>0</multiplier><value>5</value></powerRequested>"
        "<RequestStatus><dateTime>5</dateTime><requestStatus>0</requestStatus></RequestStatus>",
    ),
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
RESPONSE = element(
    "{tag}",
    "<endDeviceLFDI>{lfdi}</endDeviceLFDI><status>{status}</status><subject>{subject}</subject>",
)


class Other(NamedTuple):
    """A client, a device of its own, and its own EndDevice."""

    name: str
    client: Any
    device: str | None
    lfdi: str | None
    home: str | None


def entry(lfdi: str) -> str:
    return element(
        "EndDevice",
        f"<lFDI>{lfdi}</lFDI><sFDI>{sfdi(lfdi)}</sFDI><changedTime>5</changedTime>",
    )


def filled(body: str, **words: str) -> str:
    for name, value in words.items():
        body = body.replace("{" + name + "}", value)
    return body


class Trail(NamedTuple):
    """What a client can reach by links, and what it read there; `named` are all that it saw."""

    read: dict[str, Any]
    named: set[str]

    def places(self, device: str) -> dict[str, str]:
        """Return a path for each route by its name; one below the device goes before another."""
        found: dict[str, str] = {}
        for path in sorted(self.read):
            name = match(path)[0].name
            if name not in found or path.startswith((f"/edev/{device}", f"/mup/{device}-")):
                found[name] = path
        return found


async def crawl(client, *others: str) -> Trail:
    """Follow every href and link, but those of other devices; each list is read whole."""
    trail, waiting = Trail({}, set()), ["/dcap"]
    while waiting:
        path = waiting.pop()
        if path in trail.named or path.startswith(others):
            continue
        trail.named.add(path)
        try:
            is_list = bool(match(path)[0].paging)
        except Unknown:
            continue
        answer = await client.get(path + "?l=255" if is_list else path)
        if answer.status == 404:
            continue
        assert answer.status == 200, path
        trail.read[path] = answer
        if answer.headers["Content-Type"] == MEDIA_TYPE:
            assert not is_list or answer.xml.get("all") == answer.xml.get("results")
            said = [value for node in answer.xml.iter() for value in (node.text, *node.values())]
            waiting += [word for word in said if word and word.startswith("/")]
    return trail


@dataclass
class Stage:
    """A device for which everything exists, as its client finds it."""

    house: Any
    client: Any
    name: str
    device: str
    home: str
    """The client's own EndDevice."""
    lfdi: str
    words: dict[str, str] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    """The path of a response of each kind, by its element."""

    async def crawl(self) -> Trail:
        beside = tuple(
            f"/edev/{one}/" for one in self.house.desk.book.devices if one != self.device
        )
        return await crawl(self.client, *beside)

    async def places(self) -> dict[str, str]:
        return (await self.crawl()).places(self.device)

    def body(self, name: str, method: str) -> str:
        return filled((PUTS if method == "PUT" else POSTS)[name], **self.words)

    def posts(self, name: str, lfdi: str) -> list[str]:
        """Return what may be posted to a list, with the device's LFDI and with another."""
        if name == "responses":
            said = filled(RESPONSE, tag="Response", status="2", subject=self.words["mrid"])
        elif name == "end_devices":
            return [entry(self.lfdi), entry(lfdi)]
        else:
            said = POSTS[name]
        return [filled(said, **self.words | {"lfdi": one}) for one in (self.lfdi, lfdi)]

    async def write(self) -> None:
        """Write all that the client may, each list before what is below it."""
        at = {"d": "1"}
        for name in PUTS:
            path = href(name, **at, e=self.device)
            assert (await self.client.put(path, self.body(name, "PUT"))).status in DONE, name
        for name in POSTS:
            path = href(name, **at, e=self.home if name == "subscriptions" else self.device)
            posted = await self.client.post(path, self.body(name, "POST"))
            assert posted.status in DONE, name
            route, values = match(posted.headers["Location"])
            at |= zip(re.findall(r"{(\w+)}", route.path), values, strict=True)
            at.pop("e", None)
        await self._answer()

    async def _answer(self) -> None:
        """Answer an event of each kind, and one with a response of no kind."""
        trail = await self.crawl()
        for path, answer in trail.read.items():
            reply_to = answer.xml.get("replyTo") if match(path)[0].is_xml else None
            if reply_to is None or not path.startswith(f"/edev/{self.device}/"):
                continue
            subject = answer.text("mRID")
            self.words.setdefault("mrid", subject)
            for tag, status in ((ANSWERS[answer.tag], 1), ("Response", 2)):
                said = filled(RESPONSE, tag=tag, status=str(status), subject=subject)
                posted = await self.client.post(reply_to, filled(said, lfdi=self.lfdi))
                assert posted.status == 201, path
                self.answers[tag] = posted.headers["Location"]


@pytest.fixture
def registered(world, serve, meet, tmp_path, certificates):
    """Start a server where someone has registered a device: itself, or one that it speaks for."""

    async def make(name: str) -> Stage:
        (tmp_path / "image.bin").write_bytes(b"<image/>")
        house = await serve(
            in_band="open",
            client_may_set_pin=True,
            notification_hosts=frozenset({"agg.example"}),
            lfdi="AB" * 20,
            files=tmp_path,
        )
        client = meet(house, name)
        lfdi = OF_BOSS if name == "boss" else getattr(certificates, name).identity.lfdi
        posted = await client.post("/edev", entry(lfdi))
        assert posted.status == 201
        device = posted.headers["Location"].rpartition("/")[2]
        for group in (world.everyone, world.alphas):
            await world.do(ChangeMembers(group_id=group, add=frozenset({device})))
        home = world.aggregator if name == "boss" else device
        return Stage(house, client, name, device, home, lfdi, {"lfdi": lfdi})

    return make


@pytest.fixture
def stage(world, registered, state, draw_curve, publish_all):
    """Have everything exist for a device that someone has registered."""

    async def make(name: str) -> Stage:
        made = await registered(name)
        for program in (world.common, world.special):
            await state(program, -10)
            await draw_curve(program)
        await publish_all(made.device)
        await made.write()
        return made

    return make


@pytest.fixture
def crawled():
    return crawl


@pytest.fixture
def registration_of():
    """Spell an EndDevice as it is posted."""
    return entry


@pytest.fixture(scope="session")
def inventory() -> dict[str, dict[str, str]]:
    """The mode of each method, by resource."""
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    with (FACTS / "wadl.csv").open(newline="") as lines:
        for line in csv.DictReader(lines):
            found[line["resource"]][line["method"]] = line["mode"]
    return dict(found)


@pytest.fixture(scope="session")
def refused() -> dict[tuple[str, str], dict[str, str]]:
    """The lines of what is refused by policy, by resource and method."""
    with (FACTS / "refused.csv").open(newline="") as lines:
        return {(line["resource"], line["method"]): line for line in csv.DictReader(lines)}


@pytest.fixture
async def others(world, certificates, meet):
    """Connect those to whom a device is nothing: a device, an aggregator, and nobody's."""
    lfdi = Lfdi(certificates.rival.identity.lfdi)
    rival = EnrolClient(kind=ClientKind.AGGREGATOR, name="rival", lfdi=lfdi)
    client_id = (await world.do(rival))[0].client.id
    own = Lfdi("0FA2" + "0" * 35 + "1")
    added = AddDevice(name="far", language=Language.SEP2, lfdi=own, client_id=client_id)
    far = (await world.do(added))[-1].device.id
    await world.do(ChangeMembers(group_id=world.everyone, add=frozenset({far})))
    bravo = world.desk.book.devices[world.bravo]
    for one in (client_id, bravo.client_id):
        await world.do(SetProfile(client_id=one, profile="csip-aus-1.2"))

    def of(house) -> tuple[Other, ...]:
        return (
            Other("bravo", meet(house, "bravo"), world.bravo, bravo.lfdi, world.bravo),
            Other("rival", meet(house, "rival"), far, own, client_id),
            Other("stranger", meet(house, "stranger"), None, None, None),
        )

    return of
