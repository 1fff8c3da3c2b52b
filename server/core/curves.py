"""Decides on curves: whether one makes sense, and when one may go.

A curve is refused if a wire could not say it exactly: nothing of it is ever rounded. What controls
ask of curves is checked in `controls`.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from server.core.book import Book
from server.core.change import Change, CurveAdded, CurveRemoved
from server.core.command import AddCurve, RemoveCurve
from server.core.context import Context, check_name, find
from server.core.controls import check_number, curves_in
from server.core.curve import (
    Curve,
    CurveKind,
    CurveReference,
    CurveShape,
    decimals_of,
    references_of,
)
from server.core.model import CurveId, Event
from server.core.timeline import Control
from server.errors import Conflict, Invalid

POINTS_LIMIT = 10
DECIMALS_LIMIT = 9
DIGITS_LIMIT = 2**31 - 1
"""2030.5 carries a coordinate as 32 bits and one power of ten for the axis."""
HUNDREDTHS_16_BITS = 655.35
HUNDREDTHS_32_BITS = 42_949_672.95

Range = tuple[float, float]
_HZ: Range = (0.0, 1000.0)
_SECONDS: Range = (0.0, 1e6)
_VOLT_PERCENT: Range = (0.0, 1000.0)
_PERCENT: Range = (0.0, 100.0)
_SIGNED_PERCENT: Range = (-100.0, 100.0)
_AXES: dict[CurveKind, tuple[Range, Range]] = {
    CurveKind.FREQ_WATT: (_HZ, _SIGNED_PERCENT),
    CurveKind.HFRT_MAY_TRIP: (_SECONDS, _HZ),
    CurveKind.HFRT_MUST_TRIP: (_SECONDS, _HZ),
    CurveKind.HVRT_MAY_TRIP: (_SECONDS, _VOLT_PERCENT),
    CurveKind.HVRT_MOMENTARY_CESSATION: (_SECONDS, _VOLT_PERCENT),
    CurveKind.HVRT_MUST_TRIP: (_SECONDS, _VOLT_PERCENT),
    CurveKind.LFRT_MAY_TRIP: (_SECONDS, _HZ),
    CurveKind.LFRT_MUST_TRIP: (_SECONDS, _HZ),
    CurveKind.LVRT_MAY_TRIP: (_SECONDS, _VOLT_PERCENT),
    CurveKind.LVRT_MOMENTARY_CESSATION: (_SECONDS, _VOLT_PERCENT),
    CurveKind.LVRT_MUST_TRIP: (_SECONDS, _VOLT_PERCENT),
    CurveKind.VOLT_VAR: (_VOLT_PERCENT, _SIGNED_PERCENT),
    CurveKind.VOLT_WATT: (_VOLT_PERCENT, _PERCENT),
    CurveKind.WATT_PF: (_PERCENT, (0.0, 1.0)),
    CurveKind.WATT_VAR: (_PERCENT, _SIGNED_PERCENT),
}
"""What x and y may be, by kind."""
_TIMINGS: dict[str, Range] = {
    "open_loop_s": (0.0, HUNDREDTHS_16_BITS),
    "ramp_down_percent_per_s": (0.0, HUNDREDTHS_16_BITS),
    "ramp_up_percent_per_s": (0.0, HUNDREDTHS_16_BITS),
    "filter_s": (0.0, HUNDREDTHS_16_BITS),
    "v_ref_percent": _PERCENT,
    "autonomous_v_ref_s": (0.0, HUNDREDTHS_32_BITS),
}


def add_curve(book: Book, command: AddCurve, context: Context) -> tuple[Change, ...]:
    """Make a curve of a program; Conflict if the program has one of that name."""
    program = find(book.programs, command.program_id, "program")
    check_name(command.name)
    _check_shape(command.shape)
    if any(curve.name == command.name for curve in book.curves_of(program.id).values()):
        raise Conflict(f"the program has a curve named {command.name!r}")
    curve = Curve(
        id=CurveId(context.names.id("v")),
        mrid=context.names.mrid(),
        program_id=program.id,
        name=command.name,
        shape=command.shape,
        created_at=context.now,
    )
    return (CurveAdded(curve=curve),)


def remove_curve(book: Book, command: RemoveCurve, context: Context) -> tuple[Change, ...]:
    """Take a curve away; Conflict while a default or an event that is not over asks for it."""
    curve = find(book.curves, command.curve_id, "curve")
    if curve.id in curves_in(book.programs[curve.program_id].default).values():
        raise Conflict(f"the default of program {curve.program_id} asks for curve {curve.id}")
    for event in _open_events(book, curve, context.now):
        if any(curve.id in curves_in(each.controls).values() for each in _controls_of(event)):
            raise Conflict(f"event {event.id} asks for curve {curve.id}")
    return (CurveRemoved(curve_id=curve.id),)


def _open_events(book: Book, curve: Curve, now: datetime) -> Iterator[Event]:
    """Yield the events of the curve's program that some device may still follow or read."""
    for event_id in book.events_by_program.get(curve.program_id, ()):
        event = book.events[event_id]
        if any(each.latest_end > now for each in _controls_of(event)):
            yield event


def _controls_of(event: Event) -> Sequence[Control]:
    return [Control(event=event, index=index) for index in range(len(event.published))]


def _check_shape(shape: CurveShape) -> None:
    if not 1 <= len(shape.points) <= POINTS_LIMIT:
        raise Invalid(f"a curve has 1 to {POINTS_LIMIT} points", pointer="/points")
    along_x, along_y = _AXES[shape.kind]
    _check_axis(shape, "x", along_x)
    _check_axis(shape, "y", along_y)
    _check_excitation(shape)
    if shape.y_reference not in references_of(shape.kind):
        choice = ", ".join(references_of(shape.kind))
        raise Invalid(f"y_reference of {shape.kind} is one of: {choice}", pointer="/y_reference")
    for name, within in _TIMINGS.items():
        check_number(getattr(shape, name), within, f"/{name}", decimals=2)
    _check_v_ref(shape)


def _check_axis(shape: CurveShape, name: str, within: Range) -> None:
    """Refuse an axis that is out of range or cannot be written with one power of ten."""
    values = [getattr(point, name) for point in shape.points]
    for index, value in enumerate(values):
        check_number(value, within, f"/points/{index}/{name}")
    decimals = decimals_of(values)
    if decimals > DECIMALS_LIMIT or max(map(abs, values)) * 10**decimals > DIGITS_LIMIT:
        raise Invalid(f"{name} has more digits than can be told", pointer="/points")


def _check_excitation(shape: CurveShape) -> None:
    """Refuse a power factor that is none or does not say on which side it is."""
    is_factor = shape.kind is CurveKind.WATT_PF
    for index, point in enumerate(shape.points):
        if is_factor and point.y == 0:
            raise Invalid("a power factor is above 0", pointer=f"/points/{index}/y")
        if (point.is_under_excited is not None) != is_factor:
            word = "each" if is_factor else "no"
            raise Invalid(
                f"{word} point of {shape.kind} says is_under_excited",
                pointer=f"/points/{index}/is_under_excited",
            )


def _check_v_ref(shape: CurveShape) -> None:
    said = {
        "v_ref_percent": shape.v_ref_percent is not None,
        "autonomous_v_ref": shape.autonomous_v_ref,
        "autonomous_v_ref_s": shape.autonomous_v_ref_s is not None,
    }
    for name, is_said in said.items():
        if is_said and shape.kind is not CurveKind.VOLT_VAR:
            raise Invalid(f"{name} is for volt_var only", pointer=f"/{name}")
    if shape.autonomous_v_ref and shape.autonomous_v_ref_s is None:
        raise Invalid("autonomous_v_ref needs its time constant", pointer="/autonomous_v_ref_s")


def sole_reference(kind: CurveKind) -> CurveReference:
    """Return what y refers to where the kind leaves no choice; else Invalid."""
    found = references_of(kind)
    if len(found) > 1:
        raise Invalid(
            f"y_reference of {kind} is one of: {', '.join(found)}", pointer="/y_reference"
        )
    return found[0]
