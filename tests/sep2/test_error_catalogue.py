"""What clients get wrong, list by list, and the reasonCode that tells them: 0 form, 1 values."""

from types import SimpleNamespace

import pytest

from certs.identity import sfdi
from server.core.model import Lfdi

NS = 'xmlns="urn:ieee:std:2030.5:ns"'
NEW = Lfdi("3E4F45AB31EDFE5B67E343E5E4562E31984E23E5")
SITE, METER, SET = ("0A" * 12 + "00028547", "A1" * 12 + "00028547", "C3" * 12 + "00028547")
POWER = "<multiplier>0</multiplier><value>5</value>"
READING = (
    f"<MirrorMeterReading {NS}><mRID>{METER}</mRID><MirrorReadingSet><mRID>{SET}</mRID>"
    "<timePeriod><duration>60</duration><start>1767225600</start></timePeriod>"
    "<Reading><value>7</value></Reading></MirrorReadingSet>"
    "<ReadingType><uom>38</uom></ReadingType></MirrorMeterReading>"
)
TARGET = "<notificationURI>https://agg.example/n</notificationURI>"
CONDITION = (
    "<Condition><attributeIdentifier>0</attributeIdentifier><lowerThreshold>1</lowerThreshold>"
    "<upperThreshold>2</upperThreshold></Condition>"
)
RIGHT = {
    "edev": f"<EndDevice {NS}><lFDI>{NEW}</lFDI><sFDI>{sfdi(NEW)}</sFDI>"
    "<changedTime>1767225600</changedTime></EndDevice>",
    "cp": '<ConnectionPoint xmlns="https://csipaus.org/ns"><connectionPointId>41020000002'
    "</connectionPointId></ConnectionPoint>",
    "dercap": f"<DERCapability {NS}><modesSupported>0C</modesSupported>"
    f"<rtgMaxW>{POWER}</rtgMaxW><type>4</type></DERCapability>",
    "derg": f"<DERSettings {NS}><setGradW>27</setGradW><setMaxW>{POWER}</setMaxW>"
    "<updatedTime>1767225600</updatedTime></DERSettings>",
    "ders": f"<DERStatus {NS}><genConnectStatus><dateTime>1767225600</dateTime><value>01</value>"
    "</genConnectStatus><readingTime>1767225600</readingTime></DERStatus>",
    "dera": f"<DERAvailability {NS}><availabilityDuration>60</availabilityDuration>"
    f"<reservePercent>100</reservePercent><readingTime>1767225600</readingTime></DERAvailability>",
    "mup": f"<MirrorUsagePoint {NS}><mRID>{SITE}</mRID><roleFlags>0003</roleFlags>"
    "<serviceCategoryKind>0</serviceCategoryKind><status>1</status>"
    f"<deviceLFDI>{{lfdi}}</deviceLFDI>{READING}</MirrorUsagePoint>",
    "mup_one": READING.replace(METER, "B2" * 12 + "00028547"),
    "rsp": f"<DERControlResponse {NS}><createdDateTime>1767225600</createdDateTime>"
    "<endDeviceLFDI>{lfdi}</endDeviceLFDI><status>1</status><subject>{control}</subject>"
    "</DERControlResponse>",
    "sub": f"<Subscription {NS}><subscribedResource>/edev</subscribedResource>"
    f"<encoding>0</encoding><level>+S1</level><limit>9</limit>{TARGET}</Subscription>",
    "lel": f"<LogEvent {NS}><createdDateTime>1767225600</createdDateTime>"
    "<functionSet>11</functionSet><logEventCode>0</logEventCode><logEventID>1</logEventID>"
    "<logEventPEN>28547</logEventPEN><profileID>2</profileID></LogEvent>",
    "lsl": f"<LoadShedAvailability {NS}><availabilityDuration>60</availabilityDuration>"
    "<sheddablePercent>5000</sheddablePercent></LoadShedAvailability>",
}
ROWS = {
    "edev": [
        ("</EndDevice>", "", 400, "0"),
        (f"<sFDI>{sfdi(NEW)}</sFDI>", "", 400, "0"),
        ("<changedTime>1767225600</changedTime>", "", 400, "0"),
        (NEW, "XY" * 20, 400, "0"),
        (f"<sFDI>{sfdi(NEW)}", f"<sFDI>{sfdi(NEW) + 1}", 400, "1"),
        (f"<sFDI>{sfdi(NEW)}", "<sFDI>123456789012", 400, "1"),
        (f"<sFDI>{sfdi(NEW)}", "<sFDI>999999999999", 400, "1"),
        (f"<lFDI>{NEW}</lFDI>", "", 400, "1"),
    ],
    "cp": [
        ("<connectionPointId>41020000002</connectionPointId>", "", 400, "0"),
        ("41020000002", "4" * 33, 400, "0"),
        ("41020000002", "41020000003", 400, "1"),
        ("41020000002", "NOTANMI", 400, "1"),
    ],
    "dercap": [
        ("<type>4</type>", "", 400, "0"),
        ("<modesSupported>0C", "<modesSupported>0xC", 400, "0"),
        ("<type>4", "<type>256", 400, "1"),
        ("<value>5", "<value>32768", 400, "1"),
        ("<multiplier>0", "<multiplier>-129", 400, "1"),
    ],
    "derg": [
        ("<setGradW>27</setGradW>", "", 400, "0"),
        ("<setGradW>27", "<setGradW>many", 400, "0"),
        ("<setGradW>27", "<setGradW>-1", 400, "1"),
    ],
    "ders": [
        ("<readingTime>1767225600</readingTime>", "", 400, "0"),
        ("<value>01", "<value>1", 400, "0"),
        ("<dateTime>1767225600", "<dateTime>9223372036854775808", 400, "1"),
    ],
    "dera": [
        ("<readingTime>1767225600</readingTime>", "", 400, "0"),
        ("<reservePercent>100", "<reservePercent>1%", 400, "0"),
        ("<reservePercent>100", "<reservePercent>10001", 400, "1"),
    ],
    "mup": [
        (f"<mRID>{SITE}</mRID>", "", 400, "0"),
        ("<roleFlags>0003</roleFlags>", "", 400, "0"),
        ("<status>1</status>", "", 400, "0"),
        ("<value>7", f"<value>{2**47}", 400, "1"),
        ("<uom>38", "<uom>256", 400, "1"),
        ("{lfdi}", "{other}", 403, "1"),
        ("{lfdi}", "AB" * 20, 403, "1"),
    ],
    "mup_one": [
        ("<ReadingType><uom>38</uom></ReadingType>", "", 400, "0"),
        (READING[READING.index("<MirrorReadingSet>") :], "</MirrorMeterReading>", 400, "0"),
        ("<value>7", f"<value>{-(2**47) - 1}", 400, "1"),
    ],
    "rsp": [
        ("<subject>{control}</subject>", "", 400, "0"),
        ("<endDeviceLFDI>{lfdi}</endDeviceLFDI>", "", 400, "0"),
        ("<status>1", "<status>200", 400, "1"),
        ("<status>1", "<status>256", 400, "1"),
        ("{control}", "AB" * 16, 400, "1"),
        ("{lfdi}", "{other}", 400, "1"),
    ],
    "sub": [
        ("<limit>9</limit>", "", 400, "0"),
        (TARGET, "", 400, "0"),
        ("<encoding>0", "<encoding>1", 400, "1"),
        ("<encoding>0", "<encoding>256", 400, "1"),
        ("<limit>9", "<limit>4294967296", 400, "1"),
        ("agg.example", "elsewhere.example", 400, "1"),
        ("<encoding>0", f"{CONDITION}<encoding>0", 400, "3"),
        (">/edev<", ">/tm<", 400, "3"),
    ],
    "lel": [
        ("<logEventID>1</logEventID>", "", 400, "0"),
        ("<profileID>2", "<profileID>5", 400, "1"),
        ("<functionSet>11", "<functionSet>20", 400, "1"),
        ("<functionSet>11", "<functionSet>256", 400, "1"),
    ],
    "lsl": [
        ("<availabilityDuration>60</availabilityDuration>", "<availabilityDuration/>", 400, "0"),
        ("<availabilityDuration>60", "<availabilityDuration>0", 400, "1"),
        ("<sheddablePercent>5000", "<sheddablePercent>10001", 400, "1"),
    ],
}
FOREIGN = ["cp", "dercap", "derg", "ders", "dera", "mup_one", "rsp", "sub", "lel", "lsl"]


@pytest.fixture
async def about(house, world, state) -> SimpleNamespace:
    """Whom the bodies are about, and the place of each list below the aggregator's device."""
    event = await state(world.common, 0)
    devices = house.desk.book.devices
    own = f"/edev/{world.one}"
    return SimpleNamespace(
        lfdi=devices[world.one].lfdi,
        other=devices[world.alpha].lfdi,
        own=house.desk.book.clients[world.aggregator].lfdi,
        control=event.intervals[0].mrid,
        places={
            "edev": ("POST", "/edev"),
            "cp": ("PUT", f"{own}/cp"),
            **{name: ("PUT", f"{own}/der/1/{name}") for name in ("dercap", "derg", "ders", "dera")},
            "mup": ("POST", "/mup"),
            "mup_one": ("POST", f"/mup/{world.one}-{SITE}"),
            "rsp": ("POST", f"{own}/rsps/{world.common}/rsp"),
            "sub": ("POST", f"/edev/{world.aggregator}/sub"),
            "lel": ("POST", f"{own}/lel"),
            "lsl": ("POST", f"{own}/lsl"),
        },
    )


def said(body: str, about: SimpleNamespace) -> str:
    named = {"lfdi": about.lfdi, "other": about.other, "control": about.control}
    for name, value in named.items():
        body = body.replace(f"{{{name}}}", value)
    return body


@pytest.mark.parametrize("name", ROWS)
async def test_what_is_wrong_is_told_and_what_is_right_is_taken(name, boss, about):
    if name == "mup_one":
        assert (await boss.post("/mup", said(RIGHT["mup"], about))).status == 201
    method, place = about.places[name]
    right = RIGHT[name]
    for old, new, status, reason in ROWS[name]:
        assert old in right
        wrong = said(right.replace(old, new, 1), about)
        refused = await boss.ask(method, place, wrong)
        found = (refused.status, refused.text("reasonCode"))
        assert found == (status, reason), (old, new, refused.headers)
    assert (await boss.ask(method, place, said(right, about))).status in {201, 204}


async def test_a_registration_of_oneself_or_again_is_refused(boss, about):
    own = f"<EndDevice {NS}><lFDI>{about.own}</lFDI><sFDI>{sfdi(about.own)}</sFDI>"
    refused = await boss.post("/edev", f"{own}<changedTime>0</changedTime></EndDevice>")
    assert (refused.status, refused.text("reasonCode")) == (403, "1")
    assert (await boss.post("/edev", RIGHT["edev"])).status == 201
    again = await boss.post("/edev", RIGHT["edev"])
    assert (again.status, again.text("reasonCode")) == (409, "1")


@pytest.mark.parametrize("name", FOREIGN)
async def test_what_is_anothers_is_refused_whatever_the_body(name, boss, bravo, about):
    assert (await boss.post("/mup", said(RIGHT["mup"], about))).status == 201
    method, place = about.places[name]
    refused = await bravo.ask(method, place, said(RIGHT[name], about))
    assert refused.status in {403, 404}
    assert refused.text("reasonCode") == ("1" if refused.status == 403 else "0")


async def test_an_empty_list_of_readings_is_refused(boss, about):
    place = (await boss.post("/mup", said(RIGHT["mup"], about))).headers["Location"]
    empty = f'<MirrorMeterReadingList {NS} all="0" results="0"/>'
    refused = await boss.post(place, empty)
    assert (refused.status, refused.text("reasonCode")) == (400, "0")
