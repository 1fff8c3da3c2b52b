"""Why a device follows what it follows at an instant, and why it may see nothing at all.

Each control that could have counted is told with the one rule that decided on it. Pure answers of
the book; what devices said of events comes as an argument. It must not know any wire format.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from server.core.book import Book
from server.core.model import Device, Event, EventId, Language, Mrid, Program, ProgramId
from server.core.setpoint import Setpoint, effective_window, setpoint
from server.core.timeline import Control, Course, controls_of, courses


class Rule(StrEnum):
    """What decided on a control, or on the default of a program."""

    FOLLOWED = "followed"
    OPTED_OUT = "opted_out"
    SKIPPED = "skipped"
    NOT_OFFERED = "not_offered"
    NOT_TARGETED = "not_targeted"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    NOT_BEGUN = "not_begun"
    ENDED = "ended"
    PRIMACY = "primacy"
    NEWER = "newer"
    CONTROLLED = "controlled"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A control that could hold, and the rule that decided."""

    program_id: ProgramId
    primacy: int
    event_id: EventId
    mrid: Mrid
    start: datetime
    """The device's own, with its random draw."""
    end: datetime
    rule: Rule
    asks: tuple[str, ...] = ()
    """The modes that it asks something of."""
    modes: tuple[str, ...] = ()
    """Those that come from it."""
    beaten_by: tuple[Mrid, ...] = ()
    """The controls that are followed in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """The default of a program, and the rule that decided."""

    program_id: ProgramId
    primacy: int
    rule: Rule
    modes: tuple[str, ...]
    """Those that come from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a device should follow at an instant, and why."""

    at: datetime
    setpoint: Setpoint
    candidates: tuple[Candidate, ...]
    """Those that have not long ended, the strongest program first."""
    fallbacks: tuple[Fallback, ...]


def explain(book: Book, device: Device, at: datetime, outs: Mapping[EventId, str]) -> Explanation:
    """Tell what holds for a device at an instant and why, as far as is stated by now.

    `outs` are the events that the device said it takes no part in.
    """
    wanted = setpoint(book, device.id, at)
    offered = book.programs_of(device.id)
    if device.language is Language.OPENADR:
        said = (one for program in offered for one in _signals(book, device, program, at, outs))
        return Explanation(at=at, setpoint=wanted, candidates=tuple(said), fallbacks=())
    candidates = [one for program in offered for one in _of_program(book, device, program, at)]
    candidates += _not_offered(book, device, at)
    judged = (_judged(one, wanted, candidates, outs) for one in candidates)
    fallbacks = tuple(_fallback(program, offered, wanted) for program in offered)
    return Explanation(at=at, setpoint=wanted, candidates=tuple(judged), fallbacks=fallbacks)


def _signals(
    book: Book, device: Device, program: Program, at: datetime, outs: Mapping[EventId, str]
) -> Iterator[Candidate]:
    """Yield the events with signals, which a VEN follows side by side."""
    for event_id in book.events_by_program.get(program.id, ()):
        event = book.events[event_id]
        if event.signals and event.end > at:
            yield Candidate(
                program_id=program.id,
                primacy=program.primacy,
                event_id=event.id,
                mrid=event.intervals[0].mrid,
                start=event.start,
                end=event.end,
                rule=_of_signals(book, event, device, at, outs),
                asks=tuple(signal.name for signal in event.signals),
            )


def _of_signals(
    book: Book, event: Event, device: Device, at: datetime, outs: Mapping[EventId, str]
) -> Rule:
    if not book.is_targeted(event, device.id):
        return Rule.SKIPPED if device.id in event.skipped else Rule.NOT_TARGETED
    if event.cancelled_at is not None:
        return Rule.CANCELLED
    if event.id in outs:
        return Rule.OPTED_OUT
    return Rule.NOT_BEGUN if at < event.start else Rule.FOLLOWED


def _of_program(book: Book, device: Device, program: Program, at: datetime) -> Iterator[Candidate]:
    mine = book.events_for(device.id, program.id)
    known = {event.id for event in mine}
    for course in courses(controls_of(mine)):
        if course.control.latest_end > at:
            yield _candidate(program, course.control, device, _of_course(course, device, at))
    for event_id in book.events_by_program.get(program.id, ()):
        event = book.events[event_id]
        if event_id not in known:
            rule = Rule.SKIPPED if device.id in event.skipped else Rule.NOT_TARGETED
            yield from _each(program, event, device, at, rule)


def _not_offered(book: Book, device: Device, at: datetime) -> Iterator[Candidate]:
    """Yield what names the device, or a group of it, in programs that it is not offered."""
    offered = {program.id for program in book.programs_of(device.id)}
    mine = book.groups_by_device.get(device.id, {}).keys()
    for event in book.events.values():
        program = book.programs.get(event.program_id)
        is_meant = device.id in event.targets.devices or not mine.isdisjoint(event.targets.groups)
        if program is not None and program.id not in offered and is_meant:
            yield from _each(program, event, device, at, Rule.NOT_OFFERED)


def _each(
    program: Program, event: Event, device: Device, at: datetime, rule: Rule
) -> Iterator[Candidate]:
    for control in controls_of((event,)):
        if control.latest_end > at:
            yield _candidate(program, control, device, rule)


def _candidate(program: Program, control: Control, device: Device, rule: Rule) -> Candidate:
    start, end = effective_window(control, device.id)
    return Candidate(
        program_id=program.id,
        primacy=program.primacy,
        event_id=control.event.id,
        mrid=control.mrid,
        start=start,
        end=end,
        rule=rule,
        asks=tuple(sorted(control.modes)),
    )


def _of_course(course: Course[Control], device: Device, at: datetime) -> Rule:
    """Return the rule by which a control does not hold in its own program; NEWER if it may."""
    control = course.control
    start, end = effective_window(control, device.id)
    if control.cancelled_at is not None:
        return Rule.CANCELLED
    if course.heir is not None and course.heir.has_begun(at):
        return Rule.SUPERSEDED
    if at < start:
        return Rule.NOT_BEGUN
    return Rule.ENDED if at >= end else Rule.NEWER


def _judged(
    one: Candidate, wanted: Setpoint, others: list[Candidate], outs: Mapping[EventId, str]
) -> Candidate:
    """Return a candidate with the rule that decided among those that run."""
    if modes := tuple(sorted(_modes_of(wanted, one))):
        rule = Rule.OPTED_OUT if one.event_id in outs else Rule.FOLLOWED
        return replace(one, rule=rule, modes=modes)
    if one.rule not in {Rule.NEWER, Rule.SUPERSEDED}:
        return one
    winners = _winners(one, wanted)
    primacies = [each.primacy for each in others if each.mrid in winners]
    is_outranked = one.rule is Rule.NEWER and min(primacies) < one.primacy
    return replace(one, rule=Rule.PRIMACY if is_outranked else one.rule, beaten_by=winners)


def _modes_of(wanted: Setpoint, one: Candidate) -> Iterator[str]:
    return (mode for mode, mrid in wanted.sources.items() if mrid == one.mrid)


def _winners(one: Candidate, wanted: Setpoint) -> tuple[Mrid, ...]:
    """Return the controls that the modes of a candidate come from in its place."""
    sources = (wanted.sources.get(mode) for mode in one.asks)
    return tuple(dict.fromkeys(mrid for mrid in sources if mrid is not None))


def _fallback(program: Program, offered: tuple[Program, ...], wanted: Setpoint) -> Fallback:
    stronger = {mode for other in offered[: offered.index(program)] for mode in other.default.modes}
    own = program.default.modes
    modes = tuple(sorted(own - stronger - wanted.sources.keys()))
    if modes:
        rule = Rule.FOLLOWED
    elif not own:
        rule = Rule.EMPTY
    else:
        rule = Rule.PRIMACY if own <= stronger else Rule.CONTROLLED
    return Fallback(program_id=program.id, primacy=program.primacy, rule=rule, modes=modes)
