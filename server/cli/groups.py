"""`gridherald group`: sets of devices."""

from typing import Annotated

import typer

from server.cli.output import Columns, Output, print_line
from server.cli.session import Session, command

app = typer.Typer(help="Make groups and move devices.", no_args_is_help=True)

LISTED: Columns = {
    "id": "id",
    "name": "name",
    "member_count": "members",
    "joins_new_devices": "joins new devices",
    "programs": "programs",
}
SHOWN: Columns = {**LISTED, "mrid": "mRID", "members": "devices"}

Group = Annotated[str, typer.Argument(metavar="GROUP", help="Id or name.")]
Devices = Annotated[list[str], typer.Argument(metavar="DEVICE...", help="Ids or names.")]


@command(app, "create")
def create(
    session: Session,
    name: Annotated[str, typer.Argument(help="What to call it.")],
    device: Annotated[
        list[str] | None, typer.Option("--device", help="Member, id or name; repeatable.")
    ] = None,
    joins_new_devices: Annotated[
        bool, typer.Option("--joins-new-devices", help="Each new device becomes a member.")
    ] = False,
) -> None:
    """Make a group."""
    body = {
        "name": name,
        "members": session.resolve_all("device", device),
        "joins_new_devices": joins_new_devices,
    }
    session.show(session.connection.call("create_group", body=body), SHOWN)


@command(app, "list")
def list_groups(session: Session) -> None:
    """List groups."""
    session.show_list(LISTED, "list_groups")


@command(app, "show")
def show(session: Session, group: Group) -> None:
    """Show a group with its members."""
    group_id = session.resolve("group", group)
    session.show(session.connection.call("show_group", group_id=group_id), SHOWN)


@command(app, "add")
def add(session: Session, group: Group, devices: Devices) -> None:
    """Let devices join a group."""
    _change(session, group, {"add": session.resolve_all("device", devices)})


@command(app, "remove")
def remove(session: Session, group: Group, devices: Devices) -> None:
    """Take devices out of a group."""
    _change(session, group, {"remove": session.resolve_all("device", devices)})


@command(app, "delete")
def delete(session: Session, group: Group) -> None:
    """Take away a group that nothing is offered to; its devices stay."""
    group_id = session.resolve("group", group)
    session.connection.call("remove_group", group_id=group_id)
    if session.output is Output.TABLE:
        print_line(f"removed {group_id}")


def _change(session: Session, group: str, body: dict[str, list[str]]) -> None:
    group_id = session.resolve("group", group)
    answer = session.connection.call("change_members", group_id=group_id, body=body)
    session.show(answer, SHOWN)
