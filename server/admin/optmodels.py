"""What operators send about what VENs opt, and are answered of it.

It must not know what is done with it.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from server.admin.models import Instant, Model
from server.config import OptPolicy
from server.core.availability import OptType, Stance
from server.core.model import DeviceId, EventId, ProgramId
from server.core.optouts import Source

Word = Annotated[str, Field(max_length=1024)]


class OptOutView(Model):
    """A VEN that is out in an event's window by its own schedules."""

    device_id: DeviceId
    stance: Stance | None
    """Null if only some of its resources are out."""
    resources: Mapping[str, Stance]
    """Those that are out, by the names that the VEN gives them."""
    is_skipped: bool
    """True if it is not told the event for that."""


class EffectiveOptView(Model):
    """Whether a VEN takes part in an event, and where it said so."""

    opt_type: OptType
    source: Source


class WindowView(Model):
    """A stretch of time."""

    start: Instant
    duration_s: float
    """0 has no end."""


class OptView(Model):
    """What a VEN opted: by a schedule, or for one event."""

    opt_id: str
    opt_type: OptType
    reason: str
    event_id: EventId | None
    """Null for a schedule."""
    resources: tuple[str, ...]
    """Empty means all, as do the next two."""
    market_contexts: tuple[str, ...]
    device_classes: tuple[str, ...]
    windows: tuple[WindowView, ...]


class OptList(Model):
    """A page of what a VEN opted."""

    items: tuple[OptView, ...]
    next_cursor: str | None


class AvailabilityQuery(Model):
    """Of when and of what the availability is wanted; what is left out is now and the whole VEN."""

    at: Instant | None = None
    resource: Word = ""
    program_id: ProgramId | None = None
    device_class: Word = ""


class AvailabilityView(Model):
    """What a VEN's schedules say of an instant."""

    at: Instant
    opt_type: OptType | None
    """Null if they say nothing: then it takes part."""


class VenRulesIn(Model):
    """What is to hold for the VENs of a program, as a whole."""

    opt_policy: OptPolicy | None = None
    """What becomes of those that are out in an event's window; null leaves it to the server."""
    simple_steps: Annotated[tuple[float, ...], Field(max_length=3)] = ()
    """What the first signal's value reaches at levels 1, 2 and 3 of a VEN that knows levels only.

    Rising, or falling where less is graver; empty if whatever asks for something is level 1.
    """


class VenRulesView(Model):
    """What holds for the VENs of a program."""

    opt_policy: OptPolicy | None
    simple_steps: tuple[float, ...]
