"""What operators are answered: the resources of the admin face and the problem document.

Plain data, written as it stands; which of the house's values go into it is said by the handlers of
each subject. Absent is written as null, but controls and settings hold only what they ask.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import WrapSerializer

from server.admin.models import ForVensIn, Instant, Model
from server.admin.optmodels import EffectiveOptView, OptOutView, VenRulesView
from server.admin.venmodels import RegistrationView, VenSettingsView
from server.core.inverter import DefaultSettings
from server.core.model import (
    ClientId,
    ClientKind,
    Controls,
    DeviceId,
    EventId,
    Fingerprint,
    GroupId,
    Language,
    Lfdi,
    ModbusEndpoint,
    Mrid,
    ProgramId,
    ResponsePolicy,
    Role,
    Signal,
    TokenId,
)
from server.core.overlap import Overlap
from server.core.response import ResponseStatus
from server.core.timeline import Phase

_ONLY_WHAT_IS_SAID = WrapSerializer(
    lambda asked, write: {name: value for name, value in write(asked).items() if value is not None}
)
ControlsView = Annotated[Controls, _ONLY_WHAT_IS_SAID]
SettingsView = Annotated[DefaultSettings, _ONLY_WHAT_IS_SAID]


class ClientView(Model):
    """The holder of a certificate."""

    id: ClientId
    kind: ClientKind
    name: str
    enabled: bool
    lfdi: Lfdi | None
    sfdi: int | None
    fingerprint: Fingerprint | None
    openadr_fingerprint: str | None
    """The last ten bytes, as VENs show it."""
    ven_id: str | None
    registration: RegistrationView | None
    ven_settings: VenSettingsView | None
    """What holds for a VEN alone."""
    profile: str | None
    """What a 2030.5 client is answered in, if it showed that or an operator fixed it."""
    is_profile_fixed: bool
    devices: tuple[DeviceId, ...]
    """Those that it speaks for."""


class ClientList(Model):
    """A page of clients."""

    items: tuple[ClientView, ...]
    next_cursor: str | None


class SourceView(Model):
    """Where a mode of a setpoint comes from: an event, or the default of a program."""

    program_id: ProgramId
    event_id: EventId | None
    mrid: Mrid | None


class SetpointView(Model):
    """What a device should follow now."""

    controls: ControlsView
    sources: Mapping[str, SourceView]
    """By mode."""
    until: Instant | None
    """The next instant at which it may differ."""


class DeviceView(Model):
    """Something that follows events."""

    id: DeviceId
    name: str
    language: Language
    client_id: ClientId | None
    lfdi: Lfdi | None
    sfdi: int | None
    device_category: int | None
    rated_w: float | None
    modbus: ModbusEndpoint | None
    modes: tuple[str, ...] | None
    """The controls that it can follow; null when unknown."""
    in_band: bool
    """True if its client registered it, false if an operator did."""
    groups: tuple[GroupId, ...]
    added_at: Instant


class DeviceDetail(DeviceView):
    """A device with what it should follow now and what is known of it."""

    pin: int | None
    """The registration PIN, for engineers; null for others."""
    setpoint: SetpointView
    edge: Mapping[str, object] | None
    """What the edge knows of a Modbus device."""


class DeviceList(Model):
    """A page of devices."""

    items: tuple[DeviceView, ...]
    next_cursor: str | None


class GroupView(Model):
    """A set of devices."""

    id: GroupId
    mrid: Mrid
    name: str
    joins_new_devices: bool
    member_count: int
    programs: tuple[ProgramId, ...]
    """Those that are offered to it, the strongest primacy first."""
    created_at: Instant


class GroupDetail(GroupView):
    """A group with its members."""

    members: tuple[DeviceId, ...]


class GroupList(Model):
    """A page of groups."""

    items: tuple[GroupView, ...]
    next_cursor: str | None


class ProgramView(Model):
    """A line of events with one primacy and one default."""

    id: ProgramId
    mrid: Mrid
    name: str
    primacy: int
    groups: tuple[GroupId, ...]
    market_context: str
    default: ControlsView
    default_settings: SettingsView
    ven_rules: VenRulesView
    default_version: int
    version: int
    """Rises with each change of the name, the primacy or the groups."""
    created_at: Instant


class ProgramList(Model):
    """A page of programs."""

    items: tuple[ProgramView, ...]
    next_cursor: str | None


class TargetsView(Model):
    """Which of a program's devices an event is for; empty means all of them."""

    groups: tuple[GroupId, ...]
    devices: tuple[DeviceId, ...]


class IntervalView(Model):
    """A stretch of an event in which the same is asked."""

    mrid: Mrid
    start: Instant
    duration_s: int | None
    controls: ControlsView | None
    values: tuple[float | None, ...]


class IntervalDetail(IntervalView):
    """An interval with where it stands now."""

    standings: Mapping[str, int]
    """How many of the targeted devices see it scheduled, active, cancelled, cancelled_at_random,
    superseded or ended; empty if it has no controls."""


class EventHead(Model):
    """What an event is, but for its intervals."""

    id: EventId
    program_id: ProgramId
    name: str
    phase: Phase
    start: Instant
    end: Instant | None
    """Null if it goes on until it is cancelled."""
    signals: tuple[Signal, ...]
    priority: int
    randomize_start_s: int
    randomize_duration_s: int
    targets: TargetsView
    response_policy: ResponsePolicy
    is_test: bool
    for_vens: ForVensIn
    created_at: Instant
    changed_at: Instant | None
    version: int
    cancelled_at: Instant | None
    is_cancelled_at_random: bool


class EventView(EventHead):
    """What is asked of devices in a window of time."""

    intervals: tuple[IntervalView, ...]


class UnsaidView(Model):
    """One part of an event that a device does not get to know or cannot follow."""

    device_id: DeviceId
    language: Language
    what: str
    """The mode or the signal."""
    why: str


class EventCreated(Model):
    """An event that was stated, and whom it reaches."""

    event: EventView
    targeted: Mapping[Language, int]
    """How many devices, by language."""
    unsaid: tuple[UnsaidView, ...]
    overlaps: tuple[Overlap, ...]
    """The other events that VENs see at the same time."""
    opted_out: tuple[OptOutView, ...]
    rests: tuple[EventView, ...]
    """The events by which what it supersedes goes on after it."""


class RestView(Model):
    """What would go on after an event that does not exist yet."""

    name: str
    start: Instant
    end: Instant | None
    targets: TargetsView


class EventForecast(Model):
    """What would follow if an event were stated; nothing has."""

    start: Instant
    end: Instant | None
    targeted: Mapping[Language, int]
    devices: Mapping[Language, tuple[DeviceId, ...]]
    unsaid: tuple[UnsaidView, ...]
    overlaps: tuple[Overlap, ...]
    opted_out: tuple[OptOutView, ...]
    rests: tuple[RestView, ...]


class ResponseView(Model):
    """One word of a device on an event."""

    status: ResponseStatus
    mrid: Mrid | None
    """The interval that it is about; null if about the whole event."""
    code: int | None
    said_at: Instant | None
    received_at: Instant
    version: int
    detail: str
    request_id: str = ""
    """What a VEN named with its answer."""


class FollowerView(Model):
    """A device that an event is for, or that answered to it, and its words, the newest first."""

    device_id: DeviceId
    name: str | None
    """Null if the device was removed."""
    language: Language | None
    is_targeted: bool
    opt: EffectiveOptView | None
    """Whether it takes part by its own word; null if it did not say, or is no VEN."""
    responses: tuple[ResponseView, ...]


class Participation(Model):
    """How many devices said what.

    Of opted_in and opted_out, and of failed against written, verified and restored, a device's
    newest word counts.
    """

    targeted: int
    received: int
    started: int
    completed: int
    opted_in: int
    opted_out: int
    written: int
    verified: int
    restored: int
    failed: int
    rejected: int
    unanswered: int
    """VENs that were told until the server gave up, and said nothing."""


class EventDetail(EventHead):
    """An event with where it stands now and what devices answered."""

    intervals: tuple[IntervalDetail, ...]
    targeted: Mapping[Language, int]
    unsaid: tuple[UnsaidView, ...]
    participation: Participation
    followers: tuple[FollowerView, ...]
    is_complete: bool
    """False if there were more responses than are looked at, and the oldest are left out."""


class EventList(Model):
    """A page of events."""

    items: tuple[EventView, ...]
    next_cursor: str | None


class TokenView(Model):
    """Somebody's access to this face."""

    id: TokenId
    name: str
    role: Role
    expires_at: Instant
    is_revoked: bool


class TokenIssued(TokenView):
    """A new token; the secret is told this once."""

    secret: str


class TokenList(Model):
    """A page of tokens."""

    items: tuple[TokenView, ...]
    next_cursor: str | None


class Health(Model):
    """That the server is alive, or ready."""

    status: str


class Fault(Model):
    """What is wrong with one member of a request."""

    pointer: str
    """JSON Pointer into the body; `/query/NAME` for a parameter of the query."""
    message: str


class Problem(Model):
    """A refusal (RFC 9457, `application/problem+json`)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: tuple[Fault, ...]
    request_id: str
