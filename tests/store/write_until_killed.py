"""A process that writes to a store without end and prints what was acknowledged.

Started and killed by test_crash.py with the store's URL and a tag of its own.
"""

import asyncio
import sys
from datetime import UTC, datetime, timedelta

from server.core.change import DeviceRemoved
from server.core.model import DeviceId, EventId
from server.core.response import Response, ResponseStatus
from server.store.store import Reading, Store

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


async def append(store: Store, tag: str) -> None:
    head = len(await store.entries(after=0))
    while True:
        changes = [DeviceRemoved(device_id=DeviceId(f"{tag}-{head + i}")) for i in range(3)]
        entries = await store.append(changes, at=NOW, actor=tag, expected_head=head)
        for entry in entries:
            say("entry", entry.seq, f"{tag}-{entry.seq - 1}")
        head += len(entries)


async def respond(store: Store, tag: str, worker: int) -> None:
    number = 0
    while True:
        device = f"{tag}-{worker}-{number}"
        response = Response(
            device_id=DeviceId(device),
            event_id=EventId("e"),
            status=ResponseStatus.RECEIVED,
            received_at=NOW,
        )
        say("response", await store.add_response(response), device)
        number += 1


async def measure(store: Store, tag: str) -> None:
    number = 0
    while True:
        reading = Reading(
            source=tag,
            point="p",
            start=NOW + timedelta(seconds=number),
            duration=timedelta(seconds=1),
            value=float(number),
            quality="ok",
            unit="W",
        )
        await store.write_readings([reading])
        say("reading", number, tag)
        number += 1


async def main(url: str, tag: str) -> None:
    store = await Store.open(url)
    say("ready")
    responders = (respond(store, tag, worker) for worker in range(4))
    await asyncio.gather(append(store, tag), measure(store, tag), *responders)


asyncio.run(main(*sys.argv[1:]))
