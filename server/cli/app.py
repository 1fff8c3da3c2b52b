"""All commands under one name, and the two that need no running server.

Knows where each command lives and nothing of what it does.
"""

from pathlib import Path
from typing import Annotated

import typer

from certs.cli import app as certs_app
from schemas.cli import app as schemas_app
from server.admin.openapi import document
from server.admin.operations import OPERATIONS
from server.cli import (
    audit,
    clients,
    curves,
    database,
    devices,
    event_changes,
    events,
    explain,
    groups,
    programs,
    publications,
    rates,
    reports,
    subscriptions,
    tokens,
    vens,
)
from server.cli.output import print_json
from server.cli.session import Session, command, told_faults
from server.sim.command import demo_command

app = typer.Typer(
    help="Demand response and DER control: IEEE 2030.5, OpenADR 2.0b and Modbus from one event.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
event_changes.add_to(events.app)
app.add_typer(events.app, name="event")
app.add_typer(devices.app, name="device")
app.add_typer(clients.app, name="client")
app.add_typer(vens.app, name="ven")
app.add_typer(groups.app, name="group")
app.add_typer(programs.app, name="program")
app.add_typer(curves.app, name="curve")
app.add_typer(publications.app, name="publication")
app.add_typer(reports.app, name="report")
app.add_typer(reports.reading_app, name="reading")
app.add_typer(subscriptions.app, name="subscription")
app.add_typer(subscriptions.dead_app, name="dead-letter")
app.add_typer(rates.app, name="poll-rate")
app.add_typer(rates.post_app, name="post-rate")
app.add_typer(tokens.app, name="token")
app.add_typer(audit.app, name="audit")
app.add_typer(database.app, name="db")
app.add_typer(certs_app, name="certs")
app.add_typer(schemas_app, name="schemas")
command(app, "explain")(explain.explain)
app.command("demo")(demo_command)


@app.command()
def serve(
    state: Annotated[
        Path, typer.Option(metavar="DIR", help="State folder; made if it is not there.")
    ],
) -> None:
    """Serve until stopped by SIGTERM or SIGINT."""
    # The other commands start in a third of the time, because they do without the server.
    from server.cli.serving import serve_state  # noqa: PLC0415

    with told_faults():
        serve_state(state)


@command(app, "health")
def health(session: Session) -> None:
    """Tell whether the server is ready; exit code 1 if not, 3 if there is none."""
    session.show(session.connection.call("check_readiness"), {"status": "status"})


@app.command()
def openapi() -> None:
    """Print the OpenAPI document of the admin face."""
    print_json(document(OPERATIONS))


def main() -> None:
    """Run the command that the arguments name."""
    app(prog_name="gridherald")
