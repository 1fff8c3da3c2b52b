"""What a utility publishes beside programs and events: prices, messages, requests, bills, files.

A publication is a document that only a face can read, with what the house must know of it: below
which other it stands, for whom it is, and in which span of time it holds if it is like an event.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType

from server.core.model import DeviceId, GroupId, Mrid

PublicationId = NewType("PublicationId", str)

_NONE = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The span of time in which a publication holds, and what it asks then."""

    start: datetime
    duration: timedelta
    randomize_start: timedelta = _NONE
    """Devices start up to this much later (or earlier, if negative); at most an hour either way."""
    randomize_duration: timedelta = _NONE
    modes: frozenset[str] = frozenset()
    """A newer one beside it that asks all of these supersedes it; nothing does if it is empty."""

    @property
    def end(self) -> datetime:
        """Return the nominal end, the first instant outside."""
        return self.start + self.duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A document for devices. It stands below another, or is offered to groups, or to one device.

    With a window it is like an event: it cannot be changed, only cancelled.
    """

    id: PublicationId
    mrid: Mrid
    kind: str
    """By the name that the face gives it."""
    parent: PublicationId | None = None
    groups: frozenset[GroupId] = frozenset()
    device_id: DeviceId | None = None
    document: bytes
    window: Window | None = None
    created_at: datetime
    version: int = 0
    """Rises by one with each change, the cancellation included."""
    cancelled_at: datetime | None = None
    is_cancelled_at_random: bool = False
    """True if devices end at a random time instead of at once."""

    @property
    def family(self) -> str:
        """Return what it shares with those beside it: what it stands below, or its device."""
        return self.parent or self.device_id or self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """A publication with a window, as the timeline sees it."""

    publication: Publication
    window: Window

    @property
    def mrid(self) -> Mrid:
        """Return its mRID."""
        return self.publication.mrid

    @property
    def source(self) -> str:
        """Return its id: each is of its own."""
        return self.publication.id

    @property
    def start(self) -> datetime:
        """Return the nominal start."""
        return self.window.start

    @property
    def end(self) -> datetime:
        """Return the nominal end, the first instant outside."""
        return self.window.end

    @property
    def earliest_start(self) -> datetime:
        """Return the instant at which the first device may start."""
        return self.start + min(_NONE, self.window.randomize_start)

    @property
    def latest_end(self) -> datetime:
        """Return the instant at which the last device has ended: started late and run longer."""
        late, longer = self.window.randomize_start, self.window.randomize_duration
        return self.end + max(_NONE, late) + max(_NONE, longer)

    @property
    def created_at(self) -> datetime:
        """Return the instant at which it was published."""
        return self.publication.created_at

    @property
    def modes(self) -> frozenset[str]:
        """Return what it asks, by name."""
        return self.window.modes

    @property
    def cancelled_at(self) -> datetime | None:
        """Return when it was called off, if so."""
        return self.publication.cancelled_at

    @property
    def is_cancelled_at_random(self) -> bool:
        """Tell whether devices end at a random time instead of at once."""
        return self.publication.is_cancelled_at_random


def posting_of(publication: Publication) -> Posting | None:
    """Return a publication as the timeline sees it; None if it has no window."""
    if publication.window is None:
        return None
    return Posting(publication=publication, window=publication.window)
