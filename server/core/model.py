"""What the house talks about: clients, devices, groups, programs, events.

Frozen values that cannot be half-built; no behaviour beyond what is derived from their own fields.
Power is positive from the device into the grid, in watts; instants are aware and in UTC.
Nothing here knows how 2030.5, OpenADR or a register spells it.
"""

from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from server.core.for_vens import ForVens
from server.core.inverter import DefaultSettings, FrequencyDroop
from server.core.ven import VenRegistration, VenSettings
from server.core.venrules import VenRules

ClientId = NewType("ClientId", str)
DeviceId = NewType("DeviceId", str)
GroupId = NewType("GroupId", str)
ProgramId = NewType("ProgramId", str)
EventId = NewType("EventId", str)
CurveId = NewType("CurveId", str)
TokenId = NewType("TokenId", str)
SubscriptionId = NewType("SubscriptionId", str)
Lfdi = NewType("Lfdi", str)
"""40 upper-case hex digits: the left 160 bits of the certificate's SHA-256."""
Fingerprint = NewType("Fingerprint", str)
"""64 upper-case hex digits: the whole SHA-256 of the certificate."""
Mrid = NewType("Mrid", str)
"""32 upper-case hex digits, the last eight being the PEN in decimal."""


class ClientKind(StrEnum):
    """What a certificate's holder is."""

    DEVICE = "device"
    AGGREGATOR = "aggregator"
    VEN = "ven"


class Language(StrEnum):
    """How a device is spoken to."""

    SEP2 = "sep2"
    OPENADR = "openadr"
    MODBUS = "modbus"


class Role(StrEnum):
    """What a token's holder may do, each including the ones before it."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ENGINEER = "engineer"
    ADMIN = "admin"


class ResponsePolicy(StrEnum):
    """Whether a VEN is asked to say that it takes part."""

    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The holder of a certificate: a 2030.5 device or aggregator, or a VEN."""

    id: ClientId
    kind: ClientKind
    name: str
    enabled: bool = True
    lfdi: Lfdi | None = None
    """2030.5 identity; None for a VEN."""
    fingerprint: Fingerprint | None = None
    """A VEN's certificate; None only for a VEN that the plain lab listener may serve."""
    ven_id: str | None = None
    registration: VenRegistration | None = None
    """None until the VEN has registered, and again after it or we cancelled."""
    ven_settings: VenSettings = field(default_factory=VenSettings)
    profile: str | None = None
    """What a 2030.5 client is answered in, by the name that the face gives it; None: as others."""
    is_profile_fixed: bool = False
    """True if an operator chose the profile, False if the client showed it by what it sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModbusEndpoint:
    """Where a Modbus device listens and which register map describes it."""

    host: str
    port: int
    unit: int
    register_map: str
    read_only: bool = False
    """True if it is looked at and never written to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Something that follows events."""

    id: DeviceId
    name: str
    language: Language
    client_id: ClientId | None = None
    """Who speaks for it; None for a Modbus device, which the edge writes to."""
    lfdi: Lfdi | None = None
    pin: int | None = None
    device_category: int | None = None
    """2030.5 device category bits, as the client or the operator gave them."""
    rated_w: float | None = None
    """What 100 % of its power means; None when unknown."""
    modbus: ModbusEndpoint | None = None
    modes: frozenset[str] | None = None
    """The controls that it can follow, named as the fields of Controls; None when unknown."""
    in_band: bool = False
    """True if its client registered it, False if an operator did."""
    changed_at: datetime | None = None
    """When it changed last, on its client's word; None if that was never said."""
    post_rate_s: int | None = None
    """How often its client wishes to post; None if that was never said."""
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A set of devices; programs are offered to groups."""

    id: GroupId
    mrid: Mrid
    name: str
    members: frozenset[DeviceId] = frozenset()
    """Whom it was made with; who is in it now stands in the book, apart."""
    joins_new_devices: bool = False
    """True if each new device becomes a member by itself."""
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerFactor:
    """A fixed power factor: the cosine (0..1) and whether the device absorbs var."""

    cosine: float
    is_under_excited: bool


class VarReference(StrEnum):
    """What a percentage of reactive power refers to."""

    MAX_W = "max_w"
    MAX_VAR = "max_var"
    AVAILABLE_VAR = "available_var"


@dataclass(frozen=True, slots=True, kw_only=True)
class VarShare:
    """Reactive power as a signed percentage (positive: supplied to the grid) of a reference."""

    percent: float
    reference: VarReference


@dataclass(frozen=True, slots=True, kw_only=True)
class Controls:
    """What is asked of a device, mode by mode; None asks nothing of that mode."""

    connect: bool | None = None
    energize: bool | None = None
    fixed_pf_absorb: PowerFactor | None = None
    fixed_pf_inject: PowerFactor | None = None
    fixed_var: VarShare | None = None
    fixed_w_percent: float | None = None
    """-100..100 of the rated power; positive into the grid."""
    max_limit_percent: float | None = None
    """0..100 of the rated power: a cap on what goes into the grid."""
    target_w: float | None = None
    target_var: float | None = None
    export_limit_w: float | None = None
    """At the connection point, as are import and the two site limits below; never negative."""
    import_limit_w: float | None = None
    generation_limit_w: float | None = None
    load_limit_w: float | None = None
    storage_target_w: float | None = None
    """Of storage alone; charging is negative."""
    freq_droop: FrequencyDroop | None = None
    freq_watt: CurveId | None = None
    """A curve of the program of this kind, as are all below but the last."""
    hfrt_may_trip: CurveId | None = None
    hfrt_must_trip: CurveId | None = None
    hvrt_may_trip: CurveId | None = None
    hvrt_momentary_cessation: CurveId | None = None
    hvrt_must_trip: CurveId | None = None
    lfrt_may_trip: CurveId | None = None
    lfrt_must_trip: CurveId | None = None
    lvrt_may_trip: CurveId | None = None
    lvrt_momentary_cessation: CurveId | None = None
    lvrt_must_trip: CurveId | None = None
    volt_var: CurveId | None = None
    volt_watt: CurveId | None = None
    watt_pf: CurveId | None = None
    watt_var: CurveId | None = None
    ramp_s: float | None = None
    """Time to move to the new values; no mode of its own."""

    @property
    def modes(self) -> frozenset[str]:
        """Return the names of the modes that something is asked of."""
        return frozenset(
            f.name for f in fields(self) if f.name != "ramp_s" and getattr(self, f.name) is not None
        )


MODES: frozenset[str] = frozenset(f.name for f in fields(Controls)) - {"ramp_s"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A line of events with one primacy and one default, offered to groups."""

    id: ProgramId
    mrid: Mrid
    name: str
    primacy: int
    """0..255; lower wins."""
    groups: frozenset[GroupId]
    market_context: str
    """The URI by which VENs know the program."""
    default: Controls = field(default_factory=Controls)
    default_settings: DefaultSettings = field(default_factory=DefaultSettings)
    ven_rules: VenRules = field(default_factory=VenRules)
    default_mrid: Mrid
    default_version: int = 0
    version: int = 0
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One OpenADR signal; its values stand in the event's intervals."""

    name: str
    type: str
    unit: str | None = None
    """The item base's name (`powerReal`, `currencyPerKWh`, ...); None where the signal has none."""
    currency: str | None = None
    """ISO 4217 code, for prices only."""
    device_classes: tuple[str, ...] = ()
    """The kinds of devices that it is for; empty means all that the event is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A stretch of an event in which the same is asked; becomes one control of its own."""

    mrid: Mrid
    start: datetime
    duration: timedelta
    controls: Controls | None = None
    values: tuple[float | None, ...] = ()
    """One for each of the event's signals, in their order; None if the one before goes on."""
    name: str | None = None
    """What its control was published as; None if that is the event's name."""
    created_at: datetime | None = None
    """When it was stated; None if with its event."""
    withdrawn_at: datetime | None = None
    """When it was taken back before it began, because the event was changed."""

    @property
    def end(self) -> datetime:
        """Return the first instant that is not part of it."""
        return self.start + self.duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Which of a program's devices an event is for; empty means all of them."""

    groups: frozenset[GroupId] = frozenset()
    devices: frozenset[DeviceId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What an operator wants of devices in a window of time."""

    id: EventId
    program_id: ProgramId
    name: str
    intervals: tuple[Interval, ...]
    """At least one, contiguous, in order of time."""
    signals: tuple[Signal, ...] = ()
    priority: int = 0
    """For VENs: lower is more important, 0 is none and comes last."""
    randomize_start: timedelta = timedelta(0)
    """Devices start up to this much later (or earlier, if negative); at most an hour either way."""
    randomize_duration: timedelta = timedelta(0)
    targets: Targets = field(default_factory=Targets)
    response_policy: ResponsePolicy = ResponsePolicy.ALWAYS
    is_test: bool = False
    for_vens: ForVens = field(default_factory=ForVens)
    skipped: frozenset[DeviceId] = frozenset()
    """Whom it would be for, had they not opted out before it was stated."""
    is_open_ended: bool = False
    """True if it goes on until it is cancelled; its end is then as far off as the wires allow."""
    replaced: tuple[Interval, ...] = ()
    """What was published once and no longer stands, the first to be replaced first."""
    created_at: datetime
    changed_at: datetime | None = None
    version: int = 0
    """Rises by one with each change, the cancellation included."""
    cancelled_at: datetime | None = None
    is_cancelled_at_random: bool = False
    """True if devices end at a random time instead of at once."""

    def value(self, signal: int, index: int) -> float:
        """Return the value of a signal in an interval: the last one that was said by then."""
        said = (interval.values[signal] for interval in reversed(self.intervals[: index + 1]))
        return next(value for value in said if value is not None)

    @property
    def published(self) -> tuple[Interval, ...]:
        """Return its intervals, then those that they replaced."""
        return self.intervals + self.replaced

    @property
    def start(self) -> datetime:
        """Return the nominal start of the window."""
        return self.intervals[0].start

    @property
    def end(self) -> datetime:
        """Return the nominal end of the window, the first instant outside."""
        return self.intervals[-1].end


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A bearer token of the admin face; only its digest is known."""

    id: TokenId
    name: str
    role: Role
    digest: str
    """SHA-256 of the secret, hex."""
    expires_at: datetime
    is_revoked: bool = False


class Ending(StrEnum):
    """Why a subscription is no more."""

    BY_CLIENT = "by_client"
    BY_SERVER = "by_server"
    RESOURCE_GONE = "resource_gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a subscription is about, in the house's words."""

    topic: str
    """The kind of resource, by the name that the face gives it."""
    device_id: DeviceId | None = None
    """None if it is about nothing below one device."""
    program_id: ProgramId | None = None
    item: str = ""
    """What else tells it from others of its kind: a group, an mRID, a client."""
    document: str = ""
    """The name under which the device keeps the document that it is; empty if it is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """The bounds outside of which a value is told, in the powers of ten that the value has."""

    lower: int
    upper: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A client's wish to be told when a resource changes."""

    id: SubscriptionId
    client_id: ClientId
    home: str
    """The EndDevice under which its client finds it."""
    resource: str
    """As the client wrote it, and wants to read it again."""
    subject: Subject
    level: str
    limit: int
    """The most list items of one notification."""
    notification_uri: str
    condition: Condition | None = None
    """None if every change is told."""
    created_at: datetime
    renewed_at: datetime
