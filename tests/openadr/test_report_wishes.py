"""What may be asked of an offer, in which form it is asked, and what is remarked on an offer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from schemas.openadr.blocks import Dtstart, DurationProp
from schemas.openadr.report import OadrReport, OadrReportDescription, OadrSamplingRate
from schemas.openadr.targets import EiTarget
from server.core.report import METADATA, ReportKind, ReportPhase, ReportWish
from server.errors import Invalid
from server.openadr.report_offers import offers_in
from server.openadr.report_requests import asking, cancelling, renewed, requests_for, trimmed
from server.openadr.report_wishes import metadata_request, request_for

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ZERO, MINUTE, HOUR = timedelta(0), timedelta(minutes=1), timedelta(hours=1)
RATE = OadrSamplingRate(oadrMinPeriod=MINUTE, oadrMaxPeriod=HOUR, oadrOnChange=True)


def described(rid="power", rate=RATE, **others):
    facts = {"reportType": "usage", "readingType": "Direct Read", "oadrSamplingRate": rate}
    return OadrReportDescription(rID=rid, **(facts | others))


def metadata(name="TELEMETRY_USAGE", *points, **others):
    facts = {
        "duration": DurationProp(duration=24 * HOUR),
        "oadrReportDescription": points or (described(), described("energy")),
        "reportRequestID": "0",
        "reportSpecifierID": name,
        "reportName": f"METADATA_{name}",
        "createdDateTime": NOW,
    }
    return OadrReport(**(facts | others))


OFFERS = offers_in([metadata(), metadata("HISTORY_USAGE"), metadata("x-own")])


def wish(specifier="TELEMETRY_USAGE", kind=ReportKind.PERIODIC, **others):
    return ReportWish(specifier_id=specifier, kind=kind, **others)


def made(*given, offers=OFFERS, **others):
    return request_for(
        wish(*given, **others), offers, usual=MINUTE * 5, asked_by="someone", now=NOW
    )


def form(request):
    """Return granularity, time between reports, and start and length of the interval."""
    (asked,) = asking(request, "ven").oadrReportRequest
    said = asked.reportSpecifier
    window = said.reportInterval and said.reportInterval.properties
    span = window and (window.dtstart.date_time, window.duration.duration)
    return said.granularity.duration, said.reportBackDuration.duration, span


def refusal(*given, **others):
    with pytest.raises(Invalid) as caught:
        made(*given, **others)
    return caught.value.pointer


def test_rule_324_what_is_so_now_is_asked_for_without_periods_and_interval():
    assert form(made(kind=ReportKind.ONCE)) == (ZERO, ZERO, None)
    for other in (wish(METADATA, ReportKind.ONCE), wish(METADATA, ReportKind.PERIODIC, every=HOUR)):
        request = request_for(other, OFFERS, usual=HOUR, asked_by="", now=NOW)
        assert form(request) == (ZERO, other.every or ZERO, None)
        (point,) = asking(request, "ven").oadrReportRequest[0].reportSpecifier.specifierPayload
        assert (point.rID, point.readingType) == ("0", "x-notApplicable")


def test_rule_317_the_time_between_values_is_within_what_is_offered_and_the_time_between_reports():
    start = NOW + HOUR
    request = made(every=HOUR, granularity=MINUTE, start=start, duration=2 * HOUR)
    assert form(request) == (MINUTE, HOUR, (start, 2 * HOUR))
    assert form(made()) == (5 * MINUTE, 5 * MINUTE, (NOW, ZERO))
    assert form(made(every=3 * HOUR))[0] == HOUR
    assert refusal(every=HOUR, granularity=MINUTE / 2) == "/granularity_s"
    assert refusal(every=MINUTE, granularity=2 * MINUTE) == "/granularity_s"
    assert refusal(every=MINUTE / 2) == "/granularity_s"


def test_rule_317_changes_have_no_granularity_and_must_be_offered():
    request = made(kind=ReportKind.ON_CHANGE, every=HOUR)
    assert form(request) == (ZERO, HOUR, (NOW, ZERO))
    assert refusal(kind=ReportKind.ON_CHANGE, granularity=MINUTE) == "/granularity_s"
    steady = replace(RATE, oadrOnChange=False)
    some = offers_in([metadata("x-own", described(), described("slow", steady))])
    assert refusal("x-own", ReportKind.ON_CHANGE, offers=some) == "/kind"
    assert made("x-own", ReportKind.ON_CHANGE, rids=("power",), offers=some).points


def test_rule_325_a_history_is_of_the_past_with_its_own_granularity_and_open_or_closed():
    start = NOW - 4 * HOUR
    closed = made("HISTORY_USAGE", ReportKind.HISTORY, start=start, duration=HOUR)
    assert form(closed) == (ZERO, ZERO, (start, HOUR))
    assert form(made("HISTORY_USAGE", ReportKind.HISTORY, start=start))[2] == (start, ZERO)
    assert closed.end is None


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"start": None}, "/start"),
        ({"start": NOW}, "/start"),
        ({"start": NOW - HOUR, "duration": 2 * HOUR}, "/duration_s"),
        ({"start": NOW - 48 * HOUR}, "/duration_s"),
        ({"start": NOW - HOUR, "every": HOUR}, "/every_s"),
        ({"start": NOW - HOUR, "granularity": HOUR}, "/every_s"),
        ({"start": NOW - HOUR, "specifier": "TELEMETRY_USAGE"}, "/kind"),
    ],
)
def test_rule_340_no_history_is_asked_for_that_is_not_offered(given, pointer):
    asked = {"specifier": "HISTORY_USAGE", "kind": ReportKind.HISTORY} | given
    assert refusal(**asked) == pointer


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"specifier": "other"}, "/report_specifier_id"),
        ({"specifier": "HISTORY_USAGE"}, "/kind"),
        ({"rids": ("power", "light")}, "/rids/1"),
        ({"every": 48 * HOUR}, "/every_s"),
        ({"kind": ReportKind.ONCE, "start": NOW}, "/start"),
        ({"kind": ReportKind.ONCE, "duration": HOUR}, "/start"),
        ({"start": NOW - MINUTE}, "/start"),
        ({"specifier": METADATA, "kind": ReportKind.HISTORY}, "/kind"),
        ({"specifier": METADATA}, "/every_s"),
        ({"specifier": METADATA, "rids": ("power",)}, "/rids"),
    ],
)
def test_rule_300_nothing_is_asked_for_beyond_the_offer(given, pointer):
    assert refusal(**given) == pointer


def test_rule_300_what_is_offered_without_points_cannot_be_asked_for():
    empty = offers_in([metadata("x-own", oadrReportDescription=())])
    assert refusal("x-own", offers=empty) == "/report_specifier_id"


def test_rule_321_a_request_holds_no_unit_and_nothing_but_start_and_length():
    (asked,) = asking(made(every=HOUR), "ven").oadrReportRequest
    window = asked.reportSpecifier.reportInterval.properties
    absent = (window.tolerance, window.x_eiNotification, window.x_eiRampUp, window.x_eiRecovery)
    assert absent == (None,) * 4
    for point in asked.reportSpecifier.specifierPayload:
        assert (point.itemBase, point.readingType) == (None, "x-notApplicable")


def test_rule_330_rids_are_any_text_and_asked_for_once_each():
    offers = offers_in([metadata("x-own", described("a/b c"), described("7"))])
    request = made("x-own", rids=("7", "a/b c", "7"), offers=offers)
    assert [point.rid for point in request.points] == ["7", "a/b c"]


def test_rule_341_the_start_of_a_request_is_told_as_the_oldest_interval_that_is_wanted():
    start = NOW + timedelta(seconds=90)
    assert form(made(every=HOUR, start=start))[2] == (start, ZERO)


def test_rule_345_a_last_report_is_told_of_in_the_cancellation():
    for follows in (True, False):
        request = replace(made(), report_to_follow=follows)
        assert cancelling(request, "ven").reportToFollow is follows


def remarks(**others):
    return " ".join(offers_in([metadata(**others)])[0].remarks)


def test_rule_305_metadata_with_data_or_without_points_is_taken_and_remarked_on():
    assert remarks() == ""
    assert "rule 305" in remarks(dtstart=Dtstart(date_time=NOW))
    assert "no points" in remarks(oadrReportDescription=())
    assert "rule 311" in remarks(reportRequestID="1")
    assert "reportName" in remarks(reportName="x-own")


def test_rule_308_of_two_under_one_name_the_first_counts():
    twice = described(rate=None), described()
    (offer,) = offers_in([metadata("x-own", *twice), metadata("x-own", described("other"))])
    assert [(each.point.rid, each.shortest) for each in offer.points] == [("power", None)]
    assert "the rID power" in " ".join(offer.remarks)
    assert "reportSpecifierID" in " ".join(offer.remarks)


def test_rule_312_a_buffer_that_is_missing_or_too_small_is_remarked_on():
    assert "rule 312" in remarks(duration=None)
    assert "rule 312" in remarks(duration=DurationProp(duration=MINUTE))
    assert made(offers=offers_in([metadata(duration=None)]), every=720 * HOUR).every == 720 * HOUR


def test_rule_331_another_type_than_the_well_known_name_has_is_taken_and_remarked_on():
    odd = metadata("TELEMETRY_STATUS", described())
    assert "rule 331" in " ".join(offers_in([odd])[0].remarks)
    right = described(reportType="x-resourceStatus", readingType="x-notApplicable")
    (offer,) = offers_in([metadata("TELEMETRY_STATUS", right)])
    assert offer.remarks == ()
    assert offer.points[0].point.is_status
    assert offers_in([metadata("x-own", described(reportType="price"))])[0].remarks == ()


def test_rule_333_telemetry_without_a_sampling_rate_is_taken_and_remarked_on():
    bare = described(rate=None)
    (offer,) = offers_in([metadata("TELEMETRY_USAGE", bare)])
    assert "rule 333" in " ".join(offer.remarks)
    assert made(offers=(offer,)).every == 5 * MINUTE


def test_rules_302_307_and_343_what_a_point_is_about_changes_nothing_in_what_is_asked():
    about = EiTarget(resourceID=("pump",))
    plain = made(offers=offers_in([metadata("TELEMETRY_USAGE", described())]))
    point = described(
        reportSubject=about, reportDataSource=about, marketContext="http://utility.example/p"
    )
    with_subject = made(offers=offers_in([metadata("TELEMETRY_USAGE", point)]))
    assert replace(with_subject, id=plain.id) == plain


def test_rule_306_operators_requests_are_made_again_for_a_new_offer_with_ids_of_their_own():
    running = replace(made(every=HOUR, rids=("power",)), is_answered=True)
    limited = made(every=HOUR, start=NOW + HOUR, duration=2 * HOUR)
    (usual,) = requests_for(OFFERS, wanted=("TELEMETRY_USAGE",), every=MINUTE, now=NOW)
    later = NOW + 2 * HOUR
    after = renewed((usual, running, limited), (), OFFERS, later)
    gone, short, again, rest = after
    assert (gone.closed, short.closed) == (ReportPhase.DROPPED, ReportPhase.DROPPED)
    assert (gone.followed_by, short.followed_by) == (again.id, rest.id)
    assert (again.is_answered, again.start, again.every) == (False, later, HOUR)
    assert [point.rid for point in again.points] == ["power"]
    assert (rest.start, rest.end) == (later, limited.end)


def test_rule_306_what_is_no_longer_offered_over_or_cancelled_is_not_asked_for_again():
    lost = made("x-own")
    over = made(duration=MINUTE)
    cancelled = replace(made(), cancelled_at=NOW)
    once = replace(metadata_request(NOW), asked_by="someone")
    regular = request_for(
        wish(METADATA, every=HOUR), OFFERS, usual=HOUR, asked_by="someone", now=NOW
    )
    after = renewed((lost, over, cancelled, once, regular), (), OFFERS[:1], NOW + HOUR)
    assert [(each.id, each.closed) for each in after] == [
        (lost.id, ReportPhase.DROPPED),
        (over.id, ReportPhase.ENDED),
        (cancelled.id, ReportPhase.CANCELLED),
        (once.id, ReportPhase.ENDED),
        (regular.id, None),
    ]
    assert "offers no such report" in after[0].trouble
    assert after[0].followed_by == ""


def test_of_what_is_over_only_the_last_is_kept():
    many = tuple(replace(made(), closed=ReportPhase.ENDED) for _ in range(30))
    alive = made()
    assert trimmed((alive, *many)) == (alive, *many[-20:])
