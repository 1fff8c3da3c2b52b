"""What a device should follow at an instant, mode by mode.

Joins what the device's programs ask of it: controls by primacy and age, then the programs'
defaults. Random starts and ends are drawn by hashing, so that a restart and another instance draw
the same. It must not know registers, nor how often anybody looks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from operator import attrgetter
from typing import Any

from server.core.book import Book
from server.core.model import Controls, DeviceId, Event, Interval, Mrid, Program
from server.core.timeline import Control, Course, controls_of, courses


@dataclass(frozen=True, slots=True, kw_only=True)
class Setpoint:
    """What a device should follow, and for how long that is known to hold."""

    controls: Controls
    sources: Mapping[str, Mrid]
    """The mRID of the control that each mode comes from; modes from a default are not in it."""
    until: datetime | None
    """The next instant at which it may differ; None if only a change of the book can alter it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """When one device follows one control; never, if the end is not after the start."""

    control: Control
    primacy: int
    start: datetime
    end: datetime


def setpoint(book: Book, device_id: DeviceId, now: datetime) -> Setpoint:
    """Return what a device should follow now.

    For each mode the control of the lowest primacy wins, then the newest, whatever its program;
    where no control says anything, the strongest program's default that does. `ramp_s` is that of
    the first of them that gives a mode.
    """
    programs = book.programs_of(device_id)
    spans = [span for program in programs for span in _spans(book, device_id, program)]
    wishes = [(span.control.controls, span.control.mrid) for span in _followed(spans, now)]
    controls, sources = _join([*wishes, *((program.default, None) for program in programs)])
    edges = (edge for span in spans for edge in (span.start, span.end) if edge > now)
    return Setpoint(controls=controls, sources=sources, until=min(edges, default=None))


def effective_window(control: Control, device_id: DeviceId) -> tuple[datetime, datetime]:
    """Return a device's own start and end of a control, the end being the first instant outside.

    The draws are one for the whole event: its intervals move together and stay successive, and
    only the last one is made longer or shorter.
    """
    event = control.event
    shift = event.randomize_start * _draw(event, device_id, "start")
    start, end = control.start + shift, control.end + shift
    if control.index == len(event.intervals) - 1:
        end = max(start, end + event.randomize_duration * _draw(event, device_id, "duration"))
    return start, end


def _followed(spans: Iterable[_Span], now: datetime) -> list[_Span]:
    """Return the spans that hold now, the strongest first."""
    followed = [
        span for span in spans if span.start <= now < span.end and not _is_called_off(span.control)
    ]
    followed.sort(key=lambda span: (span.control.created_at, span.control.mrid), reverse=True)
    return sorted(followed, key=attrgetter("primacy"))


def _spans(book: Book, device_id: DeviceId, program: Program) -> tuple[_Span, ...]:
    """Tell when a device follows the controls of a program; what it never follows is left out."""
    spans: dict[Mrid, _Span] = {}
    for course in courses(controls_of(book.events_for(device_id, program.id))):
        start, end = effective_window(course.control, device_id)
        spans[course.control.mrid] = _Span(
            control=course.control,
            primacy=program.primacy,
            start=start,
            end=min([end, *_stops(course, start, device_id, spans)]),
        )
    return tuple(
        span for span in spans.values() if max(span.start, span.control.created_at) < span.end
    )


def _is_called_off(control: Control) -> bool:
    """Tell whether a control is not followed even if the clock was set back since."""
    return control.cancelled_at is not None and not control.is_cancelled_at_random


def _stops(
    course: Course[Control], start: datetime, device_id: DeviceId, newer: Mapping[Mrid, _Span]
) -> tuple[datetime, ...]:
    """Return when a device stops following a control for another reason than its window's end.

    A superseded control holds until the device's own start of its heir (or the heir's withdrawal
    before that), not only until the first device's: else there would be nothing in between.
    """
    of = course.control
    if course.heir is not None:
        heir = newer[course.heir.control.mrid]
        return (max(course.heir.begins_at, min(heir.start, heir.end)),)
    if of.cancelled_at is None:
        return ()
    has_begun = max(start, of.created_at) < of.cancelled_at
    if has_begun and of.is_cancelled_at_random:
        return (of.cancelled_at + _cancel_delay(of.event, device_id),)
    return (of.cancelled_at,)


def _cancel_delay(event: Event, device_id: DeviceId) -> timedelta:
    """Draw how long a device that runs an event goes on after a cancellation at random."""
    longest = max(abs(event.randomize_start), abs(event.randomize_duration))
    return longest * _draw(event, device_id, "cancel")


def _first(event: Event) -> Interval:
    """Return the interval that came first when the event was stated, whatever became of it."""
    stated = (interval for interval in event.published if interval.created_at is None)
    return min(stated, key=attrgetter("start"))


def _draw(event: Event, device_id: DeviceId, what: str) -> float:
    """Draw a fraction in [0, 1) that is always the same for an event and a device."""
    seed = f"{what} {_first(event).mrid} {device_id}"
    return (int.from_bytes(sha256(seed.encode()).digest()[:8]) >> 11) / (1 << 53)


def _join(
    wishes: Iterable[tuple[Controls, Mrid | None]],
) -> tuple[Controls, dict[str, Mrid]]:
    """Join what is wished, the strongest first; a wish without an mRID is a default."""
    values: dict[str, Any] = {}
    sources: dict[str, Mrid] = {}
    for controls, mrid in wishes:
        free = sorted(controls.modes - values.keys())
        if free:
            values.setdefault("ramp_s", controls.ramp_s)
        for mode in free:
            values[mode] = getattr(controls, mode)
        if mrid is not None:
            sources |= dict.fromkeys(free, mrid)
    return Controls(**values), sources
