"""What a client tells whoever runs it, in one vocabulary for both standards.

Facts only, each with the client's own time; what is done about them is not known here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What happened."""

    REGISTERED = "registered"
    """The server has this client in its book."""
    READY = "ready"
    """All that has to be known before the first poll is known."""
    RECEIVED = "received"
    STARTED = "started"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"
    """An event that came too late or makes no sense; nothing was done about it."""
    OPTED_IN = "opted_in"
    OPTED_OUT = "opted_out"
    TOLD = "told"
    """The server has confirmed something that the client said."""
    REPORTED = "reported"
    """The server has confirmed a report."""
    DEREGISTERED = "deregistered"
    FAILED = "failed"
    """An exchange failed; the client goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing that happened at a client."""

    at: datetime
    kind: Kind
    subject: str = ""
    """The mRID of a control or the eventID of an event."""
    due: datetime | None = None
    """When it was to happen, by the client's own time."""
    value: float | None = None
    """What is asked: percent of the rated power, or the level of a signal."""
    detail: str = ""


Notify = Callable[[Notice], None]
