"""The part of the table of operations that makes something so, however often it is asked for.

It must not know how any of them is done.
"""

from server.admin import ensuring, views
from server.admin.operation import Operation
from server.core.model import Role

_API = "/api/v1"
_, _OPERATOR, _ENGINEER, _ = Role

ENSURING: tuple[Operation, ...] = (
    Operation(
        name="ensure_device",
        method="PUT",
        path=f"{_API}/devices/by-lfdi/{{lfdi}}",
        role=_ENGINEER,
        handler=ensuring.ensure_device,
        body=ensuring.EnsureDeviceIn,
        answers={200: views.DeviceDetail},
        may_conflict=True,
    ),
    Operation(
        name="forget_device",
        method="DELETE",
        path=f"{_API}/devices/by-lfdi/{{lfdi}}",
        role=_ENGINEER,
        handler=ensuring.forget_device,
        answers={204: None},
    ),
    Operation(
        name="purge_mirrors",
        method="DELETE",
        path=f"{_API}/clients/{{client_id}}/mirrors",
        role=_ENGINEER,
        handler=ensuring.purge_mirrors,
        answers={204: None},
    ),
    Operation(
        name="cancel_events",
        method="POST",
        path=f"{_API}/events:cancel",
        role=_OPERATOR,
        handler=ensuring.cancel_events,
        body=ensuring.CancelEventsIn,
        answers={200: ensuring.CancelledEvents},
    ),
)
