"""`gridherald client` and `gridherald ven`: who may come in."""

from pathlib import Path
from typing import Annotated

import typer

from server.cli.connection import UsageError
from server.cli.output import Columns
from server.cli.session import Session, command
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
) -> None:
    """Let the holder of a certificate in."""
    body = {"kind": kind.value, "name": name, "lfdi": lfdi, "fingerprint": fingerprint}
    body["certificate"] = read_certificate(certificate)
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
