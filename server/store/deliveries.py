"""How far the telling of each subscription is.

A part of the store; each write returns after the commit that holds it. It must not know what is
told, or how.
"""

import json
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, select

from server.core.model import SubscriptionId
from server.store import dialect
from server.store.reader import Reader
from server.store.rows import OUTBOX, count_instant
from server.store.values import Delivery
from server.store.writer import Rows, Writer


class Deliveries:
    """The table of deliveries, on the store's own connections."""

    def __init__(self, engine: Engine, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader
        columns = ("told", "tried", "attempts", "due_at", "failure", "is_dead")
        self._put = dialect.upsert(engine, OUTBOX, update=columns)

    async def keep(self, delivery: Delivery) -> None:
        """Keep a delivery in place of the one of the same subscription."""
        await self._writer.run(Rows(self._put, (_row(delivery),)))

    async def forget(self, subscription_id: SubscriptionId) -> None:
        """Keep nothing of a subscription."""
        statement = delete(OUTBOX).where(OUTBOX.c.subscription_id == subscription_id)
        await self._writer.run(lambda connection: connection.execute(statement))

    async def all(self) -> tuple[Delivery, ...]:
        """Return the deliveries of all subscriptions."""
        return await self._reader.run(_all)


def _all(connection: Connection) -> tuple[Delivery, ...]:
    return tuple(_delivery(row) for row in connection.execute(select(OUTBOX)))


def _row(delivery: Delivery) -> tuple[object, ...]:
    due_at = delivery.due_at
    return (
        delivery.subscription_id,
        json.dumps(dict(delivery.told), separators=(",", ":")),
        delivery.tried,
        delivery.attempts,
        None if due_at is None else count_instant(due_at),
        delivery.failure,
        delivery.is_dead,
    )


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(**{**row._mapping, "told": json.loads(row.told)})
