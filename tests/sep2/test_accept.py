"""What devices say: the four documents of a DER, and responses to events."""

from datetime import timedelta

import pytest

from schemas.sep2 import Profile
from server.core.command import CancelEvent, SetProfile
from server.core.response import ResponseStatus
from server.sep2.routes import ROUTES, href

NS = 'xmlns="urn:ieee:std:2030.5:ns" xmlns:csipaus="https://csipaus.org/ns"'


def power(value: int, multiplier: int = 0) -> str:
    return f"<multiplier>{multiplier}</multiplier><value>{value}</value>"


DOCUMENTS = {
    "der_capability": f"""<DERCapability {NS}>
        <modesSupported>0050000C</modesSupported>
        <rtgMaxVA>{power(10, 3)}</rtgMaxVA><rtgMaxW>{power(5000)}</rtgMaxW><type>4</type>
        <csipaus:doeModesSupported>0F</csipaus:doeModesSupported></DERCapability>""",
    "der_settings": f"""<DERSettings {NS}>
        <modesEnabled>100000</modesEnabled><setGradW>27</setGradW>
        <setMaxW>{power(5000)}</setMaxW><updatedTime>1767225600</updatedTime>
        <csipaus:doeModesEnabled>03</csipaus:doeModesEnabled></DERSettings>""",
    "der_status": f"""<DERStatus {NS}>
        <alarmStatus>00</alarmStatus>
        <genConnectStatus><dateTime>1767225600</dateTime><value>07</value></genConnectStatus>
        <manufacturerStatus><dateTime>5</dateTime><value>a&lt;b&amp;</value></manufacturerStatus>
        <readingTime>1767225600</readingTime>
        <stateOfChargeStatus><dateTime>5</dateTime><value>10000</value></stateOfChargeStatus>
        </DERStatus>""",
    "der_availability": f"""<DERAvailability {NS}>
        <availabilityDuration>60</availabilityDuration><readingTime>1767225600</readingTime>
        <statWAvail>{power(-32768, -1)}</statWAvail></DERAvailability>""",
}
each_document = pytest.mark.parametrize("name", DOCUMENTS)


def values(root) -> list[tuple[str, str]]:
    return [(node.tag, (node.text or "").strip()) for node in root.iter()]


@pytest.fixture
def path_of(world):
    return lambda name, device=None: href(name, e=device or world.alpha, d="1")


def test_each_writable_document_is_tried_here():
    assert set(DOCUMENTS) == {
        route.name for route in ROUTES if "PUT" in route.methods and route.name != "end_device"
    }


@each_document
async def test_a_document_reads_back_as_it_was_put(name, house, world, path_of):
    from lxml import etree

    alpha = house.peer("alpha")
    path = path_of(name)
    assert (await alpha.get(path)).status == 404
    put = await alpha.put(path, DOCUMENTS[name].encode())
    assert (put.status, put.body) == (204, b"")
    read = await alpha.get(path)
    assert values(read.xml) == values(etree.fromstring(DOCUMENTS[name]))
    assert read.xml.get("href") == path
    assert (await alpha.put(path, read.body)).status == 204
    assert (await alpha.get(path)).body == read.body


@each_document
async def test_a_document_replaces_the_one_before_as_a_whole(name, house, world, path_of):
    alpha = house.peer("alpha")
    whole = DOCUMENTS[name]
    kept = await alpha.put(path_of(name), whole.encode())
    assert kept.status == 204
    optional = {
        "der_capability": f"<rtgMaxVA>{power(10, 3)}</rtgMaxVA>",
        "der_settings": "<modesEnabled>100000</modesEnabled>",
        "der_status": "<alarmStatus>00</alarmStatus>",
        "der_availability": "<availabilityDuration>60</availabilityDuration>",
    }[name]
    assert optional in whole
    assert (await alpha.put(path_of(name), whole.replace(optional, "").encode())).status == 204
    element = optional[1 : optional.index(">")]
    assert not (await alpha.get(path_of(name))).all(element)


@each_document
async def test_a_document_outlives_the_face_and_is_one_devices_own(
    name, house, serve, world, path_of
):
    boss = house.peer("boss")
    assert (await boss.put(path_of(name, world.one), DOCUMENTS[name].encode())).status == 204
    assert (await boss.get(path_of(name, world.two))).status == 404
    other = await serve()
    assert (await other.peer("boss").get(path_of(name, world.one))).status == 200
    assert (await other.peer("alpha").get(path_of(name))).status == 404


@pytest.mark.parametrize(
    ("name", "old", "new", "reason"),
    [
        ("der_settings", "<updatedTime>1767225600</updatedTime>", "", "0"),
        ("der_settings", "<setGradW>27</setGradW>", "<setGradW>65536</setGradW>", "1"),
        ("der_settings", "<setGradW>27</setGradW>", "<setGradW>-1</setGradW>", "1"),
        ("der_settings", "<setGradW>27</setGradW>", "<setGradW>27.5</setGradW>", "0"),
        ("der_settings", "<setGradW>27</setGradW>", "<setGradW>27</setGradW>" * 2, "0"),
        ("der_settings", "<value>5000</value>", "<value>32768</value>", "1"),
        ("der_capability", "<type>4</type>", "", "0"),
        ("der_capability", "0050000C", "0050000C00", "0"),
        ("der_capability", "0050000C", "005", "0"),
        ("der_capability", "0050000C", "0xFF", "0"),
        ("der_capability", "<multiplier>0</multiplier>", "", "0"),
        ("der_status", "<value>10000</value>", "<value>10001</value>", "1"),
        ("der_status", "<readingTime>1767225600</readingTime>", "<readingTime/>", "0"),
        ("der_status", "a&lt;b&amp;", "seven77", "0"),
        ("der_availability", ">60<", ">1e3<", "0"),
    ],
)
async def test_a_wrong_document_is_refused_and_the_old_one_stays(
    *, name, old, new, reason, house, world, path_of
):
    alpha = house.peer("alpha")
    path = path_of(name)
    assert (await alpha.put(path, DOCUMENTS[name].encode())).status == 204
    before = (await alpha.get(path)).body
    assert old in DOCUMENTS[name]
    answer = await alpha.put(path, DOCUMENTS[name].replace(old, new, 1).encode())
    assert (answer.status, answer.text("reasonCode")) == (400, reason)
    assert (await alpha.get(path)).body == before


async def test_the_2013_draft_is_read_and_kept_for_readers_of_the_2018_edition(
    house, world, path_of
):
    body = (
        '<DERCapability xmlns="http://ieee.org/2030.5"><modesSupported>01</modesSupported>'
        f"<rtgW>{power(7)}</rtgW><type>4</type></DERCapability>"
    )
    alpha = house.peer("alpha")
    assert (await alpha.put(path_of("der_capability"), body.encode())).status == 204
    assert (await alpha.get(path_of("der_capability"))).text("rtgW/value") == "7"
    client = house.desk.book.client_by_lfdi[house.desk.book.devices[world.alpha].lfdi]
    await world.do(SetProfile(client_id=client, profile=Profile.PLAIN))
    assert (await alpha.get(path_of("der_capability"))).text("rtgMaxW/value") == "7"


def response(
    lfdi: str, subject: str, status: object = 1, root: str = "DERControlResponse"
) -> bytes:
    said = "" if status is None else f"<status>{status}</status>"
    return (
        f"<{root} {NS}><createdDateTime>1767225600</createdDateTime>"
        f"<endDeviceLFDI>{lfdi}</endDeviceLFDI>{said}<subject>{subject}</subject></{root}>"
    ).encode()


@pytest.fixture
def lfdi(house, world) -> str:
    return house.desk.book.devices[world.alpha].lfdi


@pytest.fixture
def replies(world) -> str:
    return href("responses", e=world.alpha, p=world.common)


CODES = [*range(1, 15), 252, 253, 254]


@pytest.mark.parametrize("root", ["DERControlResponse", "Response"])
async def test_a_response_is_kept_and_read_back(*, root, house, world, state, lfdi, replies):
    event = await state(world.common)
    subject = event.intervals[0].mrid
    alpha = house.peer("alpha")
    made = await alpha.post(replies, response(lfdi.lower(), subject.lower(), 2, root))
    assert made.status == 201
    one = await alpha.get(made.headers["Location"])
    assert one.text("endDeviceLFDI") == lfdi
    assert one.text("subject") == subject
    assert one.text("status") == "2"
    assert one.text("createdDateTime") == "1767225600"
    listed = await alpha.get(replies)
    assert listed.xml.get("all") == "1"
    assert listed.href("Response") == made.headers["Location"]
    ((_, kept),) = await house.desk.store.responses(event_id=event.id)
    assert kept.status is ResponseStatus.STARTED
    assert kept.device_id == world.alpha


async def test_every_status_of_the_table_is_taken(house, world, state, lfdi, replies):
    event = await state(world.common)
    alpha = house.peer("alpha")
    for code in CODES:
        body = response(lfdi, event.intervals[0].mrid, code)
        assert (await alpha.post(replies, body)).status == 201, code
    kept = await house.desk.store.responses(event_id=event.id)
    assert {said.status for _, said in kept} >= {
        ResponseStatus.RECEIVED,
        ResponseStatus.OPTED_OUT,
        ResponseStatus.ABORTED,
        ResponseStatus.REJECTED,
    }


@pytest.mark.parametrize("code", [0, 15, 251, 255, None])
async def test_a_reserved_status_is_refused(*, code, house, world, state, lfdi, replies):
    event = await state(world.common)
    answer = await house.peer("alpha").post(replies, response(lfdi, event.intervals[0].mrid, code))
    assert (answer.status, answer.text("reasonCode")) == (400, "1")
    assert await house.desk.store.responses() == ()


async def test_the_same_said_again_is_found_at_the_same_place(house, world, state, lfdi, replies):
    event = await state(world.common)
    alpha = house.peer("alpha")
    body = response(lfdi, event.intervals[0].mrid)
    first, second = await alpha.post(replies, body), await alpha.post(replies, body)
    assert first.headers["Location"] == second.headers["Location"]
    assert (await alpha.get(replies)).xml.get("all") == "1"


async def test_responses_to_cancelled_and_ended_events_are_taken(
    *, house, world, state, lfdi, replies, clock
):
    event = await state(world.common, 0, 60)
    alpha = house.peer("alpha")
    await world.do(CancelEvent(event_id=event.id))
    mrid = event.intervals[0].mrid
    assert (await alpha.post(replies, response(lfdi, mrid, 6))).status == 201
    clock.move(days=3)
    assert (await alpha.post(replies, response(lfdi, mrid, 254))).status == 201


@pytest.mark.parametrize(
    ("subject", "reason"),
    [("0" * 32, "1"), ("0xFFFFFFFF", "0"), ("", "0"), ("AB" * 17, "0"), ("ABC", "0")],
)
async def test_an_unknown_subject_is_refused(*, subject, reason, house, world, lfdi, replies):
    answer = await house.peer("alpha").post(replies, response(lfdi, subject))
    assert (answer.status, answer.text("reasonCode")) == (400, reason)


async def test_a_subject_of_others_is_as_unknown(house, world, state, lfdi, replies):
    from server.core.model import Targets

    theirs = await state(world.common, 0, 60, targets=Targets(devices=frozenset({world.bravo})))
    elsewhere = await state(world.special, 0, 60)
    alpha = house.peer("alpha")
    for event in (theirs, elsewhere):
        answer = await alpha.post(replies, response(lfdi, event.intervals[0].mrid))
        assert (answer.status, answer.text("reasonCode")) == (400, "1")


async def test_nobody_answers_for_another(house, world, state, replies):
    event = await state(world.common)
    alpha = house.peer("alpha")
    bravo = house.desk.book.devices[world.bravo].lfdi
    for lfdi in (bravo, "00" * 20, "AB"):
        answer = await alpha.post(replies, response(lfdi, event.intervals[0].mrid))
        assert (answer.status, answer.text("reasonCode")) == (400, "1"), lfdi
    assert await house.desk.store.responses() == ()


async def test_an_aggregator_answers_for_each_of_its_devices(house, world, state, certificates):
    event = await state(world.common)
    boss = house.peer("boss")
    path = href("responses", e=world.one, p=world.common)
    two = house.desk.book.devices[world.two].lfdi
    mrid = event.intervals[0].mrid
    own = await boss.post(path, response(certificates.boss.identity.lfdi, mrid))
    assert own.headers["Location"].startswith(f"/edev/{world.one}/")
    other = await boss.post(path, response(two, mrid))
    assert other.headers["Location"].startswith(f"/edev/{world.two}/")
    assert (await boss.get(other.headers["Location"])).text("endDeviceLFDI") == two
    wrong = other.headers["Location"].replace(world.two, world.one)
    assert (await boss.get(wrong)).status == 404
    alpha = house.peer("alpha")
    number = other.headers["Location"].rsplit("/", 1)[1]
    stolen = href("response", e=world.alpha, p=world.common, r=number)
    assert (await alpha.get(stolen)).status == 404


async def test_a_time_beyond_all_time_is_refused(house, world, state, lfdi, replies):
    event = await state(world.common)
    body = response(lfdi, event.intervals[0].mrid).replace(b"1767225600", b"9223372036854775807")
    answer = await house.peer("alpha").post(replies, body)
    assert (answer.status, answer.text("reasonCode")) == (400, "1")


async def test_responses_are_the_latest_said_first(*, house, world, state, lfdi, replies, clock):
    event = await state(world.common)
    alpha = house.peer("alpha")
    start = int(clock.now().timestamp())
    for code, offset in ((1, 5), (2, 9), (3, 7)):
        body = response(lfdi, event.intervals[0].mrid, code)
        said = str(start + offset).encode()
        clock.set(clock.now() + timedelta(seconds=1))
        assert (await alpha.post(replies, body.replace(b"1767225600", said))).status == 201
    listed = await alpha.get(replies + "?l=9")
    assert [found.text for found in listed.all("Response/status")] == ["2", "3", "1"]
