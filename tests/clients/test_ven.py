from datetime import timedelta

import pytest

from schemas.openadr.blocks import Dtstart, DurationProp, EiResponse, Properties
from schemas.openadr.payload import OadrPoll, OadrResponse
from schemas.openadr.registration import (
    OadrCanceledPartyRegistration,
    OadrCancelPartyRegistration,
    OadrCreatePartyRegistration,
    OadrRequestReregistration,
)
from schemas.openadr.report import (
    OadrCanceledReport,
    OadrCancelReport,
    OadrCreatedReport,
    OadrCreateReport,
    OadrRegisteredReport,
    OadrRegisterReport,
    OadrReportRequest,
    OadrUpdatedReport,
    OadrUpdateReport,
    ReportInterval,
    ReportSpecifier,
    SpecifierPayload,
)
from server.clients.notice import Kind
from server.clients.peer import ExchangeFailed
from server.clients.ven import Ven
from server.clients.ven_link import VtnDeclined
from server.clock import SystemClock
from server.core.command import CancelEvent, CancelRegistration, SetAccess
from server.core.model import ResponsePolicy
from server.core.response import ResponseStatus

IN, OUT = ResponseStatus.OPTED_IN, ResponseStatus.OPTED_OUT


def request(
    name: str = "q1", *, points: tuple[str, ...] = ("power",), back_s: float = 10, window=None
) -> OadrReportRequest:
    return OadrReportRequest(
        reportRequestID=name,
        reportSpecifier=ReportSpecifier(
            reportSpecifierID="METADATA" if points == ("0",) else "telemetry",
            granularity=DurationProp(duration=timedelta(seconds=back_s)),
            reportBackDuration=DurationProp(duration=timedelta(seconds=back_s)),
            reportInterval=window,
            specifierPayload=tuple(
                SpecifierPayload(rID=point, readingType="x-notApplicable") for point in points
            ),
        ),
    )


def asking(*requests: OadrReportRequest) -> OadrCreateReport:
    return OadrCreateReport(requestID="c1", oadrReportRequest=requests, venID="v1")


def window(start, span_s: float = 0) -> ReportInterval:
    return ReportInterval(
        properties=Properties(
            dtstart=Dtstart(date_time=start),
            duration=DurationProp(duration=timedelta(seconds=span_s)),
        )
    )


@pytest.mark.parametrize("family", ["rsa", "ecc"])
async def test_it_registers_with_either_family_and_offers_its_report(
    *, family, ven, world, desk, pki, notices
):
    files = getattr(pki, family)
    enrolled = await world.enrol(files)
    one = ven(files, points=("power",))
    await one.register()
    held = desk.book.clients[enrolled.id].registration
    assert one.registration.registration_id == held.registration_id
    assert one.registration.ven_id == enrolled.ven_id
    assert one.registration.poll_s == 2.0
    assert (held.pull, held.profile, held.ven_name) == (True, "2.0b", files.chain.stem)
    (device,) = desk.book.devices_of(enrolled.id)
    assert await desk.store.documents(device.id)
    assert notices.kinds() == [Kind.REGISTERED, Kind.READY]


async def test_it_answers_the_vtns_own_offer(ven, vtn, world, pki):
    await world.enrol(pki.ecc)
    one = ven()
    await one.register()
    await one.poll()
    assert any(b"oadrRegisteredReport" in body for body in vtn.bodies)


async def test_it_opts_in_starts_and_completes_each_once(ven, world, pki, clock, notices):
    await world.enrol(pki.ecc)
    one = ven()
    await one.register()
    event = await world.state(start_s=60, length_s=60)
    for _ in range(3):
        await one.poll()
    for _ in range(2):
        clock.move(seconds=60)
        await one.poll()
        one.act()
    assert await world.said(event) == [IN]
    own = [(notice.kind, notice.subject) for notice in notices if notice.subject]
    wanted = [Kind.RECEIVED, Kind.OPTED_IN, Kind.STARTED, Kind.COMPLETED]
    assert own == [(kind, event.id) for kind in wanted]
    assert {notice.value for notice in notices if notice.kind is Kind.STARTED} == {1.0}


async def test_an_event_that_is_there_already_comes_with_the_registration(ven, world, pki):
    await world.enrol(pki.ecc)
    event = await world.state()
    await ven().register()
    assert await world.said(event) == [IN]


async def test_it_opts_out_as_the_policy_says(ven, world, pki, clock, notices):
    await world.enrol(pki.ecc)
    event = await world.state(start_s=10)
    one = ven(opt=lambda event: event.eventDescriptor.priority == 1)
    await one.register()
    clock.move(seconds=20)
    one.act()
    assert await world.said(event) == [OUT]
    assert Kind.STARTED not in notices.kinds()


async def test_an_event_that_wants_no_answer_gets_none(ven, vtn, world, pki):
    await world.enrol(pki.ecc)
    await world.state(response_policy=ResponsePolicy.NEVER)
    await ven().register()
    assert not any(b"oadrCreatedEvent" in body for body in vtn.bodies)


async def test_it_confirms_a_cancellation(ven, world, pki, notices):
    await world.enrol(pki.ecc)
    event = await world.state()
    one = ven()
    await one.register()
    await one.poll()
    await world.do(CancelEvent(event_id=event.id))
    await one.poll()
    assert await world.said(event) == [IN, IN]
    assert notices.kinds().count(Kind.CANCELLED) == 1
    await one.poll()
    assert notices.kinds().count(Kind.CANCELLED) == 1


@pytest.mark.parametrize("status", [500, 503, 0])
async def test_an_answer_that_may_be_lost_is_given_again(ven, vtn, world, pki, status):
    await world.enrol(pki.ecc)
    one = ven()
    await one.register()
    await one.poll()
    event = await world.state()
    vtn.fails = {"/EiEvent": status}
    with pytest.raises(ExchangeFailed):
        await one.poll()
    vtn.fails = {}
    await one.poll()
    assert set(await world.said(event)) == {IN}


async def test_stopping_cancels_the_registration(ven, world, desk, pki, notices):
    enrolled = await world.enrol(pki.ecc)
    one = ven()
    await one.register()
    await one.stop()
    assert desk.book.clients[enrolled.id].registration is None
    assert one.registration is None
    assert notices.kinds()[-1] is Kind.DEREGISTERED
    await one.stop()
    assert notices.kinds().count(Kind.DEREGISTERED) == 1


async def test_stopping_is_no_trouble_while_the_vtn_is_out(ven, vtn, world, pki, notices):
    await world.enrol(pki.ecc)
    one = ven()
    await one.register()
    vtn.fails = {"": 503}
    await one.stop()
    assert notices.kinds()[-1] is Kind.FAILED


async def test_one_that_is_not_enrolled_is_declined(ven, world):
    with pytest.raises(VtnDeclined) as caught:
        await ven().register()
    assert caught.value.code == "463"
    assert caught.value.is_stranger


async def test_running_it_registers_again_when_the_vtn_has_forgotten_it(
    *, ven, world, desk, pki, notices, tasks
):
    enrolled = await world.enrol(pki.ecc)
    tasks.start(ven(clock=SystemClock(), poll_s=0.05).run(), name="ven")
    await notices.until(Kind.READY)
    held = desk.book.clients[enrolled.id].registration
    command = CancelRegistration(client_id=enrolled.id, registration_id=held.registration_id)
    await world.do(command)
    await notices.until(Kind.READY, 2)
    assert Kind.FAILED in notices.kinds()
    assert desk.book.clients[enrolled.id].registration is not None


async def test_running_it_survives_a_vtn_that_fails_and_one_that_denies_it(
    *, ven, vtn, world, pki, notices, tasks
):
    enrolled = await world.enrol(pki.ecc)
    await world.do(SetAccess(client_id=enrolled.id, enabled=False))
    vtn.fails = {"": 500}
    tasks.start(ven(clock=SystemClock()).run(), name="ven")
    await notices.until(Kind.FAILED)
    vtn.fails = {}
    await notices.until(Kind.FAILED, 2)
    await world.do(SetAccess(client_id=enrolled.id, enabled=True))
    await notices.until(Kind.READY)
    assert notices.kinds() == [Kind.FAILED, Kind.FAILED, Kind.REGISTERED, Kind.READY]


@pytest.fixture
def scripted_ven(ven, scripted):
    return lambda **options: ven(base=scripted.base, points=("power",), **options)


async def test_it_serves_a_periodic_report_until_it_is_cancelled(
    *, scripted_ven, scripted, clock, notices
):
    one: Ven = scripted_ven(measure=lambda point, now: 1500.0)
    await one.register()
    scripted.script.append(asking(request(window=window(clock.now()))))
    await one.poll()
    (created,) = scripted.of(OadrCreatedReport)
    assert created.oadrPendingReports.reportRequestID == ("q1",)
    for _ in range(4):
        clock.move(seconds=5)
        await one.poll()
    updates = scripted.of(OadrUpdateReport)
    assert len(updates) == 3
    (report,) = updates[-1].oadrReport
    assert (report.reportRequestID, report.reportSpecifierID) == ("q1", "telemetry")
    (interval,) = report.intervals.interval
    (payload,) = interval.streamPayloadBase
    assert (payload.rID, payload.payloadBase.value) == ("power", 1500.0)
    assert interval.dtstart.date_time == clock.now()
    cancel = OadrCancelReport(requestID="x", reportRequestID=("q1",), reportToFollow=False)
    scripted.script.append(cancel)
    clock.move(seconds=10)
    await one.poll()
    (canceled,) = scripted.of(OadrCanceledReport)
    assert canceled.oadrPendingReports.reportRequestID == ()
    assert len(scripted.of(OadrUpdateReport)) == 3
    assert notices.kinds().count(Kind.REPORTED) == 3


async def test_it_serves_a_single_report_once(scripted_ven, scripted, clock):
    one = scripted_ven()
    await one.register()
    scripted.script.append(asking(request(back_s=0)))
    for _ in range(3):
        await one.poll()
        clock.move(seconds=60)
    assert len(scripted.of(OadrUpdateReport)) == 1


async def test_a_report_ends_with_its_span(scripted_ven, scripted, clock):
    one = scripted_ven()
    await one.register()
    scripted.script.append(asking(request(window=window(clock.now(), 20))))
    for _ in range(6):
        await one.poll()
        clock.move(seconds=10)
    assert len(scripted.of(OadrUpdateReport)) == 3


async def test_a_cancellation_inside_the_answer_to_a_report_counts(scripted_ven, scripted, clock):
    one = scripted_ven()
    await one.register()
    scripted.answers[OadrUpdateReport] = OadrUpdatedReport(
        eiResponse=EiResponse(responseCode="200", requestID=""),
        oadrCancelReport=OadrCancelReport(
            requestID="", reportRequestID=("q1",), reportToFollow=False
        ),
    )
    scripted.script.append(asking(request(window=window(clock.now()))))
    for _ in range(3):
        await one.poll()
        clock.move(seconds=60)
    assert len(scripted.of(OadrUpdateReport)) == 1


async def test_a_report_that_is_not_offered_is_refused(scripted_ven, scripted):
    one = scripted_ven()
    await one.register()
    scripted.script.append(asking(request(points=("power", "voltage"))))
    await one.poll()
    (created,) = scripted.of(OadrCreatedReport)
    assert created.eiResponse.responseCode == "452"
    assert created.oadrPendingReports.reportRequestID == ()


async def test_a_request_for_metadata_brings_the_offer_again(scripted_ven, scripted):
    one = scripted_ven()
    await one.register()
    scripted.script.append(asking(request("m1", points=("0",))))
    await one.poll()
    first, again = scripted.of(OadrRegisterReport)
    assert (first.reportRequestID, again.reportRequestID) == (None, "m1")
    assert first.oadrReport[0].reportName == "METADATA_TELEMETRY_USAGE"
    assert first.oadrReport[0].reportRequestID == "0"


async def test_requests_inside_the_answer_to_the_offer_are_served(scripted_ven, scripted):
    scripted.answers[OadrRegisterReport] = OadrRegisteredReport(
        eiResponse=EiResponse(responseCode="200", requestID="o1"),
        oadrReportRequest=(request(back_s=0),),
    )
    one = scripted_ven()
    await one.register()
    (created,) = scripted.of(OadrCreatedReport)
    assert created.eiResponse.requestID == "o1"
    await one.poll()
    assert len(scripted.of(OadrUpdateReport)) == 1


async def test_it_registers_again_with_its_ids_when_asked_to(scripted_ven, scripted):
    one = scripted_ven()
    await one.register()
    scripted.script.append(OadrRequestReregistration(venID="v1"))
    await one.poll()
    assert len(scripted.of(OadrResponse)) == 1
    first, again = scripted.of(OadrCreatePartyRegistration)
    assert (first.registrationID, first.venID) == (None, None)
    assert (again.registrationID, again.venID) == ("g1", "v1")


async def test_it_leaves_when_the_vtn_cancels_its_registration(scripted_ven, scripted):
    one = scripted_ven()
    await one.register()
    scripted.script.append(
        OadrCancelPartyRegistration(requestID="x", registrationID="g1", venID="v1")
    )
    await one.poll()
    (canceled,) = scripted.of(OadrCanceledPartyRegistration)
    assert canceled.eiResponse.requestID == "x"
    assert one.registration is None
    await one.poll()
    assert len(scripted.of(OadrPoll)) == 1


async def test_it_drains_the_queue_but_not_for_ever(scripted_ven, scripted):
    one = scripted_ven()
    await one.register()
    scripted.script.extend([OadrRegisterReport(requestID="x")] * 50)
    await one.poll()
    assert len(scripted.of(OadrPoll)) == 20


async def test_a_registration_without_ids_is_a_failure_and_no_more(scripted_ven, scripted):
    from dataclasses import replace

    registered = scripted.answers[OadrCreatePartyRegistration]
    scripted.answers[OadrCreatePartyRegistration] = replace(registered, venID=None)
    one = scripted_ven()
    with pytest.raises(ExchangeFailed, match="no venID"):
        await one.register()
    assert one.registration is None


async def test_an_answer_of_the_wrong_kind_is_a_failure_and_no_more(scripted_ven, scripted):
    scripted.answers[OadrCreatePartyRegistration] = scripted.idle
    with pytest.raises(ExchangeFailed, match="OadrResponse is no answer"):
        await scripted_ven().register()
