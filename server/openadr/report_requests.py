"""Which reports are asked of a VEN, derived from what it offers, and the messages that ask.

Pure: an offer and the settings go in, requests and messages come out. It must not know when they
are delivered, nor what comes of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Final

from schemas.openadr import Message
from schemas.openadr.blocks import Dtstart, DurationProp, Properties
from schemas.openadr.report import (
    OadrCancelReport,
    OadrCreateReport,
    OadrReport,
    OadrReportDescription,
    OadrReportRequest,
    ReportInterval,
    ReportSpecifier,
    SpecifierPayload,
)
from schemas.openadr.units import ItemBase, PulseCount

METADATA: Final = "METADATA"
OFFERED: Final = "METADATA_"
"""What stands before the name of a report in an offer."""
NONE: Final = DurationProp(duration=timedelta(0))
_SCALES: Final = {
    "p": 1e-12,
    "n": 1e-9,
    "micro": 1e-6,
    "m": 1e-3,
    "c": 1e-2,
    "d": 1e-1,
    "none": 1.0,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
}
_SPELLINGS: Final = {
    "J/s": "W",
    "VAR": "var",
    "VARh": "varh",
    "celsius": "degC",
    "fahrenheit": "degF",
}
_EMPTY: Final = {
    "PowerApparent": "VA",
    "PowerReactive": "var",
    "EnergyReal": "Wh",
    "EnergyApparent": "VAh",
    "EnergyReactive": "varh",
    "Voltage": "V",
    "Current": "A",
    "Frequency": "Hz",
    "Therm": "thm",
    "PulseCount": "count",
}
"""What an empty unit stands for, by the type that it is empty in."""
_PRICES: Final = {"CurrencyPerKWh": "/kWh", "CurrencyPerKW": "/kW", "CurrencyPerThm": "/thm"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of a report, and how its values become readings."""

    rid: str
    name: str
    """The point of its readings."""
    unit: str
    """Without a prefix; empty if it has none."""
    scale: float
    """What a value is to be multiplied with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRequest:
    """A report that a VEN is asked for until further notice; METADATA is asked for once."""

    id: str
    """The reportRequestID."""
    specifier_id: str
    report_name: str
    points: tuple[Point, ...] = ()
    every: timedelta = timedelta(0)
    """The granularity and the time between reports."""
    start: datetime
    is_answered: bool = False
    """Whether the VEN has said that it will report."""


def requests_for(
    reports: Iterable[OadrReport], *, wanted: Sequence[str], every: timedelta, now: datetime
) -> tuple[ReportRequest, ...]:
    """Return the requests for the wanted ones of the offered reports, in the VEN's order.

    `every` is how often, if the VEN's own limits allow it (rules 317 and 340).
    """
    return tuple(
        ReportRequest(
            id=_new_id(),
            specifier_id=report.reportSpecifierID,
            report_name=name,
            points=_points(report),
            every=_within_limits(report, every),
            start=now.replace(microsecond=0),
        )
        for report in reports
        if (name := (report.reportName or "").removeprefix(OFFERED)) in wanted
        and report.oadrReportDescription
    )


def metadata_request(now: datetime) -> ReportRequest:
    """Return the request for a VEN's whole offer (rules 308 and 327)."""
    return ReportRequest(id=_new_id(), specifier_id=METADATA, report_name=METADATA, start=now)


def _new_id() -> str:
    return f"report-{token_hex(8)}"


def _points(report: OadrReport) -> tuple[Point, ...]:
    specifier_id, described = report.reportSpecifierID, report.oadrReportDescription
    return tuple({each.rID: _point(specifier_id, each) for each in described}.values())


def _point(specifier_id: str, described: OadrReportDescription) -> Point:
    unit, scale = _unit(described.itemBase)
    name = f"{_part(specifier_id)}/{_part(described.rID)}"
    return Point(rid=described.rID, name=name, unit=unit, scale=scale)


def _part(text: str) -> str:
    """Return a part of a name that holds no slash, so that no two names are one."""
    return text.replace("%", "%25").replace("/", "%2F")


def _unit(base: ItemBase | None) -> tuple[str, float]:
    """Return a unit without its prefix, spelled as in all readings, and the prefix's factor."""
    text = getattr(base, "itemUnits", "")
    kind = type(base).__name__
    unit = (_SPELLINGS.get(text) or text or _EMPTY.get(kind, "")) + _PRICES.get(kind, "")
    # The weight of a pulse is the meter's own; the count is what was measured.
    scale = "none" if isinstance(base, PulseCount) else getattr(base, "siScaleCode", "none")
    return unit, _SCALES[scale]


def _within_limits(report: OadrReport, every: timedelta) -> timedelta:
    """Return how often to ask: not denser, not rarer and not for longer than is offered."""
    described = report.oadrReportDescription
    rates = [each.oadrSamplingRate for each in described if each.oadrSamplingRate]
    longest = [rate.oadrMaxPeriod for rate in rates]
    if report.duration is not None:
        longest.append(report.duration.duration)
    capped = min([every, *(span for span in longest if span > timedelta(0))])
    return max([capped, *(rate.oadrMinPeriod for rate in rates)])


def asking(request: ReportRequest, ven_id: str | None) -> Message:
    """Return the message that asks for a report, and nothing else, so that its answer is its own.

    The requestID is the reportRequestID.
    """
    return OadrCreateReport(
        requestID=request.id,
        oadrReportRequest=(
            OadrReportRequest(reportRequestID=request.id, reportSpecifier=_specifier(request)),
        ),
        venID=ven_id,
    )


def _specifier(request: ReportRequest) -> ReportSpecifier:
    """Say what is wanted; without units and with a reading type that says nothing (321, 338)."""
    is_metadata = request.specifier_id == METADATA
    rids = ["0"] if is_metadata else [point.rid for point in request.points]
    return ReportSpecifier(
        reportSpecifierID=request.specifier_id,
        granularity=DurationProp(duration=request.every),
        reportBackDuration=DurationProp(duration=request.every),
        reportInterval=None if is_metadata else _from(request.start),
        specifierPayload=tuple(
            SpecifierPayload(rID=rid, readingType="x-notApplicable") for rid in rids
        ),
    )


def _from(start: datetime) -> ReportInterval:
    """Return the interval that has no end (rules 324 and 325)."""
    return ReportInterval(properties=Properties(dtstart=Dtstart(date_time=start), duration=NONE))


def cancelling(request: ReportRequest, ven_id: str | None) -> Message:
    """Return the message that wants no more of a report, and no last one."""
    return OadrCancelReport(
        requestID=request.id, reportRequestID=(request.id,), reportToFollow=False, venID=ven_id
    )
