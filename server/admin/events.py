"""Operations on events: stating them, trying that out first, and calling them off."""

import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from server.admin.call import Call
from server.admin.eventviews import (
    detail,
    drafts,
    end_of,
    joined,
    targeted_counts,
    targets_view,
    unsaid_views,
    view,
    words_of,
)
from server.admin.for_vens import for_vens_of
from server.admin.models import CancelIn, DryRunQuery, EventIn, EventsQuery
from server.admin.optmodels import OptOutView
from server.admin.optouts import effective_opts, heed_opts
from server.admin.paging import page
from server.admin.views import (
    EventCreated,
    EventDetail,
    EventForecast,
    EventList,
    EventView,
    RestView,
)
from server.core import change
from server.core.book import Book
from server.core.command import CancelEvent, CreateEvent
from server.core.context import find
from server.core.decide import decide
from server.core.model import DeviceId, Event, EventId, Language
from server.core.overlap import overlaps
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
    command, opted_out = await heed_opts(call, command, lambda wish: _foreseen(call, wish)[0])
    if query.dry_run:
        return _forecast(call, command, opted_out)
    event, *rests = _stated(await call.submit(command))
    return EventCreated(
        event=view(event, call.now),
        targeted=targeted_counts(call.book.targeted_devices(event)),
        unsaid=unsaid_views(call.book, event),
        overlaps=overlaps(call.book, event, call.now),
        opted_out=opted_out,
        rests=tuple(view(rest, call.now) for rest in rests),
    )


async def list_events(call: Call, *, query: EventsQuery) -> EventList:
    """List events in the order in which they were stated; ended ones too."""
    found, cursor = page(_wanted(call.book, query, call.now), query)
    return EventList(items=tuple(view(event, call.now) for event in found), next_cursor=cursor)


async def show_event(call: Call, *, event_id: str) -> EventDetail:
    """Show an event, where it stands now and what devices answered."""
    event = find(call.book.events, EventId(event_id), "event")
    store = call.house.desk.store
    found = await store.responses(event_id=event.id, limit=RESPONSES_LIMIT + 1)
    history = await store.opt_words.of(event.id, limit=RESPONSES_LIMIT)
    words = words_of(joined(history, (response for _, response in found[:RESPONSES_LIMIT])))
    opts = await effective_opts(call, event, words)
    return detail(
        call.book,
        event,
        words,
        opts,
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
        intervals=drafts(body.intervals),
        signals=body.signals,
        priority=body.priority,
        randomize_start=timedelta(seconds=body.randomize_start_s),
        randomize_duration=timedelta(seconds=body.randomize_duration_s),
        targets=body.targets,
        response_policy=body.response_policy,
        is_test=body.is_test,
        for_vens=for_vens_of(body.for_vens),
        supersede=body.supersede,
        resume_after=body.resume_after,
    )


def _foreseen(call: Call, command: CreateEvent) -> list[Event]:
    """Decide as if it were meant; the names that are drawn on the way are thrown away."""
    return _stated(decide(call.book, command, now=call.now, rng=random.SystemRandom(), pen=0))


def _forecast(call: Call, command: CreateEvent, opted_out: tuple[OptOutView, ...]) -> EventForecast:
    event, *rests = _foreseen(call, command)
    devices: dict[Language, list[DeviceId]] = {language: [] for language in Language}
    for device in call.book.targeted_devices(event):
        devices[device.language].append(device.id)
    return EventForecast(
        start=event.start,
        end=end_of(event),
        targeted={language: len(found) for language, found in devices.items()},
        devices={language: tuple(found) for language, found in devices.items()},
        unsaid=unsaid_views(call.book, event),
        overlaps=overlaps(call.book, event, call.now),
        opted_out=opted_out,
        rests=tuple(map(_rest, rests)),
    )


def _stated(changes: Iterable[change.Change]) -> list[Event]:
    """Return the event that was asked for, then the rests that come with it."""
    return [one.event for one in changes if isinstance(one, change.EventCreated)]


def _rest(event: Event) -> RestView:
    return RestView(
        name=event.name,
        start=event.start,
        end=end_of(event),
        targets=targets_view(event.targets),
    )


def _wanted(book: Book, query: EventsQuery, now: datetime) -> Iterator[Event]:
    for event in book.events.values():
        is_in_program = query.program_id in {None, event.program_id}
        if is_in_program and query.phase in {None, phase(event, now)}:
            yield event
