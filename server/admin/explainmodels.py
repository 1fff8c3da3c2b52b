"""What operators ask and see of why a device follows what it follows."""

from collections.abc import Mapping

from server.admin.models import Instant, Model
from server.admin.views import SetpointView
from server.core.explain import Rule
from server.core.findings import Finding
from server.core.model import ClientId, DeviceId, EventId, Mrid, ProgramId


class ExplainQuery(Model):
    """At which instant."""

    at: Instant | None = None
    """Now unless told."""


class CandidateView(Model):
    """A control that could hold, and the rule that decided."""

    program_id: ProgramId
    primacy: int
    event_id: EventId
    mrid: Mrid
    start: Instant
    """The device's own, with its random draw."""
    end: Instant
    rule: Rule
    asks: tuple[str, ...]
    """The modes, or the signals, that it asks something of."""
    modes: tuple[str, ...]
    """Those that come from it."""
    beaten_by: tuple[Mrid, ...]
    """The controls that are followed in its place."""


class FallbackView(Model):
    """The default of a program, and the rule that decided."""

    program_id: ProgramId
    primacy: int
    rule: Rule
    modes: tuple[str, ...]


class FoundView(Model):
    """Something that keeps a client or a device from seeing what it should."""

    finding: Finding
    detail: str


class StepView(Model):
    """A resource that a 2030.5 client reads on its way from the root."""

    path: str
    resource: str
    count: int | None
    """How many items a list has."""
    refusal: str
    """Why the client is refused; empty if it is not."""


class ExplanationView(Model):
    """What a device should follow at an instant, and why."""

    device_id: DeviceId
    at: Instant
    setpoint: SetpointView
    candidates: tuple[CandidateView, ...]
    fallbacks: tuple[FallbackView, ...]
    opted_out: Mapping[EventId, str]
    """The events that it said it takes no part in, and how."""
    last_heard_at: Instant | None
    """When it last answered an event or told something of itself."""
    clock_off_s: float | None
    """How far its clock was ahead of ours when it last named a time."""
    findings: tuple[FoundView, ...]
    walk: tuple[StepView, ...]
    """What it finds from the root on; empty unless it speaks 2030.5."""


class IdentityView(Model):
    """What is known of an LFDI, an SFDI or a fingerprint that someone asks with."""

    client_id: ClientId | None
    devices: tuple[DeviceId, ...]
    findings: tuple[FoundView, ...]
    walk: tuple[StepView, ...]
