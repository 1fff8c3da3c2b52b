"""A server as users run it: its own process, its own state folder, its own certificates."""

import json
import shutil
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from certs.folder import CredentialFiles, Pki
from certs.tls import sep2_client_context

START_LIMIT_S = 30.0
CONFIG = """
[sep2]
port = 0
pen = 28547
[openadr]
port = 0
plain_port = 0
vtn_id = "VTN"
push_networks = ["127.0.0.0/8"]
plain_push = true
[admin]
port = 0
"""


class House:
    """A state folder and the server process on it."""

    def __init__(self, state: Path, pki: Path, store_url: str = "") -> None:
        self.state = state
        self.now = now()
        shutil.copytree(pki, state / "pki")
        self.pki = Pki.open(state / "pki")
        store = f'store_url = "{store_url}"\n' if store_url else ""
        (state / "gridherald.toml").write_text(store + CONFIG)
        self.process: subprocess.Popen[bytes] | None = None
        self.ports: dict[str, int] = {}

    def start(self) -> None:
        (self.state / "ports.json").unlink(missing_ok=True)
        with (self.state / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "server", "serve", "--state", str(self.state)],
                stdout=log,
                stderr=log,
            )
        over = time.monotonic() + START_LIMIT_S
        while not (self.state / "ports.json").exists():
            assert self.process.poll() is None, (self.state / "server.log").read_text()
            assert time.monotonic() < over, "the server did not become ready"
            time.sleep(0.01)
        self.ports = json.loads((self.state / "ports.json").read_text())

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            assert self.process.wait(timeout=20) == 0, (self.state / "server.log").read_text()

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the admin face and return what it answers; anything but a 2xx fails."""
        line = HTTPConnection("127.0.0.1", self.ports["admin"], timeout=10)
        token = (self.state / "admin.token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        line.request(method, f"/api/v1{path}", body and json.dumps(body), headers)
        answer = line.getresponse()
        told = answer.read()
        line.close()
        assert 200 <= answer.status < 300, told
        return json.loads(told) if told else None

    def device(self, name: str) -> tuple[CredentialFiles, dict[str, Any]]:
        """Issue a certificate and add its 2030.5 device."""
        files = self.pki.issue_device(name, now=self.now)
        pem = files.chain.read_text()
        body = {"name": name, "certificate": pem}
        return files, self.admin("POST", "/devices", body)

    def program(self) -> str:
        (program,) = self.admin("GET", "/programs")["items"]
        return program["id"]


class Walker:
    """A 2030.5 client that offers one suite and follows links."""

    def __init__(self, house: House, files: CredentialFiles) -> None:
        tls = sep2_client_context(
            files.chain, files.key, house.pki.sep2_trust, ciphers="ECDHE-ECDSA-AES128-CCM8"
        )
        self._line = HTTPSConnection("127.0.0.1", house.ports["sep2"], context=tls, timeout=10)

    def get(self, path: str) -> etree._Element:
        status, body = self._ask(path)
        assert status == 200, body
        return etree.fromstring(body)

    def status(self, path: str) -> int:
        return self._ask(path)[0]

    def _ask(self, path: str) -> tuple[int, bytes]:
        self._line.request("GET", path, headers={"Accept": "application/sep+xml"})
        answer = self._line.getresponse()
        return answer.status, answer.read()

    @property
    def suite(self) -> str:
        assert isinstance(self._line.sock, ssl.SSLSocket)
        return self._line.sock.cipher()[0]

    def close(self) -> None:
        self._line.close()


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251


@pytest.fixture(scope="session")
def minted(tmp_path_factory) -> Path:
    """Mint one PKI for all houses, because RSA keys take their time."""
    folder = tmp_path_factory.mktemp("path") / "pki"
    Pki.create(folder, now=now()).issue_server(["127.0.0.1"], now=now())
    return folder


@pytest.fixture
def house(tmp_path, minted) -> Iterator[House]:
    house = House(tmp_path, minted)
    house.start()
    yield house
    house.stop()


@pytest.fixture
def walk(request) -> Iterator[Any]:
    opened: list[Walker] = []

    def open_walker(files: CredentialFiles, at: House | None = None) -> Walker:
        opened.append(Walker(at or request.getfixturevalue("house"), files))
        return opened[-1]

    yield open_walker
    for walker in opened:
        walker.close()


@pytest.fixture
def pair(tmp_path, minted, postgresql_url) -> Iterator[tuple[House, House]]:
    """Two servers on one PostgreSQL, started at once on an empty database."""
    one, other = (House(tmp_path / name, minted, postgresql_url) for name in ("one", "other"))
    try:
        with ThreadPoolExecutor() as threads:
            list(threads.map(House.start, (one, other)))
        yield one, other
    finally:
        for house in (one, other):
            house.stop()


class Inverter:
    """A simulated Modbus device in a process of its own."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "server.sim.modbus", "--ports", "1"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.port = self._hear("listening")["ports"][0]

    def _hear(self, kind: str) -> dict[str, Any]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said = json.loads(line)
            if said["type"] == kind:
                return said
        raise AssertionError(f"the simulator ended before it told {kind}")

    def order(self, do: str, **what: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        order = {"do": do, "port": self.port, "unit": 1, **what}
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()
        return self._hear("done")

    def registers(self) -> dict[int, int]:
        return {int(a): word for a, word in self.order("dump")["registers"].items()}

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(timeout=10)
        self.process.stdout.close()


@pytest.fixture
def inverter() -> Iterator[Inverter]:
    inverter = Inverter()
    yield inverter
    inverter.close()
