"""Data of reports: what becomes of it, what is refused, and that it lasts."""

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from certs.issue import Family
from schemas.openadr import decode_payload
from schemas.openadr.blocks import (
    Dtstart,
    DurationProp,
    Interval,
    Intervals,
    OadrLoadControlState,
    OadrLoadControlValues,
    OadrPayloadResourceStatus,
    OadrReportPayload,
    PayloadFloat,
    SignalPayload,
    Uid,
)
from schemas.openadr.payload import OadrResponse
from schemas.openadr.registration import OadrCancelPartyRegistration
from schemas.openadr.report import (
    OadrCreateReport,
    OadrReport,
    OadrReportDescription,
    OadrUpdatedReport,
    OadrUpdateReport,
)
from schemas.openadr.units import CurrencyPerKWh, EnergyReal, PulseCount, Voltage
from server.openadr.report_offers import offers_in
from server.openadr.report_requests import requests_for

HOUR = timedelta(hours=1)
STATUS = OadrReportDescription(
    rID="dev", reportType="x-resourceStatus", readingType="x-notApplicable"
)


def _price(currency):
    return CurrencyPerKWh(itemDescription="currencyPerKWh", itemUnits=currency, siScaleCode="none")


def _interval(*values, at=None, lasts=None, uid=None, **others):
    """Return an interval of a minute's multiple, with a value for each (rID, number)."""
    payloads = tuple(
        value
        if not isinstance(value, tuple)
        else OadrReportPayload(rID=value[0], payloadBase=PayloadFloat(value=value[1]), **others)
        for value in values
    )
    return Interval(
        dtstart=None if at is None else Dtstart(date_time=at),
        duration=None if lasts is None else DurationProp(duration=lasts),
        uid=None if uid is None else Uid(text=str(uid)),
        streamPayloadBase=payloads,
    )


@pytest.fixture
def start(world):
    return world.clock.now() - HOUR


@pytest.fixture
async def request_id(ven, offer, confirm):
    """A request that the VEN has agreed to."""
    await offer(ven)
    asked = await ven.poll()
    await confirm(ven, asked.requestID)
    return asked.requestID


@pytest.fixture
def report(world, ven, request_id, start):
    def report(*intervals, **others):
        said = {
            "dtstart": Dtstart(date_time=start),
            "intervals": Intervals(interval=intervals),
            "reportRequestID": request_id,
            "reportSpecifierID": "TELEMETRY_USAGE",
            "reportName": "TELEMETRY_USAGE",
            "createdDateTime": world.clock.now(),
        }
        return OadrReport(**(said | others))

    return report


@pytest.fixture
def update(ven, report):
    numbers = count()

    async def update(*intervals, by=ven, **others):
        message = OadrUpdateReport(
            requestID=f"u-{next(numbers)}",
            oadrReport=(report(*intervals, **others),),
            venID=by.ven_id,
        )
        answer = await by.say("EiReport", message)
        assert isinstance(answer, OadrUpdatedReport)
        assert answer.eiResponse.requestID == message.requestID
        return answer.eiResponse.responseCode

    return update


@pytest.fixture
def found(world, ven, start):
    """Return the readings of a point."""

    async def found(point="TELEMETRY_USAGE/power"):
        device = world.desk.book.devices_of(ven.client.id)[0]
        return await world.store.readings(
            source=device.id, point=point, since=start - 24 * HOUR, until=start + 24 * HOUR
        )

    return found


@pytest.fixture
def kept(found, start):
    """Return when the readings of a point start and how long they last, with their values."""

    async def kept(point="TELEMETRY_USAGE/power"):
        return [(each.start - start, each.duration, each.value) for each in await found(point)]

    return kept


NONE, QUARTER = timedelta(0), timedelta(minutes=15)


async def test_values_with_times_of_their_own_are_kept_in_the_unit_without_a_prefix(
    update, kept, found, start
):
    code = await update(
        _interval(("power", 1.5), at=start, lasts=QUARTER),
        _interval(("power", -2.0), at=start + HOUR, lasts=2 * QUARTER),
    )
    assert code == "200"
    assert await kept() == [(NONE, QUARTER, 1500.0), (HOUR, 2 * QUARTER, -2000.0)]
    assert {(each.unit, each.quality) for each in await found()} == {("W", "good")}


async def test_rules_314_and_316_intervals_without_dtstart_follow_each_other(update, kept):
    code = await update(
        *(_interval(("power", float(uid)), lasts=QUARTER, uid=uid) for uid in range(3))
    )
    assert code == "200"
    assert await kept() == [(uid * QUARTER, QUARTER, uid * 1000.0) for uid in range(3)]


async def test_rule_315_a_value_without_a_duration_is_a_point_in_time(update, kept, start):
    code = await update(
        _interval(("power", 1.0), at=start),
        _interval(("power", 2.0), at=start + QUARTER),
    )
    assert code == "200"
    assert await kept() == [(NONE, NONE, 1000.0), (QUARTER, NONE, 2000.0)]


async def test_rule_314_an_interval_after_a_point_in_time_needs_a_dtstart(update, kept):
    assert await update(_interval(("power", 1.0)), _interval(("power", 2.0))) == "459"
    assert await kept() == []


async def test_a_first_interval_without_any_dtstart_is_refused(update, kept):
    assert await update(_interval(("power", 1.0), lasts=QUARTER), dtstart=None) == "459"
    assert await kept() == []


async def test_rule_316_uids_that_do_not_count_up_are_out_of_sequence(update, kept):
    code = await update(
        _interval(("power", 1.0), lasts=QUARTER, uid=0),
        _interval(("power", 2.0), lasts=QUARTER, uid=2),
    )
    assert code == "450"
    assert await kept() == []


async def test_rule_346_a_correction_replaces_what_was_said_before(update, kept, start):
    await update(_interval(("power", 1.0), at=start, lasts=QUARTER))
    for _ in range(2):
        assert await update(_interval(("power", 3.0), at=start, lasts=HOUR)) == "200"
    assert await kept() == [(NONE, HOUR, 3000.0)]


async def test_rule_318_the_quality_is_kept_with_the_value(update, found, start):
    bad = "Quality Bad - Comm Failure"
    await update(_interval(("power", 0.0), at=start, oadrDataQuality=bad))
    (reading,) = await found()
    assert reading.quality == bad


@pytest.mark.parametrize("value", ["NaN", "INF", "-INF"])
async def test_rule_48_what_is_no_number_is_454_with_all_that_came_along(
    ven, report, forged, kept, value
):
    intervals = (_interval(("power", 1.0)), _interval(("power", 7.5)))
    message = OadrUpdateReport(requestID="u", oadrReport=(report(*intervals),), venID=ven.ven_id)
    status, body, _ = await ven.post("EiReport", forged(message, ">7.5<", f">{value}<"))
    assert status == 200
    answer = decode_payload(body).oadrSignedObject.message
    assert isinstance(answer, OadrUpdatedReport)
    assert (answer.eiResponse.responseCode, answer.eiResponse.requestID) == ("454", "u")
    assert await kept() == []


async def test_what_is_no_number_of_another_ven_is_not_told_more_than_that(
    world, ven, report, forged
):
    other = await world.ven("ven-2")
    await other.come_up()
    message = OadrUpdateReport(
        requestID="u", oadrReport=(report(_interval(("power", 7.5))),), venID=ven.ven_id
    )
    status, body, _ = await other.post("EiReport", forged(message, ">7.5<", ">NaN<"))
    answer = decode_payload(body).oadrSignedObject.message
    assert (status, answer.eiResponse.responseCode) == (200, "452")


async def test_a_word_that_is_no_number_either_is_406(ven, report, forged):
    message = OadrUpdateReport(
        requestID="u", oadrReport=(report(_interval(("power", 7.5))),), venID=ven.ven_id
    )
    for word in ("nan", "Infinity", "x", ""):
        assert (await ven.post("EiReport", forged(message, ">7.5<", f">{word}<")))[0] == 406


async def test_a_duration_that_cannot_be_is_refused(update, kept, start):
    for span in (-QUARTER, timedelta(days=40000)):
        assert await update(_interval(("power", 1.0), at=start, lasts=span)) == "454"
    late = start.replace(year=9999, month=12, day=31)
    assert await update(_interval(("power", 1.0), at=late, lasts=timedelta(days=30))) == "454"
    assert await kept() == []


async def test_rule_304_ids_that_were_not_given_out_are_refused(update, kept, start):
    good = _interval(("power", 1.0), at=start)
    assert await update(good, reportRequestID="another") == "452"
    assert await update(good, reportSpecifierID="another") == "452"
    assert await update(good, _interval(("energy", 1.0), at=start)) == "452"
    assert await kept() == []


async def test_rule_304_a_request_of_another_ven_is_as_unknown_as_none(world, update, start):
    other = await world.ven("ven-2")
    await other.come_up()
    assert await update(_interval(("power", 1.0), at=start), by=other) == "452"


async def test_one_wrong_report_spoils_the_whole_message(ven, report, kept, start):
    good = report(_interval(("power", 1.0), at=start))
    both = (good, replace(good, reportSpecifierID="another"))
    message = OadrUpdateReport(requestID="u", oadrReport=both, venID=ven.ven_id)
    answer = await ven.say("EiReport", message)
    assert answer.eiResponse.responseCode == "452"
    assert await kept() == []


async def test_rule_308_a_ven_that_reports_under_an_unknown_id_is_asked_for_its_offer_once(
    ven, offer, confirm, update, start
):
    for _ in range(3):
        await update(_interval(("power", 1.0), at=start), reportRequestID="lost")
    asked = await ven.poll()
    assert isinstance(asked, OadrCreateReport)
    (request,) = asked.oadrReportRequest
    specifier = request.reportSpecifier
    assert (specifier.reportSpecifierID, specifier.reportInterval) == ("METADATA", None)
    assert [point.rID for point in specifier.specifierPayload] == ["0"]
    assert (specifier.granularity.duration, specifier.reportBackDuration.duration) == (NONE, NONE)
    await offer(ven)
    asked = await ven.poll()
    assert asked.oadrReportRequest[0].reportSpecifier.reportSpecifierID == "TELEMETRY_USAGE"
    await confirm(ven, asked.requestID)
    assert await update(_interval(("power", 1.0), at=start), reportRequestID="lost") == "452"
    assert isinstance(await ven.poll(), OadrResponse)


async def test_rule_306_a_request_from_before_the_present_offer_is_unknown(
    ven, offer, update, start
):
    assert await update(_interval(("power", 1.0), at=start)) == "200"
    await offer(ven)
    assert await update(_interval(("power", 1.0), at=start)) == "452"


async def test_readings_and_requests_outlast_a_restart(world, ven, update, kept, start):
    assert await update(_interval(("power", 1.0), at=start)) == "200"
    await world.restart()
    again = world.connect(ven.client, world.client_tls("ven-1", Family.ECC))
    assert await update(_interval(("power", 2.0), at=start + HOUR), by=again) == "200"
    assert await kept() == [(NONE, NONE, 1000.0), (HOUR, NONE, 2000.0)]


async def test_rule_407_after_a_cancelled_registration_no_data_is_taken(ven, update, start):
    cancel = OadrCancelPartyRegistration(
        requestID="c", registrationID=ven.registration_id, venID=ven.ven_id
    )
    await ven.say("EiRegisterParty", cancel)
    assert await update(_interval(("power", 1.0), at=start)) == "463"
    await ven.come_up()
    assert await update(_interval(("power", 1.0), at=start)) == "452"


async def test_rule_334_a_status_becomes_a_reading_for_each_part(ven, offer, update, kept, start):
    await offer(ven, "TELEMETRY_STATUS", points=(STATUS,))
    asked = await ven.poll()
    status = OadrPayloadResourceStatus(
        oadrOnline=True,
        oadrManualOverride=False,
        oadrLoadControlState=OadrLoadControlState(
            oadrLevelOffset=OadrLoadControlValues(oadrMin=-1.0, oadrCurrent=2.0)
        ),
    )
    payload = OadrReportPayload(rID="dev", payloadBase=status)
    code = await update(
        _interval(payload, at=start),
        reportRequestID=asked.requestID,
        reportSpecifierID="TELEMETRY_STATUS",
    )
    assert code == "200"
    base = "TELEMETRY_STATUS/dev"
    values = {
        "oadrOnline": 1.0,
        "oadrManualOverride": 0.0,
        "oadrLevelOffset/oadrMin": -1.0,
        "oadrLevelOffset/oadrCurrent": 2.0,
    }
    for name, value in values.items():
        assert await kept(f"{base}/{name}") == [(NONE, NONE, value)]
    assert await kept(f"{base}/oadrLevelOffset/oadrMax") == []


async def test_a_payload_of_another_kind_is_refused(update, kept, start):
    signal = SignalPayload(payloadFloat=PayloadFloat(value=1.0))
    assert await update(_interval(signal, at=start)) == "459"
    assert await kept() == []


@pytest.mark.parametrize(
    ("base", "unit", "value"),
    [
        (EnergyReal(itemDescription="RealEnergy", itemUnits="", siScaleCode="M"), "Wh", 2e6),
        (Voltage(itemDescription="Voltage", itemUnits="V", siScaleCode="none"), "V", 2.0),
        (_price("EUR"), "EUR/kWh", 2.0),
        (PulseCount(itemDescription="", itemUnits="", pulseFactor=0.5), "count", 2.0),
        (None, "", 2.0),
    ],
)
def test_units_are_spelled_as_everywhere(base, unit, value, world):
    point = OadrReportDescription(
        rID="1", reportType="usage", itemBase=base, readingType="Direct Read"
    )
    offered = OadrReport(
        oadrReportDescription=(point,),
        reportRequestID="0",
        reportSpecifierID="s",
        reportName="METADATA_TELEMETRY_USAGE",
        createdDateTime=world.clock.now(),
    )
    (made,) = requests_for(
        offers_in([offered]), wanted=("TELEMETRY_USAGE",), every=HOUR, now=world.clock.now()
    )
    assert [(each.unit, 2.0 * each.scale) for each in made.points] == [(unit, value)]


async def test_no_two_names_of_points_are_one(ven, offer, update, kept):
    slashed = OadrReportDescription(rID="a/b", reportType="usage", readingType="Direct Read")
    await offer(ven, points=(slashed,))
    asked = await ven.poll()
    await update(_interval(("a/b", 2.0)), reportRequestID=asked.requestID)
    assert await kept("TELEMETRY_USAGE/a%2Fb") == [(NONE, NONE, 2.0)]


async def test_a_report_without_intervals_and_a_message_without_reports_say_nothing(
    ven, update, kept
):
    assert await update(intervals=None) == "200"
    empty = OadrUpdateReport(requestID="", venID=ven.ven_id)
    assert (await ven.say("EiReport", empty)).eiResponse.responseCode == "200"
    assert await kept() == []
    assert isinstance(await ven.poll(), OadrResponse)
