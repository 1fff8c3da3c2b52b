"""What only VENs are told of an event: its ramps, a comment, a baseline and places.

Values only, in plain units; nothing of it alters what a device of another language follows.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

_NONE = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineInterval:
    """A stretch of a baseline with one value."""

    duration: timedelta
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What would be drawn or supplied without the event (OADR 2.0b rules 100 to 103 and 108)."""

    name: str
    start: datetime
    intervals: tuple[BaselineInterval, ...]
    """At least one, contiguous, in order of time."""
    unit: str | None = None
    """As of a signal, as is the currency."""
    currency: str | None = None
    resources: tuple[str, ...] = ()
    """The values are those of all of them together; empty means the VEN as a whole."""

    @property
    def duration(self) -> timedelta:
        """Return how long it is."""
        return sum((interval.duration for interval in self.intervals), _NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What of a VEN an event is for; each entry adds to the others, none at all means all of it.

    Names are the VENs' own or the market's: they are told as they stand.
    """

    resources: tuple[str, ...] = ()
    group_ids: tuple[str, ...] = ()
    group_names: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    aggregated_nodes: tuple[str, ...] = ()
    delivery_points: tuple[str, ...] = ()
    device_classes: tuple[str, ...] = ()
    """And single devices, by their mRIDs."""
    meters: tuple[str, ...] = ()
    areas: tuple[tuple[tuple[float, float], ...], ...] = ()
    """Outlines of service areas: latitude and longitude of each corner, the first again last."""
    locations: tuple[tuple[tuple[float, float], ...], ...] = ()
    """Outlines of service locations, written alike."""
    transports: tuple[tuple[str, str], ...] = ()
    """The point of receipt and the point of delivery of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForVens:
    """What an event says to VENs beside its signals."""

    ramp_up: timedelta = _NONE
    """From its start back on, the event is near; negative means within the event."""
    recovery: timedelta = _NONE
    """How long after its end things return to what they were; negative means within the event."""
    notification: timedelta = _NONE
    """How long before its start VENs are to know of it."""
    comment: str = ""
    baseline: Baseline | None = None
    places: Places = field(default_factory=Places)
