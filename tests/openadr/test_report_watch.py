"""Which reports are late, which have holes, and when one has outstayed its end."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.core.model import Client, ClientId, ClientKind
from server.core.report import Point, ReportKind, ReportPhase, ReportRequest
from server.openadr.report_watch import ReportWatch, gaps, is_overstayed
from server.store.store import Reading

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ZERO, MINUTE, HOUR = timedelta(0), timedelta(minutes=1), timedelta(hours=1)
VEN = Client(id=ClientId("c1"), kind=ClientKind.VEN, name="ven", ven_id="VEN-1")
REQUEST = ReportRequest(
    id="report-1",
    specifier_id="usage",
    report_name="TELEMETRY_USAGE",
    points=(Point(rid="power", name="usage/power", unit="W", scale=1.0),),
    every=10 * MINUTE,
    granularity=MINUTE,
    start=NOON,
    asked_at=NOON,
    is_answered=True,
)


def value(start, duration=MINUTE, quality="good"):
    return Reading("d1", "usage/power", start, duration, 1.0, quality, "W")


def values(since, until):
    return [value(NOON + minute * MINUTE) for minute in range(since, until)]


@pytest.fixture
def watch():
    return ReportWatch(NOON)


@pytest.fixture
def phase(watch):
    def phase(after, **others):
        return watch.phase(replace(REQUEST, **others), NOON + after)

    return phase


def test_a_report_is_late_once_two_that_were_due_did_not_come(watch, phase):
    assert phase(25 * MINUTE) is ReportPhase.RUNNING
    assert phase(26 * MINUTE) is ReportPhase.LATE
    watch.note(VEN, REQUEST, values(0, 10), NOON + 20 * MINUTE)
    assert phase(45 * MINUTE) is ReportPhase.RUNNING
    assert phase(46 * MINUTE) is ReportPhase.LATE
    assert watch.heard_at(REQUEST) == NOON + 20 * MINUTE


def test_a_report_that_begins_later_or_was_asked_for_before_a_restart_has_its_time(phase):
    assert phase(80 * MINUTE, start=NOON + HOUR) is ReportPhase.RUNNING
    assert phase(20 * MINUTE, start=NOON - HOUR, asked_at=NOON - HOUR) is ReportPhase.RUNNING
    assert phase(20 * MINUTE, asked_at=None) is ReportPhase.RUNNING


def test_what_is_reported_once_is_late_after_some_minutes(phase):
    once = {"kind": ReportKind.ONCE, "every": ZERO, "granularity": ZERO}
    assert phase(5 * MINUTE, **once) is ReportPhase.RUNNING
    assert phase(6 * MINUTE, **once) is ReportPhase.LATE


def test_a_request_is_never_late_before_it_is_answered_or_after_its_end(phase):
    assert phase(HOUR, is_answered=False) is ReportPhase.ASKED
    assert phase(HOUR, duration=HOUR) is ReportPhase.ENDED
    assert phase(HOUR, cancelled_at=NOON) is ReportPhase.CANCELLED
    assert phase(HOUR, closed=ReportPhase.REFUSED) is ReportPhase.REFUSED


def test_lateness_is_told_once_and_its_end_too(watch, caplog):
    caplog.set_level(logging.INFO)
    for minutes in (20, 30, 31):
        watch.look(VEN, (REQUEST,), NOON + minutes * MINUTE)
    assert caplog.text.count("VEN VEN-1 is late with TELEMETRY_USAGE") == 1
    watch.note(VEN, REQUEST, values(0, 10), NOON + 32 * MINUTE)
    assert "VEN-1 reports TELEMETRY_USAGE again" in caplog.text
    watch.look(VEN, (REQUEST,), NOON + HOUR)
    assert caplog.text.count("is late with") == 2


def test_a_hole_between_reports_and_one_within_a_report_are_told(watch, caplog):
    watch.note(VEN, REQUEST, values(0, 10), NOON)
    watch.note(VEN, REQUEST, values(10, 20), NOON)
    watch.note(VEN, REQUEST, [], NOON)
    assert caplog.text == ""
    watch.note(VEN, REQUEST, [*values(25, 30), *values(32, 33)], NOON)
    assert "has a hole from 2026-06-01T12:20:00+00:00 to 2026-06-01T12:25:00+00:00" in caplog.text
    assert "from 2026-06-01T12:30:00+00:00 to 2026-06-01T12:32:00+00:00" in caplog.text


def test_several_points_and_points_in_time_make_no_holes(watch, caplog):
    samples = [value(NOON + minute * MINUTE, ZERO) for minute in range(10)]
    watch.note(VEN, REQUEST, [*samples, *samples], NOON)
    changes = replace(REQUEST, id="report-2", granularity=ZERO)
    watch.note(VEN, changes, [value(NOON), value(NOON + HOUR)], NOON)
    assert caplog.text == ""


def test_requests_that_are_gone_are_forgotten(watch):
    watch.note(VEN, REQUEST, values(0, 1), NOON)
    watch.keep_only({REQUEST.id})
    assert watch.heard_at(REQUEST) == NOON
    watch.keep_only(set())
    assert watch.heard_at(REQUEST) is None


def test_rule_341_a_last_report_may_be_a_little_late_and_no_more():
    limited = replace(REQUEST, duration=HOUR)
    assert not is_overstayed(limited, NOON + HOUR + 30 * MINUTE)
    assert is_overstayed(limited, NOON + HOUR + 31 * MINUTE)
    assert not is_overstayed(REQUEST, NOON + 1000 * HOUR)


def test_rule_318_gaps_are_where_nothing_or_only_a_placeholder_is():
    bad = value(NOON + 3 * MINUTE, quality="Quality Bad - Comm Failure")
    series = [*values(1, 3), bad, *values(4, 8)]
    assert list(gaps(REQUEST, series, NOON, NOON + 10 * MINUTE)) == [
        (NOON, NOON + MINUTE),
        (NOON + 3 * MINUTE, NOON + 4 * MINUTE),
        (NOON + 8 * MINUTE, NOON + 10 * MINUTE),
    ]
    assert list(gaps(REQUEST, values(0, 10), NOON, NOON + 10 * MINUTE)) == []
    changes = replace(REQUEST, granularity=ZERO)
    assert list(gaps(changes, [], NOON, NOON + HOUR)) == []
