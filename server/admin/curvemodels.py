"""What operators send and are answered about curves.

Members are spelled as in the core; what a curve may be is decided there. It must not know what is
done with it.
"""

from typing import Annotated

from pydantic import Field

from server.admin.models import Instant, Model
from server.core.curve import CurveKind, CurvePoint, CurveReference
from server.core.model import CurveId, Mrid, ProgramId


class CurveIn(Model):
    """A curve to be made; it can be removed, never changed.

    Along x run hertz (`freq_watt`), seconds (ride-through), percent of the reference voltage
    (`volt_var`, `volt_watt`) or of the rated power (`watt_pf`, `watt_var`). Numbers are told
    exactly as they are written.
    """

    name: str
    kind: CurveKind
    points: Annotated[tuple[CurvePoint, ...], Field(min_length=1, max_length=10)]
    y_reference: CurveReference | None = None
    """What y is a percentage of; may be left out where the kind leaves no choice."""
    open_loop_s: float | None = None
    """Until 90 % of a change is done; 0 is no limit."""
    ramp_down_percent_per_s: float | None = None
    """How fast the output may fall; 0 is no limit."""
    ramp_up_percent_per_s: float | None = None
    """How fast it may rise; that of falling where left out."""
    filter_s: float | None = None
    """Until a low-pass filter has settled to 95 % of a step of its input."""
    v_ref_percent: float | None = None
    """What x is multiplied by beside; of `volt_var` only, as are the two below."""
    autonomous_v_ref: bool = False
    """True if the device is to follow the voltage with its reference on its own."""
    autonomous_v_ref_s: float | None = None
    """The time constant of that."""


class CurveView(Model):
    """A curve that the controls of a program may ask for."""

    id: CurveId
    mrid: Mrid
    program_id: ProgramId
    name: str
    kind: CurveKind
    points: tuple[CurvePoint, ...]
    y_reference: CurveReference
    open_loop_s: float | None
    ramp_down_percent_per_s: float | None
    ramp_up_percent_per_s: float | None
    filter_s: float | None
    v_ref_percent: float | None
    autonomous_v_ref: bool
    autonomous_v_ref_s: float | None
    created_at: Instant


class CurveList(Model):
    """A page of curves."""

    items: tuple[CurveView, ...]
    next_cursor: str | None
