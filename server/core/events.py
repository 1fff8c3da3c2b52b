"""Decides on events: whether one may be stated, and what calling it off brings.

What each language makes of an event is not decided here.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from server.core.book import Book
from server.core.change import Change, EventCancelled, EventCreated
from server.core.command import CancelEvent, CreateEvent, IntervalDraft
from server.core.context import Context, check_known, check_name, find
from server.core.controls import check_controls
from server.core.model import Event, EventId, Interval
from server.core.signals import check_signal, check_value
from server.errors import Conflict, Invalid

INTERVALS_LIMIT = 1000
WINDOW_LIMIT = timedelta(days=366)
RANDOM_LIMIT = timedelta(hours=1)
PRIORITY_LIMIT = 2**32 - 1


def create_event(book: Book, command: CreateEvent, context: Context) -> tuple[Change, ...]:
    """State an event; Invalid if it makes no sense, Conflict if it displaces one unasked."""
    find(book.programs, command.program_id, "program")
    check_name(command.name)
    _check_window(command, context.now)
    _check_randomness(command)
    _check_asks(command)
    event = Event(
        id=EventId(context.names.id("e")),
        program_id=command.program_id,
        name=command.name,
        intervals=_intervals(command, context),
        signals=command.signals,
        priority=command.priority,
        randomize_start=command.randomize_start,
        randomize_duration=command.randomize_duration,
        targets=command.targets,
        response_policy=command.response_policy,
        is_test=command.is_test,
        created_at=context.now,
    )
    _check_targets(book, event)
    if not command.supersede:
        _check_free(book, event, context.now)
    return (EventCreated(event=event),)


def _check_window(command: CreateEvent, now: datetime) -> None:
    if not 1 <= len(command.intervals) <= INTERVALS_LIMIT:
        raise Invalid(f"an event has 1 to {INTERVALS_LIMIT} intervals", pointer="/intervals")
    if command.start.microsecond:
        raise Invalid("an event starts at a whole second", pointer="/start")
    for index, interval in enumerate(command.intervals):
        pointer = f"/intervals/{index}/duration"
        if interval.duration <= timedelta(0):
            raise Invalid("an interval lasts longer than nothing", pointer=pointer)
        _check_whole_seconds(interval.duration, pointer)
    window = sum((interval.duration for interval in command.intervals), timedelta(0))
    if window > WINDOW_LIMIT:
        raise Invalid(f"an event lasts at most {WINDOW_LIMIT.days} days", pointer="/intervals")
    if command.start + window <= now:
        raise Invalid("the event would be over already", pointer="/start")


def _check_whole_seconds(length: timedelta, pointer: str) -> None:
    if length.microseconds:
        raise Invalid("lengths of time are whole seconds", pointer=pointer)


def _check_randomness(command: CreateEvent) -> None:
    for name in ("randomize_start", "randomize_duration"):
        length = getattr(command, name)
        _check_whole_seconds(length, f"/{name}")
        if abs(length) > RANDOM_LIMIT:
            raise Invalid(f"{name} is at most an hour either way", pointer=f"/{name}")
    if not 0 <= command.priority <= PRIORITY_LIMIT:
        raise Invalid(f"priority is 0 to {PRIORITY_LIMIT}", pointer="/priority")


def _check_asks(command: CreateEvent) -> None:
    names = [signal.name for signal in command.signals]
    for index, signal in enumerate(command.signals):
        check_signal(signal)
        if signal.name in names[:index]:
            raise Invalid(f"{signal.name} is given twice", pointer=f"/signals/{index}")
    for index, interval in enumerate(command.intervals):
        _check_interval_asks(command, interval, f"/intervals/{index}")


def _check_interval_asks(command: CreateEvent, interval: IntervalDraft, pointer: str) -> None:
    if len(interval.values) != len(command.signals):
        raise Invalid("each interval has one value for each signal", pointer=f"{pointer}/values")
    for signal, value in zip(command.signals, interval.values, strict=True):
        check_value(signal, value)
    if interval.controls is not None:
        check_controls(interval.controls, f"{pointer}/controls")
    has_controls = interval.controls is not None and bool(interval.controls.modes)
    if not has_controls and not command.signals:
        raise Invalid("the interval asks nothing of anyone", pointer=pointer)


def _intervals(command: CreateEvent, context: Context) -> tuple[Interval, ...]:
    start = command.start
    intervals = []
    for draft in command.intervals:
        interval = Interval(
            mrid=context.names.mrid(),
            start=start,
            duration=draft.duration,
            controls=draft.controls,
            values=draft.values,
        )
        intervals.append(interval)
        start = interval.end
    return tuple(intervals)


def _check_targets(book: Book, event: Event) -> None:
    check_known(book.groups, event.targets.groups, "group", "/targets/groups")
    check_known(book.devices, event.targets.devices, "device", "/targets/devices")
    for device_id in sorted(event.targets.devices):
        if not book.is_targeted(event, device_id):
            raise Invalid(
                f"program {event.program_id} is not offered to device {device_id}",
                pointer="/targets/devices",
            )


def _check_free(book: Book, event: Event, now: datetime) -> None:
    for other in _live_events(book, event, now):
        if _overlap(event, other) and _asks_the_same(event, other) and _share(book, event, other):
            raise Conflict(
                f"event {other.id} asks the same of the same devices at that time;"
                " say supersede if this one is to take its place"
            )


def _live_events(book: Book, event: Event, now: datetime) -> Iterable[Event]:
    for event_id in book.events_by_program.get(event.program_id, ()):
        other = book.events[event_id]
        if other.cancelled_at is None and other.end > now:
            yield other


def _overlap(one: Event, other: Event) -> bool:
    return one.start < other.end and other.start < one.end


def _asks_the_same(one: Event, other: Event) -> bool:
    return bool(_demands(one) & _demands(other))


def _demands(event: Event) -> frozenset[str]:
    modes = (interval.controls.modes for interval in event.intervals if interval.controls)
    return frozenset().union(*modes, (signal.name for signal in event.signals))


def _share(book: Book, one: Event, other: Event) -> bool:
    mine = {device.id for device in book.targeted_devices(one)}
    return any(device.id in mine for device in book.targeted_devices(other))


def cancel_event(book: Book, command: CancelEvent, context: Context) -> tuple[Change, ...]:
    """Call an event off; Conflict if it is over or was called off before."""
    event = find(book.events, command.event_id, "event")
    if event.cancelled_at is not None:
        raise Conflict(f"event {event.id} was cancelled before")
    if event.end <= context.now:
        raise Conflict(f"event {event.id} is over")
    if command.at_random and not (event.randomize_start or event.randomize_duration):
        raise Invalid("the event has no randomisation to end by", pointer="/at_random")
    return (EventCancelled(event_id=event.id, at=context.now, at_random=command.at_random),)
