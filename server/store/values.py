"""What goes into the store and comes out of it.

Plain frozen values; none of them knows how it is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from server.core.change import Change
from server.core.model import DeviceId, SubscriptionId


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


class Reading(NamedTuple):
    """One value of a time series; the same source, point and start replace it."""

    source: str
    point: str
    start: datetime
    duration: timedelta
    value: float
    """Finite, in `unit`."""
    quality: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrored:
    """What a device mirrors of its metering: a usage point, or a meter reading of one."""

    device_id: DeviceId
    mrid: str
    parent: str
    """The usage point's mRID; empty for a usage point."""
    body: bytes
    at: datetime


class ReadingSet(NamedTuple):
    """The values that a device gave of one point for one span; the same start replaces it."""

    device_id: DeviceId
    point: str
    start: datetime
    duration: timedelta
    mrid: str
    body: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How many sets of a point are kept, and whether any reading is."""

    sets: int
    has_reading: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How far the telling of a subscription is."""

    subscription_id: SubscriptionId
    told: Mapping[str, str] = field(default_factory=dict)
    """The version of each part of the resource that the client was told last."""
    tried: str = ""
    """What stands for the versions that the last attempt was about; empty after a success."""
    attempts: int = 0
    """How many were begun since the last success."""
    due_at: datetime | None = None
    """Not to be tried before; None if at any time."""
    failure: str = ""
    """Why the last attempt failed."""
    is_dead: bool = False
    """True once given up, until there is something else to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """What is kept under the key of a request that may come again."""

    digest: str
    """Stands for the request: the same key is for the same one only."""
    status: int | None
    """None while it is not known what came of it."""
    location: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What an operator asked for, and what came of it."""

    at: datetime
    actor: str
    """The name of the token; empty if nobody known asked."""
    token_id: str
    role: str
    operation: str
    """Empty if there is none of that kind."""
    method: str
    path: str
    status: int
    verdict: str
    """`done`, or the code of the refusal."""
    request_id: str
    digest: str
    """Of the body that was sent: SHA-256 in hex, empty without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """What was audited, in its place in the chain; `seq` starts at 1 and has no holes."""

    seq: int
    audited: Audited
    previous: str
    """The hash of the record before; empty for the first."""
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which records are wanted; None takes all."""

    actor: str | None = None
    operation: str | None = None
    verdict: str | None = None
    request_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainState:
    """How far the audit trail is as it was written."""

    count: int
    """How many records are."""
    hash: str
    """Of the last of them; empty if there is none."""
    broken_at: int | None
    """The number of the first record that is altered, missing or out of place."""
