"""Decides on events: whether one may be stated, and what calling it off brings.

What each language makes of an event is not decided here.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from server.core.book import Book
from server.core.change import Change, EventCancelled, EventCreated
from server.core.command import CancelEvent, CancelEvents, CreateEvent, IntervalDraft
from server.core.context import Context, check_known, check_name, find
from server.core.controls import check_controls
from server.core.curve import Curve
from server.core.for_vens_checks import check_for_vens, check_reach
from server.core.model import CurveId, DeviceId, Event, EventId, Interval, ProgramId
from server.core.resumption import MOMENT, resumptions
from server.core.signals import check_signal, check_value
from server.errors import Conflict, Invalid

INTERVALS_LIMIT = 1000
WINDOW_LIMIT = timedelta(days=366)
OPEN_LENGTH = timedelta(days=3653)
"""How long the last interval of an event without end is: ten years, which all wires can tell."""
RANDOM_LIMIT = timedelta(hours=1)
PRIORITY_LIMIT = 2**32 - 1
_NONE = timedelta(0)


def create_event(book: Book, command: CreateEvent, context: Context) -> tuple[Change, ...]:
    """State an event; Invalid if it makes no sense, Conflict if it displaces one unasked.

    What is to go on after it comes with it, as events of their own.
    """
    find(book.programs, command.program_id, "program")
    check_wish(book, command, context.now)
    if command.resume_after and not command.supersede:
        raise Invalid("only what is superseded can be resumed", pointer="/resume_after")
    if command.resume_after and command.intervals[-1].duration is None:
        raise Invalid("nothing comes after an event without end", pointer="/resume_after")
    event = _event(book, command, context)
    _check_targets(book, event)
    check_reach(book, event)
    if not command.supersede:
        check_free(book, event, context.now)
    rests = resumptions(book, event, context.names) if command.resume_after else ()
    return tuple(EventCreated(event=one) for one in (event, *rests))


def check_wish(book: Book, command: CreateEvent, now: datetime) -> None:
    """Raise Invalid if a wished event makes no sense in itself."""
    check_name(command.name)
    _check_window(command, now)
    _check_randomness(command)
    _check_asks(command, book.curves_of(command.program_id))
    check_for_vens(command.for_vens)


def _event(book: Book, command: CreateEvent, context: Context) -> Event:
    return Event(
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
        skipped=command.skipped,
        for_vens=command.for_vens,
        is_open_ended=command.intervals[-1].duration is None,
        created_at=_created_at(book, command, context.now),
    )


def _created_at(book: Book, command: CreateEvent, now: datetime) -> datetime:
    """Return the moment of an event, which must not be over when it was stated."""
    moment = moment_of(book, command.program_id, now)
    return moment if moment < command.start + length_of(command.intervals[0]) else now


def moment_of(book: Book, program_id: ProgramId, now: datetime) -> datetime:
    """Return now, or the next moment after something was last stated in a program.

    A clock that was set back must not make an older event out of the newer one.
    """
    events = (book.events[one] for one in book.events_by_program.get(program_id, ()))
    stated = (event.changed_at or event.created_at for event in events)
    return max((now, *(last + MOMENT for last in stated)))


def length_of(draft: IntervalDraft) -> timedelta:
    """Return how long an interval is to be; without end, as long as can be told."""
    return OPEN_LENGTH if draft.duration is None else draft.duration


def _check_window(command: CreateEvent, now: datetime) -> None:
    if not 1 <= len(command.intervals) <= INTERVALS_LIMIT:
        raise Invalid(f"an event has 1 to {INTERVALS_LIMIT} intervals", pointer="/intervals")
    if command.start.microsecond:
        raise Invalid("an event starts at a whole second", pointer="/start")
    for index, interval in enumerate(command.intervals):
        pointer = f"/intervals/{index}/duration"
        _check_length(interval.duration, pointer, is_last=index == len(command.intervals) - 1)
    _check_span(command, now)


def _check_span(command: CreateEvent, now: datetime) -> None:
    """Refuse an event that is too long, but for one without end, or over already."""
    window = sum((interval.duration or _NONE for interval in command.intervals), _NONE)
    if command.start + window > max(command.start, now) + WINDOW_LIMIT:
        raise Invalid(f"an event lasts at most {WINDOW_LIMIT.days} days", pointer="/intervals")
    if command.intervals[-1].duration is not None and command.start + window <= now:
        raise Invalid("the event would be over already", pointer="/start")


def _check_length(length: timedelta | None, pointer: str, *, is_last: bool) -> None:
    """Refuse a length of time that an interval cannot have; only the last may have no end."""
    if length is None:
        if not is_last:
            raise Invalid("only the last interval may have no end", pointer=pointer)
        return
    if length <= _NONE:
        raise Invalid("an interval lasts longer than nothing", pointer=pointer)
    _check_whole_seconds(length, pointer)


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


def _check_asks(command: CreateEvent, curves: Mapping[CurveId, Curve]) -> None:
    names = [signal.name for signal in command.signals]
    for index, signal in enumerate(command.signals):
        check_signal(signal)
        if signal.name in names[:index]:
            raise Invalid(f"{signal.name} is given twice", pointer=f"/signals/{index}")
    for index, interval in enumerate(command.intervals):
        pointer = f"/intervals/{index}"
        _check_interval_asks(command, interval, pointer)
        if interval.controls is not None:
            check_controls(interval.controls, f"{pointer}/controls", curves)


def _check_interval_asks(command: CreateEvent, interval: IntervalDraft, pointer: str) -> None:
    if len(interval.values) != len(command.signals):
        raise Invalid("each interval has one value for each signal", pointer=f"{pointer}/values")
    for signal, value in zip(command.signals, interval.values, strict=True):
        if value is not None:
            check_value(signal, value)
        elif interval is command.intervals[0]:
            raise Invalid("no value goes on in the first interval", pointer=f"{pointer}/values")
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
            duration=length_of(draft),
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


def check_free(book: Book, event: Event, now: datetime) -> None:
    """Raise Conflict if an event would take the place of another in its program."""
    for other in _live_events(book, event, now):
        if _overlap(event, other) and _asks_the_same(event, other) and _share(book, event, other):
            raise Conflict(
                f"event {other.id} asks the same of the same devices at that time;"
                " say supersede if this one is to take its place"
            )


def _live_events(book: Book, event: Event, now: datetime) -> Iterable[Event]:
    for event_id in book.events_by_program.get(event.program_id, ()):
        other = book.events[event_id]
        if other.id != event.id and other.cancelled_at is None and other.end > now:
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


def cancel_events(book: Book, command: CancelEvents, context: Context) -> tuple[Change, ...]:
    """Call off all that is not over of a program or for a device; nothing changes if nothing is."""
    if (command.program_id is None) == (command.device_id is None):
        raise Invalid("say of which program, or for which device", pointer="/program_id")
    return tuple(
        EventCancelled(event_id=event.id, at=context.now, at_random=False)
        for event in _events_of(book, command)
        if event.cancelled_at is None and event.end > context.now
    )


def _events_of(book: Book, command: CancelEvents) -> Iterable[Event]:
    if command.program_id is not None:
        check_known(book.programs, (command.program_id,), "program", "/program_id")
        return (book.events[one] for one in book.events_by_program.get(command.program_id, ()))
    device_id = command.device_id or DeviceId("")
    check_known(book.devices, (device_id,), "device", "/device_id")
    programs = book.programs_of(device_id)
    return (event for program in programs for event in book.events_for(device_id, program.id))
