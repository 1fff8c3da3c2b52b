"""The part of the table of operations that is about VENs.

It must not know how any of them is done.
"""

from server.admin import venmodels, vens, views
from server.admin.operation import Operation
from server.core.model import Role

_CLIENT = "/api/v1/clients/{client_id}"

VENS: tuple[Operation, ...] = (
    Operation(
        name="set_ven",
        method="PUT",
        path=f"{_CLIENT}/ven-settings",
        role=Role.ENGINEER,
        handler=vens.set_ven,
        body=venmodels.VenSettingsIn,
        answers={200: views.ClientView},
        may_conflict=True,
    ),
    Operation(
        name="reregister_ven",
        method="POST",
        path=f"{_CLIENT}:reregister",
        role=Role.ENGINEER,
        handler=vens.reregister_ven,
        answers={200: views.ClientView},
        may_conflict=True,
    ),
    Operation(
        name="cancel_ven_registration",
        method="POST",
        path=f"{_CLIENT}:cancel-registration",
        role=Role.ENGINEER,
        handler=vens.cancel_ven_registration,
        answers={200: views.ClientView},
        may_conflict=True,
    ),
)
