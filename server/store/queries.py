"""The statements, each a function of a connection, and rows as the house's values.

Run in the writer's or a reader's thread. Knows nothing of queues, caches or loops.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Insert, Row, Select, func, select
from sqlalchemy.exc import IntegrityError

from server.core.model import DeviceId, Mrid
from server.core.response import About, Response, ResponseStatus
from server.store.codec import decode
from server.store.rows import DOCUMENT, FEED, READING, RESPONSE
from server.store.values import Document, Entry, HeadMoved, Reading

CHUNK = 1000

_HEAD = select(func.max(FEED.c.seq))


def append(
    statement: Insert,
    rows: Sequence[Mapping[str, object]],
    expected_head: int,
    connection: Connection,
) -> None:
    """Append rows to the feed; raises HeadMoved if it does not end at `expected_head`."""
    if (connection.scalar(_HEAD) or 0) != expected_head:
        raise HeadMoved
    try:
        connection.execute(statement, rows)
    except IntegrityError as fault:
        raise HeadMoved from fault


def entries(after: int, connection: Connection) -> tuple[Entry, ...]:
    """Return the entries beyond `after`, in order."""
    query = select(FEED).where(FEED.c.seq > after).order_by(FEED.c.seq)
    # Closed at once if an entry cannot be read: the cursor may be one of the server's.
    with connection.execution_options(yield_per=CHUNK).execute(query) as rows:
        return tuple(_entry(row) for row in rows)


def _entry(row: Row[Any]) -> Entry:
    change = decode(row.seq, row.kind, row.body)
    return Entry(seq=row.seq, at=row.at, actor=row.actor, change=change)


def document(device_id: DeviceId, name: str, connection: Connection) -> Document | None:
    """Return the document that a device keeps under a name."""
    query = _documents(device_id).where(DOCUMENT.c.name == name)
    row = connection.execute(query).one_or_none()
    return None if row is None else Document(**row._mapping)


def documents(device_id: DeviceId, connection: Connection) -> tuple[Document, ...]:
    """Return the documents of a device, by name."""
    rows = connection.execute(_documents(device_id).order_by(DOCUMENT.c.name))
    return tuple(Document(**row._mapping) for row in rows)


def _documents(device_id: DeviceId) -> Select[Any]:
    return select(DOCUMENT).where(DOCUMENT.c.device_id == device_id)


def add(statement: str, row: tuple[object, ...], connection: Connection) -> int:
    """Insert a row and return the number that it has."""
    number: int = connection.exec_driver_sql(statement, row).scalar_one()
    return number


def response(number: int, connection: Connection) -> Response | None:
    """Return the response with a number."""
    row = connection.execute(select(RESPONSE).where(RESPONSE.c.id == number)).one_or_none()
    return None if row is None else _response(row)


def responses(
    event_id: About | None, device_id: DeviceId | None, limit: int, connection: Connection
) -> tuple[tuple[int, Response], ...]:
    """Return responses with their numbers, the newest first."""
    newest_first = (RESPONSE.c.received_at.desc(), RESPONSE.c.id.desc())
    query = select(RESPONSE).order_by(*newest_first).limit(limit)
    if event_id is not None:
        query = query.where(RESPONSE.c.event_id == event_id)
    if device_id is not None:
        query = query.where(RESPONSE.c.device_id == device_id)
    return tuple((row.id, _response(row)) for row in connection.execute(query))


def _response(row: Row[Any]) -> Response:
    return Response(
        device_id=row.device_id,
        event_id=row.event_id,
        mrid=Mrid(row.mrid) if row.mrid else None,
        status=ResponseStatus(row.status),
        code=row.code,
        said_at=row.said_at,
        received_at=row.received_at,
        version=row.version,
        detail=row.detail,
    )


def readings(
    source: str,
    point: str,
    span: tuple[datetime, datetime],
    limit: int | None,
    connection: Connection,
) -> tuple[Reading, ...]:
    """Return a point's readings that start in [since, until), in order of time."""
    since, until = span
    query = (
        select(READING)
        .where(READING.c.source == source, READING.c.point == point)
        .where(READING.c.start >= since, READING.c.start < until)
        .order_by(READING.c.start)
        .limit(limit)
    )
    return tuple(Reading(**row._mapping) for row in connection.execute(query))


def points(source: str, connection: Connection) -> tuple[str, ...]:
    """Return the points of a source, by name; each is one step into the index."""
    found: list[str] = []
    following = select(func.min(READING.c.point)).where(READING.c.source == source)
    name = connection.scalar(following)
    while name is not None:
        found.append(name)
        name = connection.scalar(following.where(READING.c.point > name))
    return tuple(found)
