"""An event as operators see it: where it stands, whom it reaches and who said what.

Computed at the instant of the question; it must not know who asks, nor change anything.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from server.admin.views import (
    EventDetail,
    EventView,
    FollowerView,
    IntervalDetail,
    IntervalView,
    Participation,
    ResponseView,
    TargetsView,
    UnsaidView,
)
from server.core.book import Book
from server.core.ids import number_of
from server.core.languages import unsaid
from server.core.model import Device, DeviceId, Event, EventId, Interval, Language, Mrid
from server.core.response import Response, ResponseStatus
from server.core.timeline import Status, controls_of, phase, standings

Words = Mapping[DeviceId, Sequence[Response]]
"""What each device said, the newest first."""

ENDED = "ended"
_STANDINGS = {
    Status.SCHEDULED: "scheduled",
    Status.ACTIVE: "active",
    Status.CANCELLED: "cancelled",
    Status.CANCELLED_AT_RANDOM: "cancelled_at_random",
    Status.SUPERSEDED: "superseded",
}
_TAKES_BACK: dict[ResponseStatus, frozenset[ResponseStatus]] = {
    ResponseStatus.OPTED_IN: frozenset({ResponseStatus.OPTED_OUT}),
    ResponseStatus.OPTED_OUT: frozenset({ResponseStatus.OPTED_IN}),
    ResponseStatus.WRITTEN: frozenset({ResponseStatus.FAILED}),
    ResponseStatus.VERIFIED: frozenset({ResponseStatus.FAILED}),
    ResponseStatus.RESTORED: frozenset({ResponseStatus.FAILED}),
}
"""The older words that a word makes void."""


def view(event: Event, now: datetime) -> EventView:
    """Return an event with what its intervals ask."""
    intervals = tuple(IntervalView(**_interval(interval)) for interval in event.intervals)
    return EventView(**_head(event, now), intervals=intervals)


def detail(
    book: Book, event: Event, responses: Iterable[Response], *, now: datetime, is_complete: bool
) -> EventDetail:
    """Return an event with all that is known of it; responses come the newest first."""
    words: defaultdict[DeviceId, list[Response]] = defaultdict(list)
    for response in responses:
        words[response.device_id].append(response)
    targeted = book.targeted_devices(event)
    counts = _standings(book, event, targeted, now)
    return EventDetail(
        **_head(event, now),
        intervals=tuple(
            IntervalDetail(**_interval(interval), standings=counts.get(interval.mrid, {}))
            for interval in event.intervals
        ),
        targeted=targeted_counts(targeted),
        unsaid=unsaid_views(book, event),
        participation=participation(len(targeted), words),
        followers=_followers(book, targeted, words),
        is_complete=is_complete,
    )


def targeted_counts(devices: Iterable[Device]) -> dict[Language, int]:
    """Return how many devices there are of each language."""
    found = Counter(device.language for device in devices)
    return {language: found[language] for language in Language}


def unsaid_views(book: Book, event: Event) -> tuple[UnsaidView, ...]:
    """Return what devices do not get to know of an event or cannot follow."""
    return tuple(
        UnsaidView(device_id=gap.device_id, language=gap.language, what=gap.what, why=gap.why)
        for gap in unsaid(book, event)
    )


def participation(targeted: int, words: Words) -> Participation:
    """Count how many devices said what."""
    counts = Counter(status for said in words.values() for status in _held(said))
    names = Participation.model_fields.keys() - {"targeted"}
    return Participation(
        targeted=targeted, **{name: counts[ResponseStatus(name)] for name in names}
    )


def _held(said: Sequence[Response]) -> frozenset[ResponseStatus]:
    """Return what a device said and has not taken back."""
    held: frozenset[ResponseStatus] = frozenset()
    for response in reversed(said):
        held = held - _TAKES_BACK.get(response.status, frozenset()) | {response.status}
    return held


def _head(event: Event, now: datetime) -> dict[str, Any]:
    targets = event.targets
    return {
        "id": event.id,
        "program_id": event.program_id,
        "name": event.name,
        "phase": phase(event, now),
        "start": event.start,
        "end": event.end,
        "signals": event.signals,
        "priority": event.priority,
        "randomize_start_s": _seconds(event.randomize_start),
        "randomize_duration_s": _seconds(event.randomize_duration),
        "targets": TargetsView(
            groups=tuple(sorted(targets.groups, key=number_of)),
            devices=tuple(sorted(targets.devices, key=number_of)),
        ),
        "response_policy": event.response_policy,
        "is_test": event.is_test,
        "created_at": event.created_at,
        "version": event.version,
        "cancelled_at": event.cancelled_at,
        "is_cancelled_at_random": event.is_cancelled_at_random,
    }


def _interval(interval: Interval) -> dict[str, Any]:
    return {
        "mrid": interval.mrid,
        "start": interval.start,
        "duration_s": _seconds(interval.duration),
        "controls": interval.controls,
        "values": interval.values,
    }


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())


def _standings(
    book: Book, event: Event, targeted: Collection[Device], now: datetime
) -> Mapping[Mrid, Mapping[str, int]]:
    """Count by interval how many devices see it stand where; only intervals with controls do."""
    counts: defaultdict[Mrid, Counter[str]] = defaultdict(Counter)
    own = [control.mrid for control in controls_of([event])]
    for events, devices in _audiences(book, event, targeted).items():
        found = standings(controls_of(book.events[one] for one in events), now)
        for mrid in own:
            standing = found.get(mrid)
            counts[mrid][ENDED if standing is None else _STANDINGS[standing.status]] += devices
    return counts


def _audiences(
    book: Book, event: Event, targeted: Collection[Device]
) -> Counter[tuple[EventId, ...]]:
    """Count the devices by which events that bear on this one they see too.

    Devices that see the same events see the same standings, so each such set is settled once.
    """
    seen: dict[DeviceId, list[EventId]] = {device.id: [] for device in targeted}
    for other in _entangled(book, event):
        for device in book.targeted_devices(other):
            if device.id in seen:
                seen[device.id].append(other.id)
    return Counter(map(tuple, seen.values()))


def _entangled(book: Book, event: Event) -> list[Event]:
    """Return the program's events that can bear on an event, directly or through others."""
    others = [book.events[one] for one in book.events_by_program[event.program_id]]
    found = [event]
    while len(wider := _overlapping(others, found)) > len(found):
        found = wider
    return found


def _overlapping(events: Iterable[Event], found: Collection[Event]) -> list[Event]:
    """Return the events that overlap the stretch of time in which others lie."""
    start, end = min(event.start for event in found), max(event.end for event in found)
    return [event for event in events if event.start < end and event.end > start]


def _followers(book: Book, targeted: Collection[Device], words: Words) -> tuple[FollowerView, ...]:
    """Return the targeted devices as they came, then the others that answered."""
    mine = [device.id for device in targeted]
    known = frozenset(mine)
    strays = sorted(words.keys() - known)
    return tuple(
        _follower(book.devices.get(one), one, words.get(one, ()), is_targeted=one in known)
        for one in (*mine, *strays)
    )


def _follower(
    device: Device | None, device_id: DeviceId, said: Sequence[Response], *, is_targeted: bool
) -> FollowerView:
    return FollowerView(
        device_id=device_id,
        name=None if device is None else device.name,
        language=None if device is None else device.language,
        is_targeted=is_targeted,
        responses=tuple(_response(response) for response in said),
    )


def _response(response: Response) -> ResponseView:
    return ResponseView(
        status=response.status,
        mrid=response.mrid,
        code=response.code,
        said_at=response.said_at,
        received_at=response.received_at,
        version=response.version,
        detail=response.detail,
    )
