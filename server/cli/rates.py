"""`gridherald poll-rate` and `gridherald post-rate`: how often 2030.5 clients poll and post."""

from typing import Annotated

import typer

from server.admin.telling import PollRated, PostRated
from server.cli.output import Columns, Output, print_line
from server.cli.session import Session, command

app = typer.Typer(
    help="Say how often 2030.5 clients are to poll; those who subscribed are told.",
    no_args_is_help=True,
)
post_app = typer.Typer(
    help="Say how often a 2030.5 device is to post, whatever it proposes.", no_args_is_help=True
)

POLLED: Columns = {"resource": "resource", "client_id": "client", "rate_s": "rate s"}
POSTED: Columns = {
    "device_id": "device",
    "resource": "resource",
    "mrid": "mRID",
    "rate_s": "rate s",
}

Polled = Annotated[PollRated, typer.Argument(metavar="RESOURCE", help="Such as EndDeviceList.")]
Posted = Annotated[
    PostRated, typer.Argument(metavar="RESOURCE", help="EndDevice or MirrorUsagePoint.")
]
Seconds = Annotated[int, typer.Argument(metavar="SECONDS")]
Client = Annotated[
    str | None, typer.Option(help="Only for this client, id or name; else for all others.")
]
Device = Annotated[str, typer.Argument(metavar="DEVICE", help="Id or name.")]
MRid = Annotated[
    str | None,
    typer.Option("--mrid", help="Only for this MirrorUsagePoint; else for all others."),
]


@command(app, "set")
def set_poll_rate(
    session: Session, resource: Polled, rate_s: Seconds, client: Client = None
) -> None:
    """Set a poll rate."""
    body = {"rate_s": rate_s, "client_id": _client_id(session, client)}
    answer = session.connection.call("set_poll_rate", resource=resource.value, body=body)
    session.show(answer, POLLED)


@command(app, "list")
def list_poll_rates(session: Session, client: Client = None) -> None:
    """List the poll rates that were set; all others are the configured one."""
    session.show_list(POLLED, "list_poll_rates", client_id=_client_id(session, client))


@command(app, "clear")
def clear_poll_rate(session: Session, resource: Polled, client: Client = None) -> None:
    """Take a poll rate back."""
    query = {"client_id": _client_id(session, client)}
    session.connection.call("clear_poll_rate", resource=resource.value, query=query)
    _cleared(session, resource)


@command(post_app, "set")
def set_post_rate(
    session: Session, device: Device, resource: Posted, rate_s: Seconds, mrid: MRid = None
) -> None:
    """Set a post rate."""
    device_id = session.resolve("device", device)
    body = {"rate_s": rate_s, "mrid": mrid}
    answer = session.connection.call(
        "set_post_rate", device_id=device_id, resource=resource.value, body=body
    )
    session.show(answer, POSTED)


@command(post_app, "list")
def list_post_rates(
    session: Session,
    device: Annotated[str | None, typer.Option(help="Only of this device, id or name.")] = None,
) -> None:
    """List the post rates that were set."""
    device_id = None if device is None else session.resolve("device", device)
    session.show_list(POSTED, "list_post_rates", device_id=device_id)


@command(post_app, "clear")
def clear_post_rate(session: Session, device: Device, resource: Posted, mrid: MRid = None) -> None:
    """Take a post rate back."""
    device_id = session.resolve("device", device)
    query = {"mrid": mrid}
    session.connection.call(
        "clear_post_rate", device_id=device_id, resource=resource.value, query=query
    )
    _cleared(session, resource)


def _client_id(session: Session, client: str | None) -> str | None:
    return None if client is None else session.resolve("client", client)


def _cleared(session: Session, resource: str) -> None:
    if session.output is Output.TABLE:
        print_line(f"cleared {resource}")
