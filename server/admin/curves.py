"""Operations on the curves of a program: making them, looking at them, taking them away."""

from dataclasses import fields

from server.admin.call import Call, the
from server.admin.curvemodels import CurveIn, CurveList, CurveView
from server.admin.models import PageQuery
from server.admin.paging import page
from server.core.change import CurveAdded
from server.core.command import AddCurve, RemoveCurve
from server.core.context import find
from server.core.curve import Curve, CurveShape
from server.core.curves import sole_reference
from server.core.model import CurveId, ProgramId


async def add_curve(call: Call, *, program_id: str, body: CurveIn) -> CurveView:
    """Make a curve that the controls of a program may ask for."""
    find(call.book.programs, ProgramId(program_id), "program")
    shape = {part.name: getattr(body, part.name) for part in fields(CurveShape)}
    shape["y_reference"] = body.y_reference or sole_reference(body.kind)
    command = AddCurve(program_id=ProgramId(program_id), name=body.name, shape=CurveShape(**shape))
    return _view(the(CurveAdded, await call.submit(command)).curve)


async def list_curves(call: Call, *, program_id: str, query: PageQuery) -> CurveList:
    """List the curves of a program, the oldest first."""
    find(call.book.programs, ProgramId(program_id), "program")
    found, cursor = page(call.book.curves_of(ProgramId(program_id)).values(), query)
    return CurveList(items=tuple(map(_view, found)), next_cursor=cursor)


async def show_curve(call: Call, *, program_id: str, curve_id: str) -> CurveView:
    """Show a curve."""
    return _view(_found(call, program_id, curve_id))


async def remove_curve(call: Call, *, program_id: str, curve_id: str) -> None:
    """Take away a curve that neither the default nor an event that is not over asks for."""
    await call.submit(RemoveCurve(curve_id=_found(call, program_id, curve_id).id))


def _found(call: Call, program_id: str, curve_id: str) -> Curve:
    find(call.book.programs, ProgramId(program_id), "program")
    return find(call.book.curves_of(ProgramId(program_id)), CurveId(curve_id), "curve")


def _view(curve: Curve) -> CurveView:
    return CurveView(
        id=curve.id,
        mrid=curve.mrid,
        program_id=curve.program_id,
        name=curve.name,
        created_at=curve.created_at,
        **{part.name: getattr(curve.shape, part.name) for part in fields(curve.shape)},
    )
