"""The part of the table of operations that is about what VENs opt.

It must not know how any of them is done.
"""

from server.admin import models, optmodels, opts, views
from server.admin.operation import Operation
from server.core.model import Role

_CLIENT = "/api/v1/clients/{client_id}"

OPTS: tuple[Operation, ...] = (
    Operation(
        name="list_opts",
        method="GET",
        path=f"{_CLIENT}/opts",
        role=Role.VIEWER,
        handler=opts.list_opts,
        query=models.PageQuery,
        answers={200: optmodels.OptList},
        may_conflict=True,
    ),
    Operation(
        name="show_availability",
        method="GET",
        path=f"{_CLIENT}/availability",
        role=Role.VIEWER,
        handler=opts.show_availability,
        query=optmodels.AvailabilityQuery,
        answers={200: optmodels.AvailabilityView},
        may_conflict=True,
    ),
    Operation(
        name="set_ven_rules",
        method="PUT",
        path="/api/v1/programs/{program_id}/ven-rules",
        role=Role.ENGINEER,
        handler=opts.set_ven_rules,
        body=optmodels.VenRulesIn,
        answers={200: views.ProgramView},
    ),
)
