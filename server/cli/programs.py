"""`gridherald program`: lines of events with one primacy and one default."""

from typing import Annotated
from urllib.parse import quote

import typer

from server.cli.asks import Asks
from server.cli.output import Columns
from server.cli.session import Session, command

app = typer.Typer(help="Make programs and say what holds in them.", no_args_is_help=True)

LISTED: Columns = {
    "id": "id",
    "name": "name",
    "primacy": "primacy",
    "groups": "groups",
    "default": "default",
    "market_context": "market context",
}
SHOWN: Columns = {**LISTED, "mrid": "mRID"}


@command(app, "create")
def create(
    session: Session,
    name: Annotated[str, typer.Argument(help="What to call it.")],
    group: Annotated[
        list[str], typer.Option("--group", help="Group to offer it to, id or name; repeatable.")
    ],
    primacy: Annotated[int, typer.Option(help="0..255; lower wins.")] = 10,
    market_context: Annotated[
        str | None,
        typer.Option(help="The URI by which VENs know it; else made of the name."),
    ] = None,
) -> None:
    """Make a program and offer it to groups."""
    body = {
        "name": name,
        "primacy": primacy,
        "groups": session.resolve_all("group", group),
        "market_context": market_context or f"urn:gridherald:program:{quote(name)}",
    }
    session.show(session.connection.call("create_program", body=body), SHOWN)


@command(app, "list")
def list_programs(session: Session) -> None:
    """List programs."""
    session.show_list(LISTED, "list_programs")


@command(app, "default")
def default(
    session: Session,
    program: Annotated[str, typer.Argument(metavar="PROGRAM", help="Id or name.")],
    asks: Asks,
) -> None:
    """Replace what holds in a program when no event does; without options nothing does."""
    program_id = session.resolve("program", program)
    answer = session.connection.call(
        "set_default", program_id=program_id, body={"controls": asks.controls()}
    )
    session.show(answer, SHOWN)
