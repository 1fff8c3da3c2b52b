"""`gridherald program`: lines of events with one primacy and one default."""

from typing import Annotated
from urllib.parse import quote

import typer

from server.cli.asks import Asks, Settings
from server.cli.output import Columns, Output, print_line
from server.cli.session import Session, command
from server.config import OptPolicy

app = typer.Typer(help="Make programs and say what holds in them.", no_args_is_help=True)

LISTED: Columns = {
    "id": "id",
    "name": "name",
    "primacy": "primacy",
    "groups": "groups",
    "default": "default",
    "default_settings": "default settings",
    "market_context": "market context",
}
SHOWN: Columns = {**LISTED, "version": "version", "mrid": "mRID"}
RULES: Columns = {
    **LISTED,
    "ven_rules.opt_policy": "opted-out VENs",
    "ven_rules.simple_steps": "level steps",
}

Program = Annotated[str, typer.Argument(metavar="PROGRAM", help="Id or name.")]


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


@command(app, "change")
def change(
    session: Session,
    program: Program,
    name: Annotated[str | None, typer.Option(help="What to call it from now on.")] = None,
    primacy: Annotated[int | None, typer.Option(help="0..255; lower wins.")] = None,
    group: Annotated[
        list[str] | None,
        typer.Option("--group", help="Group to offer it to, and no others; repeatable."),
    ] = None,
) -> None:
    """Change a program's name, its primacy or the groups that it is offered to."""
    program_id = session.resolve("program", program)
    groups = session.resolve_all("group", group) if group else None
    body = {"name": name, "primacy": primacy, "groups": groups}
    session.show(session.connection.call("change_program", program_id=program_id, body=body), SHOWN)


@command(app, "remove")
def remove(session: Session, program: Program) -> None:
    """Take away a program whose events are all over or cancelled."""
    program_id = session.resolve("program", program)
    session.connection.call("remove_program", program_id=program_id)
    if session.output is Output.TABLE:
        print_line(f"removed {program_id}")


@command(app, "default")
def default(
    session: Session,
    program: Program,
    asks: Asks,
    settings: Settings,
) -> None:
    """Replace what holds in a program when no event does; without options nothing does."""
    said = asks.controls()
    program_id = session.resolve("program", program)
    body = {
        "controls": {**said, **asks.curves(session, program_id)},
        "settings": settings.body(),
    }
    answer = session.connection.call("set_default", program_id=program_id, body=body)
    session.show(answer, SHOWN)


@command(app, "ven-rules")
def set_ven_rules(
    session: Session,
    program: Program,
    opt_policy: Annotated[
        OptPolicy | None,
        typer.Option(help="What becomes of VENs that are out; else the server's policy."),
    ] = None,
    simple_step: Annotated[
        list[float] | None,
        typer.Option(help="What a value reaches at levels 1, 2 and 3; thrice or never."),
    ] = None,
) -> None:
    """Set what holds for the VENs of a program; what is left out is left to the server."""
    program_id = session.resolve("program", program)
    body = {
        "opt_policy": None if opt_policy is None else opt_policy.value,
        "simple_steps": simple_step or [],
    }
    answer = session.connection.call("set_ven_rules", program_id=program_id, body=body)
    session.show(answer, RULES)
