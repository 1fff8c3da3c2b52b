"""The store as the house sees it: the feed, documents, responses and readings.

Each write returns after the commit that holds it. Knows neither what a change means nor who asks.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Self
from uuid import uuid4

from sqlalchemy import URL, delete, insert

from server.core.change import Change
from server.core.model import DeviceId
from server.core.response import About, Response
from server.errors import Invalid
from server.store import dialect, queries, tidings
from server.store.answers import Answers
from server.store.audit import Audit
from server.store.cache import DocumentCache
from server.store.codec import encode
from server.store.deliveries import Deliveries
from server.store.items import ITEMS, Items, tiding_of
from server.store.leases import Leases
from server.store.metering import MIRRORS, VALUES, Metering, reading_row
from server.store.migrations import upgrade
from server.store.nonces import Nonces
from server.store.opt_words import OptWords
from server.store.reader import Reader
from server.store.rows import DOCUMENT, FEED, READING, RESPONSE, count_instant
from server.store.values import Document, Entry, HeadMoved, Reading
from server.store.writer import Rows, Writer

__all__ = ["Document", "Entry", "HeadMoved", "Reading", "Store"]

CACHE_BYTES = 64 * 1024 * 1024
DOCUMENT_CHANGED = "document"
SAID_ONCE = ("device_id", "event_id", "mrid", "status", "version")

DocumentListener = Callable[[DeviceId, str], None]
"""Called with the device and the name of the document; it must not block or raise."""


class Store:
    """What is kept, on one SQLite file or one PostgreSQL database."""

    def __init__(self, url: URL) -> None:
        engine = dialect.writing_engine(url)
        self._url = url
        self.name = uuid4().hex
        """What other instances know this one by."""
        self.is_shared = engine.dialect.name != dialect.SQLITE
        """Whether there may be other instances on the same database."""
        tell = partial(tidings.tell, self.name) if self.is_shared else None
        self._writer = Writer(engine, tell=tell)
        self._reader = Reader(dialect.reading_engine(url))
        # Other instances write to the same PostgreSQL, and their word comes after the deed.
        self._cache = DocumentCache(limit_bytes=0 if self.is_shared else CACHE_BYTES)
        self.items = Items(engine, self._writer, self._reader)
        self.metering = Metering(engine, self._writer, self._reader)
        self.deliveries = Deliveries(engine, self._writer, self._reader)
        self.leases = Leases(engine, self._writer, self._reader)
        self.nonces = Nonces(engine, self._writer)
        self.opt_words = OptWords(self._writer, self._reader)
        self.answers = Answers(engine, self._writer)
        self.audit = Audit(engine, self._writer, self._reader)
        self._document_listeners: list[DocumentListener] = []
        self._insert_entry = insert(FEED)
        self._put_document = dialect.upsert(engine, DOCUMENT, update=("body", "at"))
        self._put_reading = dialect.upsert(
            engine, READING, update=("duration", "value", "quality", "unit")
        )
        # Said again it is the same response, but the latest word: opting out, in and out again
        # ends with out.
        self._add_response = dialect.upsert(
            engine,
            RESPONSE,
            key=SAID_ONCE,
            update=("said_at", "received_at", "code", "detail"),
            returning=("id",),
        )

    @classmethod
    async def open(cls, url: str) -> Self:
        """Open the database at `url`, created and migrated if need be.

        Raises ValueError for a URL that cannot be, SchemaMismatch for a database of a newer
        version and Unavailable for one that does not answer.
        """
        parsed = dialect.read_url(url)
        await asyncio.to_thread(dialect.prepare, parsed)
        store = cls(parsed)
        try:
            await store._writer.run(upgrade)
            await store.items.load()
        except BaseException:
            await store.close()
            raise
        return store

    async def close(self) -> None:
        """Write what waits, then let go of the database."""
        await self._writer.close()
        await self._reader.close()

    async def append(
        self, changes: Sequence[Change], *, at: datetime, actor: str, expected_head: int
    ) -> tuple[Entry, ...]:
        """Append changes to the feed, all or none.

        Raises HeadMoved if the feed does not end at `expected_head`.
        """
        if not changes:
            return ()
        entries = tuple(
            Entry(seq=seq, at=at, actor=actor, change=change)
            for seq, change in enumerate(changes, expected_head + 1)
        )
        rows = [_entry_row(entry) for entry in entries]
        work = partial(queries.append, self._insert_entry, rows, expected_head)
        await self._writer.run(work, tiding=tidings.FEED)
        return entries

    async def follow(self, heed: Callable[[], Awaitable[None]]) -> None:
        """Call `heed` when others may have appended, at least each second, until cancelled.

        The listeners hear of what others wrote, too. Returns at once where there are no others.
        """
        if self.is_shared:
            await tidings.hear(self._url, self.name, partial(self._heed, heed))

    async def _heed(
        self, heed: Callable[[], Awaitable[None]], told: frozenset[tidings.Tiding]
    ) -> None:
        # The feed first: what else is told may be of a device that it brings.
        if told & {tidings.FEED, tidings.ANYTHING}:
            await heed()
        if tidings.ANYTHING in told:
            await self.items.load()
        for tiding in told:
            match tiding:
                case (kind, device_id, name) if kind == DOCUMENT_CHANGED:
                    self._tell(DeviceId(device_id), name)
                case (kind, device_id) if kind == ITEMS:
                    await self.items.recount(DeviceId(device_id))
                case (kind, _) if kind in {MIRRORS, VALUES}:
                    self.metering.heed(tiding)

    def _tell(self, device_id: DeviceId, name: str) -> None:
        for listener in self._document_listeners:
            listener(device_id, name)

    async def entries(self, *, after: int) -> tuple[Entry, ...]:
        """Return the feed's entries beyond `after`, in order; raises UnreadableEntry."""
        return await self._reader.run(partial(queries.entries, after))

    def listen(self, listener: DocumentListener) -> None:
        """Call `listener` when a device's document may be another than before."""
        self._document_listeners.append(listener)

    async def put_document(
        self, device_id: DeviceId, name: str, body: bytes, *, at: datetime
    ) -> None:
        """Keep a document in place of the one that the device had under the name."""
        document = Document(device_id=device_id, name=name, body=body, at=at)
        key = (device_id, name)

        def settled(is_committed: bool) -> None:
            if is_committed:
                self._cache.keep(key, document)
            else:
                self._cache.forget(key)
            # A commit that failed may be on disk: whoever listens looks for himself.
            self._tell(device_id, name)

        work = Rows(self._put_document, ((device_id, name, body, count_instant(at)),))
        tiding = (DOCUMENT_CHANGED, device_id, name)
        await self._writer.run(work, settled=settled, tiding=tiding)

    async def document(self, device_id: DeviceId, name: str) -> Document | None:
        """Return what a device keeps under a name."""
        key = (device_id, name)
        if key in self._cache:
            return self._cache[key]
        load = self._cache.start_load(key)
        try:
            document = await self._reader.run(partial(queries.document, device_id, name))
        except BaseException:
            self._cache.forget(key)
            raise
        self._cache.end_load(key, load, document)
        return document

    async def documents(self, device_id: DeviceId) -> tuple[Document, ...]:
        """Return all documents of a device, by name."""
        return await self._reader.run(partial(queries.documents, device_id))

    async def delete_document(self, device_id: DeviceId, name: str) -> None:
        """Forget what a device keeps under a name."""
        of_name = (DOCUMENT.c.device_id == device_id) & (DOCUMENT.c.name == name)
        statement = delete(DOCUMENT).where(of_name)

        def settled(_: bool) -> None:
            self._cache.forget((device_id, name))
            self._tell(device_id, name)

        await self._writer.run(
            lambda connection: connection.execute(statement),
            settled=settled,
            tiding=(DOCUMENT_CHANGED, device_id, name),
        )

    async def delete_documents(self, device_id: DeviceId) -> None:
        """Forget all documents of a device."""
        statement = delete(DOCUMENT).where(DOCUMENT.c.device_id == device_id)

        def settled(_: bool) -> None:
            self._cache.forget_device(device_id)
            self.items.forget(device_id)

        await self._writer.run(
            lambda connection: connection.execute(statement),
            settled=settled,
            tiding=tiding_of(device_id),
        )

    async def add_response(self, response: Response) -> int:
        """Keep a response and return its id; one that was sent before keeps its first id."""
        row = _response_row(response)
        return await self._writer.run(partial(queries.add, self._add_response, row))

    async def response(self, number: int) -> Response | None:
        """Return the response with an id."""
        return await self._reader.run(partial(queries.response, number))

    async def responses(
        self,
        *,
        event_id: About | None = None,
        device_id: DeviceId | None = None,
        limit: int = 1000,
    ) -> tuple[tuple[int, Response], ...]:
        """Return responses with their ids, the newest first."""
        return await self._reader.run(partial(queries.responses, event_id, device_id, limit))

    async def write_readings(self, readings: Sequence[Reading]) -> None:
        """Keep readings, each in place of the one with the same source, point and start.

        Raises Invalid, and keeps none, if a value is not finite.
        """
        if not all(math.isfinite(reading.value) for reading in readings):
            raise Invalid("a reading is not a finite number")
        if readings:
            rows = [reading_row(reading) for reading in readings]
            await self._writer.run(Rows(self._put_reading, rows))

    async def readings(
        self,
        *,
        source: str,
        point: str,
        since: datetime,
        until: datetime,
        limit: int | None = None,
    ) -> tuple[Reading, ...]:
        """Return a point's readings that start in [since, until), the first ones in time."""
        query = partial(queries.readings, source, point, (since, until), limit)
        return await self._reader.run(query)

    async def points(self, source: str) -> tuple[str, ...]:
        """Return the points that there are readings of, by name."""
        return await self._reader.run(partial(queries.points, source))


def _entry_row(entry: Entry) -> dict[str, object]:
    kind, body = encode(entry.change)
    return {"seq": entry.seq, "at": entry.at, "actor": entry.actor, "kind": kind, "body": body}


def _response_row(response: Response) -> tuple[object, ...]:
    said_at = response.said_at
    return (
        response.device_id,
        response.event_id,
        response.mrid or "",
        response.status.value,
        response.code,
        None if said_at is None else count_instant(said_at),
        count_instant(response.received_at),
        response.version,
        response.detail,
    )
