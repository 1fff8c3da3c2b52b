"""What was acknowledged outlives a kill -9, once each and without a hole."""

import asyncio
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from server.core.change import DeviceRemoved
from server.store.store import Store

WRITER = Path(__file__).with_name("write_until_killed.py")
NOW = datetime(2026, 7, 1, tzinfo=UTC)
KILLS = {"sqlite": 4, "postgresql": 2}

Ledger = set[tuple[str, int, str]]


async def write_and_kill(url: str, tag: str, seconds: float) -> Ledger:
    """Run a writer for a while after it is ready, kill it, and return what it acknowledged."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(WRITER), url, tag, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    asyncio.get_running_loop().call_later(seconds, process.kill)
    said = (await process.stdout.read()).decode()
    assert await process.wait() == -9
    whole_lines = said[: said.rfind("\n") + 1].splitlines()
    acknowledged = [line.split(" ") for line in whole_lines]
    return {(kind, int(number), name) for kind, number, name in acknowledged}


async def found_in(store: Store, tags: list[str]) -> Ledger:
    entries = await store.entries(after=0)
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    found: Ledger = set()
    for entry in entries:
        assert isinstance(entry.change, DeviceRemoved)
        found.add(("entry", entry.seq, entry.change.device_id))
    responses = await store.responses(limit=1_000_000)
    devices = [response.device_id for _, response in responses]
    assert len(set(devices)) == len(devices)
    found |= {("response", number, response.device_id) for number, response in responses}
    for tag in tags:
        readings = await store.readings(
            source=tag, point="p", since=NOW, until=NOW + timedelta(days=1)
        )
        found |= {("reading", int(reading.value), tag) for reading in readings}
    return found


async def test_what_was_acknowledged_outlives_kills_once_and_without_a_hole(
    url: str, backend: str
) -> None:
    rng = random.Random(20260701)
    acknowledged: Ledger = set()
    tags = [f"run{number}" for number in range(KILLS[backend])]
    for tag in tags:
        acknowledged |= await write_and_kill(url, tag, rng.uniform(0.02, 0.3))
    store = await Store.open(url)
    found = await found_in(store, tags)
    await store.close()
    assert {kind for kind, _, _ in acknowledged} == {"entry", "response", "reading"}
    assert acknowledged - found == set()
