"""The command line of the test PKI: make one, issue from it, show what a certificate says.

`app` stands alone as `python -m certs` and is mounted under the server's own commands. It parses,
calls and prints; a fault is one line on stderr and exit code 1.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certs.errors import CertError
from certs.files import read_public
from certs.folder import CredentialFiles, Pki
from certs.identity import Identity, grouped_lfdi, grouped_sfdi
from certs.issue import Family
from certs.profile import POLICY_NAMES

app = typer.Typer(help="Make and read the certificates of a test PKI.", no_args_is_help=True)


class Output(StrEnum):
    """How `show` prints."""

    TEXT = "text"
    JSON = "json"


Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the PKI.")]
Name = Annotated[str, typer.Argument(help="Name of the files and, where there is one, subject.")]
Hosts = Annotated[list[str], typer.Option("--host", help="DNS name or address; repeatable.")]


@app.command()
def init(folder: Folder) -> None:
    """Make a new PKI: 2030.5 SERCA, MCA, MICA and both OpenADR families."""
    with _one_line_faults():
        pki = Pki.create(folder, now=_now())
        typer.echo(f"2030.5 trust anchor   {pki.sep2_trust}")
        typer.echo(f"OpenADR trust bundle  {pki.openadr_trust}")


@app.command()
def device(
    folder: Folder,
    name: Name,
    serial: Annotated[str | None, typer.Option(help="Hardware serial, if not the name.")] = None,
) -> None:
    """Issue a 2030.5 device certificate."""
    with _one_line_faults():
        _tell(Pki.open(folder).issue_device(name, now=_now(), serial=serial))


@app.command()
def aggregator(folder: Folder, name: Name, host: Hosts) -> None:
    """Issue a 2030.5 aggregator certificate; the hosts receive its notifications."""
    with _one_line_faults():
        _tell(Pki.open(folder).issue_aggregator(name, host, now=_now()))


@app.command()
def server(
    folder: Folder,
    host: Hosts,
    name: Annotated[str, typer.Option(help="Name of the files and the subject.")] = "server",
) -> None:
    """Issue all certificates of a server: 2030.5 and both OpenADR families."""
    with _one_line_faults():
        made = Pki.open(folder).issue_server(host, now=_now(), name=name)
        _tell(made.sep2, made.sep2_notifier)
        _tell(made.rsa, made.rsa_client, made.ecc, made.ecc_client)


@app.command()
def ven(
    folder: Folder,
    name: Name,
    family: Annotated[Family, typer.Option(help="Kind of key.")] = Family.ECC,
    host: Annotated[
        list[str] | None, typer.Option("--host", help="Where a VEN is pushed to; repeatable.")
    ] = None,
) -> None:
    """Issue an OpenADR VEN certificate."""
    with _one_line_faults():
        _tell(Pki.open(folder).issue_ven(name, family, now=_now(), hosts=host or ()))


@app.command()
def show(
    file: Annotated[Path, typer.Argument(help="Certificate, PEM or DER; of a chain the first.")],
    output: Annotated[Output, typer.Option("-o", "--output")] = Output.TEXT,
) -> None:
    """Show the identifiers of a certificate in both standards side by side."""
    with _one_line_faults():
        identity = Identity.of(_read_der(file))
        if output is Output.JSON:
            typer.echo(json.dumps(_as_json(identity), indent=2))
            return
        for label, text in _as_text(identity).items():
            typer.echo(f"{label:<20}  {text}")


def _now() -> datetime:
    # The one clock of the package: a command line has nobody above it to ask.
    return datetime.now(UTC)  # noqa: TID251


@contextmanager
def _one_line_faults() -> Iterator[None]:
    try:
        yield
    except CertError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def _tell(*issued: CredentialFiles) -> None:
    for one in issued:
        typer.echo(f"{one.chain}  {one.key}")
        typer.echo(f"  LFDI {one.identity.lfdi}  SFDI {one.identity.sfdi}")
        typer.echo(f"  OpenADR fingerprint {one.identity.openadr_fingerprint}")


def _read_der(file: Path) -> bytes:
    data = read_public(file)
    if b"-----BEGIN" not in data:
        return data
    try:
        return x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER)
    except ValueError:
        raise CertError(f"{file} holds no certificate") from None


def _as_json(identity: Identity) -> Mapping[str, object]:
    return {
        "lfdi": identity.lfdi,
        "sfdi": identity.sfdi,
        "openadr_fingerprint": identity.openadr_fingerprint,
        "sha256": identity.fingerprint,
        "not_before": identity.not_before.isoformat(),
        "not_after": identity.not_after.isoformat(),
        "subject": identity.subject,
        "dns_names": identity.dns_names,
        "ip_addresses": identity.ip_addresses,
        "hardware_names": identity.hardware_names,
        "policies": identity.policies,
    }


def _as_text(identity: Identity) -> Mapping[str, str]:
    names = (*identity.dns_names, *identity.ip_addresses, *identity.hardware_names)
    policies = (f"{oid} ({POLICY_NAMES.get(oid, 'unknown')})" for oid in identity.policies)
    return {
        "LFDI": f"{identity.lfdi}  {grouped_lfdi(identity.lfdi)}",
        "SFDI": f"{identity.sfdi}  {grouped_sfdi(identity.sfdi)}",
        "OpenADR fingerprint": identity.openadr_fingerprint,
        "SHA-256": identity.fingerprint,
        "valid from": identity.not_before.isoformat(),
        "valid to": identity.not_after.isoformat(),
        "subject": identity.subject or "(none)",
        "alternative names": ", ".join(names) or "(none)",
        "policies": ", ".join(policies) or "(none)",
    }
