"""OpenADR 2.0a: the same events, told in levels to VENs that ask for them in its words."""

from dataclasses import replace
from datetime import timedelta

import pytest
from lxml import etree

from certs.issue import Family
from schemas.openadr.registration import OadrCreatedPartyRegistration
from server.config import SignaturePolicy
from server.core.for_vens import ForVens, Places
from server.core.model import Signal, Targets
from server.core.program_commands import SetVenRules
from server.core.response import ResponseStatus
from server.core.venrules import VenRules
from server.openadr.simple import level_of

A = "http://openadr.org/oadr-2.0a/2012/07"
B = "http://openadr.org/oadr-2.0b/2012/07"
EI = "http://docs.oasis-open.org/ns/energyinterop/201110"
PYLD = f"{EI}/payloads"
NS = {
    "oadr": A,
    "ei": EI,
    "pyld": PYLD,
    "xcal": "urn:ietf:params:xml:ns:icalendar-2.0",
    "strm": "urn:ietf:params:xml:ns:icalendar-2.0:stream",
}
PATH = "/OpenADR2/Simple/EiEvent"
PRICE = Signal(name="ELECTRICITY_PRICE", type="price", unit="currencyPerKWh", currency="EUR")
LEVEL = Signal(name="SIMPLE", type="level")
HALF = timedelta(minutes=30)


def named(root, *, ns=A, body):
    return (f'<o:{root} xmlns:o="{ns}" xmlns:ei="{EI}" xmlns:p="{PYLD}">{body}</o:{root}>').encode()


def request(ven_id, limit=""):
    limit = limit and f"<p:replyLimit>{limit}</p:replyLimit>"
    body = f"<p:requestID>r-1</p:requestID><ei:venID>{ven_id}</ei:venID>{limit}"
    return named("oadrRequestEvent", body=f"<p:eiRequestEvent>{body}</p:eiRequestEvent>")


def created(ven_id, event_id, version=0, opt="optIn"):
    said = (
        "<ei:eventResponse><ei:responseCode>200</ei:responseCode>"
        "<p:requestID>d</p:requestID><ei:qualifiedEventID>"
        f"<ei:eventID>{event_id}</ei:eventID>"
        f"<ei:modificationNumber>{version}</ei:modificationNumber></ei:qualifiedEventID>"
        f"<ei:optType>{opt}</ei:optType></ei:eventResponse>"
    )
    body = (
        "<ei:eiResponse><ei:responseCode>200</ei:responseCode><p:requestID/></ei:eiResponse>"
        f"<ei:eventResponses>{said}</ei:eventResponses><ei:venID>{ven_id}</ei:venID>"
    )
    return named("oadrCreatedEvent", body=f"<p:eiCreatedEvent>{body}</p:eiCreatedEvent>")


class SimpleVen:
    """A VEN that speaks 2.0a only."""

    def __init__(self, world, ven):
        self.world, self.ven, self.ven_id = world, ven, ven.ven_id

    async def say(self, body):
        status, answer, headers = await self.ven.post(PATH, body)
        assert status == 200, answer
        assert headers["Content-Type"] == "application/xml"
        assert B.encode() not in answer
        root = etree.fromstring(answer)
        assert not root.attrib
        return root

    async def ask(self, limit=""):
        root = await self.say(request(self.ven_id, limit))
        assert root.tag == f"{{{A}}}oadrDistributeEvent"
        assert root.findtext("ei:eiResponse/pyld:requestID", namespaces=NS) == "r-1"
        return root

    async def code(self, body):
        root = await self.say(body)
        return root.findtext("ei:eiResponse/ei:responseCode", namespaces=NS)


@pytest.fixture
async def old(world):
    """A VEN that is enrolled, has never said anything and speaks 2.0a."""
    return SimpleVen(world, await world.ven("old"))


def values(event, path="*"):
    """Return the levels of the intervals and the one of now."""
    intervals = event.findall(".//ei:interval//ei:payloadFloat/ei:value", NS)
    now = event.findall(".//ei:currentValue/ei:payloadFloat/ei:value", NS)
    return [float(each.text) for each in intervals], [float(each.text) for each in now]


async def test_rule_506_a_2_0a_ven_asks_for_the_same_events_and_answers_them(world, old, ven):
    event = await world.event(values=((1.0,), (2.0,)))
    (told,) = (await old.ask()).findall("oadr:oadrEvent", NS)
    assert told.findtext(".//ei:eventID", namespaces=NS) == event.id
    assert told.findtext(".//ei:eiTarget/ei:venID", namespaces=NS) == old.ven_id
    assert told.findtext("oadr:oadrResponseRequired", namespaces=NS) == "always"
    assert [each.eiEvent.eventDescriptor.eventID for each in (await ven.ask()).oadrEvent] == [
        event.id
    ]
    answer = await old.say(created(old.ven_id, event.id))
    assert answer.tag == f"{{{A}}}oadrResponse"
    assert answer.find("ei:venID", NS) is None
    assert answer.findtext("ei:eiResponse/ei:responseCode", namespaces=NS) == "200"
    ((_, said),) = await world.store.responses(event_id=event.id)
    assert said.status is ResponseStatus.OPTED_IN
    await world.cancel(event.id)
    (told,) = (await old.ask()).findall("oadr:oadrEvent", NS)
    assert told.findtext(".//ei:eventStatus", namespaces=NS) == "cancelled"
    assert await old.code(created(old.ven_id, event.id, 0)) == "450"
    assert await old.code(created(old.ven_id, event.id, 1)) == "200"
    assert (await old.ask()).find("oadr:oadrEvent", NS) is None


async def test_rule_7_each_event_has_exactly_one_signal_and_that_is_simple(world, old):
    await world.event(signals=(PRICE, LEVEL), values=((0.3, 1.0), (0.5, 3.0)))
    await world.event(signals=(PRICE,), values=((0.3,), (0.5,)))
    both, price = (await old.ask()).findall("oadr:oadrEvent", NS)
    for told in (both, price):
        (signal,) = told.findall(".//ei:eiEventSignal", NS)
        assert signal.findtext("ei:signalName", namespaces=NS) == "SIMPLE"
    assert values(both)[0] == [1.0, 3.0]
    assert values(price)[0] == [1.0, 1.0]


async def test_rule_69_the_type_of_the_simple_signal_is_level_whatever_it_comes_from(world, old):
    delta = Signal(name="LOAD_DISPATCH", type="delta", unit="powerReal")
    await world.event(signals=(delta,), values=((0.0,), (-500.0,)))
    (told,) = (await old.ask()).findall("oadr:oadrEvent", NS)
    assert told.findtext(".//ei:signalType", namespaces=NS) == "level"
    assert told.find(".//{*}itemBase") is None
    assert values(told)[0] == [0.0, 1.0]


async def test_rule_113_the_value_of_now_is_always_told(world, old):
    await world.event(signals=(PRICE,), values=((0.3,), (0.5,)))
    seen = []
    for step in (timedelta(0), timedelta(hours=1), HALF):
        world.clock.move(step)
        (told,) = (await old.ask()).findall("oadr:oadrEvent", NS)
        seen.append((told.findtext(".//ei:eventStatus", namespaces=NS), values(told)[1]))
    assert seen == [("far", [0.0]), ("active", [1.0]), ("active", [1.0])]


async def test_a_program_says_which_values_are_which_levels(world, old):
    program = await world.program()
    rules = VenRules(simple_steps=(0.2, 0.4, 0.8))
    await world.desk.submit(SetVenRules(program_id=program, rules=rules), actor="test")
    rows = tuple((price,) for price in (0.1, 0.2, 0.5, 0.8))
    await world.event(signals=(PRICE,), values=rows)
    (told,) = (await old.ask()).findall("oadr:oadrEvent", NS)
    assert values(told)[0] == [0.0, 1.0, 2.0, 3.0]
    assert [level_of(one, "setpoint", (5.0, 3.0, 1.0)) for one in (6, 5, 2, 0)] == [0, 1, 2, 3]


async def test_what_cannot_be_said_of_whom_an_event_is_for_is_not_told_wider(world, old):
    device = world.desk.book.devices_of(old.ven.client.id)[0]
    mine = Targets(devices=frozenset({device.id}))
    pumps = replace(LEVEL, device_classes=("Pool_Pump",))
    await world.event(signals=(pumps,), targets=mine)
    await world.event(for_vens=ForVens(places=Places(meters=("m-1",))), targets=mine)
    parts = Places(resources=("r-1",), meters=("m-1",))
    event = await world.event(for_vens=ForVens(places=parts), targets=mine)
    (told,) = (await old.ask()).findall("oadr:oadrEvent", NS)
    assert told.findtext(".//ei:eventID", namespaces=NS) == event.id
    target = [etree.QName(each).localname for each in told.find(".//ei:eiTarget", NS)]
    assert target == ["resourceID"]


async def test_rule_27_no_more_events_are_told_than_a_2_0a_ven_wants(world, old):
    for _ in range(3):
        await world.event()
    assert len((await old.ask(2)).findall("oadr:oadrEvent", NS)) == 2


async def test_what_a_ven_first_uses_tells_its_profile_and_a_registration_changes_it(
    world, old, ven
):
    clients = world.desk.book.clients
    assert await old.code(created(old.ven_id, "e1")) == "463"
    assert clients[old.ven.client.id].registration is None
    await old.ask()
    held = clients[old.ven.client.id].registration
    assert (held.profile, held.pull) == ("2.0a", True)
    await old.ask()
    assert clients[old.ven.client.id].registration == held
    assert (await old.ven.poll()).eiResponse.responseCode == "463"
    assert await SimpleVen(world, ven).code(request(ven.ven_id)) == "463"
    answer = await old.ven.register()
    assert isinstance(answer, OadrCreatedPartyRegistration)
    assert clients[old.ven.client.id].registration.profile == "2.0b"
    assert await old.code(request(old.ven_id)) == "463"


async def test_rule_21_another_s_ven_id_or_none_is_452_or_459_and_registers_nobody(world, old, ven):
    assert await old.code(request(ven.ven_id)) == "463"
    assert world.desk.book.clients[old.ven.client.id].registration is None
    await old.ask()
    assert await old.code(request(ven.ven_id)) == "452"
    assert await old.code(request("")) == "459"
    assert await old.code(created(old.ven_id, "e99")) == "452"


async def test_who_is_not_enrolled_is_not_served_in_2_0a_either(world, old):
    stranger = world.connect(old.ven.client, world.client_tls("stranger", Family.ECC))
    assert await SimpleVen(world, stranger).code(request(old.ven_id)) == "463"


@pytest.mark.parametrize(
    "body",
    [
        b"<x/>",
        b"not xml",
        named("oadrRequestEvent", body=""),
        named("oadrPoll", body="<ei:venID>v</ei:venID>"),
        request("v").replace(A.encode(), B.encode()),
        request("v").replace(b"requestID", b"requestId"),
        b"<!DOCTYPE x []>" + request("v"),
    ],
)
async def test_what_is_no_message_of_2_0a_is_406(world, old, body):
    status, answer, _ = await old.ven.post(PATH, body)
    assert status == 406
    assert b"xmlns" not in answer
    assert world.desk.book.clients[old.ven.client.id].registration is None


async def test_a_lenient_ven_may_put_more_into_its_documents(world, old):
    strange = request(old.ven_id).replace(b"<ei:venID>", b"<ei:strange/><ei:venID>")
    assert (await old.ven.post(PATH, strange))[0] == 406
    settings = replace(old.ven.client.ven_settings, is_lenient=True)
    world.desk.book.clients[old.ven.client.id] = replace(old.ven.client, ven_settings=settings)
    assert await old.code(strange) == "200"


async def test_messages_of_2_0b_are_not_taken_at_the_place_of_2_0a_nor_the_reverse(world, old):
    status, _, _ = await old.ven.post("EiEvent", request(old.ven_id))
    assert status == 406
    status, _, _ = await old.ven.post(f"{PATH}/", request(old.ven_id))
    assert status == 200
    status, _, _ = await old.ven.post("/OpenADR2/Simple/EiReport", request(old.ven_id))
    assert status == 404


async def test_where_signatures_are_required_2_0a_is_not_spoken(world, old):
    await world.restart(replace(world.settings, signatures=SignaturePolicy.REQUIRE))
    again = world.connect(old.ven.client, world.client_tls("old", Family.ECC))
    status, _, _ = await again.post(PATH, request(old.ven_id))
    assert status == 403


async def test_a_lab_s_ven_without_a_certificate_is_served_by_name(world):
    plain = SimpleVen(world, await world.ven("lab", None))
    await world.event()
    assert len((await plain.ask()).findall("oadr:oadrEvent", NS)) == 1
