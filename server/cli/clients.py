"""`gridherald client` and `gridherald ven`: who may come in."""

from pathlib import Path
from typing import Annotated

import typer

from server.cli.connection import UsageError
from server.cli.output import Columns, Output, print_line
from server.cli.session import Session, command
from server.config import Sep2Profile
from server.core.model import ClientKind

app = typer.Typer(help="Let holders of certificates in or keep them out.", no_args_is_help=True)
ven_app = typer.Typer(help="Let VENs in.", no_args_is_help=True)

LISTED: Columns = {
    "id": "id",
    "kind": "kind",
    "name": "name",
    "enabled": "enabled",
    "lfdi": "LFDI",
    "ven_id": "venID",
    "registration.registration_id": "registered as",
    "devices": "devices",
}
SHOWN: Columns = {
    **LISTED,
    "sfdi": "SFDI",
    "profile": "profile",
    "is_profile_fixed": "profile fixed",
    "fingerprint": "SHA-256",
    "openadr_fingerprint": "OpenADR fingerprint",
}

Client = Annotated[str, typer.Argument(metavar="CLIENT", help="Id or name.")]
Name = Annotated[str, typer.Option(help="What to call it.")]
Certificate = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Its certificate in PEM; of a chain the first.")
]


@command(app, "enrol")
def enrol(
    session: Session,
    *,
    kind: Annotated[ClientKind, typer.Option(help="What it is.")],
    name: Name,
    lfdi: Annotated[str | None, typer.Option(help="LFDI of a device or an aggregator.")] = None,
    fingerprint: Annotated[str | None, typer.Option(help="SHA-256 of a VEN's certificate.")] = None,
    certificate: Certificate = None,
    profile: Annotated[
        Sep2Profile | None, typer.Option(help="What to answer it in; else what it shows.")
    ] = None,
) -> None:
    """Let the holder of a certificate in."""
    body = {"kind": kind.value, "name": name, "lfdi": lfdi, "fingerprint": fingerprint}
    body["certificate"] = read_certificate(certificate)
    body["profile"] = None if profile is None else profile.value
    session.show(session.connection.call("enrol_client", body=body), SHOWN)


@command(app, "list")
def list_clients(
    session: Session,
    kind: Annotated[ClientKind | None, typer.Option(help="Only of this kind.")] = None,
) -> None:
    """List clients."""
    session.show_list(LISTED, "list_clients", kind=kind)


@command(app, "show")
def show(session: Session, client: Client) -> None:
    """Show a client."""
    client_id = session.resolve("client", client)
    session.show(session.connection.call("show_client", client_id=client_id), SHOWN)


@command(app, "allow")
def allow(session: Session, client: Client) -> None:
    """Allow a client, from its next request on."""
    client_id = session.resolve("client", client)
    session.show(session.connection.call("allow_client", client_id=client_id), SHOWN)


@command(app, "deny")
def deny(session: Session, client: Client) -> None:
    """Deny a client, from its next request on."""
    client_id = session.resolve("client", client)
    session.show(session.connection.call("deny_client", client_id=client_id), SHOWN)


@command(app, "profile")
def set_profile(
    session: Session,
    client: Client,
    profile: Annotated[
        Sep2Profile | None, typer.Argument(metavar="PROFILE", help="Leave out to let it show.")
    ] = None,
) -> None:
    """Fix what a 2030.5 client is answered in, or leave that to what it shows."""
    client_id = session.resolve("client", client)
    body = {"profile": None if profile is None else profile.value}
    session.show(session.connection.call("set_profile", client_id=client_id, body=body), SHOWN)


@command(app, "purge-mirrors")
def purge_mirrors(session: Session, client: Client) -> None:
    """Remove the mirror usage points of a client's devices; the readings stay on file."""
    client_id = session.resolve("client", client)
    session.connection.call("purge_mirrors", client_id=client_id)
    if session.output is Output.TABLE:
        print_line(f"{client_id} mirrors nothing")


@command(ven_app, "enrol")
def enrol_ven(
    session: Session,
    name: Name,
    fingerprint: Annotated[str | None, typer.Option(help="SHA-256 of its certificate.")] = None,
    certificate: Certificate = None,
    ven_id: Annotated[str | None, typer.Option(help="Drawn by the server if left out.")] = None,
) -> None:
    """Let a VEN in; without a certificate only a lab's plain listener will serve it."""
    body = {
        "kind": ClientKind.VEN.value,
        "name": name,
        "fingerprint": fingerprint,
        "certificate": read_certificate(certificate),
        "ven_id": ven_id,
    }
    session.show(session.connection.call("enrol_client", body=body), SHOWN)


def read_certificate(path: Path | None) -> str | None:
    """Return the text of a PEM file; raises UsageError if it cannot be read."""
    if path is None:
        return None
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as fault:
        raise UsageError(f"the certificate in {path} cannot be read: {fault}") from None
