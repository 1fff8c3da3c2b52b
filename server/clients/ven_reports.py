"""The one report that a VEN offers: its points, the requests for it, and the data when it is due.

Pure: requests and the time go in, messages come out. It must not know sockets.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from schemas.openadr.blocks import (
    Dtstart,
    DurationProp,
    Interval,
    Intervals,
    OadrReportPayload,
    PayloadFloat,
)
from schemas.openadr.report import (
    OadrReport,
    OadrReportDescription,
    OadrReportRequest,
    OadrSamplingRate,
    ReportSpecifier,
)
from schemas.openadr.units import PowerAttributes, PowerReal

Measure = Callable[[str, datetime], float]
"""Returns the value of a point at an instant: watts, as the VEN's meter counts them."""

METADATA: Final = "METADATA"
SPECIFIER: Final = "telemetry"
_PREFIX: Final = "METADATA_"
_REPORT_NAME: Final = "TELEMETRY_USAGE"
_SHORTEST: Final = timedelta(seconds=1)
_LONGEST: Final = timedelta(days=1)


@dataclass(slots=True)
class _Asked:
    """A request that is served: which points, how often, and when next; no span means once."""

    points: tuple[str, ...]
    every: timedelta | None
    due: datetime
    until: datetime | None


class Reports:
    """What is offered and what was asked for."""

    def __init__(self, points: Sequence[str], measure: Measure) -> None:
        self._points = tuple(points)
        self._measure = measure
        self._asked: dict[str, _Asked] = {}

    @property
    def pending(self) -> tuple[str, ...]:
        """The ids of the requests that are still served."""
        return tuple(self._asked)

    def offer(self, now: datetime) -> tuple[OadrReport, ...]:
        """Return the metadata; none if there are no points."""
        if not self._points:
            return ()
        return (
            OadrReport(
                duration=DurationProp(duration=_LONGEST),
                oadrReportDescription=tuple(_description(point) for point in self._points),
                reportRequestID="0",
                reportSpecifierID=SPECIFIER,
                reportName=_PREFIX + _REPORT_NAME,
                createdDateTime=now,
            ),
        )

    def ask(self, request: OadrReportRequest, now: datetime) -> bool:
        """Begin to serve a request; False if it asks for something that is not offered."""
        specifier = request.reportSpecifier
        points = tuple(payload.rID for payload in specifier.specifierPayload)
        if specifier.reportSpecifierID != SPECIFIER or not set(points) <= set(self._points):
            return False
        self._asked[request.reportRequestID] = _asked(specifier, points, now)
        return True

    def forget(self, request_ids: Sequence[str] | None = None) -> None:
        """End requests; all of them by default."""
        for request_id in self.pending if request_ids is None else request_ids:
            self._asked.pop(request_id, None)

    def next_due(self) -> datetime | None:
        """Return when the next report is due."""
        return min((asked.due for asked in self._asked.values()), default=None)

    def take_due(self, now: datetime) -> tuple[OadrReport, ...]:
        """Return the reports that are due, and count them as sent."""
        due = [(name, asked) for name, asked in self._asked.items() if asked.due <= now]
        for name, asked in due:
            if asked.every is None or (asked.until is not None and now >= asked.until):
                del self._asked[name]
            else:
                asked.due += ((now - asked.due) // asked.every + 1) * asked.every
        return tuple(self._data(name, asked, now) for name, asked in due)

    def _data(self, request_id: str, asked: _Asked, now: datetime) -> OadrReport:
        payloads = tuple(
            OadrReportPayload(rID=point, payloadBase=PayloadFloat(value=self._measure(point, now)))
            for point in asked.points
        )
        start = Dtstart(date_time=now)
        return OadrReport(
            dtstart=start,
            intervals=Intervals(interval=(Interval(dtstart=start, streamPayloadBase=payloads),)),
            reportRequestID=request_id,
            reportSpecifierID=SPECIFIER,
            reportName=_REPORT_NAME,
            createdDateTime=now,
        )


def _asked(specifier: ReportSpecifier, points: tuple[str, ...], now: datetime) -> _Asked:
    """Read when a report is wanted: once and now unless there is an interval."""
    if specifier.reportInterval is None:
        return _Asked(points=points, every=None, due=now, until=None)
    window = specifier.reportInterval.properties
    back, span = specifier.reportBackDuration.duration, window.duration.duration
    start = window.dtstart.date_time
    return _Asked(
        points=points,
        every=max(back, _SHORTEST) if back else None,
        due=max(start, now),
        until=start + span if span else None,
    )


def _description(point: str) -> OadrReportDescription:
    return OadrReportDescription(
        rID=point,
        reportType="usage",
        itemBase=PowerReal(
            itemDescription="RealPower",
            itemUnits="W",
            siScaleCode="none",
            powerAttributes=PowerAttributes(hertz=50.0, voltage=230.0, ac=True),
        ),
        readingType="Direct Read",
        oadrSamplingRate=OadrSamplingRate(
            oadrMinPeriod=_SHORTEST, oadrMaxPeriod=_LONGEST, oadrOnChange=False
        ),
    )
