"""`gridherald report` and `gridherald reading`."""

from datetime import timedelta

import pytest

from server.core.report import OfferedPoint, Point, ReportOffer
from server.store.store import Reading

POINT = Point(rid="volts", name="usage/volts", unit="V", scale=1.0)
OFFER = ReportOffer(
    specifier_id="usage",
    report_name="TELEMETRY_USAGE",
    points=(OfferedPoint(point=POINT, report_type="usage", reading_type="Direct Read"),),
)


@pytest.fixture
async def mill(told, desk, reporting, register):
    """A VEN that offers its usage."""
    client = await told("ven", "enrol", "--name", "mill")
    await register(client["id"])
    await reporting.asker.keep_offers(desk.book.clients[client["id"]], (OFFER,))
    return client


async def test_a_report_is_asked_for_seen_and_cancelled(told, run, mill):
    (offered,) = await told("report", "offers", "mill")
    assert offered["rids"] == ["volts"]
    made = await told(
        *("report", "request", "mill", "usage", "--every", "15m", "--granularity", "5m"),
        *("--rid", "volts", "--duration", "1d"),
    )
    assert (made["every_s"], made["granularity_s"], made["phase"]) == (900, 300, "asked")
    assert [each["id"] for each in await told("report", "list", "mill")] == [made["id"]]
    assert (await told("report", "show", "mill", made["id"]))["asked_by"] == "admin"
    assert "volts" in (await run("report", "show", "mill", made["id"])).out
    ended = await told("report", "cancel", "mill", made["id"], "--last")
    assert (ended["phase"], ended["report_to_follow"]) == ("cancelled", True)


async def test_a_report_that_is_not_offered_is_refused_with_its_place(run, mill):
    result = await run("report", "request", "mill", "other")
    assert result.code == 1
    assert "/report_specifier_id: the VEN offers no such report" in result.err
    assert (await run("report", "request", "mill", "usage", "--every", "soon")).code == 2
    assert (await run("report", "list", "nobody")).code == 1


async def test_readings_of_a_device_are_listed(told, desk, mill, clock):
    begin, minute = clock.now(), timedelta(minutes=1)
    source = mill["devices"][0]
    await desk.store.write_readings(
        [Reading(source, "usage/volts", begin + n * minute, minute, n, "good", "V") for n in (0, 1)]
    )
    (point,) = await told("reading", "points", "mill")
    assert (point["point"], point["latest"]["value"]) == ("usage/volts", 1)
    assert len(await told("reading", "list", "mill", "usage/volts")) == 2
    since = (begin + minute).isoformat().replace("+00:00", "Z")
    (late,) = await told("reading", "list", "mill", "usage/volts", "--since", since)
    assert late["value"] == 1
