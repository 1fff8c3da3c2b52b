"""The part of the table of operations that is about the audit trail.

It must not know how any of them is done.
"""

from server.admin import audit, auditmodels
from server.admin.operation import Operation
from server.core.model import Role

_AUDIT = "/api/v1/audit"

AUDIT: tuple[Operation, ...] = (
    Operation(
        name="list_audit",
        method="GET",
        path=_AUDIT,
        role=Role.ADMIN,
        handler=audit.list_audit,
        query=auditmodels.AuditQuery,
        answers={200: auditmodels.AuditList},
    ),
    Operation(
        name="verify_audit",
        method="GET",
        path=f"{_AUDIT}:verify",
        role=Role.ADMIN,
        handler=audit.verify_audit,
        answers={200: auditmodels.AuditState},
    ),
)
