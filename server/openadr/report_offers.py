"""From the metadata of a VEN to what can be asked of it: points, units, how often.

Pure. What is schema-valid is taken, and what is not as it should be is remarked on. It must not
know what is asked for.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from schemas.openadr.report import OadrReport, OadrReportDescription
from schemas.openadr.units import ItemBase, PulseCount
from server.core.report import OfferedPoint, Point, ReportOffer

OFFERED: Final = "METADATA_"
"""What stands before the name of a report in an offer."""
TELEMETRY: Final = "TELEMETRY_"
STATUS: Final = "x-resourceStatus"
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
_WELL_KNOWN: Final = {
    "TELEMETRY_USAGE": ("usage", "Direct Read"),
    "TELEMETRY_STATUS": (STATUS, "x-notApplicable"),
    "HISTORY_USAGE": ("usage", "Direct Read"),
}
"""The reportType and readingType that belong to a name (rule 331)."""


def offers_in(reports: Iterable[OadrReport]) -> tuple[ReportOffer, ...]:
    """Return what is offered, in the VEN's order; of two under one name the first counts."""
    offers: dict[str, ReportOffer] = {}
    for report in reports:
        first = offers.setdefault(report.reportSpecifierID, offer := _offer(report))
        if first is not offer:
            remarks = (*first.remarks, "its reportSpecifierID stands there twice (rule 308)")
            offers[report.reportSpecifierID] = replace(first, remarks=remarks)
    return tuple(offers.values())


def _offer(report: OadrReport) -> ReportOffer:
    described = {each.rID: each for each in reversed(report.oadrReportDescription)}
    ordered = dict.fromkeys(each.rID for each in report.oadrReportDescription)
    return ReportOffer(
        specifier_id=report.reportSpecifierID,
        report_name=_name(report),
        buffered=_buffered(report) or timedelta(0),
        points=tuple(_offered(report.reportSpecifierID, described[rid]) for rid in ordered),
        remarks=tuple(_remarks(report)),
    )


def _name(report: OadrReport) -> str:
    return (report.reportName or "").removeprefix(OFFERED)


def _buffered(report: OadrReport) -> timedelta | None:
    return None if report.duration is None else report.duration.duration


def _offered(specifier_id: str, described: OadrReportDescription) -> OfferedPoint:
    rate = described.oadrSamplingRate
    return OfferedPoint(
        point=_point(specifier_id, described),
        report_type=described.reportType,
        reading_type=described.readingType,
        shortest=None if rate is None else rate.oadrMinPeriod,
        longest=None if rate is None else rate.oadrMaxPeriod,
        on_change=rate is not None and rate.oadrOnChange,
    )


def _point(specifier_id: str, described: OadrReportDescription) -> Point:
    unit, scale = _unit(described.itemBase)
    name = f"{_part(specifier_id)}/{_part(described.rID)}"
    is_status = described.reportType == STATUS
    return Point(rid=described.rID, name=name, unit=unit, scale=scale, is_status=is_status)


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


def _remarks(report: OadrReport) -> Iterator[str]:
    """Yield what is not as it should be; it is taken all the same."""
    yield from _remarks_on_form(report)
    yield from _remarks_on_points(report)


def _remarks_on_form(report: OadrReport) -> Iterator[str]:
    if report.reportRequestID != "0":
        yield "its reportRequestID is not 0 (rule 311)"
    if report.dtstart is not None or report.intervals is not None:
        yield "it has a dtstart or intervals (rule 305)"
    if not report.oadrReportDescription:
        yield "it has no points (rule 305)"
    if report.duration is None:
        yield "it has no duration (rule 312)"
    if not (report.reportName or "").startswith(OFFERED):
        yield f"its reportName does not begin with {OFFERED}"


def _remarks_on_points(report: OadrReport) -> Iterator[str]:
    name, buffered = _name(report), _buffered(report)
    counted = Counter(each.rID for each in report.oadrReportDescription)
    for rid in (rid for rid, count in counted.items() if count > 1):
        yield f"the rID {rid} stands there twice (rule 308)"
    for each in report.oadrReportDescription:
        kind = each.reportType, each.readingType
        if kind != _WELL_KNOWN.get(name, kind):
            yield f"{each.rID} is {each.reportType}, {each.readingType} (rule 331)"
        yield from _remarks_on_rate(each, name, buffered)


def _remarks_on_rate(
    described: OadrReportDescription, name: str, buffered: timedelta | None
) -> Iterator[str]:
    rate = described.oadrSamplingRate
    if rate is None and name.startswith(TELEMETRY):
        yield f"{described.rID} has no sampling rate (rule 333)"
    if rate is not None and buffered is not None and rate.oadrMaxPeriod > buffered:
        yield f"{described.rID} is sampled less often than is buffered (rule 312)"
