"""What the rules of EventStatus make of events, told as plainly as can be.

Written from the rules alone and sharing nothing with the code that serves devices: a control is a
few numbers, the past is walked through instant by instant, and every control is held against every
other at each of them. Slow, and meant to be easy to believe. The rules' numbers are those of the
facts on EventStatus.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

SCHEDULED, ACTIVE, CANCELLED, CANCELLED_AT_RANDOM, SUPERSEDED = range(5)
NOTHING = timedelta(0)


@dataclass(frozen=True)
class Control:
    """One interval of an event as it was asked for."""

    mrid: str
    event: str
    start: datetime
    length: timedelta
    asks: frozenset[str]
    random_start: timedelta
    random_length: timedelta
    created: datetime

    @property
    def end(self) -> datetime:
        return self.start + self.length

    @property
    def first_start(self) -> datetime:
        """When the first device may start (rule 1)."""
        return min(self.start, self.start + self.random_start)

    @property
    def last_end(self) -> datetime:
        """When the last device ends that started late and runs longer (rule 3)."""
        return self.end + max(NOTHING, self.random_start) + max(NOTHING, self.random_length)

    @property
    def was_ever(self) -> bool:
        """Whether any of it was left when it was asked for."""
        return max(self.first_start, self.created) < self.last_end

    def overlaps(self, other: "Control") -> bool:
        """Half-open windows, as asked for: what ends as the other starts does not overlap."""
        return self.start < other.end and other.start < self.end

    def is_newer(self, other: "Control") -> bool:
        return (self.created, self.mrid) > (other.created, other.mrid)

    def rivals(self, other: "Control") -> bool:
        """Whether it is a newer one that wants something of the same at the same time (rule 6)."""
        return (
            self.is_newer(other)
            and self.event != other.event
            and self.was_ever
            and other.was_ever
            and self.overlaps(other)
            and bool(self.asks & other.asks)
        )

    def replaces(self, other: "Control") -> bool:
        """Whether it leaves the other nothing."""
        return self.rivals(other) and self.asks >= other.asks


@dataclass(frozen=True)
class Cancellation:
    at: datetime
    at_random: bool


@dataclass(frozen=True)
class Told:
    """What a device is to read of a control; None for an instant that is not told."""

    status: int
    since: datetime
    doubted_since: datetime | None


class Past:
    """What has become and will become of some controls, as far as is known by now."""

    def __init__(self, controls: Iterable[Control], cancelled: dict[str, Cancellation]) -> None:
        self.controls = [control for control in controls if control.was_ever]
        self.cancelled = cancelled
        self.began: dict[str, datetime] = {}
        self.replaced: dict[str, tuple[datetime, Control]] = {}
        self.called_off: dict[str, datetime] = {}
        for instant in sorted(self._instants()):
            self._let_happen(instant)

    def _instants(self) -> set[datetime]:
        starts = {max(control.first_start, control.created) for control in self.controls}
        return starts | {cancellation.at for cancellation in self.cancelled.values()}

    def _let_happen(self, instant: datetime) -> None:
        for control in self.controls:
            cancellation = self.cancelled.get(control.event)
            if cancellation and cancellation.at == instant and control.mrid not in self.replaced:
                self.called_off[control.mrid] = instant
        newest_first = sorted(self.controls, key=lambda c: (c.created, c.mrid), reverse=True)
        for control in newest_first:
            is_due = max(control.first_start, control.created) == instant
            if is_due and not self._is_withdrawn(control):
                self.began[control.mrid] = instant
                for other in self.controls:
                    if control.replaces(other) and not self._is_withdrawn(other):
                        self.replaced[other.mrid] = (instant, control)

    def _is_withdrawn(self, control: Control) -> bool:
        return control.mrid in self.replaced or control.mrid in self.called_off

    def leaves(self, control: Control) -> datetime:
        """When it is listed no more (rules 3, 4 and 6)."""
        cancellation = self.cancelled.get(control.event)
        if control.mrid in self.replaced or cancellation is None or cancellation.at_random:
            return control.last_end
        return control.end if cancellation.at < control.end else control.last_end

    def told(self, control: Control, now: datetime) -> Told | None:
        """What is read of a control at an instant; None if it is not listed."""
        if control not in self.controls or now >= self.leaves(control):
            return None
        instant, heir = self.replaced.get(control.mrid, (now, None))
        if heir is not None and heir.first_start <= now:
            return Told(SUPERSEDED, instant, None)
        cancellation = self.cancelled.get(control.event)
        if cancellation is not None:
            status = CANCELLED_AT_RANDOM if cancellation.at_random else CANCELLED
            return Told(status, cancellation.at, None)
        doubted = self._doubted(control, now)
        if control.first_start <= now:
            return Told(ACTIVE, max(control.first_start, control.created), doubted)
        return Told(SCHEDULED, control.created, doubted)

    def told_last(self, control: Control) -> Told | None:
        """What was read of a control last, by what was known then (rule 8)."""
        last = self.leaves(control) - timedelta.resolution
        stated = [one for one in self.controls if one is control or one.created <= last]
        cancelled = {event: one for event, one in self.cancelled.items() if one.at <= last}
        return Past(stated, cancelled).told(control, last)

    def _doubted(self, control: Control, now: datetime) -> datetime | None:
        """Since when a newer one takes some of what it asks, and not all (rule 6)."""
        since = [
            other.created
            for other in self.controls
            if other.rivals(control) and not other.replaces(control) and self._counts(other, now)
        ]
        return min(since, default=None)

    def _counts(self, control: Control, now: datetime) -> bool:
        """Whether it took effect, or still may."""
        if control.mrid in self.began:
            return True
        if control.mrid in self.replaced:
            return now < self.replaced[control.mrid][1].first_start
        return control.mrid not in self.called_off

    def listed(self, now: datetime) -> list[tuple[Control, Told]]:
        """What a list holds, in its order: start, then the newest, then the largest mRID."""
        found = [(control, self.told(control, now)) for control in self.controls]
        found.sort(key=lambda one: one[0].mrid, reverse=True)
        found.sort(key=lambda one: one[0].created, reverse=True)
        found.sort(key=lambda one: one[0].start)
        return [(control, told) for control, told in found if told is not None]
