"""`gridherald db`: the store of a state folder brought up to date, copied and put back.

Works on the store itself and asks no server. It must not know how a store is kept.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from server.cli.connection import RefusedError
from server.cli.output import print_line
from server.cli.session import told_faults

app = typer.Typer(
    help="Bring the store up to date, copy it, put a copy back.", no_args_is_help=True
)

State = Annotated[Path, typer.Option(metavar="DIR", help="State folder of the server.")]


@app.command("upgrade")
def upgrade(state: State) -> None:
    """Bring the store to the schema of this version, as the server does at its start."""
    from server.store import upkeep  # noqa: PLC0415 - brings SQL along

    with _told():
        before, after = upkeep.bring_up_to_date(_url(state))
    print_line(f"the store is of revision {after}; it was {before or 'empty'}")


@app.command("backup")
def backup(
    state: State,
    file: Annotated[Path, typer.Argument(help="The copy; it must not be there yet.")],
) -> None:
    """Copy the store as it stands, also while the server runs; SQLite only."""
    from server.store import upkeep  # noqa: PLC0415 - brings SQL along

    with _told():
        upkeep.back_up(_url(state), file)
    print_line(f"copied to {file}")


@app.command("restore")
def restore(
    state: State,
    file: Annotated[Path, typer.Argument(help="What `backup` made.")],
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also if that loses what the store holds.")
    ] = False,
) -> None:
    """Put a copy in the place of the store; the server must be stopped; SQLite only."""
    from server.store import upkeep  # noqa: PLC0415 - brings SQL along

    with _told():
        upkeep.restore(_url(state), file, replace=replace)
    print_line(f"restored from {file}")


def _url(state: Path) -> str:
    from server.config import load  # noqa: PLC0415 - brings pydantic along

    return load(state).store_address(state)


@contextmanager
def _told() -> Iterator[None]:
    """Tell what an operator can do something about in a line."""
    from server.config import ConfigError  # noqa: PLC0415
    from server.errors import Refusal  # noqa: PLC0415
    from server.store.migrations import SchemaMismatch  # noqa: PLC0415

    with told_faults():
        try:
            yield
        except (ConfigError, OSError, Refusal, SchemaMismatch, ValueError) as fault:
            raise RefusedError(str(fault)) from fault
