"""When a VEN takes part by its own word: opt schedules, what they replace, what holds at a time.

Pure (OADR 2.0b rules 202 to 205, 209 and 210). Schedules to opt in and to opt out are independent
of each other. It must not know messages, nor where schedules are kept.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

OptType = Literal["optIn", "optOut"]
FINISHED_KEPT: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a schedule is for; each field left empty means all, and the fields are ANDed."""

    resources: frozenset[str] = frozenset()
    market_contexts: frozenset[str] = frozenset()
    device_classes: frozenset[str] = frozenset()

    def covers(self, other: "Scope") -> bool:
        """Tell whether all of another scope is within this one."""
        return all(not mine or (theirs and theirs <= mine) for mine, theirs in self._pairs(other))

    def overlaps(self, other: "Scope") -> bool:
        """Tell whether the two have anything in common."""
        return all(not mine or not theirs or mine & theirs for mine, theirs in self._pairs(other))

    def _pairs(self, other: "Scope") -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
        return (
            (self.resources, other.resources),
            (self.market_contexts, other.market_contexts),
            (self.device_classes, other.device_classes),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of time; a duration of zero has no end (rule 210)."""

    start: datetime
    duration: timedelta

    def holds(self, at: datetime) -> bool:
        """Tell whether an instant is inside."""
        return self.start <= at and not self.is_over(at)

    def is_over(self, at: datetime) -> bool:
        """Tell whether its end has passed; it is not added up, because it may be beyond time."""
        return bool(self.duration) and at - self.start >= self.duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When something opts in, or out."""

    opt_id: str
    opt_type: OptType
    reason: str
    scope: Scope
    windows: tuple[Window, ...]
    replaced: tuple[Scope, ...] = ()
    """The parts of the scope that later schedules of the same type took over (rule 203)."""

    def is_for(self, asked: Scope) -> bool:
        """Tell whether it still is for all of a scope."""
        return self.scope.covers(asked) and not any(gone.covers(asked) for gone in self.replaced)


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualification:
    """A VEN's word on one event, which stands whatever it answers later (rule 206)."""

    opt_id: str
    opt_type: OptType
    event_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opts:
    """All that a VEN has said by opts and that may still matter."""

    schedules: tuple[Schedule, ...] = ()
    qualifications: tuple[Qualification, ...] = ()
    finished: tuple[str, ...] = ()
    """The optIDs of schedules that are no more: to cancel them is no error (rule 211)."""

    @property
    def window_count(self) -> int:
        """Return how many stretches of time there are."""
        return sum(len(schedule.windows) for schedule in self.schedules)

    def with_schedule(self, added: Schedule, now: datetime) -> "Opts":
        """Return the opts after a schedule came, which replaces what it is for (rule 203)."""
        kept = tuple(
            _after(schedule, added)
            for schedule in self.schedules
            if not _is_replaced(schedule, added) and not _is_over(schedule, now)
        )
        return self._having((*kept, added))

    def _having(self, schedules: tuple[Schedule, ...]) -> "Opts":
        alive = {schedule.opt_id for schedule in schedules}
        known = (*self.finished, *(schedule.opt_id for schedule in self.schedules))
        finished = tuple(dict.fromkeys(each for each in known if each not in alive))
        return replace(self, schedules=schedules, finished=finished[-FINISHED_KEPT:])

    def knows(self, opt_id: str) -> bool:
        """Tell whether a schedule has an optID, or had it."""
        return opt_id in self.finished or any(each.opt_id == opt_id for each in self.schedules)

    def without(self, opt_id: str) -> "Opts":
        """Return the opts without the schedules of an optID, all of them (rule 204)."""
        return self._having(tuple(each for each in self.schedules if each.opt_id != opt_id))

    def with_qualification(self, added: Qualification, alive: Iterable[str]) -> "Opts":
        """Return the opts after a word on an event; what is about events not `alive` is dropped."""
        alive = set(alive) - {added.event_id}
        kept = tuple(each for each in self.qualifications if each.event_id in alive)
        return replace(self, qualifications=(*kept, added))

    def on_event(self, event_id: str) -> Qualification | None:
        """Return the word on an event, if there is one."""
        found = (each for each in self.qualifications if each.event_id == event_id)
        return next(found, None)

    def at(self, instant: datetime, asked: Scope) -> OptType | None:
        """Return what holds for a scope at an instant; who opts in and out at once is out."""
        said = {
            schedule.opt_type
            for schedule in self.schedules
            if schedule.is_for(asked) and any(window.holds(instant) for window in schedule.windows)
        }
        if "optOut" in said:
            return "optOut"
        return "optIn" if said else None


def _is_replaced(schedule: Schedule, by: Schedule) -> bool:
    return schedule.opt_type == by.opt_type and by.scope.covers(schedule.scope)


def _after(schedule: Schedule, added: Schedule) -> Schedule:
    """Return a schedule without what another of its type takes over."""
    if schedule.opt_type != added.opt_type or not schedule.scope.overlaps(added.scope):
        return schedule
    return replace(schedule, replaced=(*schedule.replaced, added.scope))


def _is_over(schedule: Schedule, now: datetime) -> bool:
    return all(window.is_over(now) for window in schedule.windows)
