"""The part of the table of operations that changes what is stated already.

It must not know how that is done.
"""

from server.admin import models, revising
from server.admin.operation import Operation
from server.core.model import Role

REVISING: tuple[Operation, ...] = (
    Operation(
        name="change_event",
        method="PATCH",
        path="/api/v1/events/{event_id}",
        role=Role.OPERATOR,
        handler=revising.change_event,
        query=models.DryRunQuery,
        body=revising.EventChangeIn,
        answers={200: revising.EventRevised},
        may_conflict=True,
    ),
)
