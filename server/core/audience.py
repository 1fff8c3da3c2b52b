"""Which devices see the same events, so that each set of events is settled once.

Devices that see the same events of a program see the same standings. Pure questions to the book.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from server.core.book import Book
from server.core.model import Device, DeviceId, Event, EventId


def audiences(
    book: Book, event: Event, devices: Iterable[Device]
) -> dict[tuple[EventId, ...], tuple[DeviceId, ...]]:
    """Return the devices by which events that bear on an event they see, itself included."""
    seen: dict[DeviceId, list[EventId]] = {device.id: [] for device in devices}
    for other in entangled(book, event):
        for device in book.targeted_devices(other):
            if device.id in seen:
                seen[device.id].append(other.id)
    found: defaultdict[tuple[EventId, ...], list[DeviceId]] = defaultdict(list)
    for device_id, events in seen.items():
        found[tuple(events)].append(device_id)
    return {events: tuple(ids) for events, ids in found.items()}


def entangled(book: Book, event: Event) -> tuple[Event, ...]:
    """Return the program's events that can bear on an event, directly or through others.

    The event is among them, whether the book has it yet or not.
    """
    ids = book.events_by_program.get(event.program_id, ())
    pool = {one: book.events[one] for one in ids} | {event.id: event}
    found: tuple[Event, ...] = (event,)
    while len(wider := _overlapping(pool.values(), found)) > len(found):
        found = wider
    return found


def _overlapping(events: Iterable[Event], found: Collection[Event]) -> tuple[Event, ...]:
    """Return the events that overlap the stretch of time in which others lie."""
    start, end = min(map(_start, found)), max(map(_end, found))
    return tuple(event for event in events if _start(event) < end and _end(event) > start)


def _start(event: Event) -> datetime:
    return min(interval.start for interval in event.published)


def _end(event: Event) -> datetime:
    return max(interval.end for interval in event.published)
