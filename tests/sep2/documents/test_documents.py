"""Documents that a device says of itself: put as a whole, read back, refused."""

import pytest

from server.sep2.routes import BY_NAME, DOCUMENTS, href

NS = 'xmlns="urn:ieee:std:2030.5:ns"'


def information(lfdi: str, **more) -> str:
    values = {"primaryPower": 1, **more}
    return f"""<DeviceInformation {NS}><lFDI>{lfdi}</lFDI><mfDate>5</mfDate>
        <mfHwVer>1</mfHwVer><mfID>28547</mfID><mfModel>m</mfModel><mfSerNum>n</mfSerNum>
        <primaryPower>{values["primaryPower"]}</primaryPower><secondaryPower>0</secondaryPower>
        <swActTime>6</swActTime><swVer>2</swVer></DeviceInformation>"""


def status(state: int = 7) -> str:
    return f"""<DeviceStatus {NS} href="/elsewhere"><changedTime>5</changedTime>
        <onCount>3</onCount><opState>{state}</opState>
        <Temperature><multiplier>-1</multiplier><subject>0</subject><value>-215</value>
        </Temperature></DeviceStatus>"""


def power(battery: int = 4, source: int = 5) -> str:
    return f"""<PowerStatus {NS}><batteryStatus>{battery}</batteryStatus>
        <changedTime>5</changedTime><currentPowerSource>{source}</currentPowerSource>
        </PowerStatus>"""


FILE = f"""<FileStatus {NS}><FileLink href="/file/1"/><loadPercent>50</loadPercent>
    <nextRequestAttempt>5</nextRequestAttempt><request503Count>0</request503Count>
    <requestFailCount>1</requestFailCount><status>2</status><statusTime>5</statusTime>
    </FileStatus>"""
CONFIGURATION = f"""<Configuration {NS} subscribable="3"><currentLocale>en-AU</currentLocale>
    <PriceResponseCfgListLink href="/elsewhere" all="9"/>
    <userDeviceName>roof</userDeviceName></Configuration>"""
BODIES = {
    "device_information": information,
    "device_status": lambda _: status(),
    "power_status": lambda _: power(),
    "file_status": lambda _: FILE,
    "configuration": lambda _: CONFIGURATION,
    "connection_point": lambda _: (
        '<ConnectionPoint xmlns="https://csipaus.org/ns"><connectionPointId>41020000002'
        "</connectionPointId></ConnectionPoint>"
    ),
}
each_document = pytest.mark.parametrize("name", BODIES)


@pytest.fixture
def lfdi(house, world):
    return house.desk.book.devices[world.alpha].lfdi


def test_each_document_is_tried_here():
    assert set(BODIES) == {
        route.name for route in DOCUMENTS if not route.paging and route.path.count("/") == 3
    }


@each_document
async def test_a_document_is_unknown_until_put_and_then_reads_back(name, alpha, world, lfdi):
    path = href(name, e=world.alpha)
    assert (await alpha.get(path)).status == 404
    put = await alpha.put(path, BODIES[name](lfdi))
    assert (put.status, put.body) == (201 if name == "connection_point" else 204, b"")
    read = await alpha.get(path)
    assert (read.status, read.xml.get("href")) == (200, path)
    head = await alpha.ask("HEAD", path)
    assert (head.status, head.headers["Content-Length"]) == (200, str(len(read.body)))
    again = await alpha.put(path, BODIES[name](lfdi))
    assert again.status == 204
    assert (await alpha.get(path)).body == read.body


@each_document
async def test_a_document_is_for_its_owner_only(*, name, alpha, bravo, boss, world, lfdi):
    path = href(name, e=world.alpha)
    assert (await bravo.put(path, BODIES[name](lfdi))).status == 403
    assert (await alpha.put(path, BODIES[name](lfdi))).status in {201, 204}
    for other in (bravo, boss):
        assert (await other.get(path)).status == 404
    assert (await bravo.put(f"/edev/nobody{path[path.index('/', 6) :]}", "<x/>")).status == 403


@each_document
async def test_a_document_takes_no_other_method_and_no_other_body(name, alpha, world):
    path = href(name, e=world.alpha)
    methods = BY_NAME[name].methods
    for method in {"POST", "DELETE"} - set(methods):
        answer = await alpha.ask(method, path, "")
        assert (answer.status, answer.headers["Allow"]) == (405, ", ".join(methods))
    for body in ("", "<", f"<Time {NS}/>", BODIES[name]("zz").replace("</", "<x></", 1)):
        answer = await alpha.put(path, body)
        assert (answer.status, answer.text("reasonCode")) == (400, "0"), body
    assert (await alpha.get(path)).status == 404


@pytest.mark.parametrize("name", ["device_information", "device_status"])
async def test_a_device_takes_back_what_it_said(*, name, alpha, bravo, world, lfdi, desk):
    path = href(name, e=world.alpha)
    assert (await alpha.delete(path)).status == 404
    assert (await alpha.put(path, BODIES[name](lfdi))).status == 204
    read = (await alpha.get(path)).body
    assert (await bravo.delete(path)).status == 403
    assert (await alpha.get(path)).body == read
    assert (await alpha.delete(path)).status == 204
    for method in ("GET", "DELETE"):
        assert (await alpha.ask(method, path)).status == 404
    assert await desk.store.documents(world.alpha) == ()
    assert (await alpha.put(path, BODIES[name](lfdi))).status == 204
    assert (await alpha.get(path)).body == read


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("device_status", status(8)),
        ("power_status", power(battery=5)),
        ("power_status", power(source=6)),
        ("device_information", information("0" * 40)),
    ],
)
async def test_a_value_that_may_not_be_is_refused(name, body, alpha, world):
    path = href(name, e=world.alpha)
    answer = await alpha.put(path, body)
    assert (answer.status, answer.text("reasonCode")) == (400, "1")
    assert (await alpha.get(path)).status == 404


async def test_a_reserved_power_source_is_refused(alpha, world, lfdi):
    path = href("device_information", e=world.alpha)
    assert (await alpha.put(path, information(lfdi, primaryPower=6))).status == 400


async def test_lists_below_a_document_are_linked_with_their_count(alpha, world, lfdi):
    about, setup = (href(n, e=world.alpha) for n in ("device_information", "configuration"))
    assert (await alpha.put(about, information(lfdi.lower()))).status == 204
    assert (await alpha.put(setup, CONFIGURATION)).status == 204
    locales = href("locales", e=world.alpha)
    body = f"<SupportedLocale {NS}><locale>de-CH</locale></SupportedLocale>"
    assert (await alpha.post(locales, body)).status == 201
    (link,) = (await alpha.get(about)).all("SupportedLocaleListLink")
    assert (link.get("href"), link.get("all")) == (locales, "1")
    told = await alpha.get(setup)
    (link,) = told.all("PriceResponseCfgListLink")
    assert (link.get("href"), link.get("all")) == (href("price_responses", e=world.alpha), "0")
    assert told.xml.get("subscribable") is None


async def test_an_end_device_links_to_what_it_may_say(alpha, world):
    entry = await alpha.get(f"/edev/{world.alpha}")
    links = {name: entry.href(name) for name in LINKS}
    assert links == {name: href(LINKS[name], e=world.alpha) for name in LINKS}
    for name in LINKS:
        (link,) = entry.all(name)
        assert link.get("all") == ("0" if "List" in name else None)


LINKS = {
    "ConfigurationLink": "configuration",
    "DeviceInformationLink": "device_information",
    "DeviceStatusLink": "device_status",
    "FileStatusLink": "file_status",
    "IPInterfaceListLink": "ip_interfaces",
    "LoadShedAvailabilityListLink": "load_sheds",
    "LogEventListLink": "log_events",
    "PowerStatusLink": "power_status",
    "ConnectionPointLink": "connection_point",
}
