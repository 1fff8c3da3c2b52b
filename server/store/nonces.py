"""The words that clients have signed with, so that none counts twice, not even after a restart.

A part of the store; each write returns after the commit that holds it. It must not know what was
signed, or what follows from a word that was used before.
"""

from datetime import datetime

from sqlalchemy import Connection, Engine, delete

from server.core.model import ClientId
from server.store import dialect
from server.store.rows import NONCE
from server.store.writer import Writer


class Nonces:
    """The table of spent words, on the store's own connections."""

    def __init__(self, engine: Engine, writer: Writer) -> None:
        self._writer = writer
        self._insert = dialect.insert_new(engine, NONCE)

    async def spend(
        self, client_id: ClientId, word: str, *, at: datetime, forget_before: datetime
    ) -> bool:
        """Keep a client's word and drop all words from before an instant; False if it was there."""

        def work(connection: Connection) -> bool:
            connection.execute(delete(NONCE).where(NONCE.c.at < forget_before))
            row = {"client_id": client_id, "word": word, "at": at}
            return connection.execute(self._insert, row).first() is not None

        return await self._writer.run(work)
