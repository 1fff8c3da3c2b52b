"""What goes on after an event that is nested in older ones: their rests, as events of their own.

A superseded control is so for good (2030.5), therefore nothing else brings it back. A rest asks
what its event would have asked without the nested one; nominal windows decide. It must not know
whether the nested event may be stated.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count, pairwise

from server.core.audience import audiences, entangled
from server.core.book import Book
from server.core.context import NAME_LIMIT_BYTES
from server.core.ids import Names, number_of
from server.core.model import Controls, DeviceId, Event, EventId, Interval, Mrid, Targets
from server.core.timeline import Control, Course, controls_of, courses

MOMENT = timedelta(microseconds=1)
"""What tells the ages of events that are stated together."""
_PREFIX = "rest of "
_NONE = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A stretch of a rest, which becomes an interval."""

    start: datetime
    end: datetime
    controls: Controls | None
    values: tuple[float | None, ...]

    @property
    def asks_nothing(self) -> bool:
        return self.controls is None and not self.values


_Courses = Mapping[Mrid, Course[Control]]
_Rest = tuple[EventId, tuple[_Piece, ...]]


def resumptions(book: Book, event: Event, names: Names) -> tuple[Event, ...]:
    """Return what goes on, from a new event's nominal end, of the events that it supersedes.

    Each is for the devices that see both. None asks for a mode while an event that is in force
    without it does, so that it takes nothing from that one.
    """
    moments = (event.created_at + MOMENT * number for number in count(1))
    return tuple(
        replace(
            book.events[of],
            id=EventId(names.id("e")),
            name=_name(book.events[of].name),
            intervals=tuple(_interval(piece, names) for piece in pieces),
            randomize_start=max(_NONE, book.events[of].randomize_start),
            for_vens=replace(book.events[of].for_vens, ramp_up=_NONE, notification=_NONE),
            is_open_ended=book.events[of].is_open_ended and pieces[-1].end == book.events[of].end,
            replaced=(),
            changed_at=None,
            targets=_targets(book, event, book.events[of], frozenset(devices)),
            created_at=moment,
            version=0,
        )
        for ((of, pieces), devices), moment in zip(_found(book, event), moments, strict=False)
    )


def _found(book: Book, event: Event) -> list[tuple[_Rest, list[DeviceId]]]:
    """Return what is left of which events and for whom, the oldest event first."""
    found: defaultdict[_Rest, list[DeviceId]] = defaultdict(list)
    for seen, devices in _audiences(book, event):
        others = [book.events[one] for one in seen if one != event.id]
        for rest in _rests(event, others):
            found[rest] += devices
    return sorted(found.items(), key=lambda rest: number_of(rest[0][0]))


def _audiences(
    book: Book, event: Event
) -> Iterable[tuple[tuple[EventId, ...], tuple[DeviceId, ...]]]:
    """Return who sees which events; where there is nobody yet, whoever comes may see all."""
    found = audiences(book, event, book.targeted_devices(event))
    return found.items() or [(tuple(one.id for one in entangled(book, event)), ())]


def _rests(event: Event, others: Iterable[Event]) -> Iterator[tuple[EventId, tuple[_Piece, ...]]]:
    """Yield the events that a new one cuts short for those who see all, and what is left."""
    others = tuple(others)
    without = {course.control.mrid: course for course in courses(controls_of(others))}
    cut = _cut_short(event, others)
    for other in others:
        pieces = _rest(other, event.end, without) if other.id in cut else ()
        if any(piece.controls is not None for piece in pieces):
            yield other.id, pieces


def _cut_short(event: Event, others: Iterable[Event]) -> set[str]:
    """Return the ids of the events of which a new one supersedes something."""
    alive = (one for one in others if one.cancelled_at is None)
    settled = courses(controls_of((*alive, event)))
    return {course.source for course in settled if course.heir and course.heir.source == event.id}


def _rest(of: Event, since: datetime, without: _Courses) -> tuple[_Piece, ...]:
    """Return what an event would have asked from an instant on."""
    pieces: list[_Piece] = []
    for index, interval in enumerate(of.intervals):
        if interval.withdrawn_at is None and interval.end > since:
            whole = _Piece(
                start=max(interval.start, since),
                end=interval.end,
                controls=interval.controls,
                values=tuple(of.value(signal, index) for signal in range(len(of.signals))),
            )
            course = without.get(interval.mrid)
            pieces += [whole] if course is None else _left(whole, course, without)
    return _trimmed(pieces)


def _trimmed(pieces: list[_Piece]) -> tuple[_Piece, ...]:
    asking = [number for number, piece in enumerate(pieces) if not piece.asks_nothing]
    return tuple(pieces[asking[0] : asking[-1] + 1]) if asking else ()


def _left(whole: _Piece, course: Course[Control], without: _Courses) -> list[_Piece]:
    """Return what newer controls leave of a piece."""
    pieces = [whole]
    if course.heir is not None:
        pieces = list(_masked(pieces, course.heir.start, course.end, course.modes))
    for rival in without.values():
        if _takes_part(rival, course):
            end = rival.end if rival.heir is None else rival.heir.start
            pieces = list(_masked(pieces, rival.start, end, rival.modes))
    return pieces


def _takes_part(rival: Course[Control], course: Course[Control]) -> bool:
    """Tell whether a newer control takes some of a control's modes and leaves it others."""
    return (
        rival.rank < course.rank
        and rival.source != course.source
        and rival.takes_effect
        and rival.control.cancelled_at is None
        and not rival.modes >= course.modes
        and not rival.modes.isdisjoint(course.modes)
    )


def _masked(
    pieces: Iterable[_Piece], start: datetime, end: datetime, modes: frozenset[str]
) -> Iterator[_Piece]:
    """Take modes out of pieces in a span of time."""
    for piece in pieces:
        inner = {edge for edge in (start, end) if piece.start < edge < piece.end}
        for since, until in pairwise(sorted({piece.start, *inner, piece.end})):
            controls = piece.controls
            if controls is not None and start <= since < end:
                controls = _without(controls, modes)
            yield replace(piece, start=since, end=until, controls=controls)


def _without(controls: Controls, modes: frozenset[str]) -> Controls | None:
    left = replace(controls, **dict.fromkeys(modes & controls.modes))
    return left if left.modes else None


def _interval(piece: _Piece, names: Names) -> Interval:
    return Interval(
        mrid=names.mrid(),
        start=piece.start,
        duration=piece.end - piece.start,
        controls=piece.controls,
        values=piece.values,
    )


def _targets(book: Book, event: Event, of: Event, devices: frozenset[DeviceId]) -> Targets:
    """Return the targets that devices have in common, by name only if nothing else says it."""
    ours = {device.id for device in book.targeted_devices(event)}
    if devices == ours & {device.id for device in book.targeted_devices(of)}:
        if not devices or event.targets in (Targets(), of.targets):
            return of.targets
        if of.targets == Targets():
            return event.targets
    return Targets(devices=devices)


def _name(name: str) -> str:
    """Return an event's name with a word that it is a rest, cut to what the wires take."""
    whole = name if name.startswith(_PREFIX) else f"{_PREFIX}{name}"
    return whole.encode()[:NAME_LIMIT_BYTES].decode(errors="ignore")
