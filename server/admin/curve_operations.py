"""The part of the table of operations that is about curves.

It must not know how any of them is done.
"""

from operator import attrgetter

from server.admin import curvemodels, curves, models
from server.admin.operation import Operation
from server.core.model import Role

_CURVES = "/api/v1/programs/{program_id}/curves"

CURVES: tuple[Operation, ...] = (
    Operation(
        name="add_curve",
        method="POST",
        path=_CURVES,
        role=Role.ENGINEER,
        handler=curves.add_curve,
        body=curvemodels.CurveIn,
        answers={201: curvemodels.CurveView},
        id_of=attrgetter("id"),
        may_conflict=True,
    ),
    Operation(
        name="list_curves",
        method="GET",
        path=_CURVES,
        role=Role.VIEWER,
        handler=curves.list_curves,
        query=models.PageQuery,
        answers={200: curvemodels.CurveList},
    ),
    Operation(
        name="show_curve",
        method="GET",
        path=f"{_CURVES}/{{curve_id}}",
        role=Role.VIEWER,
        handler=curves.show_curve,
        answers={200: curvemodels.CurveView},
    ),
    Operation(
        name="remove_curve",
        method="DELETE",
        path=f"{_CURVES}/{{curve_id}}",
        role=Role.ENGINEER,
        handler=curves.remove_curve,
        answers={204: None},
        may_conflict=True,
    ),
)
