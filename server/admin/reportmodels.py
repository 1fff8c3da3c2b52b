"""What operators send about reports and readings, and are answered of them.

It must not know what is done with it.
"""

from typing import Annotated

from pydantic import Field

from server.admin.models import DAY_S, DurationS, Instant, Model, PageQuery
from server.core.report import ReportKind, ReportPhase

NAME_LIMIT = 1024
Name = Annotated[str, Field(min_length=1, max_length=NAME_LIMIT)]
PeriodS = Annotated[int, Field(ge=1, le=31 * DAY_S)]


class NamesQuery(PageQuery):
    """Which part of a list is wanted whose things have long names."""

    cursor: Annotated[str, Field(max_length=2 * NAME_LIMIT)] | None = None


class ReportIn(Model):
    """A report to be asked for; what is left out is chosen to fit the VEN's offer."""

    report_specifier_id: Name
    """One of those that the VEN offers; METADATA asks for the offer itself."""
    kind: ReportKind = ReportKind.PERIODIC
    rids: Annotated[tuple[Name, ...], Field(max_length=10_000)] = ()
    """The points that are wanted; all, if there are none."""
    every_s: PeriodS | None = None
    """The time between reports."""
    granularity_s: PeriodS | None = None
    """The time between values."""
    start: Instant | None = None
    """Now, if left out; a history needs one."""
    duration_s: DurationS | None = None
    """For ever, if left out; of a history all since its start."""


class CancelReportIn(Model):
    """How a report is to end."""

    report_to_follow: bool = False
    """True if the VEN is to send a last one."""


class OfferedPointView(Model):
    """A point that a VEN can report."""

    rid: str
    point: str
    """The point of its readings."""
    unit: str
    report_type: str
    reading_type: str
    shortest_s: float | None
    longest_s: float | None
    """The time between values may be as short or as long as that; null if the VEN did not say."""
    on_change: bool


class OfferView(Model):
    """A report that a VEN can make."""

    report_specifier_id: str
    report_name: str
    buffered_s: float
    """How much of it the VEN can hold; 0 if it did not say."""
    rids: tuple[str, ...]
    points: tuple[OfferedPointView, ...]
    remarks: tuple[str, ...]
    """What is not as the standard wants it."""


class OfferList(Model):
    """A page of offers."""

    items: tuple[OfferView, ...]
    next_cursor: str | None


class ReportRequestView(Model):
    """A report that a VEN was asked for, and how far that is."""

    id: str
    report_specifier_id: str
    report_name: str
    kind: ReportKind
    rids: tuple[str, ...]
    every_s: float
    granularity_s: float
    start: Instant
    end: Instant | None
    asked_by: str
    """Empty for what every VEN is asked for."""
    asked_at: Instant
    phase: ReportPhase
    heard_at: Instant | None
    """When data came last; null if none did since the server began."""
    cancelled_at: Instant | None
    report_to_follow: bool
    followed_by: str
    """The request that took the place of a dropped one."""
    trouble: str


class GapView(Model):
    """A stretch of time without a good value of a point."""

    rid: str
    since: Instant
    until: Instant


class ReportRequestDetail(ReportRequestView):
    """A report that a VEN was asked for, with what came of it in the last day of it."""

    last_reading: Instant | None
    """The latest instant that a value is for."""
    gaps: tuple[GapView, ...]


class ReportRequestList(Model):
    """A page of report requests."""

    items: tuple[ReportRequestView, ...]
    next_cursor: str | None


class ReadingsQuery(PageQuery):
    """Which readings are wanted."""

    source: Name
    """The id of the device."""
    point: Name
    since: Instant | None = None
    until: Instant | None = None
    """Those that start at `since` or later, and before `until`."""


class ReadingView(Model):
    """One value of a point."""

    start: Instant
    duration_s: float
    """0 if it was so at an instant."""
    value: float
    unit: str
    quality: str


class ReadingList(Model):
    """A page of readings, in order of time."""

    items: tuple[ReadingView, ...]
    next_cursor: str | None


class PointView(Model):
    """A point of a device, and its latest reading."""

    point: str
    latest: ReadingView | None


class PointList(Model):
    """A page of points."""

    items: tuple[PointView, ...]
    next_cursor: str | None
