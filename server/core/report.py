"""What VENs offer to report, and what they are asked for: plain values that several layers share.

Derives nothing but what its own members say; it must not know any wire format.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

METADATA = "METADATA"
"""The specifier of the request for a whole offer (OADR 2.0b rule 327)."""
FOREVER = timedelta(0)
"""The length of what has no end (rule 325)."""


class ReportKind(StrEnum):
    """In which manner a report is asked for (rules 317, 324 and 325)."""

    ONCE = "once"
    """What is so now, once."""
    PERIODIC = "periodic"
    ON_CHANGE = "on_change"
    HISTORY = "history"
    """What was recorded."""


class ReportPhase(StrEnum):
    """How far a request is."""

    ASKED = "asked"
    """Without an answer yet."""
    RUNNING = "running"
    LATE = "late"
    """Two reports that were due did not come."""
    ENDED = "ended"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    """By the VEN."""
    DROPPED = "dropped"
    """Because the VEN made another offer (rule 306)."""


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
    is_status: bool = False
    """Whether it is a resource's status, which has a series for each of its parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedPoint:
    """A point that can be asked for, and how often."""

    point: Point
    report_type: str
    reading_type: str
    shortest: timedelta | None = None
    longest: timedelta | None = None
    """None, as of the shortest, if no sampling rate was told."""
    on_change: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOffer:
    """A report that a VEN can make."""

    specifier_id: str
    report_name: str
    buffered: timedelta = timedelta(0)
    """How much of it the VEN can hold; zero if it did not say."""
    points: tuple[OfferedPoint, ...]
    remarks: tuple[str, ...] = ()
    """What is not as the standard wants it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportWish:
    """What an operator wants reported; what is None is chosen."""

    specifier_id: str
    kind: ReportKind
    rids: tuple[str, ...] = ()
    """All that are offered, if empty."""
    every: timedelta | None = None
    """The time between reports."""
    granularity: timedelta | None = None
    """The time between values."""
    start: datetime | None = None
    duration: timedelta = FOREVER


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRequest:
    """A report that a VEN is asked for; METADATA asks for the offer."""

    id: str
    """The reportRequestID."""
    specifier_id: str
    report_name: str
    points: tuple[Point, ...] = ()
    every: timedelta = timedelta(0)
    """The time between reports."""
    start: datetime
    is_answered: bool = False
    """Whether the VEN has said that it will report."""
    kind: ReportKind = ReportKind.PERIODIC
    granularity: timedelta | None = None
    """The time between values; None for that between reports."""
    duration: timedelta = FOREVER
    asked_by: str = ""
    """The operator; empty for what every VEN is asked for."""
    asked_at: datetime | None = None
    cancelled_at: datetime | None = None
    report_to_follow: bool = False
    """Whether a last report is wanted after the cancellation (rule 345)."""
    is_cancel_answered: bool = False
    closed: ReportPhase | None = None
    """How it came to its end."""
    followed_by: str = ""
    """The request that took its place when it was dropped."""
    trouble: str = ""
    """What is wrong, in words for people."""

    @property
    def end(self) -> datetime | None:
        """Return when it is over by itself; None if never, or as soon as it is served."""
        if self.duration == FOREVER or self.kind is ReportKind.HISTORY:
            return None
        return self.start + self.duration

    @property
    def is_repeated(self) -> bool:
        """Tell whether one report follows the other."""
        return self.every > timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch of time without a good value of a point that was asked for."""

    rid: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A request and what has come of it."""

    request: ReportRequest
    phase: ReportPhase
    heard_at: datetime | None
    """When data came last, since the server began."""
    last_reading: datetime | None = None
    """The latest instant that a value is for."""
    gaps: tuple[Gap, ...] = ()
