"""Where an event stands at an instant: 2030.5 status and OpenADR phase, computed, never stored.

Pure functions of (events, now). An event of several intervals is several controls in 2030.5; a
control's course is settled by its own window, its cancellation and the newer controls of the same
program; whatever else holds for a time (`Timed`) takes the same course. Ended ones must be passed
in too, as long as what they superseded has not ended. What was stated and cancelled has been so
even if the clock was set back since: only windows are held against now. Nothing here knows a wire
format, a device's own random draw or a list's paging.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from operator import attrgetter
from typing import Generic, TypeVar

from server.core.model import Controls, Event, Interval, Mrid, ProgramId
from server.core.timed import Timed

_NONE = timedelta(0)


class Status(IntEnum):
    """Where a control stands; the numbers are those of 2030.5 EventStatus.currentStatus."""

    SCHEDULED = 0
    ACTIVE = 1
    CANCELLED = 2
    CANCELLED_AT_RANDOM = 3
    SUPERSEDED = 4


class Phase(StrEnum):
    """Where an event stands, in the words of OpenADR eventStatus."""

    FAR = "far"
    NEAR = "near"
    ACTIVE = "active"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


T = TypeVar("T", bound=Timed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One interval of an event, as 2030.5 and registers see it."""

    event: Event
    index: int

    @property
    def interval(self) -> Interval:
        """Return the interval that it stands for."""
        return self.event.published[self.index]

    @property
    def name(self) -> str:
        """Return what it was published as."""
        return self.event.name if self.interval.name is None else self.interval.name

    @property
    def version(self) -> int:
        """Return how often it changed: nothing but calling it off changes it."""
        return int(self.cancelled_at is not None)

    @property
    def goes_on(self) -> bool:
        """Tell whether it took the place of one of its event that devices followed already.

        None may wait for a random start then: it would let go of what it does.
        """
        since = self.interval.created_at
        return since is not None and self.earliest_start <= since

    @property
    def mrid(self) -> Mrid:
        """Return the interval's mRID."""
        return self.interval.mrid

    @property
    def source(self) -> str:
        """Return the id of its event, or a name of its own if another one of it took its place."""
        if self.index < len(self.event.intervals):
            return self.event.id
        return f"{self.event.id} {self.mrid}"

    @property
    def program_id(self) -> ProgramId:
        """Return the program of its event."""
        return self.event.program_id

    @property
    def start(self) -> datetime:
        """Return the nominal start."""
        return self.interval.start

    @property
    def end(self) -> datetime:
        """Return the nominal end, the first instant outside."""
        return self.interval.end

    @property
    def earliest_start(self) -> datetime:
        """Return the instant at which the first device may start."""
        return self.start + min(_NONE, self.event.randomize_start)

    @property
    def latest_end(self) -> datetime:
        """Return the instant at which the last device has ended: started late and run longer."""
        late, longer = self.event.randomize_start, self.event.randomize_duration
        return self.end + max(_NONE, late) + max(_NONE, longer)

    @property
    def created_at(self) -> datetime:
        """Return the instant at which it was stated, with its event or later."""
        return self.interval.created_at or self.event.created_at

    @property
    def cancelled_at(self) -> datetime | None:
        """Return when it was taken back or its event was called off, if so."""
        return self.interval.withdrawn_at or self.event.cancelled_at

    @property
    def is_cancelled_at_random(self) -> bool:
        """Tell whether devices end at a random time instead of at once."""
        return self.event.is_cancelled_at_random and self.interval.withdrawn_at is None

    @property
    def controls(self) -> Controls:
        """Return what it asks."""
        return self.interval.controls or Controls()

    @property
    def modes(self) -> frozenset[str]:
        """Return the names of the modes that it asks something of."""
        return self.controls.modes


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a control stands, and since when."""

    status: Status
    since: datetime
    """When that status was set; never in the future."""
    potentially_superseded: bool = False
    """True while a newer control takes some of its modes and leaves it others.

    Of scheduled and active controls only: the others take no effect any more.
    """
    potentially_superseded_since: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Course(Generic[T]):
    """What becomes of one control and when, whatever the instant it is looked at."""

    control: T
    rank: int
    """0 is the newest of its program."""
    source: str
    start: datetime
    end: datetime
    modes: frozenset[str]
    begins_at: datetime
    """When it takes effect unless it is withdrawn before."""
    withdrawn_at: datetime | None
    """When it was superseded or cancelled, whichever came first."""
    takes_effect: bool = True
    """False if it is withdrawn before, or just when, it begins."""
    heir: "Course[T] | None" = None
    """What superseded it; None also if it was cancelled before, or at the same instant."""
    doubters: "tuple[Course[T], ...]" = ()
    """The newer ones that take some of its modes and leave it others."""

    @property
    def leaves_at(self) -> datetime:
        """Return when it leaves the list.

        A plain cancellation keeps the nominal window, all else the effective one; one that comes
        after the nominal end keeps the effective window too, or nobody would get to see it.
        """
        of, end = self.control, self.control.end
        is_plain = self.heir is None and not of.is_cancelled_at_random
        if is_plain and of.cancelled_at is not None and of.cancelled_at < end:
            return end
        return of.latest_end

    def standing(self, now: datetime) -> Standing | None:
        """Return where it stands; None when it has ended, or was over when it was stated."""
        of = self.control
        if now >= self.leaves_at or self.begins_at >= of.latest_end:
            return None
        if self.heir is not None and self.heir.has_begun(now):
            return Standing(status=Status.SUPERSEDED, since=min(now, self.heir.begins_at))
        if of.cancelled_at is not None:
            at_random = of.is_cancelled_at_random
            status = Status.CANCELLED_AT_RANDOM if at_random else Status.CANCELLED
            return Standing(status=status, since=min(now, of.cancelled_at))
        return self._standing_in_force(now)

    def last_standing(self) -> Standing | None:
        """Return where it stood when it ended; what was stated or cancelled later is left out."""
        moment, cancelled_at = self.leaves_at - timedelta.resolution, self.control.cancelled_at
        then = self._as_stated_by(moment)
        found = then.standing(moment)
        if found is None or then.heir is not None or cancelled_at is None:
            return found
        return found if cancelled_at <= moment else then._standing_in_force(moment)

    def _as_stated_by(self, moment: datetime) -> "Course[T]":
        """Return it without the newer ones that were stated later."""
        is_known = self.heir is not None and self.heir.control.created_at <= moment
        known = (one for one in self.doubters if one.control.created_at <= moment)
        return replace(self, heir=self.heir if is_known else None, doubters=tuple(known))

    def has_begun(self, now: datetime) -> bool:
        """Tell whether the first device may have started by now."""
        return self.control.earliest_start <= now

    def next_change(self, now: datetime) -> datetime | None:
        """Return the earliest instant after now at which its standing differs from that at now."""
        present = self.standing(now)
        later = sorted(edge for edge in self._edges() if edge > now)
        return next((edge for edge in later if self.standing(edge) != present), None)

    def _standing_in_force(self, now: datetime) -> Standing:
        """Return where it stands while it is neither withdrawn nor ended."""
        has_begun = self.has_begun(now)
        doubts = [one.control.created_at for one in self.doubters if one.is_wanted(now)]
        return Standing(
            status=Status.ACTIVE if has_begun else Status.SCHEDULED,
            since=min(now, self.begins_at if has_begun else self.control.created_at),
            potentially_superseded=bool(doubts),
            potentially_superseded_since=min((now, *doubts)) if doubts else None,
        )

    def is_wanted(self, now: datetime) -> bool:
        """Tell whether it has taken or may still take effect."""
        if self.takes_effect:
            return True
        return self.heir is not None and not self.heir.has_begun(now)

    def _edges(self) -> Iterator[datetime]:
        of = self.control
        yield from (of.created_at, of.earliest_start, self.leaves_at)
        yield from filter(None, (of.cancelled_at,))
        for other in (self.heir, *self.doubters):
            if other is not None:
                yield from (other.control.created_at, other.control.earliest_start)
        for heir in filter(None, (doubter.heir for doubter in self.doubters)):
            yield heir.control.earliest_start


def controls_of(events: Iterable[Event]) -> tuple[Control, ...]:
    """Return each interval that has controls, in 2030.5 list order.

    The order is start ascending, then creation descending, then mRID descending.
    """
    controls = [
        Control(event=event, index=index)
        for event in events
        for index, interval in enumerate(event.published)
        if interval.controls is not None
    ]
    controls.sort(key=_age, reverse=True)
    return tuple(sorted(controls, key=attrgetter("start")))


def courses(controls: Iterable[T]) -> tuple[Course[T], ...]:
    """Settle the courses of one program's controls as one device sees them, the newest first.

    A control is superseded as a whole by a newer one (created later; at the same instant: larger
    mRID) of another event whose nominal window overlaps and whose modes cover all of its own, at
    the instant the newer one begins. One that was cancelled or superseded by then supersedes
    nothing; one that was withdrawn later has superseded for good.
    """
    newest_first = sorted(controls, key=_age, reverse=True)
    made = [_course(control, rank) for rank, control in enumerate(newest_first)]
    rivals = _rivals(course for course in made if course.begins_at < course.control.latest_end)
    for course in made:
        _settle(course, rivals[course.rank])
    return tuple(made)


def standings(controls: Sequence[T], now: datetime) -> dict[Mrid, Standing]:
    """Return where the controls of one program stand for one device that sees all of them.

    Absent are those that have ended.
    """
    found = ((course.control.mrid, course.standing(now)) for course in courses(controls))
    return {mrid: standing for mrid, standing in found if standing is not None}


def listed(controls: Sequence[T], now: datetime) -> tuple[tuple[T, Standing], ...]:
    """Return the controls that have not ended with their standings, in the given order."""
    found = standings(controls, now)
    return tuple((control, found[control.mrid]) for control in controls if control.mrid in found)


def next_change(controls: Sequence[T], now: datetime) -> datetime | None:
    """Return the earliest instant after now at which `standings` differs from what it is at now."""
    changes = (course.next_change(now) for course in courses(controls))
    return min((at for at in changes if at is not None), default=None)


def phase(event: Event, now: datetime) -> Phase:
    """Return the OpenADR status; randomisation does not move it (OADR 2.0b rule 13).

    Without a ramp-up far goes straight to active. Cancelled wins until the end of the window.
    """
    if now >= event.end:
        return Phase.COMPLETED
    if event.cancelled_at is not None:
        return Phase.CANCELLED
    if now >= event.start:
        return Phase.ACTIVE
    return Phase.NEAR if now >= event.start - event.for_vens.ramp_up else Phase.FAR


def current_interval(event: Event, now: datetime) -> int | None:
    """Return the number of the interval whose nominal window holds now, cancelled or not."""
    for index, interval in enumerate(event.intervals):
        if interval.start <= now < interval.end:
            return index
    return None


def _age(control: Timed) -> tuple[datetime, Mrid]:
    return control.created_at, control.mrid


def _course(control: T, rank: int) -> Course[T]:
    return Course(
        control=control,
        rank=rank,
        source=control.source,
        start=control.start,
        end=control.end,
        modes=control.modes,
        begins_at=max(control.earliest_start, control.created_at),
        withdrawn_at=control.cancelled_at,
    )


def _rivals(made: Iterable[Course[T]]) -> defaultdict[int, list[Course[T]]]:
    """Find the newer controls that overlap a control in time and modes, by the older one's rank.

    Nominal windows decide, half-open: of successive controls none replaces the other, even if
    randomisation makes the earlier one run on.
    """
    rivals: defaultdict[int, list[Course[T]]] = defaultdict(list)
    running: list[Course[T]] = []
    for course in sorted(made, key=attrgetter("start")):
        running = [other for other in running if other.end > course.start]
        for other in running:
            if other.source == course.source or other.modes.isdisjoint(course.modes):
                continue
            older, newer = (other, course) if other.rank > course.rank else (course, other)
            rivals[older.rank].append(newer)
        running.append(course)
    return rivals


def _settle(course: Course[T], rivals: Sequence[Course[T]]) -> None:
    """Fill in what depends on the newer controls; theirs must be settled."""
    covering = [rival for rival in rivals if rival.modes >= course.modes]
    heir = _first_to_begin(covering)
    if heir is not None and _is_before(heir.begins_at, course.withdrawn_at):
        course.heir, course.withdrawn_at = heir, heir.begins_at
    course.takes_effect = _is_before(course.begins_at, course.withdrawn_at)
    course.doubters = tuple(rival for rival in rivals if not rival.modes >= course.modes)


def _first_to_begin(rivals: Iterable[Course[T]]) -> Course[T] | None:
    effective = (rival for rival in rivals if rival.takes_effect)
    return min(effective, key=attrgetter("begins_at"), default=None)


def _is_before(instant: datetime, limit: datetime | None) -> bool:
    return limit is None or instant < limit
