"""Decides on changes of events that are stated already.

What lies in the past stays as it was told (OADR 2.0b rule 20). What 2030.5 clients were shown never
changes (2030.5-2018 10.10.4.2): an interval that is altered becomes a control of its own, and the
one before is superseded by it if devices follow it, else taken back. It must not know how either
language tells that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import zip_longest

from server.core.book import Book
from server.core.change import Change, EventChanged
from server.core.command import CreateEvent, IntervalDraft
from server.core.context import Context, find
from server.core.event_commands import ChangeEvent
from server.core.events import check_free, check_wish, length_of, moment_of
from server.core.for_vens_checks import check_reach
from server.core.model import Event, Interval
from server.errors import Conflict, Invalid

_NONE = timedelta(0)


def change_event(book: Book, command: ChangeEvent, context: Context) -> tuple[Change, ...]:
    """Change an event and raise its version by one; nothing happens if it is as wished already.

    Conflict if it is over or cancelled, or if the change touches what lies in the past.
    """
    event = find(book.events, command.event_id, "event")
    now = context.now
    if event.cancelled_at is not None:
        raise Conflict(f"event {event.id} was cancelled before")
    if event.end <= now:
        raise Conflict(f"event {event.id} is over")
    wish = _wish(event, command, now)
    if wish == _as_stated(event):
        return ()
    _check_past(event, wish, now)
    check_wish(book, wish, now)
    changed = _changed(book, event, wish, context)
    check_reach(book, changed)
    new = tuple(each for each in changed.intervals if each.created_at == changed.changed_at)
    if new and not command.supersede:
        check_free(book, replace(changed, intervals=new), now)
    return (EventChanged(event=changed),)


def _as_stated(event: Event) -> CreateEvent:
    """Return the wish that an event as it is now would come from."""
    last = len(event.intervals) - 1
    return CreateEvent(
        program_id=event.program_id,
        name=event.name,
        start=event.start,
        intervals=tuple(
            IntervalDraft(
                duration=None if event.is_open_ended and index == last else interval.duration,
                controls=interval.controls,
                values=interval.values,
            )
            for index, interval in enumerate(event.intervals)
        ),
        signals=event.signals,
        priority=event.priority,
        randomize_start=event.randomize_start,
        randomize_duration=event.randomize_duration,
        targets=event.targets,
        response_policy=event.response_policy,
        is_test=event.is_test,
        for_vens=event.for_vens,
        skipped=event.skipped,
    )


def _wish(event: Event, command: ChangeEvent, now: datetime) -> CreateEvent:
    """Return what the event is to be, with what is said of it laid over what it is."""
    stated = _as_stated(event)
    start = stated.start if command.start is None else command.start
    if start != event.start and start < now:
        raise Conflict("an event cannot be moved into the past")
    return replace(
        stated,
        start=start,
        intervals=_drafts(event, stated, command, start),
        name=stated.name if command.name is None else command.name,
        priority=stated.priority if command.priority is None else command.priority,
        for_vens=stated.for_vens if command.for_vens is None else command.for_vens,
    )


def _drafts(
    event: Event, stated: CreateEvent, command: ChangeEvent, start: datetime
) -> tuple[IntervalDraft, ...]:
    said = (command.intervals, command.end, command.extend_by)
    if sum(one is not None for one in said) > 1:
        raise Invalid("say one of intervals, end and extend_by")
    if command.intervals is not None:
        return command.intervals
    end = command.end
    if command.extend_by is not None:
        if event.is_open_ended:
            raise Invalid("an event without end cannot be extended", pointer="/extend_by")
        end = event.end - event.start + start + command.extend_by
    return stated.intervals if end is None else tuple(_until(stated.intervals, start, end))


def _until(
    drafts: tuple[IntervalDraft, ...], start: datetime, end: datetime
) -> Iterator[IntervalDraft]:
    """Yield the intervals up to an end: the one that holds it is cut, else the last stretched."""
    if end <= start:
        raise Invalid("an event ends after its start", pointer="/end")
    *before, last = drafts
    for draft in before:
        if start + length_of(draft) >= end:
            last = draft
            break
        yield draft
        start += length_of(draft)
    yield replace(last, duration=end - start)


def _check_past(event: Event, wish: CreateEvent, now: datetime) -> None:
    """Refuse what would alter a stretch of time that is over, or has begun."""
    if wish.start != event.start and _has_begun(event, event.start, now):
        raise Conflict("the event has begun: its start cannot be moved")
    begun = [one for one in event.intervals if _has_begun(event, one.start, now)]
    _check_begun(begun, wish, now)


def _check_begun(begun: Sequence[Interval], wish: CreateEvent, now: datetime) -> None:
    """Refuse what would alter intervals that have begun, but for an end that lies ahead."""
    if len(wish.intervals) < len(begun):
        raise Conflict("an interval that has begun cannot be left out")
    start = wish.start
    for index, (old, draft) in enumerate(zip(begun, wish.intervals, strict=False)):
        if (draft.controls, draft.values) != (old.controls, old.values):
            raise Conflict(f"interval {index} has begun: what it asks cannot be changed")
        start += length_of(draft)
        if start != old.end and min(start, old.end) <= now:
            raise Conflict(f"interval {index} would end in the past, or has ended already")


def _has_begun(event: Event, start: datetime, now: datetime) -> bool:
    """Tell whether the first device may have begun what starts then."""
    return start + min(_NONE, event.randomize_start) <= now


def _changed(book: Book, event: Event, wish: CreateEvent, context: Context) -> Event:
    moment = moment_of(book, event.program_id, context.now)
    intervals = tuple(_intervals(event, wish, context, moment))
    kept = {interval.mrid for interval in intervals}
    gone = (interval for interval in event.intervals if interval.mrid not in kept)
    return replace(
        event,
        name=wish.name,
        priority=wish.priority,
        for_vens=wish.for_vens,
        intervals=intervals,
        is_open_ended=wish.intervals[-1].duration is None,
        replaced=(*event.replaced, *(_retired(event, one, context.now) for one in gone)),
        changed_at=moment,
        version=event.version + 1,
    )


def _intervals(
    event: Event, wish: CreateEvent, context: Context, moment: datetime
) -> Iterator[Interval]:
    """Yield the intervals that are wished, each as it was published if it is still the same."""
    start = wish.start
    for old, draft in zip_longest(event.intervals, wish.intervals):
        if draft is None:
            return
        length = length_of(draft)
        if old is not None and _is_kept(event, old, draft, start):
            yield replace(_named(event, old, wish.name), values=draft.values)
        else:
            yield Interval(
                mrid=context.names.mrid(),
                start=start,
                duration=length,
                controls=draft.controls,
                values=draft.values,
                created_at=moment,
            )
        start += length


def _is_kept(event: Event, old: Interval, draft: IntervalDraft, start: datetime) -> bool:
    """Tell whether a control can stay as it was published."""
    is_open = event.is_open_ended and old is event.intervals[-1]
    length = None if is_open else old.duration
    return (old.start, length, old.controls) == (start, draft.duration, draft.controls)


def _named(event: Event, interval: Interval, name: str) -> Interval:
    """Return an interval that is called as it was published, though its event is not any more."""
    if name == event.name or interval.name is not None:
        return interval
    return replace(interval, name=event.name)


def _retired(event: Event, interval: Interval, now: datetime) -> Interval:
    """Return an interval that no longer stands: what devices follow already is superseded only."""
    named = replace(interval, name=interval.name or event.name)
    return named if _has_begun(event, interval.start, now) else replace(named, withdrawn_at=now)
