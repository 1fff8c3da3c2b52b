"""A disk that is full is no loss: what was not acknowledged is refused, and it goes on after."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Pool, event

from server.core.change import DeviceRemoved
from server.core.model import DeviceId
from server.errors import Unavailable
from server.store.store import Store

NOW = datetime(2026, 7, 1, tzinfo=UTC)
ONE = DeviceId("one")
UNLIMITED = 2**30
FULL = 1
BIG = bytes(200_000)


class Disk:
    """The room that the open databases have, set as SQLite itself counts it."""

    def __init__(self) -> None:
        self._connections: list[sqlite3.Connection] = []
        self._pages = UNLIMITED

    def connected(self, connection: Any, _: object) -> None:
        self._connections.append(connection)
        self._apply(connection)

    def closed(self, connection: Any, _: object) -> None:
        self._connections.remove(connection)

    def limit(self, pages: int) -> None:
        self._pages = pages
        for connection in self._connections:
            self._apply(connection)

    def _apply(self, connection: sqlite3.Connection) -> None:
        connection.execute(f"PRAGMA max_page_count={self._pages}").close()


@pytest.fixture
def backend() -> str:
    """The room on a disk is set as SQLite counts it."""
    return "sqlite"


@pytest.fixture
def disk() -> Iterator[Disk]:
    disk = Disk()
    listeners = {"connect": disk.connected, "close": disk.closed}
    for name, listener in listeners.items():
        event.listen(Pool, name, listener)
    yield disk
    for name, listener in listeners.items():
        event.remove(Pool, name, listener)


@pytest.fixture
async def full_store(url: str, disk: Disk) -> AsyncIterator[Store]:
    store = await Store.open(url)
    await store.put_document(ONE, "before", b"kept", at=NOW)
    disk.limit(FULL)
    yield store
    await store.close()


async def test_a_full_disk_is_unavailable_and_keeps_what_was_there(full_store: Store) -> None:
    with pytest.raises(Unavailable) as caught:
        await full_store.put_document(ONE, "big", BIG, at=NOW)
    assert "full" in str(caught.value.__cause__)
    assert "full" not in caught.value.reason
    assert [one.name for one in await full_store.documents(ONE)] == ["before"]
    assert await full_store.document(ONE, "big") is None


async def test_the_store_goes_on_once_there_is_room(full_store: Store, disk: Disk) -> None:
    with pytest.raises(Unavailable):
        await full_store.put_document(ONE, "big", BIG, at=NOW)
    disk.limit(UNLIMITED)
    await full_store.put_document(ONE, "big", BIG, at=NOW)
    assert [one.name for one in await full_store.documents(ONE)] == ["before", "big"]


async def test_a_full_disk_leaves_no_part_of_an_append(full_store: Store, disk: Disk) -> None:
    changes = [DeviceRemoved(device_id=DeviceId(str(number) * 500)) for number in range(500)]
    with pytest.raises(Unavailable):
        await full_store.append(changes, at=NOW, actor="ann", expected_head=0)
    assert await full_store.entries(after=0) == ()
    disk.limit(UNLIMITED)
    await full_store.append(changes, at=NOW, actor="ann", expected_head=0)
    assert len(await full_store.entries(after=0)) == 500


async def test_a_document_that_was_not_written_does_not_stay_in_memory(full_store: Store) -> None:
    with pytest.raises(Unavailable):
        await full_store.put_document(ONE, "before", BIG, at=NOW)
    before = await full_store.document(ONE, "before")
    assert before is not None
    assert before.body == b"kept"


async def test_a_database_that_another_process_holds_can_still_be_read(
    store: Store, url: str
) -> None:
    await store.put_document(ONE, "before", b"kept", at=NOW)
    holder = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert len(await store.documents(ONE)) == 1
    holder.execute("ROLLBACK")
    holder.close()
    await store.put_document(ONE, "after", b"kept", at=NOW)
    assert len(await store.documents(ONE)) == 2
