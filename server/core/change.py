"""The changes: what has become so, as data. The feed is a sequence of them.

A change carries all that `apply` needs; it is stored for good, so a field is only ever added,
and with a default.
"""

from dataclasses import dataclass
from datetime import datetime

from server.core.model import (
    Client,
    ClientId,
    Controls,
    Device,
    DeviceId,
    Ending,
    Event,
    EventId,
    Group,
    GroupId,
    Program,
    ProgramId,
    Subscription,
    SubscriptionId,
    Token,
    TokenId,
    VenRegistration,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientEnrolled:
    """A client was let in."""

    client: Client


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessSet:
    """A client was allowed or denied."""

    client_id: ClientId
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VenRegistered:
    """A VEN registered or renewed its registration."""

    client_id: ClientId
    registration: VenRegistration


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationCancelled:
    """A VEN's registration ended."""

    client_id: ClientId


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAdded:
    """A device came, and joined these groups."""

    device: Device
    groups: frozenset[GroupId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceDescribed:
    """A device is now what its client said of it."""

    device_id: DeviceId
    device_category: int | None
    changed_at: datetime
    post_rate_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRemoved:
    """A device went."""

    device_id: DeviceId


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCreated:
    """A group was made."""

    group: Group


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersChanged:
    """Devices joined and left a group."""

    group_id: GroupId
    joined: frozenset[DeviceId] = frozenset()
    left: frozenset[DeviceId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramCreated:
    """A program was made."""

    program: Program


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultSet:
    """A program's default changed."""

    program_id: ProgramId
    controls: Controls
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCreated:
    """An event was stated."""

    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCancelled:
    """An event was called off."""

    event_id: EventId
    at: datetime
    at_random: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenIssued:
    """A token was given out."""

    token: Token


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRevoked:
    """A token was taken back."""

    token_id: TokenId


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionSet:
    """A subscription was made, renewed or replaced."""

    subscription: Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionEnded:
    """A subscription is no more."""

    subscription_id: SubscriptionId
    ending: Ending


Change = (
    ClientEnrolled
    | AccessSet
    | VenRegistered
    | RegistrationCancelled
    | DeviceAdded
    | DeviceDescribed
    | DeviceRemoved
    | GroupCreated
    | MembersChanged
    | ProgramCreated
    | DefaultSet
    | EventCreated
    | EventCancelled
    | TokenIssued
    | TokenRevoked
    | SubscriptionSet
    | SubscriptionEnded
)
