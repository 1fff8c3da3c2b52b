"""Operations on events: stating them, trying that out first, and calling them off."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from server.admin.call import Call, the
from server.admin.eventviews import detail, targeted_counts, unsaid_views, view
from server.admin.models import CancelIn, DryRunQuery, EventIn, EventsQuery
from server.admin.paging import page
from server.admin.views import EventCreated, EventDetail, EventForecast, EventList, EventView
from server.core import change
from server.core.book import Book
from server.core.command import CancelEvent, CreateEvent, IntervalDraft
from server.core.context import find
from server.core.decide import decide
from server.core.model import DeviceId, Event, EventId, Language
from server.core.timeline import phase
from server.errors import Invalid

RESPONSES_LIMIT = 100_000


async def create_event(
    call: Call, *, body: EventIn, query: DryRunQuery
) -> EventCreated | EventForecast:
    """State an event and tell whom it reaches; with dry_run only tell, and change nothing."""
    if body.program_id not in call.book.programs:
        raise Invalid(f"there is no program {body.program_id!r}", pointer="/program_id")
    command = _command(body, call.now)
    if query.dry_run:
        return _forecast(call, command)
    event = the(change.EventCreated, await call.submit(command)).event
    return EventCreated(
        event=view(event, call.now),
        targeted=targeted_counts(call.book.targeted_devices(event)),
        unsaid=unsaid_views(call.book, event),
    )


async def list_events(call: Call, *, query: EventsQuery) -> EventList:
    """List events in the order in which they were stated; ended ones too."""
    found, cursor = page(_wanted(call.book, query, call.now), query)
    return EventList(items=tuple(view(event, call.now) for event in found), next_cursor=cursor)


async def show_event(call: Call, *, event_id: str) -> EventDetail:
    """Show an event, where it stands now and what devices answered."""
    event = find(call.book.events, EventId(event_id), "event")
    found = await call.house.desk.store.responses(event_id=event.id, limit=RESPONSES_LIMIT + 1)
    return detail(
        call.book,
        event,
        [response for _, response in found[:RESPONSES_LIMIT]],
        now=call.now,
        is_complete=len(found) <= RESPONSES_LIMIT,
    )


async def cancel_event(call: Call, *, event_id: str, body: CancelIn) -> EventView:
    """Call an event off; it stays known to the end of its window."""
    command = CancelEvent(event_id=EventId(event_id), at_random=body.at_random)
    await call.submit(command)
    return view(call.book.events[command.event_id], call.now)


def _command(body: EventIn, now: datetime) -> CreateEvent:
    start = body.start or now + timedelta(seconds=body.start_in_s or 0)
    return CreateEvent(
        program_id=body.program_id,
        name=body.name,
        start=start.replace(microsecond=0),
        intervals=tuple(
            IntervalDraft(
                duration=timedelta(seconds=interval.duration_s),
                controls=interval.controls,
                values=interval.values,
            )
            for interval in body.intervals
        ),
        signals=body.signals,
        priority=body.priority,
        randomize_start=timedelta(seconds=body.randomize_start_s),
        randomize_duration=timedelta(seconds=body.randomize_duration_s),
        targets=body.targets,
        response_policy=body.response_policy,
        is_test=body.is_test,
        supersede=body.supersede,
    )


def _forecast(call: Call, command: CreateEvent) -> EventForecast:
    """Decide as if it were meant; the names that are drawn on the way are thrown away."""
    changes = decide(call.book, command, now=call.now, rng=random.SystemRandom(), pen=0)
    event = the(change.EventCreated, changes).event
    devices: dict[Language, list[DeviceId]] = {language: [] for language in Language}
    for device in call.book.targeted_devices(event):
        devices[device.language].append(device.id)
    return EventForecast(
        start=event.start,
        end=event.end,
        targeted={language: len(found) for language, found in devices.items()},
        devices={language: tuple(found) for language, found in devices.items()},
        unsaid=unsaid_views(call.book, event),
    )


def _wanted(book: Book, query: EventsQuery, now: datetime) -> Iterator[Event]:
    for event in book.events.values():
        is_in_program = query.program_id in {None, event.program_id}
        if is_in_program and query.phase in {None, phase(event, now)}:
            yield event
