"""The part of the table of operations that changes groups and programs in use.

It must not know how any of them is done.
"""

from server.admin import regrouping, views
from server.admin.operation import Operation
from server.core.model import Role

REGROUPING: tuple[Operation, ...] = (
    Operation(
        name="change_program",
        method="PATCH",
        path="/api/v1/programs/{program_id}",
        role=Role.ENGINEER,
        handler=regrouping.change_program,
        body=regrouping.ProgramChangeIn,
        answers={200: views.ProgramView},
        may_conflict=True,
    ),
    Operation(
        name="remove_program",
        method="DELETE",
        path="/api/v1/programs/{program_id}",
        role=Role.ENGINEER,
        handler=regrouping.remove_program,
        answers={204: None},
        may_conflict=True,
    ),
    Operation(
        name="remove_group",
        method="DELETE",
        path="/api/v1/groups/{group_id}",
        role=Role.ENGINEER,
        handler=regrouping.remove_group,
        answers={204: None},
        may_conflict=True,
    ),
)
