"""What goes into the store and comes out of it.

Plain frozen values; none of them knows how it is kept.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from server.core.change import Change
from server.core.model import DeviceId


class HeadMoved(Exception):  # noqa: N818 - not an error: someone else was faster
    """The feed went on since the caller last read it; nothing was appended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A change in its place in the feed; `seq` starts at 1 and has no holes."""

    seq: int
    at: datetime
    actor: str
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a device last said of itself under a name, byte for byte."""

    device_id: DeviceId
    name: str
    body: bytes
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One value of a time series; the same source, point and start replace it."""

    source: str
    point: str
    start: datetime
    duration: timedelta
    value: float
    """Finite, in `unit`."""
    quality: str
    unit: str
