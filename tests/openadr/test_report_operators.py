"""Reports that operators ask for: told to the VEN, answered, kept over a crash, cancelled, seen."""

import asyncio
import logging
import shutil
from datetime import timedelta

import pytest

from certs.issue import Family
from schemas.openadr.blocks import (
    Dtstart,
    DurationProp,
    EiResponse,
    Interval,
    Intervals,
    OadrReportPayload,
    PayloadFloat,
)
from schemas.openadr.greenbutton import OadrGBPayload
from schemas.openadr.payload import OadrResponse
from schemas.openadr.report import (
    OadrCanceledReport,
    OadrCancelReport,
    OadrCreateReport,
    OadrPendingReports,
    OadrRegisterReport,
    OadrReport,
    OadrSamplingRate,
    OadrUpdateReport,
)
from server.core.model import ClientId
from server.core.report import METADATA, ReportKind, ReportPhase, ReportWish
from server.errors import Conflict, Invalid, Unknown
from server.openadr.settings import OpenAdrSettings

SILENT = OpenAdrSettings(vtn_id="VTN-1", request_reports=())
ZERO, MINUTE, HOUR = timedelta(0), timedelta(minutes=1), timedelta(hours=1)
USAGE = "TELEMETRY_USAGE"


@pytest.fixture
async def world(world):
    """A VTN that asks nothing on its own."""
    await world.restart(SILENT)
    return world


@pytest.fixture
def ask(world, ven):
    async def ask(specifier=USAGE, kind=ReportKind.PERIODIC, **others):
        wish = ReportWish(specifier_id=specifier, kind=kind, **others)
        standing = await world.reporting.ask(ven.client.id, wish, actor="operator")
        return standing.request.id

    return ask


@pytest.fixture
async def request_id(ven, offer, ask, confirm):
    """A periodic request that the VEN has agreed to."""
    await offer(ven)
    request_id = await ask(every=10 * MINUTE, granularity=MINUTE)
    assert (await ven.poll()).requestID == request_id
    await confirm(ven, request_id)
    return request_id


@pytest.fixture
def standing(world, ven):
    async def standing(request_id):
        return await world.reporting.standing(ven.client.id, request_id)

    return standing


@pytest.fixture
def update(world, ven):
    """Send values of so many minutes from a start, or other intervals."""

    async def update(request_id, *, start=None, minutes=10, by=ven, name=USAGE, intervals=None):
        start = start or world.clock.now()
        made = tuple(
            Interval(
                dtstart=Dtstart(date_time=start + minute * MINUTE),
                duration=DurationProp(duration=MINUTE),
                streamPayloadBase=(
                    OadrReportPayload(rID="power", payloadBase=PayloadFloat(value=1.0)),
                ),
            )
            for minute in range(minutes)
        )
        report = OadrReport(
            dtstart=Dtstart(date_time=start),
            intervals=Intervals(interval=intervals or made),
            reportRequestID=request_id,
            reportSpecifierID=name,
            reportName=name,
            createdDateTime=world.clock.now(),
        )
        message = OadrUpdateReport(requestID="u", oadrReport=(report,), venID=ven.ven_id)
        return await by.say("EiReport", message)

    return update


@pytest.fixture
def let_go(ven):
    """Answer a cancellation."""

    async def let_go(request_id, code="200", pending=()):
        message = OadrCanceledReport(
            eiResponse=EiResponse(responseCode=code, requestID=request_id),
            oadrPendingReports=OadrPendingReports(reportRequestID=pending),
            venID=ven.ven_id,
        )
        return await ven.say("EiReport", message)

    return let_go


def readings(world, ven, point=f"{USAGE}/power"):
    device = world.desk.book.devices_of(ven.client.id)[0]
    start = world.clock.now()
    return world.store.readings(
        source=device.id, point=point, since=start - 48 * HOUR, until=start + 48 * HOUR
    )


async def test_an_operators_request_comes_by_the_next_poll_and_shows_how_far_it_is(
    ven, offer, ask, *, confirm, standing, update
):
    await offer(ven)
    request_id = await ask(every=10 * MINUTE, granularity=MINUTE)
    assert (await standing(request_id)).phase is ReportPhase.ASKED
    asked = await ven.poll()
    assert isinstance(asked, OadrCreateReport)
    assert asked.requestID == request_id
    await confirm(ven, request_id)
    assert isinstance(await ven.poll(), OadrResponse)
    told = await standing(request_id)
    assert (told.phase, told.heard_at, told.last_reading) == (ReportPhase.RUNNING, None, None)
    assert (await update(request_id)).eiResponse.responseCode == "200"
    told = await standing(request_id)
    assert (told.phase, told.request.asked_by) == (ReportPhase.RUNNING, "operator")
    assert told.last_reading == told.heard_at + 10 * MINUTE


async def test_a_ven_that_is_pushed_to_is_asked_at_once(world, pushed, box, offer):
    await offer(pushed)
    box.kinds.clear()
    wish = ReportWish(specifier_id=USAGE, kind=ReportKind.ONCE)
    await world.reporting.ask(pushed.client.id, wish, actor="operator")
    await world.pass_time()
    assert box.kinds == ["CreateReport"]


async def test_who_is_no_registered_ven_cannot_be_asked(world):
    ven = await world.ven()
    wish = ReportWish(specifier_id=METADATA, kind=ReportKind.ONCE)
    with pytest.raises(Conflict, match="not registered"):
        await world.reporting.ask(ven.client.id, wish, actor="operator")
    with pytest.raises(Unknown):
        await world.reporting.standings(ClientId("c99"))
    await ven.come_up()
    with pytest.raises(Unknown):
        await world.reporting.standing(ven.client.id, "report-1")
    with pytest.raises(Unknown):
        await world.reporting.cancel(ven.client.id, "report-1", report_to_follow=False)


async def test_rule_340_what_is_not_offered_is_refused_before_it_is_sent(ven, offer, ask):
    await offer(ven)
    with pytest.raises(Invalid):
        await ask(every=MINUTE, granularity=MINUTE / 120)
    with pytest.raises(Invalid):
        await ask("HISTORY_USAGE", ReportKind.HISTORY)
    assert isinstance(await ven.poll(), OadrResponse)


async def test_no_ven_is_asked_for_reports_without_end(ven, offer, ask):
    await offer(ven)
    for _ in range(50):
        await ask()
    with pytest.raises(Conflict, match="too many"):
        await ask()


async def test_what_is_asked_for_once_ends_with_its_data(ven, offer, ask, standing, update):
    await offer(ven)
    request_id = await ask(kind=ReportKind.ONCE)
    await ven.poll()
    assert (await update(request_id, minutes=1)).oadrCancelReport is None
    assert (await standing(request_id)).phase is ReportPhase.ENDED
    assert isinstance(await ven.poll(), OadrResponse)
    assert (await update(request_id, minutes=1)).eiResponse.responseCode == "200"


async def test_rule_300_a_refusal_of_the_ven_is_shown(ven, offer, ask, confirm, standing):
    await offer(ven)
    request_id = await ask()
    await ven.poll()
    await confirm(ven, request_id, code="454")
    told = await standing(request_id)
    assert (told.phase, told.request.trouble) == (ReportPhase.REFUSED, "454 OK")
    assert isinstance(await ven.poll(), OadrResponse)


async def test_a_request_that_is_never_answered_says_so_until_it_is(
    world, ven, offer, ask, standing
):
    await offer(ven)
    request_id = await ask()
    for _ in range(20):
        await ven.poll()
    assert (await standing(request_id)).request.trouble == "the VEN does not answer"
    await world.reporting.cancel(ven.client.id, request_id, report_to_follow=False)
    assert isinstance(await ven.poll(), OadrCancelReport)


async def test_rule_329_a_report_that_a_ven_no_longer_lists_is_told_and_shown(
    ven, ask, confirm, *, standing, request_id, caplog
):
    other = await ask(kind=ReportKind.ONCE)
    await ven.poll()
    await confirm(ven, other)
    assert "does not list TELEMETRY_USAGE" in caplog.text
    assert "missing" in (await standing(request_id)).request.trouble
    third = await ask(kind=ReportKind.ONCE)
    await ven.poll()
    await confirm(ven, third, pending=(request_id, third))
    assert (await standing(request_id)).request.trouble == ""


async def test_rule_327_an_offer_is_asked_for_at_any_time(world, ven, offer, ask, standing):
    request_id = await ask(METADATA, ReportKind.ONCE)
    asked = await ven.poll()
    assert asked.oadrReportRequest[0].reportSpecifier.reportSpecifierID == METADATA
    await offer(ven)
    assert (await standing(request_id)).phase is ReportPhase.ENDED
    (offered,) = await world.reporting.offers(ven.client.id)
    assert offered.specifier_id == USAGE
    assert isinstance(await ven.poll(), OadrResponse)


async def test_rule_306_a_new_offer_drops_what_was_asked_for_which_is_asked_for_again(
    ven, offer, standing, update, request_id
):
    await offer(ven)
    told = await standing(request_id)
    assert told.phase is ReportPhase.DROPPED
    again = await ven.poll()
    assert again.requestID == told.request.followed_by
    assert (await update(request_id)).eiResponse.responseCode == "452"
    assert (await update(again.requestID)).eiResponse.responseCode == "200"


async def test_rule_306_a_periodic_request_for_the_offer_itself_goes_on(
    ven, offer, ask, confirm, standing
):
    request_id = await ask(METADATA, every=HOUR)
    await ven.poll()
    await confirm(ven, request_id)
    for _ in range(2):
        await offer(ven)
        assert (await standing(request_id)).phase is ReportPhase.RUNNING
        assert isinstance(await ven.poll(), OadrResponse)


async def test_rule_345_a_last_report_is_taken_after_the_cancellation(
    world, ven, standing, *, update, let_go, request_id
):
    await world.reporting.cancel(ven.client.id, request_id, report_to_follow=True)
    cancel = await ven.poll()
    assert (cancel.reportRequestID, cancel.reportToFollow) == ((request_id,), True)
    assert (await update(request_id)).oadrCancelReport is None
    await let_go(request_id)
    assert isinstance(await ven.poll(), OadrResponse)
    assert (await update(request_id)).oadrCancelReport is None
    told = await standing(request_id)
    assert (told.phase, told.request.closed) == (ReportPhase.CANCELLED, ReportPhase.CANCELLED)
    assert (await update(request_id)).oadrCancelReport.reportRequestID == (request_id,)
    with_no_last = await ven.poll()
    assert isinstance(with_no_last, OadrCancelReport)
    assert not with_no_last.reportToFollow


async def test_rules_328_and_335_a_report_that_goes_on_is_cancelled_within_the_answer_and_again(
    world, ven, update, let_go, request_id
):
    await world.reporting.cancel(ven.client.id, request_id, report_to_follow=False)
    for _ in range(2):
        assert isinstance(await ven.poll(), OadrCancelReport)
        await let_go(request_id)
        assert isinstance(await ven.poll(), OadrResponse)
        answer = await update(request_id)
        assert answer.eiResponse.responseCode == "200"
        assert answer.oadrCancelReport.reportRequestID == (request_id,)
    await let_go(request_id)
    with pytest.raises(Conflict, match="cancelled already"):
        await world.reporting.cancel(ven.client.id, request_id, report_to_follow=False)


async def test_rule_336_a_ven_that_cannot_cancel_is_believed_and_told_of(
    world, ven, standing, *, let_go, request_id, caplog
):
    await world.reporting.cancel(ven.client.id, request_id, report_to_follow=True)
    await ven.poll()
    await let_go(request_id, code="452", pending=(request_id,))
    assert "says 452 to the end of TELEMETRY_USAGE, which it still lists" in caplog.text
    told = await standing(request_id)
    assert (told.request.closed, told.request.trouble) == (ReportPhase.CANCELLED, "452")


async def test_rule_341_a_report_that_outstays_its_end_is_cancelled(
    world, ven, offer, *, ask, standing, update, confirm
):
    await offer(ven)
    request_id = await ask(every=10 * MINUTE, duration=HOUR)
    await ven.poll()
    await confirm(ven, request_id)
    world.clock.move(HOUR + 20 * MINUTE)
    assert (await standing(request_id)).phase is ReportPhase.ENDED
    assert (await update(request_id)).oadrCancelReport is None
    world.clock.move(HOUR)
    assert (await update(request_id)).oadrCancelReport.reportRequestID == (request_id,)
    assert isinstance(await ven.poll(), OadrCancelReport)


async def test_late_reports_and_gaps_show_and_are_told(
    world, ven, standing, *, update, request_id, caplog
):
    caplog.set_level(logging.INFO)
    begin = world.clock.now()
    world.clock.move(10 * MINUTE)
    await update(request_id, start=begin)
    world.clock.move(30 * MINUTE)
    await world.reporting.look()
    told = await standing(request_id)
    assert told.phase is ReportPhase.LATE
    assert "is late with TELEMETRY_USAGE" in caplog.text
    (gap,) = told.gaps
    assert (gap.rid, gap.since, gap.until) == ("power", begin + 10 * MINUTE, begin + 30 * MINUTE)
    await update(request_id, start=begin + 30 * MINUTE)
    assert "has a hole" in caplog.text
    (gap,) = (await standing(request_id)).gaps
    assert (gap.since, gap.until) == (begin + 10 * MINUTE, begin + 30 * MINUTE)
    await update(request_id, start=begin + 10 * MINUTE, minutes=20)
    told = await standing(request_id)
    assert (told.phase, told.gaps) == (ReportPhase.RUNNING, ())


async def test_looking_for_late_reports_goes_on_until_it_is_stopped(world, request_id):
    task = world.tasks.start(world.reporting.run(), name="reports")
    await asyncio.sleep(0.05)
    assert not task.done()


async def test_rule_319_an_accuracy_is_taken_and_changes_no_value(world, ven, update, request_id):
    value = OadrReportPayload(
        rID="power", confidence=90, accuracy=0.5, payloadBase=PayloadFloat(value=2.0)
    )
    interval = Interval(dtstart=Dtstart(date_time=world.clock.now()), streamPayloadBase=(value,))
    await update(request_id, intervals=(interval,))
    assert [each.value for each in await readings(world, ven)] == [2000.0]


async def test_rule_317_what_did_not_change_is_kept_with_its_quality(
    world, ven, offer, ask, update
):
    rate = OadrSamplingRate(oadrMinPeriod=MINUTE, oadrMaxPeriod=HOUR, oadrOnChange=True)
    await offer(ven, rate=rate)
    request_id = await ask(kind=ReportKind.ON_CHANGE, every=HOUR)
    await ven.poll()
    old = "No New Value - Previous Value Used"
    value = OadrReportPayload(rID="power", payloadBase=PayloadFloat(value=1.0), oadrDataQuality=old)
    interval = Interval(dtstart=Dtstart(date_time=world.clock.now()), streamPayloadBase=(value,))
    await update(request_id, intervals=(interval,))
    assert [each.quality for each in await readings(world, ven)] == [old]


async def test_rule_313_a_data_report_may_repeat_its_description(world, ven, request_id, update):
    at = Dtstart(date_time=world.clock.now())
    value = OadrReportPayload(rID="power", payloadBase=PayloadFloat(value=1.0))
    bare = (Interval(duration=DurationProp(duration=MINUTE), streamPayloadBase=(value,)),)
    assert (await update(request_id, intervals=bare)).eiResponse.responseCode == "200"
    report = OadrReport(
        intervals=Intervals(interval=bare),
        reportRequestID=request_id,
        reportSpecifierID=USAGE,
        createdDateTime=at.date_time,
    )
    message = OadrUpdateReport(requestID="u", oadrReport=(report,), venID=ven.ven_id)
    assert (await ven.say("EiReport", message)).eiResponse.responseCode == "459"


def _moment(at=None, lasts=None):
    value = OadrReportPayload(rID="power", payloadBase=PayloadFloat(value=1.0))
    return Interval(
        dtstart=None if at is None else Dtstart(date_time=at),
        duration=None if lasts is None else DurationProp(duration=lasts),
        streamPayloadBase=(value,),
    )


async def test_rule_342_intervals_of_one_kind_have_all_a_dtstart_or_none(
    world, ven, update, request_id
):
    now = world.clock.now()
    for mixed in (
        (_moment(now), _moment()),
        (_moment(now, MINUTE), _moment(lasts=MINUTE)),
    ):
        answer = await update(request_id, intervals=mixed)
        assert answer.eiResponse.responseCode == "459"
    assert await readings(world, ven) == ()
    both = (_moment(now), _moment(now + MINUTE, MINUTE), _moment(lasts=MINUTE))
    answer = await update(request_id, intervals=(both[2], both[0]))
    assert answer.eiResponse.responseCode == "200"


async def test_rule_337_a_value_over_a_stretch_of_time_answers_what_is_asked_for_now(
    world, ven, offer, ask, update
):
    await offer(ven)
    request_id = await ask(kind=ReportKind.ONCE)
    await ven.poll()
    await update(request_id, minutes=1)
    (value,) = await readings(world, ven)
    assert value.duration == MINUTE


async def test_rule_331_green_button_data_are_kept_as_sent_and_read_if_they_are_simple(
    world, ven, offer, *, ask, update, standing
):
    name = "HISTORY_GREENBUTTON"
    await offer(ven, name)
    start = world.clock.now() - HOUR
    request_id = await ask(name, ReportKind.HISTORY, start=start)
    asked = (await ven.poll()).oadrReportRequest[0].reportSpecifier
    assert asked.reportInterval.properties.dtstart.date_time == start
    feed = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><id>f</id><title>t</title>'
        "<updated>2026-06-01T12:00:00Z</updated><entry><id>e</id><title>t</title>"
        '<updated>2026-06-01T12:00:00Z</updated><content><IntervalBlock xmlns="http://naesb.org/espi">'
        "<ReadingType><powerOfTenMultiplier>3</powerOfTenMultiplier><uom>72</uom></ReadingType>"
        f"<IntervalReading><timePeriod><duration>900</duration><start>{int(start.timestamp())}"
        "</start></timePeriod><value>4</value></IntervalReading></IntervalBlock></content></entry>"
        "</feed>"
    )
    payload = Interval(
        dtstart=Dtstart(date_time=start),
        duration=DurationProp(duration=HOUR),
        streamPayloadBase=(OadrGBPayload(feed=feed.encode()),),
    )
    answer = await update(request_id, name=name, intervals=(payload,))
    assert answer.eiResponse.responseCode == "200"
    (value,) = await readings(world, ven, f"{name}/power")
    assert (value.start, value.value, value.unit) == (start, 4000.0, "Wh")
    device = world.desk.book.devices_of(ven.client.id)[0]
    (kept,) = await world.store.items.all(device.id, "oadrGBPayload")
    assert b"IntervalReading" in kept.body
    assert (await standing(request_id)).phase is ReportPhase.ENDED


async def test_a_crash_loses_no_request_and_no_undelivered_message_and_counts_nothing_twice(
    world, ven, offer, *, ask, confirm, update, tmp_path
):
    await offer(ven)
    running = await ask(every=10 * MINUTE, granularity=MINUTE)
    await ven.poll()
    await confirm(ven, running)
    waiting = await ask(kind=ReportKind.ONCE)
    first = await ven.poll()
    cancelled = await ask(every=HOUR)
    await world.reporting.cancel(ven.client.id, cancelled, report_to_follow=True)
    begin = world.clock.now()
    await update(running, start=begin)
    # What is on disk at this instant is all that a killed process leaves.
    for path in world._path.parent.glob("store.db*"):
        shutil.copy(path, tmp_path / path.name.replace("store", "left"))
    await world.stop()
    world._path = tmp_path / "left.db"
    await world.start(SILENT)
    again = world.connect(ven.client, world.client_tls("ven-1", Family.ECC))
    assert isinstance(await again.poll(), OadrRegisterReport)
    cancel = await again.poll()
    assert (cancel.reportRequestID, cancel.reportToFollow) == ((cancelled,), True)
    standings = await world.reporting.standings(ven.client.id)
    assert [each.phase for each in standings] == [
        ReportPhase.RUNNING,
        ReportPhase.ASKED,
        ReportPhase.CANCELLED,
    ]
    # The VEN heard no answer and says the same again, and then what comes after it.
    await update(running, start=begin, by=again)
    await update(running, start=begin + 10 * MINUTE, by=again)
    assert len(await readings(world, ven)) == 20
    message = OadrCanceledReport(
        eiResponse=EiResponse(responseCode="200", requestID=cancelled),
        oadrPendingReports=OadrPendingReports(reportRequestID=(running,)),
        venID=ven.ven_id,
    )
    await again.say("EiReport", message)
    assert await again.poll() == first
    assert first.requestID == waiting
