"""An event as operators see it: where it stands, whom it reaches and who said what.

Computed at the instant of the question; it must not know who asks, nor change anything.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from server.admin.for_vens import for_vens_view, seconds
from server.admin.models import IntervalIn
from server.admin.optmodels import EffectiveOptView
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
from server.core.audience import audiences
from server.core.book import Book
from server.core.command import IntervalDraft
from server.core.ids import number_of
from server.core.languages import unsaid
from server.core.model import Device, DeviceId, Event, Interval, Language, Mrid, Targets
from server.core.response import Response, ResponseStatus
from server.core.timeline import Status, controls_of, phase, standings

Words = Mapping[DeviceId, Sequence[Response]]
"""What each device said, the newest first."""
Opts = Mapping[DeviceId, EffectiveOptView]
"""Which VENs take part by their own word."""

ENDED = "ended"
_STANDINGS = {
    Status.SCHEDULED: "scheduled",
    Status.ACTIVE: "active",
    Status.CANCELLED: "cancelled",
    Status.CANCELLED_AT_RANDOM: "cancelled_at_random",
    Status.SUPERSEDED: "superseded",
}
_TAKES_BACK: dict[ResponseStatus, frozenset[ResponseStatus]] = {
    ResponseStatus.OPTED_IN: frozenset({ResponseStatus.OPTED_OUT, ResponseStatus.UNANSWERED}),
    ResponseStatus.OPTED_OUT: frozenset({ResponseStatus.OPTED_IN, ResponseStatus.UNANSWERED}),
    ResponseStatus.REJECTED: frozenset({ResponseStatus.UNANSWERED}),
    ResponseStatus.WRITTEN: frozenset({ResponseStatus.FAILED}),
    ResponseStatus.VERIFIED: frozenset({ResponseStatus.FAILED}),
    ResponseStatus.RESTORED: frozenset({ResponseStatus.FAILED}),
}
"""The older words that a word makes void."""


def view(event: Event, now: datetime) -> EventView:
    """Return an event with what its intervals ask."""
    intervals = tuple(IntervalView(**_interval(event, interval)) for interval in event.intervals)
    return EventView(**_head(event, now), intervals=intervals)


def joined(history: Sequence[Response], latest: Iterable[Response]) -> list[Response]:
    """Return all that was said to an event, the newest first.

    The history holds every word of VENs; of the others the latest of each kind is known.
    """
    told = {_kind(one) for one in history}
    others = (one for one in latest if _kind(one) not in told)
    return sorted((*history, *others), key=attrgetter("received_at"), reverse=True)


def _kind(said: Response) -> tuple[str, str, int]:
    return said.device_id, said.status, said.version


def words_of(responses: Iterable[Response]) -> Words:
    """Return responses, which come the newest first, by device."""
    words: defaultdict[DeviceId, list[Response]] = defaultdict(list)
    for response in responses:
        words[response.device_id].append(response)
    return words


def detail(
    book: Book, event: Event, words: Words, opts: Opts, *, now: datetime, is_complete: bool
) -> EventDetail:
    """Return an event with all that is known of it."""
    targeted = book.targeted_devices(event)
    counts = _standings(book, event, targeted, now)
    return EventDetail(
        **_head(event, now),
        intervals=tuple(
            IntervalDetail(**_interval(event, interval), standings=counts.get(interval.mrid, {}))
            for interval in event.intervals
        ),
        targeted=targeted_counts(targeted),
        unsaid=unsaid_views(book, event),
        participation=participation(len(targeted), words),
        followers=_followers(book, targeted, words, opts),
        is_complete=is_complete,
    )


def targeted_counts(devices: Iterable[Device]) -> dict[Language, int]:
    """Return how many devices there are of each language."""
    found = Counter(device.language for device in devices)
    return {language: found[language] for language in Language}


def drafts(intervals: Iterable[IntervalIn]) -> tuple[IntervalDraft, ...]:
    """Return intervals as an operator wishes them."""
    return tuple(
        IntervalDraft(
            duration=None if one.duration_s is None else timedelta(seconds=one.duration_s),
            controls=one.controls,
            values=one.values,
        )
        for one in intervals
    )


def end_of(event: Event) -> datetime | None:
    """Return the end of an event; None if it goes on until it is cancelled."""
    return None if event.is_open_ended else event.end


def targets_view(targets: Targets) -> TargetsView:
    """Return whom an event is for, in the order they came."""
    return TargetsView(
        groups=tuple(sorted(targets.groups, key=number_of)),
        devices=tuple(sorted(targets.devices, key=number_of)),
    )


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
    return {
        "id": event.id,
        "program_id": event.program_id,
        "name": event.name,
        "phase": phase(event, now),
        "start": event.start,
        "end": end_of(event),
        "signals": event.signals,
        "priority": event.priority,
        "randomize_start_s": seconds(event.randomize_start),
        "randomize_duration_s": seconds(event.randomize_duration),
        "targets": targets_view(event.targets),
        "response_policy": event.response_policy,
        "is_test": event.is_test,
        "for_vens": for_vens_view(event.for_vens),
        "created_at": event.created_at,
        "changed_at": event.changed_at,
        "version": event.version,
        "cancelled_at": event.cancelled_at,
        "is_cancelled_at_random": event.is_cancelled_at_random,
    }


def _interval(event: Event, interval: Interval) -> dict[str, Any]:
    is_open = event.is_open_ended and interval is event.intervals[-1]
    return {
        "mrid": interval.mrid,
        "start": interval.start,
        "duration_s": None if is_open else seconds(interval.duration),
        "controls": interval.controls,
        "values": interval.values,
    }


def _standings(
    book: Book, event: Event, targeted: Collection[Device], now: datetime
) -> Mapping[Mrid, Mapping[str, int]]:
    """Count by interval how many devices see it stand where; only intervals with controls do."""
    counts: defaultdict[Mrid, Counter[str]] = defaultdict(Counter)
    own = [control.mrid for control in controls_of([event])]
    for events, devices in audiences(book, event, targeted).items():
        found = standings(controls_of(book.events[one] for one in events), now)
        for mrid in own:
            standing = found.get(mrid)
            word = ENDED if standing is None else _STANDINGS[standing.status]
            counts[mrid][word] += len(devices)
    return counts


def _followers(
    book: Book, targeted: Collection[Device], words: Words, opts: Opts
) -> tuple[FollowerView, ...]:
    """Return the targeted devices as they came, then the others that answered."""
    mine = [device.id for device in targeted]
    known = frozenset(mine)
    strays = sorted(words.keys() - known)
    return tuple(
        FollowerView(
            **_named(book.devices.get(one)),
            device_id=one,
            is_targeted=one in known,
            opt=opts.get(one),
            responses=tuple(map(_response, words.get(one, ()))),
        )
        for one in (*mine, *strays)
    )


def _named(device: Device | None) -> dict[str, Any]:
    return {
        "name": None if device is None else device.name,
        "language": None if device is None else device.language,
    }


def _response(response: Response) -> ResponseView:
    return ResponseView(
        status=response.status,
        mrid=response.mrid,
        code=response.code,
        said_at=response.said_at,
        received_at=response.received_at,
        version=response.version,
        detail=response.detail,
        request_id=response.request_id,
    )
