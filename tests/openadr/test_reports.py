from datetime import timedelta
from pathlib import Path

import pytest

from schemas.openadr import decode_payload, encode_payload, wrap
from schemas.openadr.blocks import DurationProp, EiResponse
from schemas.openadr.payload import OadrResponse
from schemas.openadr.report import (
    OadrCanceledReport,
    OadrCancelReport,
    OadrCreatedReport,
    OadrCreateReport,
    OadrPendingReports,
    OadrRegisteredReport,
    OadrRegisterReport,
    OadrReport,
    OadrReportRequest,
    OadrUpdatedReport,
    OadrUpdateReport,
    ReportSpecifier,
    SpecifierPayload,
)

OK = EiResponse(responseCode="200", requestID="r-9")
SAMPLE = Path(__file__).parents[2] / "fixtures" / "openadr" / "oadrRegisterReport.xml"


def _request(specifier, request_id="rr-1"):
    at_once = DurationProp(duration=timedelta(0))
    return OadrReportRequest(
        reportRequestID=request_id,
        reportSpecifier=ReportSpecifier(
            reportSpecifierID=specifier,
            granularity=at_once,
            reportBackDuration=at_once,
            specifierPayload=(SpecifierPayload(rID="0", readingType="x-notApplicable"),),
        ),
    )


async def test_rule_306_an_offer_is_kept_as_sent_and_replaces_the_one_before(world, ven):
    body = SAMPLE.read_bytes().replace(b"VEN-1", ven.ven_id.encode())
    status, answered, _ = await ven.post("EiReport", body)
    assert status == 200
    answer = decode_payload(answered).oadrSignedObject.message
    assert isinstance(answer, OadrRegisteredReport)
    assert (answer.eiResponse.responseCode, answer.eiResponse.requestID) == ("200", "req-1")
    assert (answer.oadrReportRequest, answer.venID) == ((), ven.ven_id)
    device = world.desk.book.devices_of(ven.client.id)[0]
    kept = await world.store.document(device.id, "oadrRegisterReport")
    assert (kept.body, kept.at) == (body, world.clock.now())
    empty = OadrRegisterReport(requestID="r", venID=ven.ven_id)
    await ven.say("EiReport", empty)
    kept = await world.store.document(device.id, "oadrRegisterReport")
    assert kept.body == encode_payload(wrap(empty))


async def test_rules_301_and_311_a_metadata_request_is_answered_and_served_by_the_next_poll(ven):
    asked = OadrCreateReport(
        requestID="c", oadrReportRequest=(_request("METADATA", "rr-7"),), venID=ven.ven_id
    )
    promised = await ven.say("EiReport", asked)
    assert isinstance(promised, OadrCreatedReport)
    assert promised.eiResponse.responseCode == "200"
    offer = await ven.poll()
    assert isinstance(offer, OadrRegisterReport)
    assert offer.reportRequestID == "rr-7"
    answer = await ven.say("EiReport", OadrRegisteredReport(eiResponse=OK, venID=ven.ven_id))
    assert answer.eiResponse.requestID == "r-9"
    assert isinstance(await ven.poll(), OadrResponse)


async def test_any_other_report_of_ours_is_not_supported(ven):
    asked = OadrCreateReport(
        requestID="c", oadrReportRequest=(_request("weather"),), venID=ven.ven_id
    )
    refused = await ven.say("EiReport", asked)
    assert isinstance(refused, OadrCreatedReport)
    assert (refused.eiResponse.responseCode, refused.eiResponse.requestID) == ("461", "c")
    assert isinstance(await ven.poll(), OadrResponse)


async def test_rule_304_data_that_nobody_asked_for_is_refused_in_the_type_that_fits(world, ven):
    report = OadrReport(
        reportRequestID="rr-1", reportSpecifierID="s", createdDateTime=world.clock.now()
    )
    update = OadrUpdateReport(requestID="u", oadrReport=(report,), venID=ven.ven_id)
    refused = await ven.say("EiReport", update)
    assert isinstance(refused, OadrUpdatedReport)
    assert (refused.eiResponse.responseCode, refused.eiResponse.requestID) == ("452", "u")


async def test_rule_336_cancelling_a_report_that_was_never_asked_for_is_refused(ven):
    cancel = OadrCancelReport(
        requestID="c", reportRequestID=("rr-1",), reportToFollow=False, venID=ven.ven_id
    )
    refused = await ven.say("EiReport", cancel)
    assert isinstance(refused, OadrCanceledReport)
    assert refused.eiResponse.responseCode == "452"
    assert refused.oadrPendingReports.reportRequestID == ()


@pytest.mark.parametrize(
    "make",
    [
        lambda ven_id: OadrCreatedReport(
            eiResponse=OK, oadrPendingReports=OadrPendingReports(), venID=ven_id
        ),
        lambda ven_id: OadrCanceledReport(
            eiResponse=OK, oadrPendingReports=OadrPendingReports(), venID=ven_id
        ),
        lambda ven_id: OadrUpdatedReport(eiResponse=OK, venID=ven_id),
        lambda ven_id: OadrRegisteredReport(eiResponse=OK, venID=ven_id),
    ],
)
async def test_answers_to_our_report_messages_are_taken(ven, make):
    answer = await ven.say("EiReport", make(ven.ven_id))
    assert isinstance(answer, OadrResponse)
    assert (answer.eiResponse.responseCode, answer.eiResponse.requestID) == ("200", "r-9")
    assert answer.venID == ven.ven_id
