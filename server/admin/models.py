"""What operators send: the bodies and queries of the admin face, checked as they are read.

Members that mean the same as in the core are spelled as there. Instants are RFC 3339 with a zone,
lengths of time whole seconds; whatever is not declared is refused. It must not know what is done
with it.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from server.config import Sep2Profile
from server.core.for_vens import Places
from server.core.inverter import DefaultSettings
from server.core.model import (
    ClientId,
    ClientKind,
    Controls,
    DeviceId,
    GroupId,
    Language,
    ProgramId,
    ResponsePolicy,
    Role,
    Signal,
    Targets,
)
from server.core.timeline import Phase

DAY_S = 86_400
YEAR_S = 366 * DAY_S
LATEST_YEAR = 2999
"""So that no sum of instants and lengths leaves the calendar."""

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class Model(BaseModel):
    """What is read and written here: closed, strict and frozen."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )


def _check_rfc_3339(value: object) -> object:
    if not isinstance(value, datetime) and not (
        isinstance(value, str) and _RFC_3339.fullmatch(value)
    ):
        raise ValueError("an instant is written as RFC 3339 with its zone: 2026-06-01T12:00:00Z")
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        instant = value.astimezone(UTC)
    except OverflowError:
        raise ValueError("the instant is outside the calendar") from None
    if instant.year > LATEST_YEAR:
        raise ValueError(f"an instant is not after the year {LATEST_YEAR}")
    return instant


def _bare_hex(value: object) -> object:
    """Take the dashes, colons and blanks away that people write identifiers with."""
    return re.sub("[-: ]", "", value).upper() if isinstance(value, str) else value


Instant = Annotated[
    datetime,
    Field(strict=False),  # the check before it makes the value Python's, of which strict wants more
    BeforeValidator(_check_rfc_3339),
    AfterValidator(_in_utc),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An instant; written in UTC, read in any zone."""
HexName = Annotated[
    str, BeforeValidator(_bare_hex), StringConstraints(pattern=r"^[0-9A-F]+$", max_length=64)
]
"""An LFDI or a fingerprint; groups of digits may be set apart by dashes or colons."""
DurationS = Annotated[int, Field(ge=1, le=YEAR_S)]
SpanS = Annotated[int, Field(ge=-YEAR_S, le=YEAR_S)]
RandomS = Annotated[int, Field(ge=-3600, le=3600)]
Host = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z._:-]+$", max_length=253)]


class PageQuery(Model):
    """Which part of a list is wanted."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    cursor: Annotated[str, Field(max_length=64)] | None = None
    """The `next_cursor` of the page before."""


class ClientsQuery(PageQuery):
    """Which clients are wanted."""

    kind: ClientKind | None = None
    lfdi: HexName | None = None


class DevicesQuery(PageQuery):
    """Which devices are wanted."""

    language: Language | None = None
    group_id: GroupId | None = None
    client_id: ClientId | None = None
    lfdi: HexName | None = None


class EventsQuery(PageQuery):
    """Which events are wanted."""

    program_id: ProgramId | None = None
    phase: Phase | None = None


class DryRunQuery(Model):
    """Whether to do it or only to tell what would follow."""

    dry_run: bool = False


class ClientIn(Model):
    """The holder of a certificate to be let in.

    A device or an aggregator is known by `lfdi` or `certificate`; a VEN by `fingerprint`,
    `certificate` or, on the plain listener of a lab, by neither.
    """

    kind: ClientKind
    name: str
    certificate: str | None = None
    """PEM; of a chain the first."""
    lfdi: HexName | None = None
    fingerprint: HexName | None = None
    """The whole SHA-256 of a VEN's certificate in hex."""
    ven_id: str | None = None
    """Chosen by the server if left out."""
    profile: Sep2Profile | None = None
    """What a 2030.5 client is answered in; left out, it is what the client shows."""

    @model_validator(mode="after")
    def _is_named_once(self) -> Self:
        if self.certificate is not None and (self.lfdi or self.fingerprint):
            raise ValueError("a certificate stands for itself: leave lfdi and fingerprint out")
        return self


class ProfileIn(Model):
    """What a 2030.5 client is to be answered in."""

    profile: Sep2Profile | None
    """Null leaves it to the client from now on."""


class EndpointIn(Model):
    """Where a Modbus device listens and which register map describes it."""

    host: Host
    port: Annotated[int, Field(ge=1, le=65535)] = 502
    unit: Annotated[int, Field(ge=0, le=255)] = 1
    register_map: str
    read_only: bool = False
    """True if it is looked at and never written to."""


class DeviceIn(Model):
    """A device to be added: a 2030.5 one by `lfdi` or `certificate`, a Modbus one by `modbus`."""

    name: str
    lfdi: HexName | None = None
    certificate: str | None = None
    """PEM; of a chain the first."""
    modbus: EndpointIn | None = None
    client_id: ClientId | None = None
    """The aggregator that speaks for it; left out if it speaks for itself."""
    pin: int | None = None
    """The registration PIN; drawn by the server if left out."""
    device_category: Annotated[int, Field(ge=0, le=2**32 - 1)] | None = None
    rated_w: float | None = None
    groups: frozenset[GroupId] = frozenset()

    @model_validator(mode="after")
    def _is_named_once(self) -> Self:
        if sum(one is not None for one in (self.lfdi, self.certificate, self.modbus)) != 1:
            raise ValueError("a device has exactly one of lfdi, certificate and modbus")
        return self


class GroupIn(Model):
    """A group to be made."""

    name: str
    members: frozenset[DeviceId] = frozenset()
    joins_new_devices: bool = False
    """True if each new device becomes a member by itself."""


class MembersIn(Model):
    """Devices that join and leave a group."""

    add: frozenset[DeviceId] = frozenset()
    remove: frozenset[DeviceId] = frozenset()


class ProgramIn(Model):
    """A program to be made and offered to groups."""

    name: str
    primacy: int
    """0..255; lower wins."""
    groups: frozenset[GroupId]
    market_context: str
    """The URI by which VENs know the program."""
    default: Controls = Controls()
    """What holds when no event does."""
    default_settings: DefaultSettings = DefaultSettings()
    """What devices are set to for good."""


class DefaultIn(Model):
    """What is to hold in a program when no event does; what is left out holds no longer."""

    controls: Controls
    settings: DefaultSettings = DefaultSettings()
    """What devices are set to for good."""


class IntervalIn(Model):
    """One interval of a wished event; the next one begins at its end."""

    duration_s: DurationS | None
    """Null of the last one: the event goes on until it is cancelled."""
    controls: Controls | None = None
    values: tuple[float | None, ...] = ()
    """One for each of the event's signals, in their order; null if the one before goes on."""


class BaselineIntervalIn(Model):
    """A stretch of a baseline with one value."""

    duration_s: DurationS
    value: float


class BaselineIn(Model):
    """What would be drawn or supplied without an event."""

    name: str
    start: Instant
    intervals: Annotated[tuple[BaselineIntervalIn, ...], Field(min_length=1, max_length=1000)]
    unit: str | None = None
    """As of a signal, as is the currency."""
    currency: str | None = None
    resources: Annotated[tuple[str, ...], Field(max_length=1000)] = ()
    """The values are those of all of them together; empty means the VEN as a whole."""


class ForVensIn(Model):
    """What only VENs are told of an event."""

    ramp_up_s: SpanS = 0
    """From its start back on, the event is near; negative means within the event."""
    recovery_s: SpanS = 0
    """How long after its end things return to what they were; negative means within the event."""
    notification_s: Annotated[int, Field(ge=0, le=YEAR_S)] = 0
    """How long before its start VENs are to know of it."""
    comment: Annotated[str, Field(max_length=1000)] = ""
    baseline: BaselineIn | None = None
    places: Places = Places()
    """What of a VEN it is for; empty means all of it."""


class EventIn(Model):
    """What is to be asked of devices in a window of time."""

    program_id: ProgramId
    name: str
    start: Instant | None = None
    """Fractions of a second are cut off."""
    start_in_s: Annotated[int, Field(ge=0, le=YEAR_S)] | None = None
    """Instead of `start`: seconds from now."""
    intervals: Annotated[tuple[IntervalIn, ...], Field(min_length=1, max_length=1000)]
    signals: Annotated[tuple[Signal, ...], Field(max_length=100)] = ()
    priority: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    """For VENs: lower is more important, 0 is none and comes last."""
    randomize_start_s: RandomS = 0
    """Devices start up to this much later, or earlier if negative."""
    randomize_duration_s: RandomS = 0
    targets: Targets = Targets()
    """Which of the program's devices; empty means all of them."""
    response_policy: ResponsePolicy = ResponsePolicy.ALWAYS
    is_test: bool = False
    for_vens: ForVensIn = ForVensIn()
    supersede: bool = False
    """True if it may take the place of events that ask the same of the same devices."""
    resume_after: bool = False
    """True if what it supersedes is to go on after it, as events of their own."""

    @model_validator(mode="after")
    def _starts_once(self) -> Self:
        if (self.start is None) == (self.start_in_s is None):
            raise ValueError("an event has exactly one of start and start_in_s")
        return self


class CancelIn(Model):
    """How an event is to be called off."""

    at_random: bool = False
    """True if devices are to end at a random time instead of at once."""


class TokenIn(Model):
    """Access to be given to somebody."""

    name: str
    role: Role
    expires_at: Instant | None = None
    expires_in_s: Annotated[int, Field(ge=1, le=10 * YEAR_S)] | None = None
    """Instead of `expires_at`: seconds from now."""

    @model_validator(mode="after")
    def _expires_once(self) -> Self:
        if (self.expires_at is None) == (self.expires_in_s is None):
            raise ValueError("a token has exactly one of expires_at and expires_in_s")
        return self
