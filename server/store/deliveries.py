"""How far the telling of each subscription is.

A part of the store; each write returns after the commit that holds it. It must not know what is
told, or how.
"""

import json
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, select

from server.core.model import SubscriptionId
from server.store import dialect
from server.store.leases import Claim, fence
from server.store.reader import Reader
from server.store.rows import OUTBOX, count_instant
from server.store.values import Delivery
from server.store.writer import Rows, Work, Writer


class Deliveries:
    """The table of deliveries, on the store's own connections."""

    def __init__(self, engine: Engine, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader
        columns = ("told", "tried", "attempts", "due_at", "failure", "is_dead")
        self._put = dialect.upsert(engine, OUTBOX, update=columns)

    async def keep(self, delivery: Delivery, claim: Claim | None = None) -> None:
        """Keep a delivery in place of the one of the same subscription.

        Raises Unavailable if there is a claim and another instance has taken its lease.
        """
        await self._run(Rows(self._put, (_row(delivery),)), claim)

    async def forget(self, subscription_id: SubscriptionId, claim: Claim | None = None) -> None:
        """Keep nothing of a subscription; raises Unavailable as `keep` does."""
        statement = delete(OUTBOX).where(OUTBOX.c.subscription_id == subscription_id)
        await self._run(lambda connection: connection.execute(statement), claim)

    async def _run(self, work: Work[object], claim: Claim | None) -> None:
        if claim is None:
            await self._writer.run(work)
            return

        def fenced(connection: Connection) -> None:
            fence(claim, connection)
            work(connection)

        await self._writer.run(fenced)

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
