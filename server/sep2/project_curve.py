"""Curves as 2030.5 spells and numbers them, and the links by which controls ask for them.

Each axis becomes whole numbers and one power of ten, times become hundredths of a second; the core
takes no curve that this would have to round. Pure; it must not know HTTP.
"""

from collections.abc import Iterable, Sequence

from schemas.sep2.base import Link
from schemas.sep2.der import CurveData, DERCurve, DERCurveList
from server.core.controls import curves_in
from server.core.curve import Curve, CurveKind, CurvePoint, CurveReference, decimals_of
from server.core.model import Controls
from server.sep2.numbers import hundredths, shifted
from server.sep2.routes import href

_ELEMENTS: dict[CurveKind, str] = {
    CurveKind.FREQ_WATT: "opModFreqWatt",
    CurveKind.HFRT_MAY_TRIP: "opModHFRTMayTrip",
    CurveKind.HFRT_MUST_TRIP: "opModHFRTMustTrip",
    CurveKind.HVRT_MAY_TRIP: "opModHVRTMayTrip",
    CurveKind.HVRT_MOMENTARY_CESSATION: "opModHVRTMomentaryCessation",
    CurveKind.HVRT_MUST_TRIP: "opModHVRTMustTrip",
    CurveKind.LFRT_MAY_TRIP: "opModLFRTMayTrip",
    CurveKind.LFRT_MUST_TRIP: "opModLFRTMustTrip",
    CurveKind.LVRT_MAY_TRIP: "opModLVRTMayTrip",
    CurveKind.LVRT_MOMENTARY_CESSATION: "opModLVRTMomentaryCessation",
    CurveKind.LVRT_MUST_TRIP: "opModLVRTMustTrip",
    CurveKind.VOLT_VAR: "opModVoltVar",
    CurveKind.VOLT_WATT: "opModVoltWatt",
    CurveKind.WATT_PF: "opModWattPF",
    CurveKind.WATT_VAR: "opModWattVar",
}
"""The member of DERControlBase for each kind, in the order of 2030.5 DERCurveType."""
_NUMBERS = {kind: number for number, kind in enumerate(_ELEMENTS)}
_REFERENCES = {
    CurveReference.NONE: 0,
    CurveReference.MAX_W: 1,
    CurveReference.MAX_VAR: 2,
    CurveReference.AVAILABLE_VAR: 3,
    CurveReference.EFFECTIVE_V: 4,
    CurveReference.AVAILABLE_W: 7,
}
"""2030.5 DERUnitRefType."""


def links(of: Controls, scope: str, program_id: str) -> dict[str, Link]:
    """Return the links of a DERControlBase to the curves that are asked for, by member."""
    return {
        _ELEMENTS[kind]: Link(href=href("curve", e=scope, p=program_id, v=curve_id))
        for kind, curve_id in curves_in(of).items()
    }


def in_order(curves: Iterable[Curve]) -> Sequence[Curve]:
    """Order as 2030.5 lists curves: the newest first, then mRID descending."""
    return sorted(curves, key=lambda of: (_created(of), of.mrid), reverse=True)


def curve_list(path: str, curves: Sequence[DERCurve], *, total: int) -> DERCurveList:
    """Return some of the `total` curves of the list at a path."""
    return DERCurveList(href=path, all=total, results=len(curves), DERCurve_=tuple(curves))


def curve(of: Curve, scope: str) -> DERCurve:
    """Return a curve as an EndDevice sees it."""
    shape = of.shape
    x_places = decimals_of(point.x for point in shape.points)
    y_places = decimals_of(point.y for point in shape.points)
    return DERCurve(
        href=href("curve", e=scope, p=of.program_id, v=of.id),
        mRID=of.mrid,
        description=of.name,
        version=0,
        autonomousVRefEnable=shape.autonomous_v_ref or None,
        autonomousVRefTimeConstant=hundredths(shape.autonomous_v_ref_s),
        creationTime=_created(of),
        CurveData_=tuple(_point(point, x_places, y_places) for point in shape.points),
        curveType=_NUMBERS[shape.kind],
        openLoopTms=hundredths(shape.open_loop_s),
        rampDecTms=hundredths(shape.ramp_down_percent_per_s),
        rampIncTms=hundredths(shape.ramp_up_percent_per_s),
        rampPT1Tms=hundredths(shape.filter_s),
        vRef=hundredths(shape.v_ref_percent),
        xMultiplier=-x_places,
        yMultiplier=-y_places,
        yRefType=_REFERENCES[shape.y_reference],
    )


def _created(of: Curve) -> int:
    return int(of.created_at.timestamp())


def _point(point: CurvePoint, x_places: int, y_places: int) -> CurveData:
    return CurveData(
        excitation=point.is_under_excited,
        xvalue=shifted(point.x, x_places),
        yvalue=shifted(point.y, y_places),
    )
