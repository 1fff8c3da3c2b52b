"""A PKI on disk: both standards' authorities and whatever they issued.

    sep2/{serca,mca,mica}                  sep2/{device,aggregator,server,notifier}/NAME
    openadr/trust.pem                      openadr/{rsa,ecc}/{root,vtn-ca,ven-ca}
                                           openadr/{rsa,ecc}/{vtn-server,vtn-client,ven}/NAME

Each is a .pem (the certificate and the intermediates above it) and a .key. Issuing needs the keys
of mica, vtn-ca and ven-ca only: the others may be taken off line. It must not know who may connect.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from certs import profile
from certs.errors import CertError
from certs.files import check_folder, make_folder, read_key, read_public, write_key, write_public
from certs.identity import Identity
from certs.issue import (
    AUTHORITY_LIFETIME,
    NEVER,
    PARTY_LIFETIME,
    ROOT_LIFETIME,
    Credential,
    Family,
    issue,
    new_key,
)

SYSTEM_RNG: Final = random.SystemRandom()

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_SEP2_ROLES = ("device", "aggregator", "server", "notifier")
_OPENADR_ROLES = ("vtn-server", "vtn-client", "ven")


@dataclass(frozen=True, slots=True)
class CredentialFiles:
    """Where an issued certificate lies (`chain` with intermediates, `key`) and who it is."""

    chain: Path
    key: Path
    identity: Identity

    def load(self) -> Credential:
        """Read the certificate and its key; CertError when they cannot be read."""
        return _read(self.chain, self.key)


@dataclass(frozen=True, slots=True)
class ServerFiles:
    """What one server needs: to serve and to call, for 2030.5 and each OpenADR family."""

    sep2: CredentialFiles
    sep2_notifier: CredentialFiles
    rsa: CredentialFiles
    rsa_client: CredentialFiles
    ecc: CredentialFiles
    ecc_client: CredentialFiles


@dataclass(frozen=True, slots=True)
class _Role:
    """Where certificates of a kind lie, who signs them, with what key, for how long."""

    folder: str
    issuer: str
    family: Family
    lifetime: timedelta | None


class Pki:
    """A folder of authorities that issues certificates into itself."""

    def __init__(self, folder: Path, rng: random.Random = SYSTEM_RNG) -> None:
        self.folder = folder
        self._rng = rng

    @classmethod
    def create(cls, folder: Path, *, now: datetime, rng: random.Random = SYSTEM_RNG) -> Self:
        """Mint all authorities into a new folder; CertError when it exists."""
        pki = cls(folder, rng)
        if not folder.parent.exists():
            make_folder(folder.parent)
        for path in (folder, *(folder / name for name in _folders())):
            make_folder(path)
        for stem, credential in _authorities(now, rng):
            _write(folder / stem, credential)
        trusted = [f"{family}/{name}.pem" for family in Family for name in ("root", "ven-ca")]
        bundle = b"".join(read_public(folder / "openadr" / name) for name in trusted)
        write_public(pki.openadr_trust, bundle)
        return pki

    @classmethod
    def open(cls, folder: Path, *, rng: random.Random = SYSTEM_RNG) -> Self:
        """Open a folder made by `create`; CertError when it is none or others may change it."""
        check_folder(folder)
        pki = cls(folder, rng)
        if not (pki.sep2_trust.is_file() and pki.openadr_trust.is_file()):
            raise CertError(f"{folder} holds no PKI")
        return pki

    @property
    def sep2_trust(self) -> Path:
        """The SERCA certificate, the only trust anchor of 2030.5."""
        return self.folder / "sep2" / "serca.pem"

    @property
    def openadr_trust(self) -> Path:
        """Both OpenADR roots, and the VEN authorities for VENs that send no intermediate."""
        return self.folder / "openadr" / "trust.pem"

    def issue_device(
        self, name: str, *, now: datetime, serial: str | None = None
    ) -> CredentialFiles:
        """Issue a 2030.5 device certificate; the hardware serial is the name unless given."""
        _check_name(name)
        made = profile.sep2_device((serial or name).encode())
        return self._issue(_sep2("device"), name, made, now)

    def issue_aggregator(
        self, name: str, hosts: Sequence[str], *, now: datetime
    ) -> CredentialFiles:
        """Issue a 2030.5 aggregator certificate for notification end points at the hosts."""
        _check_name(name)
        made = profile.sep2_aggregator(name, hosts)
        return self._issue(_sep2("aggregator"), name, made, now)

    def issue_ven(
        self, name: str, family: Family, *, now: datetime, hosts: Sequence[str] = ()
    ) -> CredentialFiles:
        """Issue a VEN certificate; with hosts it also serves a VEN that is pushed to."""
        _check_name(name)
        return self._issue(_openadr("ven", family), name, profile.ven(name, hosts), now)

    def issue_server(
        self, hosts: Sequence[str], *, now: datetime, name: str = "server"
    ) -> ServerFiles:
        """Issue all certificates of a server that is reached at the hosts."""
        _check_name(name)
        if not hosts:
            raise CertError("a server needs at least one host")
        vtn, pusher = profile.vtn_server(name, hosts), profile.vtn_client(name)
        sep2 = (profile.sep2_server(name, hosts), profile.sep2_notifier(name, hosts))
        orders = zip(_server_roles(), (*sep2, vtn, pusher, vtn, pusher), strict=True)
        return ServerFiles(*(self._issue(role, name, made, now) for role, made in orders))

    def server(self, name: str = "server") -> ServerFiles:
        """Find what `issue_server` issued under a name; CertError when it did not."""
        _check_name(name)
        return ServerFiles(*(_find(self.folder / role.folder / name) for role in _server_roles()))

    def _issue(
        self, role: _Role, name: str, made: profile.Profile, now: datetime
    ) -> CredentialFiles:
        stem = self.folder / role.folder / name
        not_after = now.replace(microsecond=0) + role.lifetime if role.lifetime else NEVER
        issuer = _load(self.folder / role.issuer)
        key = new_key(role.family)
        credential = issue(made, key, issuer, now=now, not_after=not_after, rng=self._rng)
        return _write(stem, credential)


def _sep2(role: str) -> _Role:
    return _Role(f"sep2/{role}", "sep2/mica", Family.ECC, None)


def _openadr(role: str, family: Family) -> _Role:
    issuer = "ven-ca" if role == "ven" else "vtn-ca"
    home = f"openadr/{family}"
    return _Role(f"{home}/{role}", f"{home}/{issuer}", family, PARTY_LIFETIME)


def _server_roles() -> tuple[_Role, ...]:
    """In the order of the fields of ServerFiles."""
    families = (Family.RSA, Family.ECC)
    vtn = (_openadr(role, f) for f in families for role in ("vtn-server", "vtn-client"))
    return (_sep2("server"), _sep2("notifier"), *vtn)


def _folders() -> Iterator[str]:
    yield "sep2"
    yield from (f"sep2/{role}" for role in _SEP2_ROLES)
    yield "openadr"
    for family in Family:
        yield f"openadr/{family}"
        yield from (f"openadr/{family}/{role}" for role in _OPENADR_ROLES)


def _authorities(now: datetime, rng: random.Random) -> Iterator[tuple[str, Credential]]:
    issuer: Credential | None = None
    for name, path_length in (("serca", None), ("mca", 1), ("mica", 0)):
        made = profile.sep2_authority(name.upper(), path_length)
        issuer = issue(made, new_key(Family.ECC), issuer, now=now, not_after=NEVER, rng=rng)
        yield f"sep2/{name}", issuer
    for family in Family:
        yield from _openadr_authorities(family, now.replace(microsecond=0), rng)


def _openadr_authorities(
    family: Family, now: datetime, rng: random.Random
) -> Iterator[tuple[str, Credential]]:
    def mint(name: str, path_length: int | None, above: Credential | None) -> Credential:
        made = profile.openadr_authority(f"OpenADR {family.upper()} {name}", path_length)
        not_after = now + (AUTHORITY_LIFETIME if above else ROOT_LIFETIME)
        return issue(made, new_key(family), above, now=now, not_after=not_after, rng=rng)

    root = mint("Root", None, None)
    yield f"openadr/{family}/root", root
    yield f"openadr/{family}/vtn-ca", mint("VTN CA", 0, root)
    yield f"openadr/{family}/ven-ca", mint("VEN CA", 0, root)


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise CertError(f"{name!r} is no name: letters, digits, '.', '_', '-', at most 63")


def _write(stem: Path, credential: Credential) -> CredentialFiles:
    chain, key = _pem(stem), _key(stem)
    if chain.exists():
        raise CertError(f"{chain} exists already")
    write_key(key, credential.key_pem)
    write_public(chain, credential.chain_pem)
    return CredentialFiles(chain, key, Identity.of(credential.der))


def _find(stem: Path) -> CredentialFiles:
    return CredentialFiles(_pem(stem), _key(stem), Identity.of(_load(stem).der))


def _load(stem: Path) -> Credential:
    return _read(_pem(stem), _key(stem))


def _read(chain: Path, key: Path) -> Credential:
    try:
        certificate, *above = x509.load_pem_x509_certificates(read_public(chain))
        private = serialization.load_pem_private_key(read_key(key), password=None)
    except (ValueError, TypeError) as error:
        raise CertError(f"{chain}: the certificate or its key cannot be read") from error
    if not isinstance(private, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise CertError(f"{key} is neither an EC nor an RSA key")
    return Credential(certificate, private, tuple(above))


def _pem(stem: Path) -> Path:
    # Not with_suffix: a name may have dots of its own.
    return stem.parent / f"{stem.name}.pem"


def _key(stem: Path) -> Path:
    return stem.parent / f"{stem.name}.key"
