"""Publications as an operator states them: kinds, places, documents, and what becomes of them."""

from datetime import timedelta

import pytest

from server.core.model import DeviceId
from server.core.response import Response, ResponseStatus
from server.publications.kinds import KINDS

AT = "/publications"
PROGRAM = {"primacy": 2, "description": "summer"}
NS = 'xmlns="urn:ieee:std:2030.5:ns"'


@pytest.fixture
def control(clock):
    """What asks air conditioners for a duty cycle, from so many seconds on."""

    def make(offset_s=60, length_s=600, **members):
        return {
            "interval": {"start": int(clock.instant.timestamp()) + offset_s, "duration": length_s},
            "deviceCategory": "00000001",
            "drProgramMandatory": False,
            "loadShiftForward": False,
            "DutyCycle": {"normalValue": 50},
        } | members

    return make


@pytest.fixture
async def program(api, world):
    wish = {"kind": "demand_response_program", "groups": [world.group], "content": PROGRAM}
    return await api.made(AT, wish)


@pytest.fixture
def published(api, program, control):
    async def make(*given, supersede=False, **members):
        content = control(*given, **members)
        wish = {"kind": "end_device_control", "parent": program["id"], "content": content}
        return await api.made(AT, {**wish, "supersede": supersede})

    return make


async def test_a_control_is_published_listed_cancelled_and_withdrawn(
    api, program, published, clock
):
    made = await published(60, 600, randomizeDuration=60)
    assert (made["status"], made["version"], made["parent"]) == ("scheduled", 0, program["id"])
    assert made["content"]["DutyCycle"] == {"normalValue": 50}
    assert "mRID" not in made["content"]
    assert program["content"] == PROGRAM
    assert (await api.get(AT, kind="end_device_control")).json["items"] == [made]
    assert (await api.get(AT, parent=program["id"])).json["items"] == [made]
    assert (await api.get(AT, kind="text_message")).json["items"] == []
    refused = await api.ask("DELETE", f"/api/v1{AT}/{program['id']}")
    assert refused.status == 409
    clock.instant += timedelta(seconds=61)
    assert (await api.get(f"{AT}/{made['id']}")).json["status"] == "active"
    done = await api.post(f"{AT}/{made['id']}:cancel", {"at_random": True})
    assert (done.json["status"], done.json["version"]) == ("cancelled_at_random", 1)
    assert (await api.post(f"{AT}/{made['id']}:cancel")).status == 409
    assert (await api.ask("DELETE", f"/api/v1{AT}/{program['id']}")).status == 204
    assert (await api.get(f"{AT}/{made['id']}")).status == 404


async def test_what_asks_the_same_at_the_same_time_needs_a_word(api, program, published, control):
    await published(60)
    wish = {"kind": "end_device_control", "parent": program["id"], "content": control(120)}
    assert (await api.post(AT, wish)).status == 409
    assert (await published(120, deviceCategory="00000002"))["status"] == "scheduled"
    assert (await published(120, supersede=True))["status"] == "scheduled"


async def test_a_document_is_taken_as_xml_too(api, world):
    text = f"""<MessagingProgram {NS}><mRID>FF</mRID><locale>en</locale><primacy>4</primacy>
        </MessagingProgram>"""
    wish = {"kind": "messaging_program", "groups": [world.group], "xml": text}
    made = await api.made(AT, wish)
    assert made["content"] == {"locale": "en", "primacy": 4}
    assert made["mrid"] != "FF"
    revised = await api.ask("PUT", f"/api/v1{AT}/{made['id']}", {"xml": text.replace("en", "de")})
    assert (revised.json["content"]["locale"], revised.json["version"]) == ("de", 1)
    again = await api.ask("PUT", f"/api/v1{AT}/{made['id']}", {"xml": text.replace("en", "de")})
    assert again.json["version"] == 1


async def test_bills_are_for_one_device(api, world):
    account = {"currency": 36, "pricePowerOfTenMultiplier": -2}
    wish = {"kind": "customer_account", "content": account}
    assert (await api.post(AT, {**wish, "groups": [world.group]})).status == 422
    made = await api.made(AT, {**wish, "device_id": world.sep2})
    assert (await api.get(AT, device_id=world.sep2)).json["items"] == [made]
    assert (await api.ask("DELETE", f"/api/v1/devices/{world.sep2}")).status == 204
    assert (await api.get(AT)).json["items"] == []


async def test_answers_are_told(api, published, store, clock, world):
    made = await published(0)
    said = Response(
        device_id=DeviceId(world.sep2),
        event_id=made["id"],
        mrid=made["mrid"],
        status=ResponseStatus.STARTED,
        code=2,
        received_at=clock.instant,
    )
    await store.add_response(said)
    (answer,) = (await api.get(f"{AT}/{made['id']}")).json["responses"]
    assert (answer["device_id"], answer["status"], answer["code"]) == (world.sep2, "started", 2)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"kind": "nonsense"}, "/kind"),
        ({"parent": None}, "/parent"),
        ({"parent": "u999"}, "/parent"),
        ({"kind": "text_message"}, "/parent"),
        ({"kind": "demand_response_program"}, "/parent"),
        ({"xml": "<a/>"}, ""),
        ({"content": None}, ""),
        ({"content": None, "xml": "<a/>"}, "/xml"),
        ({"content": {"DutyCycle": {"normalValue": 50}}}, "/content/interval"),
        ({"content": {"nonsense": 1}}, "/content/"),
    ],
)
async def test_what_makes_no_sense_is_pointed_at(api, program, control, change, pointer):
    wish = {"kind": "end_device_control", "parent": program["id"], "content": control()}
    answer = await api.post(AT, wish | change)
    assert answer.status in {400, 422}
    assert answer.json["errors"][0]["pointer"].startswith(pointer)


@pytest.mark.parametrize(
    "members",
    [
        {"interval": {"start": 5, "duration": 5}},
        {"interval": {"start": 2**62, "duration": 5}},
        {"interval": {"start": 4_000_000_000, "duration": 0}},
        {"interval": {"start": 221_000_000_000, "duration": 4_294_967_295}},
        {"randomizeStart": 3601},
        {"deviceCategory": "1"},
        {"DutyCycle": 5},
    ],
)
async def test_controls_that_cannot_be_are_refused(api, program, control, members):
    wish = {"kind": "end_device_control", "parent": program["id"], "content": control(**members)}
    assert (await api.post(AT, wish)).status in {400, 422}


async def test_only_one_of_what_there_is_one_of(api, world):
    prepayment = {"kind": "prepayment", "device_id": world.sep2, "content": {"prepayMode": 0}}
    above = (await api.made(AT, prepayment))["id"]
    status = {"kind": "prepay_operation_status", "content": {"serviceStatus": 0}, "parent": above}
    await api.made(AT, status)
    assert (await api.post(AT, status)).status == 409


async def test_roots_need_somebody_to_be_for(api, world):
    for kind in KINDS.values():
        if kind.parents:
            continue
        assert (await api.post(AT, {"kind": kind.name, "content": {}})).status in {400, 422}
    wish = {"kind": "messaging_program", "content": {"locale": "en", "primacy": 1}}
    for more in ({}, {"groups": ["g999"]}, {"device_id": world.sep2}):
        assert (await api.post(AT, wish | more)).status == 422
