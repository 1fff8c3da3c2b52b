"""Which reports VENs are asked for, how polls bring the requests, and what outlasts a restart."""

from dataclasses import replace
from datetime import timedelta

import pytest

from certs.issue import Family
from schemas.openadr.blocks import EiResponse
from schemas.openadr.event import OadrDistributeEvent
from schemas.openadr.payload import OadrResponse
from schemas.openadr.report import (
    OadrCanceledReport,
    OadrCancelReport,
    OadrCreateReport,
    OadrPendingReports,
    OadrRegisterReport,
    OadrSamplingRate,
)
from server.openadr.settings import OpenAdrSettings

SILENT = OpenAdrSettings(vtn_id="VTN-1", request_reports=())
IMPATIENT = OpenAdrSettings(vtn_id="VTN-1", repeat_after_polls=2, repeat_limit=1)
MINUTE = timedelta(minutes=1)


def _again(world, ven):
    return world.connect(ven.client, world.client_tls("ven-1", Family.ECC))


async def _kinds(ven, count):
    names = {
        OadrResponse: "-",
        OadrDistributeEvent: "events",
        OadrRegisterReport: "offer",
        OadrCreateReport: "create",
        OadrCancelReport: "cancel",
    }
    return [names[type(await ven.poll())] for _ in range(count)]


async def test_rule_306_a_ven_is_asked_for_what_it_offers_by_the_next_poll(ven, offer):
    answer = await offer(ven)
    assert (answer.eiResponse.responseCode, answer.oadrReportRequest) == ("200", ())
    asked = await ven.poll()
    assert isinstance(asked, OadrCreateReport)
    (request,) = asked.oadrReportRequest
    assert asked.requestID == request.reportRequestID
    assert asked.venID == ven.ven_id
    assert request.reportSpecifier.reportSpecifierID == "TELEMETRY_USAGE"


async def test_rules_317_321_324_325_and_338_a_request_goes_on_and_says_no_more_than_it_may(
    world, ven, offer
):
    await offer(ven)
    specifier = (await ven.poll()).oadrReportRequest[0].reportSpecifier
    assert specifier.granularity.duration == specifier.reportBackDuration.duration == MINUTE
    window = specifier.reportInterval.properties
    assert window.dtstart.date_time == world.clock.now()
    assert window.duration.duration == timedelta(0)
    assert (window.tolerance, window.x_eiNotification) == (None, None)
    (point,) = specifier.specifierPayload
    assert (point.rID, point.itemBase, point.readingType) == ("power", None, "x-notApplicable")


@pytest.mark.parametrize(
    ("limits", "every"),
    [
        ((1, 3600, 3600), 60),
        ((300, 3600, 3600), 300),
        ((1, 10, 3600), 10),
        ((1, 3600, 30), 30),
        ((0, 0, 0), 60),
    ],
)
async def test_rule_340_no_more_is_asked_for_than_the_ven_offers(ven, offer, limits, every):
    low, high, buffered = (timedelta(seconds=limit) for limit in limits)
    rate = OadrSamplingRate(oadrMinPeriod=low, oadrMaxPeriod=high, oadrOnChange=False)
    await offer(ven, rate=rate, duration=buffered)
    specifier = (await ven.poll()).oadrReportRequest[0].reportSpecifier
    assert specifier.granularity.duration == timedelta(seconds=every)
    assert specifier.reportBackDuration == specifier.granularity


async def test_a_report_that_nobody_wants_and_one_without_points_is_not_asked_for(ven, offer):
    await offer(ven, "HISTORY_USAGE")
    assert await _kinds(ven, 1) == ["-"]
    await offer(ven, points=())
    assert await _kinds(ven, 1) == ["-"]


async def test_both_well_known_reports_are_asked_for_one_by_one(ven, offer, confirm):
    await offer(ven, "TELEMETRY_STATUS", "HISTORY_USAGE", "TELEMETRY_USAGE")
    first = await ven.poll()
    assert await _kinds(ven, 1) == ["-"]
    await confirm(ven, first.requestID)
    second = await ven.poll()
    asked = [
        each.oadrReportRequest[0].reportSpecifier.reportSpecifierID for each in (first, second)
    ]
    assert asked == ["TELEMETRY_STATUS", "TELEMETRY_USAGE"]
    await confirm(ven, second.requestID)
    assert await _kinds(ven, 2) == ["-", "-"]


async def test_rule_322_each_request_has_an_id_of_its_own(ven, offer):
    ids = set()
    for _ in range(3):
        await offer(ven)
        ids.add((await ven.poll()).oadrReportRequest[0].reportRequestID)
    assert len(ids) == 3


async def test_a_request_comes_before_events_and_an_answer_lets_the_polls_go_on(
    world, ven, offer, confirm
):
    await world.event()
    await offer(ven)
    asked = await ven.poll()
    assert isinstance(asked, OadrCreateReport)
    assert await _kinds(ven, 2) == ["events", "-"]
    answer = await confirm(ven, asked.requestID)
    assert isinstance(answer, OadrResponse)
    assert answer.eiResponse.requestID == asked.requestID


async def test_an_unanswered_request_is_delivered_again_a_bounded_number_of_times(
    world, offer, caplog
):
    await world.restart(IMPATIENT)
    ven = await world.ven()
    await ven.come_up()
    await offer(ven)
    assert await _kinds(ven, 7) == ["create", "-", "create", "-", "-", "-", "-"]
    assert "does not answer about TELEMETRY_USAGE" in caplog.text
    await offer(ven)
    assert await _kinds(ven, 1) == ["create"]


async def test_a_lost_request_comes_again_after_a_restart_with_the_same_id(world, ven, offer):
    await offer(ven)
    first = await ven.poll()
    await world.restart()
    again = _again(world, ven)
    assert await _kinds(again, 1) == ["offer"]
    assert await again.poll() == first


async def test_a_confirmed_request_is_not_made_again_after_a_restart(world, ven, offer, confirm):
    await offer(ven)
    await confirm(ven, (await ven.poll()).requestID)
    await world.restart()
    assert await _kinds(_again(world, ven), 3) == ["offer", "-", "-"]


async def test_rule_300_a_refused_request_is_not_made_again(ven, offer, confirm, caplog):
    await offer(ven)
    await confirm(ven, (await ven.poll()).requestID, code="461")
    assert await _kinds(ven, 4) == ["-"] * 4
    assert "will not report TELEMETRY_USAGE: 461" in caplog.text


async def test_rule_329_a_report_that_is_missing_among_the_pending_ones_is_told(
    ven, offer, confirm, caplog
):
    await offer(ven)
    await confirm(ven, (await ven.poll()).requestID, pending=("another",))
    assert "does not list TELEMETRY_USAGE" in caplog.text
    assert await _kinds(ven, 2) == ["-", "-"]


async def test_an_answer_without_a_request_id_is_for_the_request_on_its_way(ven, offer, confirm):
    await offer(ven)
    request = (await ven.poll()).requestID
    await confirm(ven, "", pending=(request,))
    assert await _kinds(ven, 4) == ["-"] * 4


async def test_rule_406_a_registration_anew_forgets_the_requests(world, ven, offer):
    await offer(ven)
    await ven.register()
    assert await _kinds(ven, 3) == ["offer", "-", "-"]
    await offer(ven)
    assert await _kinds(ven, 1) == ["create"]


async def test_nothing_is_asked_for_once_it_is_switched_off(world, offer):
    await world.restart(SILENT)
    ven = await world.ven()
    await ven.come_up()
    await offer(ven)
    assert await _kinds(ven, 2) == ["-", "-"]


async def test_rule_336_what_is_no_longer_wanted_is_cancelled(world, ven, offer, confirm):
    await offer(ven)
    request = (await ven.poll()).requestID
    await confirm(ven, request)
    await world.restart(replace(SILENT, repeat_after_polls=2, repeat_limit=1))
    again = _again(world, ven)
    assert await _kinds(again, 1) == ["offer"]
    cancel = await again.poll()
    assert isinstance(cancel, OadrCancelReport)
    assert (cancel.reportRequestID, cancel.reportToFollow) == ((request,), False)
    assert await _kinds(again, 2) == ["offer", "cancel"]
    canceled = OadrCanceledReport(
        eiResponse=EiResponse(responseCode="452", requestID=cancel.requestID),
        oadrPendingReports=OadrPendingReports(),
        venID=ven.ven_id,
    )
    assert isinstance(await again.say("EiReport", canceled), OadrResponse)
    assert await _kinds(again, 4) == ["-"] * 4
    await world.restart(OpenAdrSettings(vtn_id="VTN-1"))
    assert await _kinds(_again(world, ven), 3) == ["offer", "-", "-"]
