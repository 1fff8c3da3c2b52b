"""The intervals that are wished of an event, and the command that changes one.

Data only, as all commands; what follows is decided in `revision`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from server.core.for_vens import ForVens
from server.core.model import Controls, EventId


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalDraft:
    """One interval of a wished event."""

    duration: timedelta | None
    """None of the last one: the event goes on until it is cancelled."""
    controls: Controls | None = None
    values: tuple[float | None, ...] = ()
    """One for each of the event's signals; None if the value before goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeEvent:
    """Change an event in what is not None, as far as it does not lie in the past.

    At most one of `intervals`, `end` and `extend_by` says how long it is and what it asks.
    """

    event_id: EventId
    name: str | None = None
    priority: int | None = None
    for_vens: ForVens | None = None
    start: datetime | None = None
    intervals: tuple[IntervalDraft, ...] | None = None
    """All of them, the ones that are over included."""
    end: datetime | None = None
    """Where the last interval is to end: what lies behind is dropped, the last one is stretched."""
    extend_by: timedelta | None = None
    """Added to the end; negative makes the event shorter."""
    supersede: bool = False
    """True if what changes may take the place of events that ask the same of the same devices."""
