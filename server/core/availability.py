"""When a VEN takes part by its own word: opt schedules, what they replace, what holds at a time.

Pure (OADR 2.0b rules 202 to 206, 209 and 210). Schedules to opt in and to opt out are independent
of each other. It must not know messages, nor where schedules are kept.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Literal
from urllib.parse import urlsplit

OptType = Literal["optIn", "optOut"]
FINISHED_KEPT: Final = 1000
_LAST: Final = datetime.max.replace(tzinfo=UTC)


class Stance(StrEnum):
    """What schedules say of a stretch of time."""

    OPTED_IN = "opted_in"
    OPTED_OUT = "opted_out"
    PARTLY_OUT = "partly_out"
    """Out for a part of it."""

    @property
    def is_out(self) -> bool:
        """Whether it does not take part, be it for a moment."""
        return self is not Stance.OPTED_IN


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

    @property
    def edges(self) -> tuple[datetime, ...]:
        """Return its start, and its end if the calendar has one for it."""
        if not self.duration or self.duration > _LAST - self.start:
            return (self.start,)
        return self.start, self.start + self.duration


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
    resources: frozenset[str] = frozenset()
    """The parts of the VEN that it is for; empty means all that the event is for."""


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
        alive = {*alive, added.event_id}
        kept = tuple(
            each
            for each in self.qualifications
            if each.event_id in alive and not _is_overruled(each, added)
        )
        return replace(self, qualifications=(*kept, added))

    def on_event(self, event_id: str) -> Qualification | None:
        """Return the word on an event for all that it is for, if there is one."""
        said = (each for each in self.qualifications if each.event_id == event_id)
        return next((each for each in said if not each.resources), None)

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

    def during(self, start: datetime, end: datetime, asked: Scope) -> Stance | None:
        """Return what holds for a scope from `start` until before `end`; None if nothing is said.

        It is opted in only if it is so throughout.
        """
        moments = {start, *(edge for edge in self._edges if start < edge < end)}
        said = {self.at(moment, asked) for moment in moments}
        if said == {"optIn"}:
            return Stance.OPTED_IN
        if said == {"optOut"}:
            return Stance.OPTED_OUT
        return Stance.PARTLY_OUT if "optOut" in said else None

    def of_device(
        self, names: Collection[str], market_context: str, start: datetime, end: datetime
    ) -> Stance | None:
        """Return what holds for a device in a program; what is said of none of its names is not.

        Who is out by one name and in by another is out.
        """
        mine = sorted(self._resources.intersection(names)) or [""]
        asked = (scope_of(name, market_context) for name in mine)
        said = {self.during(start, end, scope) for scope in asked}
        return next((stance for stance in _BY_WEIGHT if stance in said), None)

    def resources_out(
        self, market_context: str, start: datetime, end: datetime
    ) -> dict[str, Stance]:
        """Return the resources that schedules name and that are out in a stretch of time."""
        found = {
            name: self.of_device([name], market_context, start, end)
            for name in sorted(self._resources)
        }
        return {name: stance for name, stance in found.items() if stance and stance.is_out}

    @property
    def _edges(self) -> frozenset[datetime]:
        """When something may begin or end to hold."""
        windows = (window for schedule in self.schedules for window in schedule.windows)
        return frozenset().union(*(window.edges for window in windows))

    @property
    def _resources(self) -> frozenset[str]:
        """The names of parts of the VEN that stand in any schedule."""
        scopes = (scope for each in self.schedules for scope in (each.scope, *each.replaced))
        return frozenset().union(*(scope.resources for scope in scopes))


_BY_WEIGHT = (Stance.OPTED_OUT, Stance.PARTLY_OUT, Stance.OPTED_IN)


def scope_of(resource: str = "", market_context: str = "", device_class: str = "") -> Scope:
    """Return what to ask `Opts.at` for: the VEN as a whole, or a part of it; empty leaves out."""
    return Scope(
        resources=frozenset({resource} - {""}),
        market_contexts=frozenset({normal_uri(market_context)} - {""}),
        device_classes=frozenset({device_class} - {""}),
    )


def normal_uri(uri: str) -> str:
    """Return a market context such that equal ones are the same text (rule 512)."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return uri
    return parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower()).geturl()


def _is_overruled(said: Qualification, by: Qualification) -> bool:
    """Tell whether nothing is left of a word on an event after a later one."""
    if said.event_id != by.event_id:
        return False
    return not by.resources or (bool(said.resources) and said.resources <= by.resources)


def _is_replaced(schedule: Schedule, by: Schedule) -> bool:
    return schedule.opt_type == by.opt_type and by.scope.covers(schedule.scope)


def _after(schedule: Schedule, added: Schedule) -> Schedule:
    """Return a schedule without what another of its type takes over."""
    if schedule.opt_type != added.opt_type or not schedule.scope.overlaps(added.scope):
        return schedule
    return replace(schedule, replaced=(*schedule.replaced, added.scope))


def _is_over(schedule: Schedule, now: datetime) -> bool:
    return all(window.is_over(now) for window in schedule.windows)
