"""The commands: what somebody wants changed, as data.

A command says what is wished, never what follows; `decide` turns it into changes or refuses it.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from server.core.curve import CurveShape
from server.core.event_commands import ChangeEvent
from server.core.event_commands import IntervalDraft as IntervalDraft  # noqa: PLC0414 - beside CreateEvent
from server.core.for_vens import ForVens
from server.core.inverter import DefaultSettings
from server.core.model import (
    ClientId,
    ClientKind,
    Condition,
    Controls,
    CurveId,
    DeviceId,
    Ending,
    EventId,
    Fingerprint,
    GroupId,
    Language,
    Lfdi,
    ModbusEndpoint,
    ProgramId,
    ResponsePolicy,
    Role,
    Signal,
    Subject,
    SubscriptionId,
    Targets,
    TokenId,
)
from server.core.program_commands import ChangeProgram, RemoveGroup, RemoveProgram, SetVenRules
from server.core.publication_commands import CancelPublication, Publish, Revise, Withdraw
from server.core.ven import RegistrationWish, VenSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolClient:
    """Let the holder of a certificate in."""

    kind: ClientKind
    name: str
    lfdi: Lfdi | None = None
    fingerprint: Fingerprint | None = None
    ven_id: str | None = None
    """Chosen by us when None and the client is a VEN."""
    profile: str | None = None
    """What a 2030.5 client is answered in whatever it shows; None leaves that to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAccess:
    """Allow or deny a client, from now on."""

    client_id: ClientId
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetProfile:
    """Fix what a 2030.5 client is answered in."""

    client_id: ClientId
    profile: str | None
    """None leaves it to the client from now on, and forgets what it showed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnProfile:
    """Take over what a 2030.5 client showed of its profile."""

    client_id: ClientId
    profile: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddDevice:
    """Add a device on an operator's word."""

    name: str
    language: Language
    client_id: ClientId | None = None
    lfdi: Lfdi | None = None
    pin: int | None = None
    device_category: int | None = None
    rated_w: float | None = None
    modbus: ModbusEndpoint | None = None
    modes: frozenset[str] | None = None
    groups: frozenset[GroupId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsureDevice:
    """Have a 2030.5 device as described, added or revised; what is None stays as it is."""

    lfdi: Lfdi
    name: str | None = None
    client_id: ClientId | None = None
    pin: int | None = None
    device_category: int | None = None
    rated_w: float | None = None
    groups: frozenset[GroupId] = frozenset()
    """It joins these and leaves none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterDevice:
    """Add a 2030.5 device on its own or its aggregator's word (in band)."""

    certificate_lfdi: Lfdi
    lfdi: Lfdi
    device_category: int | None = None
    changed_at: datetime | None = None
    post_rate_s: int | None = None
    may_enrol: bool
    """True if the holder of a certificate that we do not know is let in by this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeDevice:
    """Take over what its client says of a device, as a whole."""

    device_id: DeviceId
    device_category: int | None
    changed_at: datetime
    post_rate_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPin:
    """Give a 2030.5 device another PIN."""

    device_id: DeviceId
    pin: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveDevice:
    """Take a device out of the book."""

    device_id: DeviceId


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateGroup:
    """Make a group."""

    name: str
    members: frozenset[DeviceId] = frozenset()
    joins_new_devices: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeMembers:
    """Move devices into and out of a group."""

    group_id: GroupId
    add: frozenset[DeviceId] = frozenset()
    remove: frozenset[DeviceId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateProgram:
    """Make a program and offer it to groups."""

    name: str
    primacy: int
    groups: frozenset[GroupId]
    market_context: str
    default: Controls = field(default_factory=Controls)
    default_settings: DefaultSettings = field(default_factory=DefaultSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDefault:
    """Say what holds in a program when no event does: all of it, what is left out as well."""

    program_id: ProgramId
    controls: Controls
    settings: DefaultSettings = field(default_factory=DefaultSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCurve:
    """Make a curve that the controls of a program may ask for."""

    program_id: ProgramId
    name: str
    shape: CurveShape


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveCurve:
    """Take away a curve that nothing asks for."""

    curve_id: CurveId


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateEvent:
    """Ask something of devices in a window of time."""

    program_id: ProgramId
    name: str
    start: datetime
    intervals: tuple[IntervalDraft, ...]
    signals: tuple[Signal, ...] = ()
    priority: int = 0
    randomize_start: timedelta = timedelta(0)
    randomize_duration: timedelta = timedelta(0)
    targets: Targets = field(default_factory=Targets)
    response_policy: ResponsePolicy = ResponsePolicy.ALWAYS
    is_test: bool = False
    for_vens: ForVens = field(default_factory=ForVens)
    supersede: bool = False
    """True if it may take the place of events that ask the same of the same devices."""
    resume_after: bool = False
    """True if what it supersedes is to go on after its end; goes with `supersede` only."""
    skipped: frozenset[DeviceId] = frozenset()
    """Whom it is not for, because they have opted out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelEvent:
    """Call an event off; it stays known to the end of its window."""

    event_id: EventId
    at_random: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelEvents:
    """Call off all events of one program, or for one device, that are not over."""

    program_id: ProgramId | None = None
    device_id: DeviceId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterVen:
    """Register an enrolled VEN on its own word."""

    client_id: ClientId
    ven_name: str
    profile: str
    pull: bool
    transport_address: str
    report_only: bool
    xml_signature: bool
    registration_id: str | None = None
    """What the VEN gave: None asks for a new registration, otherwise it is renewed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRegistration:
    """End a VEN's registration."""

    client_id: ClientId
    registration_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskVen:
    """Ask a VEN to renew its registration or to let go of it."""

    client_id: ClientId
    wish: RegistrationWish


@dataclass(frozen=True, slots=True, kw_only=True)
class SetVen:
    """Set what holds for one VEN, as a whole."""

    client_id: ClientId
    settings: VenSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueToken:
    """Give somebody access to the admin face."""

    name: str
    role: Role
    digest: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeToken:
    """Take a token back."""

    token_id: TokenId


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe:
    """Have a client told of what changes in a resource; said again, it is a renewal."""

    client_id: ClientId
    home: str
    resource: str
    subject: Subject
    level: str
    limit: int
    notification_uri: str
    condition: Condition | None = None
    subscription_id: SubscriptionId | None = None
    """The subscription to replace; None renews the one of the same resource and URI, if any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSubscription:
    """Tell a client no more."""

    subscription_id: SubscriptionId
    ending: Ending


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPollRate:
    """Have a resource polled that often, by one client or by all that have no own rate."""

    resource: str
    client_id: ClientId | None = None
    rate_s: int | None
    """None takes the exception back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPostRate:
    """Have a device post that often: itself, or an item of its own."""

    device_id: DeviceId
    resource: str
    item: str = ""
    """Empty for all of the kind that have no own rate."""
    rate_s: int | None
    """None takes the exception back."""


Command = (
    EnrolClient
    | SetAccess
    | SetProfile
    | LearnProfile
    | AddDevice
    | EnsureDevice
    | RegisterDevice
    | DescribeDevice
    | SetPin
    | RemoveDevice
    | CreateGroup
    | ChangeMembers
    | RemoveGroup
    | CreateProgram
    | ChangeProgram
    | RemoveProgram
    | SetVenRules
    | SetDefault
    | AddCurve
    | RemoveCurve
    | CreateEvent
    | CancelEvent
    | CancelEvents
    | ChangeEvent
    | RegisterVen
    | CancelRegistration
    | AskVen
    | SetVen
    | IssueToken
    | RevokeToken
    | Subscribe
    | EndSubscription
    | Publish
    | Revise
    | CancelPublication
    | Withdraw
    | SetPollRate
    | SetPostRate
)
