"""The table of operations: the one list of what the admin face offers, and to whom.

Routing, permission, the OpenAPI document and the command line all come from it. It must not know
how any of them is done.
"""

from functools import cache
from operator import attrgetter

from pydantic import JsonValue, RootModel

from server.admin import clients, devices, events, groups, health, models, programs, tokens, views
from server.admin.audit_operations import AUDIT
from server.admin.call import Call
from server.admin.curve_operations import CURVES
from server.admin.ensuring_operations import ENSURING
from server.admin.explain_operations import EXPLAINING
from server.admin.openapi import document
from server.admin.operation import Anyone, Operation
from server.admin.opt_operations import OPTS
from server.admin.publication_operations import PUBLICATIONS
from server.admin.regrouping_operations import REGROUPING
from server.admin.report_operations import REPORTS
from server.admin.revising_operations import REVISING
from server.admin.telling_operations import TELLING
from server.admin.ven_operations import VENS
from server.core.model import Role

API = "/api/v1"
ANYONE = Anyone.ANYONE
VIEWER, OPERATOR, ENGINEER, ADMIN = Role


class OpenApi(RootModel[dict[str, JsonValue]]):
    """An OpenAPI 3.1 document."""


async def show_openapi(call: Call) -> OpenApi:
    """Show this table as an OpenAPI 3.1 document."""
    return _document()


@cache
def _document() -> OpenApi:
    return OpenApi(document(OPERATIONS))


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="check_health",
        method="GET",
        path="/healthz",
        role=ANYONE,
        handler=health.check_health,
        answers={200: views.Health},
    ),
    Operation(
        name="check_readiness",
        method="GET",
        path="/readyz",
        role=ANYONE,
        handler=health.check_readiness,
        answers={200: views.Health},
    ),
    Operation(
        name="show_openapi",
        method="GET",
        path=f"{API}/openapi.json",
        role=VIEWER,
        handler=show_openapi,
        answers={200: OpenApi},
    ),
    Operation(
        name="enrol_client",
        method="POST",
        path=f"{API}/clients",
        role=ENGINEER,
        handler=clients.enrol_client,
        body=models.ClientIn,
        answers={201: views.ClientView},
        id_of=attrgetter("id"),
        may_conflict=True,
    ),
    Operation(
        name="list_clients",
        method="GET",
        path=f"{API}/clients",
        role=VIEWER,
        handler=clients.list_clients,
        query=models.ClientsQuery,
        answers={200: views.ClientList},
    ),
    Operation(
        name="show_client",
        method="GET",
        path=f"{API}/clients/{{client_id}}",
        role=VIEWER,
        handler=clients.show_client,
        answers={200: views.ClientView},
    ),
    Operation(
        name="allow_client",
        method="POST",
        path=f"{API}/clients/{{client_id}}:allow",
        role=ENGINEER,
        handler=clients.allow_client,
        answers={200: views.ClientView},
    ),
    Operation(
        name="deny_client",
        method="POST",
        path=f"{API}/clients/{{client_id}}:deny",
        role=ENGINEER,
        handler=clients.deny_client,
        answers={200: views.ClientView},
    ),
    Operation(
        name="set_profile",
        method="PUT",
        path=f"{API}/clients/{{client_id}}/profile",
        role=ENGINEER,
        handler=clients.set_profile,
        body=models.ProfileIn,
        answers={200: views.ClientView},
    ),
    Operation(
        name="add_device",
        method="POST",
        path=f"{API}/devices",
        role=ENGINEER,
        handler=devices.add_device,
        body=models.DeviceIn,
        answers={201: views.DeviceDetail},
        id_of=attrgetter("id"),
        may_conflict=True,
    ),
    Operation(
        name="list_devices",
        method="GET",
        path=f"{API}/devices",
        role=VIEWER,
        handler=devices.list_devices,
        query=models.DevicesQuery,
        answers={200: views.DeviceList},
    ),
    Operation(
        name="show_device",
        method="GET",
        path=f"{API}/devices/{{device_id}}",
        role=VIEWER,
        handler=devices.show_device,
        answers={200: views.DeviceDetail},
    ),
    Operation(
        name="remove_device",
        method="DELETE",
        path=f"{API}/devices/{{device_id}}",
        role=ENGINEER,
        handler=devices.remove_device,
        answers={204: None},
    ),
    Operation(
        name="create_group",
        method="POST",
        path=f"{API}/groups",
        role=ENGINEER,
        handler=groups.create_group,
        body=models.GroupIn,
        answers={201: views.GroupDetail},
        id_of=attrgetter("id"),
        may_conflict=True,
    ),
    Operation(
        name="list_groups",
        method="GET",
        path=f"{API}/groups",
        role=VIEWER,
        handler=groups.list_groups,
        query=models.PageQuery,
        answers={200: views.GroupList},
    ),
    Operation(
        name="show_group",
        method="GET",
        path=f"{API}/groups/{{group_id}}",
        role=VIEWER,
        handler=groups.show_group,
        answers={200: views.GroupDetail},
    ),
    Operation(
        name="change_members",
        method="POST",
        path=f"{API}/groups/{{group_id}}:change-members",
        role=ENGINEER,
        handler=groups.change_members,
        body=models.MembersIn,
        answers={200: views.GroupDetail},
    ),
    Operation(
        name="create_program",
        method="POST",
        path=f"{API}/programs",
        role=ENGINEER,
        handler=programs.create_program,
        body=models.ProgramIn,
        answers={201: views.ProgramView},
        id_of=attrgetter("id"),
        may_conflict=True,
    ),
    Operation(
        name="list_programs",
        method="GET",
        path=f"{API}/programs",
        role=VIEWER,
        handler=programs.list_programs,
        query=models.PageQuery,
        answers={200: views.ProgramList},
    ),
    Operation(
        name="show_program",
        method="GET",
        path=f"{API}/programs/{{program_id}}",
        role=VIEWER,
        handler=programs.show_program,
        answers={200: views.ProgramView},
    ),
    Operation(
        name="set_default",
        method="PUT",
        path=f"{API}/programs/{{program_id}}/default",
        role=ENGINEER,
        handler=programs.set_default,
        body=models.DefaultIn,
        answers={200: views.ProgramView},
    ),
    Operation(
        name="create_event",
        method="POST",
        path=f"{API}/events",
        role=OPERATOR,
        handler=events.create_event,
        query=models.DryRunQuery,
        body=models.EventIn,
        answers={201: views.EventCreated, 200: views.EventForecast},
        id_of=attrgetter("event.id"),
        may_conflict=True,
    ),
    Operation(
        name="list_events",
        method="GET",
        path=f"{API}/events",
        role=VIEWER,
        handler=events.list_events,
        query=models.EventsQuery,
        answers={200: views.EventList},
    ),
    Operation(
        name="show_event",
        method="GET",
        path=f"{API}/events/{{event_id}}",
        role=VIEWER,
        handler=events.show_event,
        answers={200: views.EventDetail},
    ),
    Operation(
        name="cancel_event",
        method="POST",
        path=f"{API}/events/{{event_id}}:cancel",
        role=OPERATOR,
        handler=events.cancel_event,
        body=models.CancelIn,
        answers={200: views.EventView},
        may_conflict=True,
    ),
    Operation(
        name="issue_token",
        method="POST",
        path=f"{API}/tokens",
        role=ADMIN,
        handler=tokens.issue_token,
        body=models.TokenIn,
        answers={201: views.TokenIssued},
        id_of=attrgetter("id"),
        may_conflict=True,
        keeps_answer=False,
    ),
    Operation(
        name="list_tokens",
        method="GET",
        path=f"{API}/tokens",
        role=ADMIN,
        handler=tokens.list_tokens,
        query=models.PageQuery,
        answers={200: views.TokenList},
    ),
    Operation(
        name="show_token",
        method="GET",
        path=f"{API}/tokens/{{token_id}}",
        role=ADMIN,
        handler=tokens.show_token,
        answers={200: views.TokenView},
    ),
    Operation(
        name="revoke_token",
        method="POST",
        path=f"{API}/tokens/{{token_id}}:revoke",
        role=ADMIN,
        handler=tokens.revoke_token,
        answers={200: views.TokenView},
    ),
    *TELLING,
    *ENSURING,
    *CURVES,
    *PUBLICATIONS,
    *REGROUPING,
    *REVISING,
    *VENS,
    *OPTS,
    *REPORTS,
    *AUDIT,
    *EXPLAINING,
)
