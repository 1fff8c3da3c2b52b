"""`gridherald ven`: what holds for one VEN alone, what is asked of it, and what it opted."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from server.cli import clients
from server.cli.clients import Client
from server.cli.output import Columns, Output, print_json, print_table
from server.cli.session import Session, command
from server.cli.values import seconds
from server.config import SignaturePolicy

app = clients.ven_app

SHOWN: Columns = {
    **clients.SHOWN,
    "registration.wish": "asked to",
    "ven_settings.poll_interval_s": "polls every s",
    "ven_settings.signatures": "signatures",
    "ven_settings.is_lenient": "lenient",
}
OPTED: Columns = {
    "opt_id": "opt",
    "opt_type": "says",
    "reason": "reason",
    "event_id": "event",
    "resources": "resources",
    "market_contexts": "market context",
    "device_classes": "device class",
    "when": "when",
}
AVAILABLE: Columns = {"at": "at", "opt_type": "says"}


@command(app, "set")
def set_ven(
    session: Session,
    client: Client,
    poll_interval: Annotated[
        str | None, typer.Option(metavar="LENGTH", help="How often it is to poll, as 5m.")
    ] = None,
    signatures: Annotated[
        SignaturePolicy | None, typer.Option(help="What becomes of XML signatures.")
    ] = None,
    *,
    lenient: Annotated[bool, typer.Option("--lenient", help="Take documents that err.")] = False,
) -> None:
    """Set what holds for a VEN; what is left out is left to the configuration."""
    client_id = session.resolve("client", client)
    body = {
        "poll_interval_s": None if poll_interval is None else seconds(poll_interval),
        "signatures": None if signatures is None else signatures.value,
        "is_lenient": lenient,
    }
    session.show(session.connection.call("set_ven", client_id=client_id, body=body), SHOWN)


@command(app, "reregister")
def reregister(session: Session, client: Client) -> None:
    """Ask a VEN to register again, keeping all that was said."""
    client_id = session.resolve("client", client)
    session.show(session.connection.call("reregister_ven", client_id=client_id), SHOWN)


@command(app, "cancel-registration")
def cancel_registration(session: Session, client: Client) -> None:
    """Ask a VEN to let go of its registration, which ends when it says so or stays mute."""
    client_id = session.resolve("client", client)
    session.show(session.connection.call("cancel_ven_registration", client_id=client_id), SHOWN)


@command(app, "opts")
def list_opts(session: Session, client: Client) -> None:
    """List what a VEN opted: its schedules, then its words on events."""
    within = {"client_id": session.resolve("client", client)}
    items = list(session.connection.items("list_opts", within))
    if session.output is Output.JSON:
        print_json(items)
    else:
        print_table(map(_row, items), OPTED)


@command(app, "availability")
def show_availability(
    session: Session,
    client: Client,
    *,
    at: Annotated[str | None, typer.Option(help="2026-06-01T12:00:00Z; else now.")] = None,
    resource: Annotated[str, typer.Option(help="Of this resource of the VEN's.")] = "",
    program: Annotated[str | None, typer.Option(help="In this program, id or name.")] = None,
    device_class: Annotated[str, typer.Option(help="Of this class of devices.")] = "",
) -> None:
    """Show what a VEN's schedules say of an instant; nothing means that it takes part."""
    client_id = session.resolve("client", client)
    query = {
        "at": at,
        "resource": resource,
        "program_id": None if program is None else session.resolve("program", program),
        "device_class": device_class,
    }
    answer = session.connection.call("show_availability", client_id=client_id, query=query)
    session.show(answer, AVAILABLE)


def _row(opt: Mapping[str, Any]) -> dict[str, Any]:
    """Return an opt with its stretches of time in one line."""
    when = (f"{one['start']} {_length(one['duration_s'])}" for one in opt["windows"])
    return {**opt, "when": "; ".join(when)}


def _length(duration_s: float) -> str:
    return f"for {duration_s:g} s" if duration_s else "on"
