"""The answers to requests that may come again, so that what was done is not done twice.

A part of the store; each write returns after the commit that holds it. A request claims its key
before anything is done and leaves its answer there. It must not know what was asked for.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, delete, select, update

from server.store import dialect
from server.store.rows import ANSWER
from server.store.values import KeptAnswer
from server.store.writer import Writer


class Answers:
    """The table of answers, on the store's own connections."""

    def __init__(self, engine: Engine, writer: Writer) -> None:
        self._writer = writer
        self._insert = dialect.insert_new(engine, ANSWER).returning(ANSWER.c.key)

    async def claim(
        self, token_id: str, key: str, digest: str, *, at: datetime, forget_before: datetime
    ) -> KeptAnswer | None:
        """Take a key for a request; return what is kept under it if it is taken.

        Drops all that is from before an instant.
        """

        def work(connection: Connection) -> KeptAnswer | None:
            connection.execute(delete(ANSWER).where(ANSWER.c.at < forget_before))
            row = {"token_id": token_id, "key": key, "digest": digest, "at": at}
            empty = {"status": None, "location": "", "body": b""}
            if connection.execute(self._insert, {**row, **empty}).one_or_none() is not None:
                return None
            columns = (ANSWER.c.digest, ANSWER.c.status, ANSWER.c.location, ANSWER.c.body)
            found = connection.execute(select(*columns).where(_at(token_id, key))).one()
            return KeptAnswer(**found._mapping)

        return await self._writer.run(work)

    async def keep(
        self, token_id: str, key: str, *, status: int, location: str, body: bytes
    ) -> None:
        """Keep the answer under a key that was claimed."""
        values = {"status": status, "location": location, "body": body}
        statement = update(ANSWER).where(_at(token_id, key)).values(values)
        await self._writer.run(lambda connection: connection.execute(statement))

    async def release(self, token_id: str, key: str) -> None:
        """Let go of a key under which nothing was done."""
        statement = delete(ANSWER).where(_at(token_id, key))
        await self._writer.run(lambda connection: connection.execute(statement))


def _at(token_id: str, key: str) -> ColumnElement[bool]:
    return (ANSWER.c.token_id == token_id) & (ANSWER.c.key == key)
