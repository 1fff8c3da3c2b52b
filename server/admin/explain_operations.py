"""The part of the table of operations that explains.

It must not know how any of them is done.
"""

from server.admin import explaining, explainmodels
from server.admin.operation import Operation
from server.core.model import Role

_API = "/api/v1"

EXPLAINING: tuple[Operation, ...] = (
    Operation(
        name="explain_device",
        method="GET",
        path=f"{_API}/devices/{{device_id}}/explain",
        role=Role.VIEWER,
        handler=explaining.explain_device,
        query=explainmodels.ExplainQuery,
        answers={200: explainmodels.ExplanationView},
    ),
    Operation(
        name="explain_identity",
        method="GET",
        path=f"{_API}/identities/{{identity}}/explain",
        role=Role.VIEWER,
        handler=explaining.explain_identity,
        query=explainmodels.ExplainQuery,
        answers={200: explainmodels.IdentityView},
    ),
)
