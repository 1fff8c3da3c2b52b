"""`gridherald device`: what follows events."""

from typing import Annotated

import typer

from server.cli.clients import Certificate, Name, read_certificate
from server.cli.output import Columns, Output, print_line
from server.cli.session import Session, command
from server.core.model import Language

app = typer.Typer(help="Add, show and remove devices.", no_args_is_help=True)

LISTED: Columns = {
    "id": "id",
    "name": "name",
    "language": "language",
    "client_id": "client",
    "lfdi": "LFDI",
    "modbus": "Modbus",
    "rated_w": "rated W",
    "groups": "groups",
}
SHOWN: Columns = {
    **LISTED,
    "sfdi": "SFDI",
    "pin": "PIN",
    "modes": "modes",
    "setpoint.controls": "setpoint",
    "setpoint.sources": "comes from",
    "setpoint.until": "until",
    "edge": "edge",
}

Device = Annotated[str, typer.Argument(metavar="DEVICE", help="Id or name.")]
Rated = Annotated[float | None, typer.Option(help="What 100 % of its power means, in watts.")]
Lfdi = Annotated[str, typer.Argument(metavar="LFDI", help="40 hexadecimal digits.")]
Speaker = Annotated[str | None, typer.Option(help="The aggregator that speaks for it, id or name.")]
Category = Annotated[int | None, typer.Option(help="2030.5 device category.")]
Groups = Annotated[
    list[str] | None, typer.Option("--group", help="Group to join, id or name; repeatable.")
]


@command(app, "add")
def add(
    session: Session,
    *,
    name: Name,
    lfdi: Annotated[str | None, typer.Option(help="Its LFDI.")] = None,
    certificate: Certificate = None,
    client: Speaker = None,
    pin: Annotated[int | None, typer.Option(help="Drawn by the server if left out.")] = None,
    device_category: Category = None,
    rated_w: Rated = None,
    group: Groups = None,
) -> None:
    """Add a 2030.5 device by its LFDI or its certificate."""
    body = {
        "name": name,
        "lfdi": lfdi,
        "certificate": read_certificate(certificate),
        "client_id": None if client is None else session.resolve("client", client),
        "pin": pin,
        "device_category": device_category,
        "rated_w": rated_w,
        "groups": session.resolve_all("group", group),
    }
    session.show(session.connection.call("add_device", body=body), SHOWN)


@command(app, "add-modbus")
def add_modbus(
    session: Session,
    *,
    name: Name,
    host: Annotated[str, typer.Option(help="Where it listens.")],
    register_map: Annotated[str, typer.Option("--map", help="Name of its register map.")],
    port: Annotated[int, typer.Option(help="Port that it listens on.")] = 502,
    unit: Annotated[int, typer.Option(help="Unit that it answers as.")] = 1,
    read_only: Annotated[bool, typer.Option("--read-only", help="Never write to it.")] = False,
    rated_w: Rated = None,
    group: Groups = None,
) -> None:
    """Add a Modbus device, which is then written to."""
    endpoint: dict[str, object] = {
        "host": host,
        "port": port,
        "unit": unit,
        "register_map": register_map,
    }
    if read_only:
        endpoint["read_only"] = True
    body = {
        "name": name,
        "modbus": endpoint,
        "rated_w": rated_w,
        "groups": session.resolve_all("group", group),
    }
    session.show(session.connection.call("add_device", body=body), SHOWN)


@command(app, "list")
def list_devices(
    session: Session,
    language: Annotated[Language | None, typer.Option(help="Only of this language.")] = None,
    group: Annotated[str | None, typer.Option(help="Only of this group, id or name.")] = None,
) -> None:
    """List devices."""
    group_id = None if group is None else session.resolve("group", group)
    session.show_list(LISTED, "list_devices", language=language, group_id=group_id)


@command(app, "show")
def show(session: Session, device: Device) -> None:
    """Show a device, what it should follow now and where that comes from."""
    device_id = session.resolve("device", device)
    session.show(session.connection.call("show_device", device_id=device_id), SHOWN)


@command(app, "remove")
def remove(session: Session, device: Device) -> None:
    """Take a device out; its client stays enrolled."""
    device_id = session.resolve("device", device)
    session.connection.call("remove_device", device_id=device_id)
    if session.output is Output.TABLE:
        print_line(f"removed {device_id}")


@command(app, "ensure")
def ensure(
    session: Session,
    lfdi: Lfdi,
    *,
    name: Annotated[str | None, typer.Option(help="What to call it.")] = None,
    client: Speaker = None,
    pin: Annotated[int | None, typer.Option(help="Its registration PIN.")] = None,
    device_category: Category = None,
    rated_w: Rated = None,
    group: Groups = None,
) -> None:
    """Have a 2030.5 device of this LFDI: add it, or change what is given and not so yet."""
    body = {
        "name": name,
        "client_id": None if client is None else session.resolve("client", client),
        "pin": pin,
        "device_category": device_category,
        "rated_w": rated_w,
        "groups": session.resolve_all("group", group),
    }
    session.show(session.connection.call("ensure_device", lfdi=lfdi, body=body), SHOWN)


@command(app, "forget")
def forget(session: Session, lfdi: Lfdi) -> None:
    """Have no device of this LFDI; its client stays enrolled."""
    session.connection.call("forget_device", lfdi=lfdi)
    if session.output is Output.TABLE:
        print_line(f"there is no device {lfdi}")
