"""Who may say what: certificates, venIDs, registrations, the plain listener of a lab."""

import ssl
from datetime import timedelta

import aiohttp
import pytest

from certs.issue import Family
from certs.tls import openadr_client_context
from schemas.openadr import encode_payload, wrap
from schemas.openadr.blocks import EiResponse
from schemas.openadr.event import (
    EiCreatedEvent,
    EiRequestEvent,
    OadrCreatedEvent,
    OadrDistributeEvent,
    OadrRequestEvent,
)
from schemas.openadr.opt import OadrCanceledOpt, OadrCancelOpt
from schemas.openadr.payload import OadrPoll, OadrResponse
from schemas.openadr.registration import (
    OadrCanceledPartyRegistration,
    OadrCancelPartyRegistration,
    OadrCreatedPartyRegistration,
    OadrQueryRegistration,
)
from schemas.openadr.report import OadrRegisteredReport, OadrRegisterReport
from server.clock import SystemClock
from server.core.command import SetAccess
from server.core.model import Client, ClientId, ClientKind
from server.net.listener import listen

OK = EiResponse(responseCode="200", requestID="")
QUERY = OadrQueryRegistration(requestID="q")
MESSAGES = {
    "poll": ("OadrPoll", lambda ven_id: OadrPoll(venID=ven_id), OadrResponse),
    "request event": (
        "EiEvent",
        lambda ven_id: OadrRequestEvent(eiRequestEvent=EiRequestEvent(requestID="r", venID=ven_id)),
        OadrDistributeEvent,
    ),
    "created event": (
        "EiEvent",
        lambda ven_id: OadrCreatedEvent(eiCreatedEvent=EiCreatedEvent(eiResponse=OK, venID=ven_id)),
        OadrResponse,
    ),
    "register report": (
        "EiReport",
        lambda ven_id: OadrRegisterReport(requestID="r", venID=ven_id),
        OadrRegisteredReport,
    ),
    "cancel registration": (
        "EiRegisterParty",
        lambda ven_id: OadrCancelPartyRegistration(requestID="r", registrationID="x", venID=ven_id),
        OadrCanceledPartyRegistration,
    ),
    "response": (
        "EiRegisterParty",
        lambda ven_id: OadrResponse(eiResponse=OK, venID=ven_id),
        OadrResponse,
    ),
    "cancel opt": (
        "EiOpt",
        lambda ven_id: OadrCancelOpt(requestID="r", optID="o", venID=ven_id),
        OadrCanceledOpt,
    ),
}
EACH = pytest.mark.parametrize("said", MESSAGES.values(), ids=MESSAGES)


def _stranger(world, name="stranger"):
    """A VEN with a good certificate that was never enrolled."""
    client = Client(id=ClientId("c0"), kind=ClientKind.VEN, name=name, ven_id="ven-0")
    return world.connect(client, world.client_tls(name, Family.ECC))


def _plain(world, client):
    return world.connect(client, None)


@EACH
async def test_rule_517_a_certificate_that_is_not_enrolled_is_463(world, said):
    service, make, fitting = said
    answer = await _stranger(world).say(service, make("ven-0"))
    assert isinstance(answer, fitting)
    assert answer.eiResponse.responseCode == "463"
    assert getattr(answer, "venID", None) is None


@pytest.mark.parametrize("kind", ["query", "create"])
async def test_rule_517_nor_may_it_query_or_register(world, kind):
    stranger = _stranger(world)
    message = QUERY if kind == "query" else stranger.registration()
    answer = await stranger.say("EiRegisterParty", message)
    assert isinstance(answer, OadrCreatedPartyRegistration)
    assert answer.eiResponse.responseCode == "463"
    assert (answer.venID, answer.registrationID) == (None, None)


@EACH
async def test_rule_517_a_ven_that_has_not_registered_is_463(world, said):
    service, make, fitting = said
    ven = await world.ven()
    answer = await ven.say(service, make(ven.ven_id))
    assert isinstance(answer, fitting)
    expected = "452" if fitting is OadrCanceledPartyRegistration else "463"
    assert answer.eiResponse.responseCode == expected


@EACH
@pytest.mark.parametrize("wrong", ["nobody", "upper", "other"])
async def test_rules_21_and_512_a_ven_id_that_is_not_the_senders_is_452(world, ven, said, wrong):
    service, make, fitting = said
    other = await world.ven("ven-2")
    await other.come_up()
    given = {"nobody": "nobody", "upper": ven.ven_id.upper(), "other": other.ven_id}[wrong]
    answer = await ven.say(service, make(given))
    assert isinstance(answer, fitting)
    assert answer.eiResponse.responseCode == "452"
    assert answer.eiResponse.responseDescription == "this venID is not the sender's"


@EACH
async def test_rules_33_and_508_a_missing_or_empty_ven_id_is_459(ven, said):
    service, make, fitting = said
    answer = await ven.say(service, make(""))
    assert isinstance(answer, fitting)
    assert answer.eiResponse.responseCode == "459"


async def test_a_ven_registers_nobody_but_itself(world, ven):
    other = await world.ven("ven-2")
    answer = await ven.register(venID=other.ven_id)
    assert answer.eiResponse.responseCode == "452"
    assert world.desk.book.clients[other.client.id].registration is None
    other_id = (await other.register()).registrationID
    stolen = await ven.register(venID=ven.ven_id, registrationID=other_id)
    assert stolen.eiResponse.responseCode == "452"


async def test_a_denial_acts_at_once_on_an_open_connection_and_so_does_its_end(world, ven):
    await world.desk.submit(SetAccess(client_id=ven.client.id, enabled=False), actor="test")
    assert (await ven.poll()).eiResponse.responseCode == "463"
    assert (await ven.register()).eiResponse.responseCode == "463"
    await world.desk.submit(SetAccess(client_id=ven.client.id, enabled=True), actor="test")
    assert (await ven.poll()).eiResponse.responseCode == "200"


async def test_rule_516_a_certificate_that_expired_on_an_open_connection_is_refused(world, ven):
    world.clock.move(timedelta(days=400))
    status, body, _ = await ven.post("OadrPoll", encode_payload(wrap(OadrPoll(venID=ven.ven_id))))
    assert status == 403
    assert b"lifetime" in body


@pytest.mark.parametrize("kind", ["other pki", "2030.5 device", "none"])
async def test_a_certificate_of_another_pki_or_none_ends_in_the_handshake(world, other_pki, kind):
    now = SystemClock().now()
    trust = world.papers.pki.openadr_trust
    if kind == "none":
        tls = ssl.create_default_context(cafile=str(trust))
    else:
        if kind == "other pki":
            files = other_pki.issue_ven("alien", Family.ECC, now=now)
        else:
            files = other_pki.issue_device("device", now=now)
        tls = openadr_client_context(files.chain, files.key, trust)
    alien = world.connect(_stranger(world).client, tls)
    with pytest.raises(aiohttp.ClientError):
        await alien.say("EiRegisterParty", QUERY)


async def test_the_plain_listener_serves_a_ven_that_was_enrolled_without_a_certificate(world):
    ven = await world.ven("lab", None)
    offer = await ven.say("EiRegisterParty", QUERY)
    assert (offer.eiResponse.responseCode, offer.venID) == ("200", None)
    await ven.come_up()
    again = await ven.register(registrationID=ven.registration_id, venID=ven.ven_id)
    assert again.registrationID == ven.registration_id


async def test_a_ven_with_a_certificate_cannot_be_impersonated_on_the_plain_listener(world, ven):
    thief = _plain(world, ven.client)
    assert (await thief.poll()).eiResponse.responseCode == "463"
    assert (await thief.register()).eiResponse.responseCode == "463"
    assert (await thief.register(venID=ven.ven_id)).eiResponse.responseCode == "463"
    held = world.desk.book.clients[ven.client.id].registration
    assert held.registration_id == ven.registration_id


async def test_a_query_on_the_plain_listener_tells_no_ids(world, ven):
    offer = await _plain(world, ven.client).say("EiRegisterParty", QUERY)
    assert (offer.eiResponse.responseCode, offer.venID) == ("200", None)
    assert offer.registrationID is None


@pytest.mark.parametrize(
    ("service", "make", "code"),
    [
        ("OadrPoll", lambda: OadrPoll(venID="nobody"), "463"),
        ("OadrPoll", lambda: OadrPoll(venID=""), "459"),
    ],
)
async def test_the_plain_listener_knows_nobody_without_a_known_ven_id(world, service, make, code):
    ven = await world.ven("lab", None)
    assert (await ven.say(service, make())).eiResponse.responseCode == code


async def test_two_plain_vens_of_one_name_have_to_give_their_ven_id(world):
    one, other = await world.ven("twin", None), await world.ven("twin", None)
    assert (await one.register()).eiResponse.responseCode == "463"
    for ven in (one, other):
        created = await ven.register(venID=ven.ven_id)
        assert (created.eiResponse.responseCode, created.venID) == ("200", ven.ven_id)


async def test_the_tls_face_behind_a_plain_socket_serves_nobody(world):
    client = await world.enrol("lab", None)
    bare = await listen(world.face.handle, host="127.0.0.1", port=0, tls=None)
    ven = _plain(world, client)
    ven.url = f"http://127.0.0.1:{bare.port}"
    status, _, _ = await ven.post("EiRegisterParty", encode_payload(wrap(QUERY)))
    await bare.stop()
    assert status == 403
