"""Numbered rules that belong to no service alone, and the smaller ones of registration and reports.

What they say in one sentence is in the names of the tests.
"""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from certs.issue import Family
from certs.tls import openadr_client_context
from schemas.openadr import encode_payload, wrap
from schemas.openadr.blocks import (
    Dtstart,
    DurationProp,
    EiResponse,
    Interval,
    Intervals,
    OadrReportPayload,
    PayloadFloat,
)
from schemas.openadr.event import EiRequestEvent, OadrDistributeEvent, OadrRequestEvent
from schemas.openadr.payload import OadrPoll, OadrResponse
from schemas.openadr.registration import OadrQueryRegistration
from schemas.openadr.report import (
    OadrCancelReport,
    OadrCreateReport,
    OadrRegisteredReport,
    OadrRegisterReport,
    OadrReport,
    OadrReportRequest,
    OadrUpdateReport,
    ReportSpecifier,
    SpecifierPayload,
)
from server.core.command import EnrolClient
from server.core.model import ClientKind
from server.errors import Conflict
from server.openadr.settings import OpenAdrSettings

MINUTE = DurationProp(duration=timedelta(minutes=1))
SILENT = OpenAdrSettings(vtn_id="VTN-1", request_reports=())
DATE_TIME = re.compile(rb"<[^<>]*(?:date-time|DateTime)>([^<]*)<")
DURATION = re.compile(rb"<[^<>]*(?:duration|Period|after)>([^<]+)<")


async def spoken(world, ven, offer):
    """Return the bodies of all kinds of messages that a VEN hears."""
    await offer(ven)
    await world.event(randomize_start=timedelta(minutes=5))
    said = [
        ("EiRegisterParty", OadrQueryRegistration(requestID="q")),
        ("EiRegisterParty", ven.registration(registrationID=ven.registration_id)),
        ("OadrPoll", OadrPoll(venID=ven.ven_id)),
        ("OadrPoll", OadrPoll(venID=ven.ven_id)),
        ("OadrPoll", OadrPoll(venID=ven.ven_id)),
        ("EiReport", OadrRegisterReport(requestID="r", venID=ven.ven_id)),
    ]
    return [(await ven.post(service, encode_payload(wrap(one))))[1] for service, one in said]


async def test_rules_1_45_and_509_all_that_is_said_is_in_utc_and_of_version_2_0b(world, ven, offer):
    bodies = await spoken(world, ven, offer)
    told = b"".join(bodies)
    instants, spans = DATE_TIME.findall(told), DURATION.findall(told)
    assert len(instants) >= 3
    assert len(spans) >= 6
    assert all(re.fullmatch(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", one) for one in instants)
    assert all(re.fullmatch(rb"P(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?", one) for one in spans)
    assert b"schemaLocation" not in told
    for body in bodies:
        (versions,) = (re.findall(rb'<oadr:oadr\w+ ei:schemaVersion="([^"]*)"', body),)
        assert versions == [b"2.0b"]


async def test_rule_23_a_ven_asks_for_events_and_is_never_asked(ven):
    distribution = OadrDistributeEvent(requestID="d", vtnID="VTN-1")
    answer = await ven.say("EiEvent", distribution)
    assert isinstance(answer, OadrResponse)
    assert answer.eiResponse.responseCode == "459"
    asked = OadrRequestEvent(eiRequestEvent=EiRequestEvent(requestID="r", venID=ven.ven_id))
    assert isinstance(await ven.say("EiEvent", asked), OadrDistributeEvent)


async def test_rules_37_and_51_a_ven_that_polls_is_never_pushed_to(world, box):
    ven = await world.ven("box")
    await ven.register(oadrHttpPullModel=True, oadrTransportAddress=box.address())
    await world.event()
    await world.pass_time(timedelta(seconds=30))
    assert box.requests == []
    assert isinstance(await ven.poll(), OadrRegisterReport)


async def test_rules_42_and_43_each_response_is_read_whatever_request_ids_it_repeats(world, ven):
    event = await world.event()
    told = await ven.poll()
    assert told.requestID
    answer = await ven.answer(event.id)
    assert (answer.eiResponse.responseCode, answer.eiResponse.requestID) == ("200", "")
    again = await ven.answer(event.id, opt="optOut")
    assert again.eiResponse.responseCode == "200"


async def test_rule_46_an_empty_element_is_as_good_as_none(world, ven):
    anew = await ven.register(registrationID="", venID="", oadrTransportAddress="")
    assert anew.eiResponse.responseCode == "200"
    assert anew.registrationID not in ("", ven.registration_id)


@pytest.mark.parametrize(
    ("family", "suite"),
    [(Family.RSA, "AES128-SHA256"), (Family.ECC, "ECDHE-ECDSA-AES128-SHA256")],
)
async def test_rules_67_and_68_a_client_of_one_default_suite_alone_is_served(world, family, suite):
    files = world.papers.ven("ven-1", family)
    trust = world.papers.pki.openadr_trust
    tls = openadr_client_context(files.chain, files.key, trust, ciphers=suite, tls13=False)
    ven = world.connect(await world.enrol("ven-1", family), tls)
    assert (await ven.register()).eiResponse.responseCode == "200"


async def test_rule_70_no_two_vens_have_one_ven_id(world):
    first = await world.enrol("ven-1")
    same = EnrolClient(kind=ClientKind.VEN, name="other", ven_id=first.ven_id)
    with pytest.raises(Conflict):
        await world.desk.submit(same, actor="test")


@pytest.mark.parametrize("request_id", ["", "r-1", " <&>é "])
async def test_rules_207_and_303_a_request_id_is_repeated_as_it_is(ven, request_id):
    for service, message in (
        ("EiRegisterParty", OadrQueryRegistration(requestID=request_id)),
        ("EiReport", OadrRegisterReport(requestID=request_id, venID=ven.ven_id)),
    ):
        assert (await ven.say(service, message)).eiResponse.requestID == request_id


def metadata_request(specifier_id="METADATA", request_id="wanted"):
    zero = DurationProp(duration=timedelta(0))
    specifier = ReportSpecifier(
        reportSpecifierID=specifier_id,
        granularity=zero,
        reportBackDuration=zero,
        specifierPayload=(SpecifierPayload(rID="0", readingType="x-notApplicable"),),
    )
    return OadrReportRequest(reportRequestID=request_id, reportSpecifier=specifier)


async def test_rule_327_only_metadata_can_be_asked_of_this_vtn(ven):
    asked = OadrCreateReport(
        requestID="r", oadrReportRequest=(metadata_request(),), venID=ven.ven_id
    )
    assert (await ven.say("EiReport", asked)).eiResponse.responseCode == "200"
    assert (await ven.poll()).reportRequestID == "wanted"
    other = replace(asked, oadrReportRequest=(metadata_request("TELEMETRY_USAGE"),))
    assert (await ven.say("EiReport", other)).eiResponse.responseCode == "461"


async def test_rule_344_a_request_that_comes_with_an_answer_is_taken_and_none_is_sent_so(ven):
    answer = OadrRegisteredReport(
        eiResponse=EiResponse(responseCode="200", requestID="offer"),
        oadrReportRequest=(metadata_request(),),
        venID=ven.ven_id,
    )
    assert (await ven.say("EiReport", answer)).eiResponse.responseCode == "200"
    offer = await ven.poll()
    assert isinstance(offer, OadrRegisterReport)
    assert offer.reportRequestID == "wanted"
    bad = replace(answer, oadrReportRequest=(metadata_request("TELEMETRY_USAGE"),))
    assert (await ven.say("EiReport", bad)).eiResponse.responseCode == "461"
    told = await ven.say("EiReport", OadrRegisterReport(requestID="r", venID=ven.ven_id))
    assert told.oadrReportRequest == ()


def data(world, ven, request_id, **others):
    value = OadrReportPayload(rID="power", payloadBase=PayloadFloat(value=1.0))
    at = Dtstart(date_time=world.clock.now())
    report = OadrReport(
        dtstart=at,
        intervals=Intervals(
            interval=(Interval(dtstart=at, duration=MINUTE, streamPayloadBase=(value,)),)
        ),
        reportRequestID=request_id,
        reportSpecifierID="TELEMETRY_USAGE",
        reportName="TELEMETRY_USAGE",
        createdDateTime=world.clock.now(),
        **others,
    )
    return OadrUpdateReport(requestID="u", oadrReport=(report,), venID=ven.ven_id)


async def test_rule_339_an_ei_report_id_changes_nothing(world, ven, offer, confirm):
    await offer(ven)
    request = (await ven.poll()).requestID
    await confirm(ven, request)
    answer = await ven.say("EiReport", data(world, ven, request, eiReportID="whatever"))
    assert answer.eiResponse.responseCode == "200"
    assert answer.oadrCancelReport is None


async def test_rules_328_335_and_345_a_report_that_nobody_wants_is_cancelled_both_ways_for_good(
    world, ven, offer, confirm
):
    await offer(ven)
    request = (await ven.poll()).requestID
    await confirm(ven, request)
    await world.restart(SILENT)
    again = world.connect(ven.client, world.client_tls("ven-1", Family.ECC))
    answer = await again.say("EiReport", data(world, ven, request))
    assert answer.eiResponse.responseCode == "200"
    cancelled = answer.oadrCancelReport
    assert (cancelled.reportRequestID, cancelled.reportToFollow) == ((request,), False)
    assert isinstance(await again.poll(), OadrRegisterReport)
    by_poll = await again.poll()
    assert isinstance(by_poll, OadrCancelReport)
    assert (by_poll.reportRequestID, by_poll.reportToFollow) == ((request,), False)


async def test_rule_501_polls_are_answered_at_a_service_of_their_own(ven):
    assert isinstance(await ven.poll(), OadrResponse)
    wrong = await ven.say("EiEvent", OadrPoll(venID=ven.ven_id))
    assert wrong.eiResponse.responseCode == "453"
