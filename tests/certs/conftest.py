"""One PKI, one foreign PKI and one server's certificates for all tests of the package."""

import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from certs.files import write_key, write_public
from certs.folder import Pki, ServerFiles
from certs.issue import Credential

Shake = Callable[..., tuple[ssl.SSLObject, ssl.SSLObject]]


@pytest.fixture(scope="session")
def now() -> datetime:
    # OpenSSL holds lifetimes against the machine's clock, so the certificates must as well.
    return datetime.now(UTC)  # noqa: TID251


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory, now: datetime) -> Pki:
    return Pki.create(tmp_path_factory.mktemp("certs") / "pki", now=now)


@pytest.fixture(scope="session")
def foreign(tmp_path_factory: pytest.TempPathFactory, now: datetime) -> Pki:
    return Pki.create(tmp_path_factory.mktemp("certs") / "foreign", now=now)


@pytest.fixture(scope="session")
def server(pki: Pki, now: datetime) -> ServerFiles:
    return pki.issue_server(["localhost", "127.0.0.1"], now=now)


@pytest.fixture
def keep(tmp_path: Path) -> Callable[[Credential], tuple[Path, Path]]:
    """Write a credential that no folder would issue."""

    def write(credential: Credential) -> tuple[Path, Path]:
        stem = str(credential.certificate.serial_number)
        chain, key = tmp_path / f"{stem}.pem", tmp_path / f"{stem}.key"
        write_public(chain, credential.chain_pem)
        write_key(key, credential.key_pem)
        return chain, key

    return write


@pytest.fixture(scope="session")
def shake() -> Shake:
    """Shake hands in memory; raises the ssl.SSLError of whichever side refuses."""

    def handshake(
        server: ssl.SSLContext, client: ssl.SSLContext, session: ssl.SSLSession | None = None
    ) -> tuple[ssl.SSLObject, ssl.SSLObject]:
        up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
        caller = client.wrap_bio(down, up, server_hostname="localhost", session=session)
        callee = server.wrap_bio(up, down, server_side=True)
        for _ in range(6):
            for party in (caller, callee):
                with suppress(ssl.SSLWantReadError):
                    party.do_handshake()
        callee.write(b"ready")
        assert caller.read(5) == b"ready"
        return callee, caller

    return handshake
