"""The HTTP of it: endpoints, methods, media types, sizes, codings, and input that is bad."""

import gzip
import zlib
from dataclasses import replace

import aiohttp
import pytest
from yarl import URL

from certs.issue import Family
from schemas.openadr import decode_payload, encode_payload, wrap
from schemas.openadr.event import EiRequestEvent, OadrDistributeEvent, OadrRequestEvent
from schemas.openadr.opt import OadrCanceledOpt, OadrCancelOpt, OadrCreatedOpt, OadrCreateOpt
from schemas.openadr.payload import OadrPoll, OadrResponse
from schemas.openadr.registration import OadrQueryRegistration
from schemas.openadr.targets import EiTarget
from server.errors import Unavailable

QUERY = OadrQueryRegistration(requestID="q")
BODY = encode_payload(wrap(QUERY))
BASE = "/OpenADR2/Simple/2.0b"


@pytest.mark.parametrize(
    "path",
    [
        f"{BASE}/EiRegisterParty",
        "/OpenADR2//Simple/./2.0b/x/../EiRegisterParty",
        "/Open%41DR2/Simple/2%2E0b/EiRegisterParty",
        f"{BASE}/EiRegisterParty?whatever=1",
    ],
)
async def test_rule_511_equivalent_paths_lead_to_the_service(ven, path):
    url = f"{ven.url}{path}"
    async with ven.session.post(
        URL(url, encoded=True), data=BODY, headers={"Content-Type": "application/xml"}
    ) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        f"{BASE}/eiregisterparty",
        f"{BASE}/EiRegisterParty/x",
        f"{BASE}",
        "/OpenADR2/Simple/EiReport",
        "/OpenADR2%2FSimple/2.0b/EiRegisterParty",
        "/vtn/OpenADR2/Simple/2.0b/EiRegisterParty",
    ],
)
async def test_an_unknown_service_is_404(ven, path):
    async with ven.session.post(URL(f"{ven.url}{path}", encoded=True), data=BODY) as answer:
        assert answer.status == 404


async def test_rule_511_a_prefix_stands_before_the_services(world, ven):
    await world.restart(replace(world.settings, prefix="/vtn/a"))
    again = world.connect(ven.client, world.client_tls("ven-1", Family.ECC))
    assert (await again.post("EiRegisterParty", BODY))[0] == 404
    assert (await again.post(f"/vtn/a{BASE}/EiRegisterParty", BODY))[0] == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_a_method_other_than_post_is_501(ven, method):
    async with ven.session.request(method, f"{ven.url}{BASE}/OadrPoll") as answer:
        assert answer.status == 501


@pytest.mark.parametrize(
    ("content_type", "lenient", "strict"),
    [
        ("application/xml", 200, 200),
        ("application/xml; charset=utf-8", 200, 200),
        ('text/xml;charset="UTF-8"', 200, 406),
        ("Application/XML", 200, 406),
        ("application/xml; charset=latin-1", 406, 406),
        ("application/json", 406, 406),
        ("application/xmlish", 406, 406),
        ("", 406, 406),
    ],
)
async def test_rule_53_a_body_is_xml_in_utf_8(world, content_type, lenient, strict):
    ven = await world.ven()
    assert (await ven.post("EiRegisterParty", BODY, Content_Type=content_type))[0] == lenient
    await world.restart(replace(world.settings, strict_content_type=True))
    again = world.connect(ven.client, world.client_tls("ven-1", Family.ECC))
    assert (await again.post("EiRegisterParty", BODY, Content_Type=content_type))[0] == strict


BAD = {
    "nothing": b"",
    "no xml": b"venID=ven-1",
    "not closed": BODY[:-5],
    "doctype": BODY.replace(b"?>", b'?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>', 1),
    "utf-16": BODY.decode().encode("utf-16"),
    "another root": b"<oadrPayload/>",
    "no wrapper": BODY.replace(b"oadrSignedObject", b"oadrSigned"),
    "another namespace": BODY.replace(b"oadr-2.0b/2012/07", b"oadr-2.0c/2012/07"),
    "member missing": BODY.replace(b"<pyld:requestID>q</pyld:requestID>", b""),
    "member unknown": BODY.replace(b"<pyld:requestID>", b"<pyld:x/><pyld:requestID>"),
    "text between": BODY.replace(b"<pyld:requestID>", b"hello<pyld:requestID>"),
    "version unknown": BODY.replace(b'schemaVersion="2.0b"', b'schemaVersion="3"'),
    "two messages": BODY.replace(
        b"</oadr:oadrSignedObject>",
        b'<oadr:oadrPoll ei:schemaVersion="2.0b"><ei:venID>v</ei:venID></oadr:oadrPoll>'
        b"</oadr:oadrSignedObject>",
    ),
    "too deep": b"<a>" * 60 + b"</a>" * 60,
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
@pytest.mark.parametrize("service", ["EiRegisterParty", "OadrPoll"])
async def test_what_is_not_valid_is_406_and_the_connection_goes_on(ven, service, body):
    status, told, _ = await ven.post(service, body)
    assert status == 406, told
    assert b"Traceback" not in told
    assert b"passwd" not in told
    assert isinstance(await ven.poll(), OadrResponse)


async def test_a_member_out_of_order_is_406(ven, forged):
    asked = EiRequestEvent(requestID="r", venID=ven.ven_id, replyLimit=1)
    body = forged(
        OadrRequestEvent(eiRequestEvent=asked),
        f"<pyld:requestID>r</pyld:requestID><ei:venID>{ven.ven_id}</ei:venID>",
        f"<ei:venID>{ven.ven_id}</ei:venID><pyld:requestID>r</pyld:requestID>",
    )
    assert (await ven.post("EiEvent", body))[0] == 406


async def test_a_body_beyond_the_limit_is_413(world, ven):
    await world.restart(replace(world.settings, body_limit=2000))
    again = world.connect(ven.client, world.client_tls("ven-1", Family.ECC))
    padded = BODY.replace(b"q</", b"q" * 2000 + b"</")
    assert (await again.post("EiRegisterParty", padded))[0] == 413
    assert (await again.post("EiRegisterParty", BODY))[0] == 200

    async def pieces():
        for at in range(0, len(padded), 500):
            yield padded[at : at + 500]

    status, _, _ = await again.post("EiRegisterParty", pieces())
    assert status == 413


async def test_a_body_of_a_mebibyte_is_taken(ven):
    message = OadrQueryRegistration(requestID="q" * (1024 * 1024 - len(BODY)))
    answer = await ven.say("EiRegisterParty", message)
    assert len(answer.eiResponse.requestID) > 1_000_000


async def test_a_message_at_the_wrong_service_is_453_in_the_type_that_fits(ven):
    asked = OadrRequestEvent(eiRequestEvent=EiRequestEvent(requestID="r", venID=ven.ven_id))
    answer = await ven.say("OadrPoll", asked)
    assert isinstance(answer, OadrDistributeEvent)
    assert (answer.eiResponse.responseCode, answer.eiResponse.requestID) == ("453", "r")
    answer = await ven.say("EiEvent", OadrPoll(venID=ven.ven_id))
    assert isinstance(answer, OadrResponse)
    assert answer.eiResponse.responseCode == "453"


async def test_bad_opts_are_declined_in_the_type_that_fits(world, ven):
    opt = OadrCreateOpt(
        optID="o-1",
        optType="optOut",
        optReason="economic",
        venID=ven.ven_id,
        createdDateTime=world.clock.now(),
        requestID="r",
        eiTarget=EiTarget(),
    )
    created = await ven.say("EiOpt", opt)
    assert isinstance(created, OadrCreatedOpt)
    assert (created.eiResponse.responseCode, created.optID) == ("459", "o-1")
    cancelled = await ven.say("EiOpt", OadrCancelOpt(requestID="r", optID="o-1", venID=ven.ven_id))
    assert isinstance(cancelled, OadrCanceledOpt)
    assert cancelled.eiResponse.responseCode == "452"


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "gzip"),
        ("deflate", "deflate"),
        ("gzip;q=0, deflate;q=0.5", "deflate"),
        ("br", None),
        ("identity", None),
    ],
)
async def test_an_answer_is_compressed_as_the_client_asks_with_its_length(ven, accepted, coding):
    poll = encode_payload(wrap(OadrPoll(venID=ven.ven_id)))
    headers = {"Content-Type": "application/xml", "Accept-Encoding": accepted}
    async with (
        aiohttp.ClientSession(
            connector=ven.session.connector, connector_owner=False, auto_decompress=False
        ) as raw,
        raw.post(f"{ven.url}{BASE}/OadrPoll", data=poll, headers=headers) as answer,
    ):
        body = await answer.read()
        assert answer.headers.get("Content-Encoding") == coding
        assert int(answer.headers["Content-Length"]) == len(body)
        assert "Transfer-Encoding" not in answer.headers
    unpack = {"gzip": gzip.decompress, "deflate": zlib.decompress, None: bytes}[coding]
    assert isinstance(decode_payload(unpack(body)).oadrSignedObject.message, OadrResponse)


async def test_a_store_that_does_not_answer_is_503_with_a_time_to_come_back(ven, world):
    async def gone(*args, **others):
        raise Unavailable("the store does not answer", retry_after_s=7)

    world.desk.submit = gone
    body = encode_payload(wrap(ven.registration()))
    status, _, headers = await ven.post("EiRegisterParty", body)
    assert (status, headers["Retry-After"]) == (503, "7")


async def test_a_fault_of_ours_is_500_with_a_reference_and_logged_once(ven, world, caplog):
    async def broken(*args, **others):
        raise RuntimeError("secret detail")

    world.desk.submit = broken
    body = encode_payload(wrap(ven.registration()))
    status, told, _ = await ven.post("EiRegisterParty", body)
    assert status == 500
    assert b"secret" not in told
    (record,) = [r for r in caplog.records if r.exc_info]
    reference = told.decode().split()[-1]
    assert reference in record.getMessage()
    assert isinstance(await ven.poll(), OadrResponse)


async def test_a_ven_that_goes_away_within_its_body_leaves_no_trace(world, ven, caplog):
    async def pieces():
        yield BODY[:20]
        raise OSError("unplugged")

    with pytest.raises((OSError, aiohttp.ClientError)):
        await ven.post("EiRegisterParty", pieces())
    assert isinstance(await ven.poll(), OadrResponse)
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("data", [b"not gzip at all", gzip.compress(b"x" * 50_000_000)])
async def test_a_compressed_body_that_is_broken_or_a_bomb_is_refused(ven, data):
    status, told, _ = await ven.post("EiRegisterParty", data, Content_Encoding="gzip")
    assert status in (406, 413), told
