"""The operation that changes an event which is stated already, or tells what that would bring."""

import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from server.admin.call import Call
from server.admin.eventviews import drafts, targeted_counts, unsaid_views, view
from server.admin.for_vens import for_vens_of, for_vens_view
from server.admin.models import YEAR_S, DryRunQuery, ForVensIn, Instant, IntervalIn, Model
from server.admin.views import EventView, UnsaidView
from server.core.change import Change, EventChanged
from server.core.context import find
from server.core.decide import decide
from server.core.event_commands import ChangeEvent
from server.core.for_vens import ForVens
from server.core.model import Event, EventId, Language, Mrid
from server.core.overlap import Overlap, overlaps


class EventChangeIn(Model):
    """What is to be another in an event; what is left out or null stays.

    At most one of `intervals`, `end` and `extend_by_s` says how long it is and what it asks.
    """

    name: str | None = None
    priority: Annotated[int, Field(ge=0, le=2**32 - 1)] | None = None
    start: Instant | None = None
    """Only before it has begun; fractions of a second are cut off, as of `end`."""
    intervals: Annotated[tuple[IntervalIn, ...], Field(min_length=1, max_length=1000)] | None = None
    """All of them, the ones that are over as they were."""
    end: Instant | None = None
    """Where the last interval is to end."""
    extend_by_s: Annotated[int, Field(ge=-YEAR_S, le=YEAR_S)] | None = None
    """Added to the end; negative makes the event shorter."""
    for_vens: ForVensIn | None = None
    """Of these, too, what is left out stays."""
    supersede: bool = False
    """True if what changes may take the place of events that ask the same of the same devices."""


class EventRevised(Model):
    """A changed event, or with dry_run what it would be, and whom it reaches."""

    event: EventView
    renewed: tuple[Mrid, ...]
    """The intervals that were published and that others take the place of."""
    targeted: Mapping[Language, int]
    unsaid: tuple[UnsaidView, ...]
    overlaps: tuple[Overlap, ...]
    """The other events that VENs see at the same time."""


async def change_event(
    call: Call, *, event_id: str, query: DryRunQuery, body: EventChangeIn
) -> EventRevised:
    """Change an event as far as it lies ahead; with dry_run only tell what it would be."""
    before = find(call.book.events, EventId(event_id), "event")
    command = _command(before, body)
    if query.dry_run:
        rng = random.SystemRandom()
        changes = decide(call.book, command, now=call.now, rng=rng, pen=0)
    else:
        changes = await call.submit(command)
    after = _after(changes, before)
    return EventRevised(
        event=view(after, call.now),
        renewed=tuple(one.mrid for one in after.replaced[len(before.replaced) :]),
        targeted=targeted_counts(call.book.targeted_devices(after)),
        unsaid=unsaid_views(call.book, after),
        overlaps=overlaps(call.book, after, call.now),
    )


def _command(event: Event, body: EventChangeIn) -> ChangeEvent:
    extend_by = body.extend_by_s
    return ChangeEvent(
        event_id=event.id,
        name=body.name,
        priority=body.priority,
        for_vens=None if body.for_vens is None else _laid_over(event, body.for_vens),
        start=body.start and body.start.replace(microsecond=0),
        intervals=None if body.intervals is None else drafts(body.intervals),
        end=body.end and body.end.replace(microsecond=0),
        extend_by=None if extend_by is None else timedelta(seconds=extend_by),
        supersede=body.supersede,
    )


def _laid_over(event: Event, said: ForVensIn) -> ForVens:
    """Return what is told to VENs with what is said now in the place of what was."""
    new = {name: getattr(said, name) for name in said.model_fields_set}
    return for_vens_of(for_vens_view(event.for_vens).model_copy(update=new))


def _after(changes: tuple[Change, ...], before: Event) -> Event:
    """Return what an event has become; if nothing changed, what it was."""
    return next((one.event for one in changes if isinstance(one, EventChanged)), before)
