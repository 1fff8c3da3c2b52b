"""The items of the lists that a device keeps: documents under the name of their list.

A name is the list's, a slash and a number (`lel/7`); lists below an item go on from there. How many
items each list has is known without asking the database. It must not know what an item says.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, Engine, delete, or_, select

from server.core.model import DeviceId
from server.store import dialect, queries
from server.store.reader import Reader
from server.store.rows import DOCUMENT, EPOCH, MICROSECOND, count_instant
from server.store.tidings import Tiding
from server.store.values import Document
from server.store.writer import Writer

Counts = Mapping[str, int]
ITEMS = "items"


class Items:
    """The items among the documents, on the store's own connections."""

    def __init__(self, engine: Engine, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader
        self._counts: dict[DeviceId, Counts] = {}
        self._last_number = 0
        self.revision = 0
        """Rises whenever a count may be another than before."""
        self._put = dialect.upsert(engine, DOCUMENT, update=("body", "at"))

    async def load(self) -> None:
        """Count what is there."""
        before = None
        while before != self.revision:
            before = self.revision
            counts = await self._reader.run(_count_all)
        self._counts = dict(counts)
        self.revision += 1

    async def recount(self, device_id: DeviceId) -> None:
        """Count what a device has, because another instance changed it."""
        before = None
        while before != self.revision:
            before = self.revision
            names = await self._reader.run(partial(_names, device_id))
        self._counts[device_id] = Counter(names)
        self.revision += 1

    def count(self, device_id: DeviceId, place: str) -> int:
        """Return how many items a list has."""
        return self._counts.get(device_id, {}).get(place, 0)

    def total(self, device_id: DeviceId) -> int:
        """Return how many items all lists of a device have."""
        return sum(self._counts.get(device_id, {}).values())

    def next_number(self, now: datetime) -> int:
        """Return a number that no item has or had: they grow with time."""
        self._last_number = max((now - EPOCH) // MICROSECOND, self._last_number + 1)
        return self._last_number

    async def put(
        self, device_id: DeviceId, name: str, body: bytes, *, at: datetime, keep: int | None = None
    ) -> None:
        """Keep an item in place of the one under its name, if any.

        A list that has more than `keep` items afterwards loses those of the lowest numbers.
        """
        row = (device_id, name, body, count_instant(at))

        def write(connection: Connection) -> None:
            connection.exec_driver_sql(self._put, row)
            if keep is not None:
                _drop_oldest(connection, device_id, _list_of(name), keep)

        await self._write(device_id, write)

    async def remove(self, device_id: DeviceId, name: str) -> None:
        """Forget an item and all lists below it."""
        await self._write(device_id, partial(_remove, device_id, (name,)))

    async def one(self, device_id: DeviceId, name: str) -> Document | None:
        """Return an item."""
        return await self._reader.run(partial(queries.document, device_id, name))

    async def all(self, device_id: DeviceId, place: str) -> tuple[Document, ...]:
        """Return the items of a list, the oldest first."""
        return await self._reader.run(partial(_items, device_id, place))

    def forget(self, device_id: DeviceId) -> None:
        """Count nothing of a device whose documents are gone."""
        self._counts.pop(device_id, None)
        self.revision += 1

    async def _write(self, device_id: DeviceId, work: Callable[[Connection], None]) -> None:
        counted: Counter[str] = Counter()

        def counting(connection: Connection) -> None:
            work(connection)
            counted.clear()
            counted.update(_names(device_id, connection))

        def settled(is_committed: bool) -> None:
            if is_committed:
                self._counts[device_id] = counted
                self.revision += 1

        await self._writer.run(counting, settled=settled, tiding=tiding_of(device_id))


def tiding_of(device_id: DeviceId) -> Tiding:
    """Return the word that a device's items may be others than before."""
    return (ITEMS, device_id)


def number_of(name: str) -> int:
    """Return the number of an item."""
    return int(name.rpartition("/")[2])


def _list_of(name: str) -> str:
    return name.rpartition("/")[0]


def _names(device_id: DeviceId, connection: Connection) -> list[str]:
    """Return the list of each item of a device."""
    query = select(DOCUMENT.c.name).where(
        DOCUMENT.c.device_id == device_id, DOCUMENT.c.name.contains("/")
    )
    return [_list_of(name) for name in connection.execute(query).scalars()]


def _count_all(connection: Connection) -> dict[DeviceId, Counts]:
    query = select(DOCUMENT.c.device_id, DOCUMENT.c.name).where(DOCUMENT.c.name.contains("/"))
    found: defaultdict[DeviceId, Counter[str]] = defaultdict(Counter)
    for device_id, name in connection.execute(query):
        found[device_id][_list_of(name)] += 1
    return dict(found)


def _items(device_id: DeviceId, place: str, connection: Connection) -> tuple[Document, ...]:
    query = select(DOCUMENT).where(
        DOCUMENT.c.device_id == device_id,
        DOCUMENT.c.name.startswith(f"{place}/", autoescape=True),
    )
    found = [Document(**row._mapping) for row in connection.execute(query)]
    own = [document for document in found if _list_of(document.name) == place]
    return tuple(sorted(own, key=lambda document: number_of(document.name)))


def _remove(device_id: DeviceId, names: tuple[str, ...], connection: Connection) -> None:
    for name in names:
        below = DOCUMENT.c.name.startswith(f"{name}/", autoescape=True)
        connection.execute(
            delete(DOCUMENT).where(
                DOCUMENT.c.device_id == device_id, or_(DOCUMENT.c.name == name, below)
            )
        )


def _drop_oldest(connection: Connection, device_id: DeviceId, place: str, keep: int) -> None:
    items = _items(device_id, place, connection)
    names = tuple(document.name for document in items[: max(0, len(items) - keep)])
    _remove(device_id, names, connection)
