"""Curves: what a device does along an axis, for good once they are there.

A curve is asked for by its id, in the mode of Controls that its kind is named after. Nothing here
knows how a wire numbers kinds and references, or how it spells a number.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from server.core.model import CurveId, Mrid, ProgramId


class CurveKind(StrEnum):
    """What a curve is for, named as the field of Controls that holds it.

    Along x run hertz (`freq_watt`), seconds (ride-through), percent of the reference voltage
    (`volt_var`, `volt_watt`) or of the rated power (`watt_pf`, `watt_var`).
    """

    FREQ_WATT = "freq_watt"
    HFRT_MAY_TRIP = "hfrt_may_trip"
    HFRT_MUST_TRIP = "hfrt_must_trip"
    HVRT_MAY_TRIP = "hvrt_may_trip"
    HVRT_MOMENTARY_CESSATION = "hvrt_momentary_cessation"
    HVRT_MUST_TRIP = "hvrt_must_trip"
    LFRT_MAY_TRIP = "lfrt_may_trip"
    LFRT_MUST_TRIP = "lfrt_must_trip"
    LVRT_MAY_TRIP = "lvrt_may_trip"
    LVRT_MOMENTARY_CESSATION = "lvrt_momentary_cessation"
    LVRT_MUST_TRIP = "lvrt_must_trip"
    VOLT_VAR = "volt_var"
    VOLT_WATT = "volt_watt"
    WATT_PF = "watt_pf"
    WATT_VAR = "watt_var"


class CurveReference(StrEnum):
    """What the y values of a curve are a percentage of."""

    NONE = "none"
    """They are no percentage: hertz, or a power factor."""
    MAX_W = "max_w"
    MAX_VAR = "max_var"
    AVAILABLE_VAR = "available_var"
    EFFECTIVE_V = "effective_v"
    AVAILABLE_W = "available_w"


_OF_VAR = (CurveReference.MAX_W, CurveReference.MAX_VAR, CurveReference.AVAILABLE_VAR)
_OF_V = (CurveReference.EFFECTIVE_V,)
_REFERENCES: dict[CurveKind, tuple[CurveReference, ...]] = {
    CurveKind.FREQ_WATT: (CurveReference.MAX_W,),
    CurveKind.HVRT_MAY_TRIP: _OF_V,
    CurveKind.HVRT_MOMENTARY_CESSATION: _OF_V,
    CurveKind.HVRT_MUST_TRIP: _OF_V,
    CurveKind.LVRT_MAY_TRIP: _OF_V,
    CurveKind.LVRT_MOMENTARY_CESSATION: _OF_V,
    CurveKind.LVRT_MUST_TRIP: _OF_V,
    CurveKind.VOLT_VAR: _OF_VAR,
    CurveKind.VOLT_WATT: (CurveReference.MAX_W, CurveReference.AVAILABLE_W),
    CurveKind.WATT_VAR: _OF_VAR,
}


def references_of(kind: CurveKind) -> tuple[CurveReference, ...]:
    """Return what the y values of a kind may be a percentage of."""
    return _REFERENCES.get(kind, (CurveReference.NONE,))


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """One point of a curve; the numbers are meant exactly as they are written."""

    x: float
    y: float
    is_under_excited: bool | None = None
    """Of a power factor, whether the device absorbs var; None where y is anything else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveShape:
    """All that makes a curve what it is; None leaves the matter to the device."""

    kind: CurveKind
    points: tuple[CurvePoint, ...]
    y_reference: CurveReference
    open_loop_s: float | None = None
    """Until 90 % of a change is done; 0 is no limit."""
    ramp_down_percent_per_s: float | None = None
    """How fast the output may fall; 0 is no limit."""
    ramp_up_percent_per_s: float | None = None
    """How fast it may rise; that of falling where None."""
    filter_s: float | None = None
    """Until a low-pass filter has settled to 95 % of a step of its input."""
    v_ref_percent: float | None = None
    """What x is multiplied by beside; of `volt_var` only, as are the two below."""
    autonomous_v_ref: bool = False
    """True if the device is to follow the voltage with its reference on its own."""
    autonomous_v_ref_s: float | None = None
    """The time constant of that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A curve that the controls of one program may ask for; it never changes."""

    id: CurveId
    mrid: Mrid
    program_id: ProgramId
    name: str
    shape: CurveShape
    created_at: datetime


def decimals_of(numbers: Iterable[float]) -> int:
    """Return how many decimal places it takes to write all of these finite numbers."""
    exact = (Decimal(repr(float(number))).normalize() for number in numbers)
    return max((max(0, -int(number.as_tuple().exponent)) for number in exact), default=0)
