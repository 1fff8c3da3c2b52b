"""All that VENs have said to events, in order; responses hold the latest word of each kind only.

A part of the store; each write returns after the commit that holds it. It must not know what a
word means.
"""

from functools import partial

from sqlalchemy import Connection, insert, select

from server.core.model import EventId
from server.core.response import Response, ResponseStatus
from server.store.reader import Reader
from server.store.rows import OPT_WORD
from server.store.writer import Writer


class OptWords:
    """The table of words, on the store's own connections."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def add(self, said: Response) -> None:
        """Keep a word beside all that came before."""
        row = {
            "device_id": said.device_id,
            "event_id": said.event_id,
            "version": said.version,
            "status": said.status.value,
            "code": said.code,
            "request_id": said.request_id,
            "said_at": said.said_at,
            "received_at": said.received_at,
            "detail": said.detail,
        }
        await self._writer.run(lambda connection: connection.execute(insert(OPT_WORD), row))

    async def of(self, event_id: EventId, limit: int = 1000) -> tuple[Response, ...]:
        """Return what was said to an event, the newest first."""
        return await self._reader.run(partial(_words, event_id, limit))


def _words(event_id: EventId, limit: int, connection: Connection) -> tuple[Response, ...]:
    query = select(OPT_WORD).where(OPT_WORD.c.event_id == event_id)
    newest_first = query.order_by(OPT_WORD.c.id.desc()).limit(limit)
    return tuple(
        Response(
            device_id=row.device_id,
            event_id=row.event_id,
            status=ResponseStatus(row.status),
            code=row.code,
            said_at=row.said_at,
            received_at=row.received_at,
            version=row.version,
            detail=row.detail,
            request_id=row.request_id,
        )
        for row in connection.execute(newest_first)
    )
