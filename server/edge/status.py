"""What operators see of a Modbus device.

Plain values; it must not know how they came about.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from server.core.model import Controls
from server.edge.faults import LinkFault


class DevicePhase(StrEnum):
    """How far a device is from what it should follow."""

    WAITING = "waiting"
    MOVING = "moving"
    IDLE = "idle"
    HELD = "held"
    FAILING = "failing"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceStatus:
    """What is known of a device."""

    phase: DevicePhase = DevicePhase.WAITING
    wanted: Controls = field(default_factory=Controls)
    observed: Mapping[str, float | None] = field(default_factory=dict)
    """The value last seen at each point, in the point's unit; None where not available."""
    observed_at: datetime | None = None
    fault: LinkFault | None = None
    """Why it is not as it should be, as of the last pass."""
    drifts: int = 0
    """How often somebody else had changed what had been verified."""
