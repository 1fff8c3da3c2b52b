"""Which events of a market context meet at the same VENs, and by whom.

Such events are allowed, but what a VEN makes of them is not defined (OADR 2.0b rule 18), so an
operator is told. Pure questions to the book.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.core.book import Book
from server.core.model import DeviceId, Event, EventId, Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Another event, and the VENs that see both."""

    event_id: EventId
    devices: tuple[DeviceId, ...]


def overlaps(book: Book, event: Event, now: datetime) -> tuple[Overlap, ...]:
    """Return the events not over that overlap one at a VEN; a program has one market context.

    An event lasts until the last random start is over: what begins then or later overlaps nothing.
    """
    mine = set(_vens(book, event))
    found = []
    for event_id in book.events_by_program.get(event.program_id, ()):
        other = book.events[event_id]
        if other.id != event.id and _is_told(other, now) and _meet(event, other):
            shared = tuple(one for one in _vens(book, other) if one in mine)
            found += [Overlap(event_id=other.id, devices=shared)] if shared else []
    return tuple(found)


def effective_end(event: Event) -> datetime:
    """Return the end of an event with the last random start (OADR 2.0b rules 18 and 66)."""
    return event.end + max(event.randomize_start, timedelta(0))


def _vens(book: Book, event: Event) -> Iterator[DeviceId]:
    if event.signals:
        for device in book.targeted_devices(event):
            if device.language is Language.OPENADR:
                yield device.id


def _is_told(event: Event, now: datetime) -> bool:
    return event.cancelled_at is None and now < effective_end(event)


def _meet(one: Event, other: Event) -> bool:
    return one.start < effective_end(other) and other.start < effective_end(one)
