"""What instances on one PostgreSQL tell each other about what they commit, by LISTEN and NOTIFY.

Told in the transaction that it is about, so that nobody hears of what is not there. A word may be
lost with the connection: then everything may be news. It must not know what follows from a word.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any

from sqlalchemy import URL, Connection

from server.errors import Unavailable
from server.store.dialect import PATIENCE

log = logging.getLogger(__name__)

CHANNEL = "gridherald"
EVERY_S = 1.0
"""How long nothing may be heard before the feed is looked at all the same."""
PAYLOAD_LIMIT = 7000
"""PostgreSQL takes 8,000 bytes less what it adds."""

Tiding = tuple[str, ...]
"""What it is about, and whom: `("document", device, name)`, for one."""
FEED: Tiding = ("feed",)
ANYTHING: Tiding = ("anything",)
"""Words may have been lost."""
Heed = Callable[[frozenset[Tiding]], Awaitable[None]]


def tell(sender: str, tidings: Iterable[Tiding], connection: Connection) -> None:
    """Tell the other instances, if the transaction is committed."""
    for payload in _payloads(sender, tidings):
        connection.exec_driver_sql("SELECT pg_notify(%s, %s)", (CHANNEL, payload))


def _payloads(sender: str, tidings: Iterable[Tiding]) -> Iterator[str]:
    held: list[Tiding] = []
    size = 0
    for tiding in tidings:
        length = len(json.dumps(tiding))
        if size + length > PAYLOAD_LIMIT and held:
            yield json.dumps([sender, held])
            held, size = [], 0
        # One that is too long by itself is not worth a protocol.
        held.append(tiding if length <= PAYLOAD_LIMIT else ANYTHING)
        size += min(length, PAYLOAD_LIMIT) + len(", ")
    if held:
        yield json.dumps([sender, held])


def _read(sender: str, payload: str) -> frozenset[Tiding]:
    """Return what a payload tells; what makes no sense may be about anything."""
    try:
        told_by, tidings = json.loads(payload)
        found = frozenset(tuple(map(str, tiding)) for tiding in tidings)
    except (ValueError, TypeError):
        return frozenset({ANYTHING})
    return frozenset() if told_by == sender else found


async def hear(url: URL, sender: str, heed: Heed) -> None:
    """Call `heed` with what others than `sender` tell, one after the other, until cancelled.

    It is also called with FEED when nothing is heard for a while, connected or not.
    """
    from psycopg import Error  # noqa: PLC0415 - only where there is a PostgreSQL

    while True:
        try:
            await _hear(url, sender, heed)
        except (Error, OSError, Unavailable) as fault:
            log.warning("other instances are not heard: %s", type(fault).__name__)
        await asyncio.sleep(EVERY_S)
        await heed(frozenset({FEED}))


async def _hear(url: URL, sender: str, heed: Heed) -> None:
    async with await _connect(url) as connection:
        await connection.execute(f"LISTEN {CHANNEL}")
        await heed(frozenset({ANYTHING}))
        while True:
            notes = [note async for note in connection.notifies(timeout=EVERY_S, stop_after=1)]
            told = [_read(sender, note.payload) for note in notes]
            await heed(frozenset().union(*told) if told else frozenset({FEED}))


async def _connect(url: URL) -> Any:
    from psycopg import AsyncConnection  # noqa: PLC0415 - only where there is a PostgreSQL

    patient = url.set(drivername="postgresql", query={**PATIENCE, **url.query})
    address = patient.render_as_string(hide_password=False)
    return await AsyncConnection.connect(address, autocommit=True)
