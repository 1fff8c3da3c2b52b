"""What a request for a report says of itself."""

from datetime import UTC, datetime, timedelta

import pytest

from server.core.report import ReportKind, ReportRequest

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def request(**others):
    return ReportRequest(id="r", specifier_id="s", report_name="x-own", start=NOON, **others)


@pytest.mark.parametrize(
    ("others", "end"),
    [
        ({}, None),
        ({"duration": HOUR}, NOON + HOUR),
        ({"duration": HOUR, "kind": ReportKind.HISTORY}, None),
    ],
)
def test_a_request_ends_if_it_has_a_length_and_is_not_about_the_past(others, end):
    assert request(**others).end == end


def test_a_request_is_repeated_if_there_is_time_between_its_reports():
    assert request(every=HOUR).is_repeated
    assert not request().is_repeated
