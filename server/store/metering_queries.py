"""The statements of metering, each a function of a connection, and rows as the house's values.

Run in a reader's thread. Knows nothing of queues, caches or loops.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, func, select

from server.core.model import DeviceId
from server.store.rows import MIRROR, READING, READING_SET
from server.store.values import Mirrored, Reading, ReadingSet, Tally

CHUNK = 500
"""How many keys a statement asks for; databases take some thousands."""

T = TypeVar("T")


def mirrors(device_id: DeviceId, connection: Connection) -> tuple[Mirrored, ...]:
    """Return what lives on a device, usage points first."""
    query = _living().where(MIRROR.c.device_id == device_id).order_by(MIRROR.c.parent)
    return tuple(_mirrored(row) for row in connection.execute(query))


def holders(mrids: Sequence[str], connection: Connection) -> tuple[Mirrored, ...]:
    """Return what lives under any of the mRIDs."""
    queries = (_living().where(MIRROR.c.mrid.in_(chunk)) for chunk in _chunks(mrids))
    return tuple(_mirrored(row) for query in queries for row in connection.execute(query))


def usage_points(
    device_ids: Sequence[DeviceId], connection: Connection
) -> tuple[tuple[str, DeviceId], ...]:
    """Return the mRIDs of the living usage points of some devices, descending, with the device."""
    found: list[tuple[str, DeviceId]] = []
    for chunk in _chunks(device_ids):
        query = (
            select(MIRROR.c.mrid, MIRROR.c.device_id)
            .where(MIRROR.c.device_id.in_(chunk), MIRROR.c.parent == "")
            .where(MIRROR.c.removed_at.is_(None))
        )
        found += [(row.mrid, row.device_id) for row in connection.execute(query)]
    return tuple(sorted(found, key=_number, reverse=True))


def _number(name: tuple[str, DeviceId]) -> tuple[int, str]:
    return int(name[0], 16), name[0]


def tallies(
    device_id: DeviceId, points: Sequence[str], connection: Connection
) -> Mapping[str, Tally]:
    """Return how much is kept of each point."""
    return {point: _tally(device_id, point, connection) for point in points}


def _tally(device_id: DeviceId, point: str, connection: Connection) -> Tally:
    sets = connection.scalar(
        select(func.count())
        .select_from(READING_SET)
        .where(READING_SET.c.device_id == device_id, READING_SET.c.point == point)
    )
    reading = connection.scalar(
        select(READING.c.start)
        .where(READING.c.source == device_id, READING.c.point == point)
        .limit(1)
    )
    return Tally(sets or 0, reading is not None)


def reading_sets(
    device_id: DeviceId,
    point: str,
    page: tuple[int, int],
    after: datetime | None,
    connection: Connection,
) -> tuple[ReadingSet, ...]:
    """Return a page of a point's sets, the latest first."""
    query = _sets(device_id, point).order_by(READING_SET.c.start.desc())
    if after is not None:
        query = query.where(READING_SET.c.start > after)
    start, limit = page
    rows = connection.execute(query.limit(limit).offset(start))
    return tuple(ReadingSet(**row._mapping) for row in rows)


def reading_set(
    device_id: DeviceId, point: str, start: datetime, connection: Connection
) -> ReadingSet | None:
    """Return the set of a point that starts at an instant."""
    query = _sets(device_id, point).where(READING_SET.c.start == start)
    row = connection.execute(query).one_or_none()
    return None if row is None else ReadingSet(**row._mapping)


def latest_reading(source: str, point: str, connection: Connection) -> Reading | None:
    """Return the reading of a point that starts last."""
    query = (
        select(READING)
        .where(READING.c.source == source, READING.c.point == point)
        .order_by(READING.c.start.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Reading(**row._mapping)


def _living() -> Select[Any]:
    return select(MIRROR).where(MIRROR.c.removed_at.is_(None))


def _sets(device_id: DeviceId, point: str) -> Select[Any]:
    return select(READING_SET).where(
        READING_SET.c.device_id == device_id, READING_SET.c.point == point
    )


def _mirrored(row: Row[Any]) -> Mirrored:
    return Mirrored(
        device_id=row.device_id, mrid=row.mrid, parent=row.parent, body=row.body, at=row.at
    )


def _chunks(keys: Sequence[T]) -> Iterator[Sequence[T]]:
    return (keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK))
