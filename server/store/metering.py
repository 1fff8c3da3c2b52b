"""What devices mirror of their metering: usage points, meter readings, and their values.

A part of the store; each write returns after the commit that holds it. Usage points and meter
readings that are removed are kept out of sight, and their values stay. It must not know XML.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Engine, update

from server.core.model import DeviceId
from server.store import dialect, metering_queries
from server.store.reader import Reader
from server.store.rows import MIRROR, READING, READING_SET, count_instant, count_span
from server.store.tidings import Tiding
from server.store.values import Mirrored, Reading, ReadingSet, Tally
from server.store.writer import Batch, Rows, Writer

Listener = Callable[[DeviceId], None]

METERING = "metering"
"""The name under which a Subject is about what is kept here; no document has it."""
MIRRORS = "mirrors"
VALUES = "values"


class Metering:
    """The tables of mirrors and reading sets, on the store's own connections."""

    def __init__(self, engine: Engine, writer: Writer, reader: Reader) -> None:
        self.is_shared = engine.dialect.name != dialect.SQLITE
        """True if other instances may write to the same tables without telling the listeners."""
        self._writer = writer
        self._reader = reader
        self._listeners: list[Listener] = []
        self._value_listeners: list[Listener] = []
        self._put_mirror = dialect.upsert(
            engine, MIRROR, update=("parent", "body", "at", "removed_at")
        )
        self._put_set = dialect.upsert(engine, READING_SET, update=("duration", "mrid", "body"))
        self._put_reading = dialect.upsert(
            engine, READING, update=("duration", "value", "quality", "unit")
        )

    def listen(self, listener: Listener) -> None:
        """Call `listener` when a device's mirrors may be others than before."""
        self._listeners.append(listener)

    def listen_for_values(self, listener: Listener) -> None:
        """Call `listener` when a device's values may be others than before."""
        self._value_listeners.append(listener)

    async def keep(
        self,
        device_id: DeviceId,
        sets: Sequence[ReadingSet] = (),
        readings: Sequence[Reading] = (),
        *,
        mirrors: Sequence[Mirrored] = (),
    ) -> None:
        """Keep what a device gave, all or none; each in place of the one with the same key.

        Raises Invalid if an mRID lives on another device.
        """
        parts = []
        told, tiding = self._value_listeners, (VALUES, device_id)
        if mirrors:
            parts.append(Rows(self._put_mirror, [_mirror_row(mirror) for mirror in mirrors]))
            told, tiding = [*self._listeners, *told], (MIRRORS, device_id)
        if sets:
            parts.append(Rows(self._put_set, [_set_row(of) for of in sets]))
        if readings:
            parts.append(Rows(self._put_reading, [reading_row(reading) for reading in readings]))
        if parts:
            settled = partial(_tell, told, device_id)
            await self._writer.run(Batch(tuple(parts)), settled=settled, tiding=tiding)

    async def archive(
        self, device_id: DeviceId, *, at: datetime, usage_point: str | None = None
    ) -> None:
        """Take a device's usage point out of sight with its meter readings, or all of them."""
        statement = (
            update(MIRROR)
            .where(MIRROR.c.device_id == device_id, MIRROR.c.removed_at.is_(None))
            .values(removed_at=at)
        )
        if usage_point is not None:
            is_part = (MIRROR.c.mrid == usage_point) | (MIRROR.c.parent == usage_point)
            statement = statement.where(is_part)
        await self._writer.run(
            lambda connection: connection.execute(statement),
            settled=partial(_tell, self._listeners, device_id),
            tiding=(MIRRORS, device_id),
        )

    def heed(self, tiding: Tiding) -> None:
        """Tell the listeners what another instance said."""
        kind, device_id = tiding
        mirrors = self._listeners if kind == MIRRORS else []
        _tell([*mirrors, *self._value_listeners], DeviceId(device_id), is_committed=True)

    async def mirrors(self, device_id: DeviceId) -> tuple[Mirrored, ...]:
        """Return a device's usage points and meter readings, the former first."""
        return await self._reader.run(partial(metering_queries.mirrors, device_id))

    async def holders(self, mrids: Iterable[str]) -> tuple[Mirrored, ...]:
        """Return what lives under any of these mRIDs, on whichever device."""
        return await self._reader.run(partial(metering_queries.holders, tuple(mrids)))

    async def usage_points(
        self, device_ids: Iterable[DeviceId]
    ) -> tuple[tuple[str, DeviceId], ...]:
        """Return the mRIDs of the usage points of some devices, descending, and whose they are."""
        return await self._reader.run(partial(metering_queries.usage_points, tuple(device_ids)))

    async def tallies(self, device_id: DeviceId, points: Iterable[str]) -> Mapping[str, Tally]:
        """Return how much is kept of each of a device's points."""
        query = partial(metering_queries.tallies, device_id, tuple(points))
        return await self._reader.run(query)

    async def reading_sets(
        self,
        device_id: DeviceId,
        point: str,
        *,
        page: tuple[int, int] = (0, 1),
        after: datetime | None = None,
    ) -> tuple[ReadingSet, ...]:
        """Return some of a point's sets, the latest first; with `after` only those beyond it.

        `page` is where to start and how many there are at most.
        """
        query = partial(metering_queries.reading_sets, device_id, point, page, after)
        return await self._reader.run(query)

    async def reading_set(
        self, device_id: DeviceId, point: str, start: datetime
    ) -> ReadingSet | None:
        """Return the set of a point that starts at an instant."""
        return await self._reader.run(
            partial(metering_queries.reading_set, device_id, point, start)
        )

    async def latest_reading(self, source: str, point: str) -> Reading | None:
        """Return the reading of a point that starts last."""
        return await self._reader.run(partial(metering_queries.latest_reading, source, point))


def _tell(listeners: Sequence[Listener], device_id: DeviceId, is_committed: bool) -> None:
    # A commit that failed may be on disk: what was known is in doubt, too.
    for listener in listeners:
        listener(device_id)


def _mirror_row(mirror: Mirrored) -> tuple[object, ...]:
    at = count_instant(mirror.at)
    return (mirror.device_id, mirror.mrid, mirror.parent, mirror.body, at, None)


def _set_row(of: ReadingSet) -> tuple[object, ...]:
    start, duration = count_instant(of.start), count_span(of.duration)
    return (of.device_id, of.point, start, duration, of.mrid, of.body)


def reading_row(reading: Reading) -> tuple[object, ...]:
    """Return a reading as the columns of its row."""
    source, point, start, duration, value, quality, unit = reading
    return (source, point, count_instant(start), count_span(duration), value, quality, unit)
