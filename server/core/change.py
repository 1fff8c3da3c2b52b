"""The changes: what has become so, as data. The feed is a sequence of them.

A change carries all that `apply` needs; it is stored for good, so a field is only ever added,
and with a default.
"""

from dataclasses import dataclass, field
from datetime import datetime

from server.core.curve import Curve
from server.core.inverter import DefaultSettings
from server.core.model import (
    Client,
    ClientId,
    Controls,
    CurveId,
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
)
from server.core.publication import Publication, PublicationId
from server.core.ven import RegistrationWish, VenRegistration, VenSettings
from server.core.venrules import VenRules


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
class ProfileSet:
    """A 2030.5 client is answered in another profile."""

    client_id: ClientId
    profile: str | None
    is_fixed: bool


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
class RegistrationWished:
    """A VEN is to renew its registration, or to have none any more."""

    client_id: ClientId
    wish: RegistrationWish


@dataclass(frozen=True, slots=True, kw_only=True)
class VenSet:
    """An operator set what holds for one VEN."""

    client_id: ClientId
    settings: VenSettings


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
class DeviceRevised:
    """A device is now what an operator said of it."""

    device_id: DeviceId
    name: str
    pin: int | None
    device_category: int | None
    rated_w: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PinSet:
    """A device has another PIN."""

    device_id: DeviceId
    pin: int


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
class GroupRemoved:
    """A group went."""

    group_id: GroupId
    members: frozenset[DeviceId]
    """Who was in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramCreated:
    """A program was made."""

    program: Program


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramChanged:
    """A program is named, ranked or offered otherwise."""

    program_id: ProgramId
    name: str
    primacy: int
    joined: frozenset[GroupId] = frozenset()
    """The groups that it is offered to from now on."""
    left: frozenset[GroupId] = frozenset()
    """The groups that it is offered to no more."""
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramRemoved:
    """A program went."""

    program_id: ProgramId
    groups: frozenset[GroupId]
    """What it was offered to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenRulesSet:
    """Other rules hold for the VENs of a program."""

    program_id: ProgramId
    rules: VenRules


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultSet:
    """A program's default changed."""

    program_id: ProgramId
    controls: Controls
    version: int
    settings: DefaultSettings = field(default_factory=DefaultSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveAdded:
    """A curve of a program was made."""

    curve: Curve


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveRemoved:
    """A curve went."""

    curve_id: CurveId


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
class EventChanged:
    """An event became another one, as a whole."""

    event: Event


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRateSet:
    """How often a resource is polled changed, for one client or for all that have no own rate."""

    resource: str
    client_id: ClientId | None = None
    rate_s: int | None
    """None if there is no such exception any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRateSet:
    """How often a device posts changed: itself, or an item of its own."""

    device_id: DeviceId
    resource: str
    item: str = ""
    """Empty for all of the kind that have no own rate."""
    rate_s: int | None
    """None if there is no such exception any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A document was published."""

    publication: Publication


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """The document of a publication was replaced."""

    publication_id: PublicationId
    document: bytes
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationCancelled:
    """What holds for a span of time was called off."""

    publication_id: PublicationId
    at: datetime
    at_random: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """A publication was taken back, with all that stood below it; it was offered to these."""

    publication_id: PublicationId
    groups: frozenset[GroupId] = frozenset()
    device_id: DeviceId | None = None


Change = (
    ClientEnrolled
    | AccessSet
    | ProfileSet
    | VenRegistered
    | RegistrationCancelled
    | RegistrationWished
    | VenSet
    | DeviceAdded
    | DeviceDescribed
    | DeviceRevised
    | PinSet
    | DeviceRemoved
    | GroupCreated
    | MembersChanged
    | GroupRemoved
    | ProgramCreated
    | ProgramChanged
    | ProgramRemoved
    | VenRulesSet
    | DefaultSet
    | CurveAdded
    | CurveRemoved
    | EventCreated
    | EventCancelled
    | EventChanged
    | TokenIssued
    | TokenRevoked
    | SubscriptionSet
    | SubscriptionEnded
    | Published
    | Revised
    | PublicationCancelled
    | Withdrawn
    | PollRateSet
    | PostRateSet
)
