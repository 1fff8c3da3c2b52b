"""A hundred thousand devices beside the ones that are measured, and what holding them costs.

As a module it is the process that is measured: it opens a state folder's database, rebuilds the
book and prints seconds of CPU and mebibytes.
"""

import asyncio
import hashlib
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from server.clock import SystemClock
from server.core.change import Change, ClientEnrolled, DeviceAdded
from server.core.model import (
    Client,
    ClientId,
    ClientKind,
    Device,
    DeviceId,
    GroupId,
    Language,
    Lfdi,
)
from server.desk import Desk
from server.store.store import Store

CROWD = 100_000
_CHUNK = 10_000
_SOLAR = 1 << 21


async def add_crowd(desk: Desk, group: GroupId, count: int = CROWD) -> None:
    """Append the changes that as many commands would have brought, without judging each."""
    changes = tuple(_changes(desk.book.next_number, group, count, desk.clock.now()))
    head = desk.book.head
    for start in range(0, len(changes), _CHUNK):
        chunk = changes[start : start + _CHUNK]
        await desk.store.append(
            chunk, at=desk.clock.now(), actor="bench", expected_head=head + start
        )
    await desk.open()


def _changes(first: int, group: GroupId, count: int, at: datetime) -> Iterator[Change]:
    for number in range(first, first + 2 * count, 2):
        lfdi = Lfdi(hashlib.sha256(str(number).encode()).hexdigest()[:40].upper())
        client = ClientId(f"c{number}")
        name = f"roof {number}"
        yield ClientEnrolled(client=Client(id=client, kind=ClientKind.DEVICE, name=name, lfdi=lfdi))
        device = Device(
            id=DeviceId(f"d{number + 1}"),
            name=name,
            language=Language.SEP2,
            client_id=client,
            lfdi=lfdi,
            pin=111115,
            device_category=_SOLAR,
            added_at=at,
        )
        yield DeviceAdded(device=device, groups=frozenset({group}))


def holding(state: Path) -> dict[str, float]:
    """Return what it costs a process of its own to rebuild and hold the book."""
    command = [sys.executable, "-m", "tests.bench.crowd", str(state / "gridherald.db")]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    found: dict[str, float] = json.loads(done.stdout)
    return found


async def _hold(database: str) -> dict[str, float]:
    store = await Store.open(f"sqlite:///{database}")
    empty, started = _peak_mib(), time.process_time()
    desk = Desk(store, SystemClock(), random.Random(1), pen=0)
    await desk.open()
    cpu_s, grown = time.process_time() - started, _peak_mib() - empty
    await store.close()
    return {"devices": len(desk.book.devices), "cpu_s": round(cpu_s, 1), "mib": round(grown)}


def _peak_mib() -> float:
    """Return the most memory that the process ever held: the book with what it is built from."""
    status = Path("/proc/self/status").read_text()
    return (
        next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
        / 1024
    )


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(_hold(sys.argv[1]))))
