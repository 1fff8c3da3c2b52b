"""`gridherald audit`: who asked for what, and whether that trail is as it was written."""

from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from server.cli.connection import RefusedError
from server.cli.output import Columns
from server.cli.session import Session, command

app = typer.Typer(help="Look through the audit trail.", no_args_is_help=True)

LISTED: Columns = {
    "seq": "number",
    "at": "at",
    "actor": "actor",
    "role": "role",
    "operation": "operation",
    "path": "path",
    "status": "status",
    "verdict": "verdict",
    "request_id": "request",
}
STATE: Columns = {
    "is_whole": "whole",
    "count": "records",
    "hash": "last hash",
    "broken_at": "broken at",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which records to list."""

    actor: Annotated[str | None, typer.Option(help="Only by the token of this name.")] = None
    operation: Annotated[str | None, typer.Option(help="Only this operation.")] = None
    verdict: Annotated[
        str | None, typer.Option(help="Only with this verdict, such as done or forbidden.")
    ] = None
    request_id: Annotated[
        str | None, typer.Option("--request", help="Only the request of this id.")
    ] = None
    since: Annotated[str | None, typer.Option(help="Only from this instant on.")] = None


@command(app, "list")
def list_audit(session: Session, wanted: Wanted) -> None:
    """List what was asked for to change something, and what was denied."""
    session.show_list(LISTED, "list_audit", None, **asdict(wanted))


@command(app, "verify")
def verify(
    session: Session,
    expect: Annotated[
        str | None,
        typer.Option(metavar="HASH", help="The last hash of an earlier look; it must still stand."),
    ] = None,
) -> None:
    """Tell whether the trail is as it was written; exit code 1 if not."""
    state = session.connection.call("verify_audit")
    session.show(state, STATE)
    if not state["is_whole"]:
        raise RefusedError(f"the audit trail is broken at record {state['broken_at']}")
    if expect is not None and not _holds(session, expect):
        raise RefusedError("no record has the expected hash: the trail was written anew")


def _holds(session: Session, expected: str) -> bool:
    return any(one["hash"] == expected for one in session.connection.items("list_audit"))
