"""The two processes that are compared: a Gridherald with a fleet, and the bare handler."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from certs.folder import CredentialFiles, Pki
from certs.issue import Family
from server.clock import SystemClock
from server.core.command import (
    AddDevice,
    CreateEvent,
    CreateGroup,
    CreateProgram,
    EnrolClient,
    IntervalDraft,
    RegisterVen,
)
from server.core.model import (
    ClientKind,
    Controls,
    Fingerprint,
    GroupId,
    Language,
    Lfdi,
    ProgramId,
    Signal,
)
from server.desk import Desk
from server.store.store import Store
from tests.bench.crowd import add_crowd

HERE = Path(__file__).parent
START_LIMIT_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the benchmark talks to."""

    pki: Pki
    device: CredentialFiles
    ven: CredentialFiles
    device_id: str
    program_id: str
    ven_id: str
    server_pid: int
    ports: dict[str, int]
    reference_pid: int
    reference_port: int


async def seed(state: Path, *, crowd: int = 0) -> tuple[Pki, CredentialFiles, CredentialFiles]:
    """Fill a state folder: one device and one VEN, both with an event of ten intervals.

    `crowd` devices more are in the same group.
    """
    now = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251
    pki = Pki.create(state / "pki", now=now)
    pki.issue_server(["127.0.0.1"], now=now)
    device = pki.issue_device("bench", now=now)
    ven = pki.issue_ven("bench", Family.ECC, now=now)
    store = await Store.open(f"sqlite:///{state / 'gridherald.db'}")
    desk = Desk(store, SystemClock(), random.Random(1), pen=0)
    await desk.open()
    for command in _commands(device, ven, now):
        await desk.submit(command, actor="bench")
    if crowd:
        await add_crowd(desk, GroupId("g1"), crowd)
    await store.close()
    return pki, device, ven


def _commands(device: CredentialFiles, ven: CredentialFiles, now: datetime):
    yield CreateGroup(name="all", joins_new_devices=True)
    groups = frozenset({GroupId("g1")})
    yield CreateProgram(name="bench", primacy=1, groups=groups, market_context="urn:x:bench")
    yield AddDevice(name="bench", language=Language.SEP2, lfdi=Lfdi(device.identity.lfdi))
    yield EnrolClient(
        kind=ClientKind.VEN,
        name="bench",
        fingerprint=Fingerprint(ven.identity.fingerprint),
        ven_id="ven-bench",
    )
    yield RegisterVen(
        client_id="c5",
        ven_name="bench",
        profile="2.0b",
        pull=True,
        transport_address="",
        report_only=False,
        xml_signature=False,
    )
    interval = IntervalDraft(
        duration=timedelta(minutes=15), controls=Controls(max_limit_percent=50.0), values=(1.0,)
    )
    yield CreateEvent(
        program_id=ProgramId("p2"),
        name="bench",
        start=now + timedelta(hours=1),
        intervals=(interval,) * 10,
        signals=(Signal(name="SIMPLE", type="level"),),
    )


@contextmanager
def running(state: Path, seeded: tuple[Pki, CredentialFiles, CredentialFiles]) -> Iterator[World]:
    """Run both processes for the time of the block."""
    pki, device, ven = seeded
    (state / "gridherald.toml").write_text(
        "[sep2]\nport = 0\n[openadr]\nport = 0\n[admin]\nport = 0\n"
    )
    server = subprocess.Popen([sys.executable, "-m", "server", "serve", "--state", str(state)])
    reference = subprocess.Popen(
        [sys.executable, str(HERE / "reference.py"), str(state / "pki")], stdout=subprocess.PIPE
    )
    try:
        assert reference.stdout is not None
        yield World(
            pki=pki,
            device=device,
            ven=ven,
            device_id="d4",
            program_id="p2",
            ven_id="ven-bench",
            server_pid=server.pid,
            ports=_ports(state, server),
            reference_pid=reference.pid,
            reference_port=int(reference.stdout.readline()),
        )
    finally:
        for process in (server, reference):
            process.terminate()
            process.wait()


def _ports(state: Path, server: subprocess.Popen[bytes]) -> dict[str, int]:
    over = time.monotonic() + START_LIMIT_S
    path = state / "ports.json"
    while not path.exists():
        if server.poll() is not None or time.monotonic() > over:
            raise RuntimeError("the server did not start")
        time.sleep(0.05)
    return json.loads(path.read_text())
