"""What the timeline asks of a thing whose status it computes.

Intervals of events have it, and so has whatever else a utility publishes for a span of time. It
must not know any of them.
"""

from datetime import datetime
from typing import Protocol

from server.core.model import Mrid


class Timed(Protocol):
    """What holds from one instant to another, and may be superseded or called off."""

    @property
    def mrid(self) -> Mrid:
        """Return its mRID."""

    @property
    def source(self) -> str:
        """Return the id of what it is of; nothing supersedes what comes of the same."""

    @property
    def start(self) -> datetime:
        """Return the nominal start."""

    @property
    def end(self) -> datetime:
        """Return the nominal end, the first instant outside."""

    @property
    def earliest_start(self) -> datetime:
        """Return the instant at which the first device may start."""

    @property
    def latest_end(self) -> datetime:
        """Return the instant at which the last device has ended."""

    @property
    def created_at(self) -> datetime:
        """Return the instant at which it was stated."""

    @property
    def modes(self) -> frozenset[str]:
        """Return what it asks, by name: a newer one that asks all of it supersedes it."""

    @property
    def cancelled_at(self) -> datetime | None:
        """Return when it was called off, if so."""

    @property
    def is_cancelled_at_random(self) -> bool:
        """Tell whether devices end at a random time instead of at once."""
