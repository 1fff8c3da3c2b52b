"""Leases: what only one instance may do, with an epoch that rises each time it changes hands.

No clock is asked: who wants a lease watches whether its beat goes on, and who has one proves by
its epoch, in the transaction of each write, that nobody has taken it since. A part of the store;
it must not know what a lease is for.
"""

from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, Engine, Update, select, update

from server.errors import Unavailable
from server.store import dialect
from server.store.reader import Reader
from server.store.rows import LEASE
from server.store.writer import Writer

NOBODY = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A lease as its holder has it."""

    name: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Seen:
    """A lease as anyone sees it; it is given up if it has no holder."""

    holder: str
    epoch: int
    beat: int


class Leases:
    """The table of leases, on the store's own connections."""

    def __init__(self, engine: Engine, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader
        self._insert = dialect.insert_new(engine, LEASE)

    async def look(self, name: str) -> Seen:
        """Return a lease as it stands; without a holder if nobody ever had it."""
        return await self._reader.run(partial(_look, name))

    async def take(self, name: str, holder: str, seen: Seen) -> Claim | None:
        """Take a lease that still stands as it was seen; None if it does not."""

        def work(connection: Connection) -> Claim | None:
            new = {"name": name, "holder": NOBODY, "epoch": 0, "beat": 0}
            connection.execute(self._insert, new)
            statement = (
                update(LEASE)
                .where(LEASE.c.name == name, LEASE.c.epoch == seen.epoch)
                .where(LEASE.c.beat == seen.beat, LEASE.c.holder == seen.holder)
                .values(holder=holder, epoch=seen.epoch + 1, beat=0)
            )
            is_taken = connection.execute(statement).rowcount == 1
            return Claim(name, seen.epoch + 1) if is_taken else None

        return await self._writer.run(work)

    async def renew(self, claim: Claim) -> bool:
        """Let a lease's beat go on; False if another has taken it."""
        statement = _of(claim).values(beat=LEASE.c.beat + 1)
        return await self._writer.run(
            lambda connection: connection.execute(statement).rowcount == 1
        )

    async def give_up(self, claim: Claim) -> None:
        """Let others take a lease at once."""
        statement = _of(claim).values(holder=NOBODY)
        await self._writer.run(lambda connection: connection.execute(statement))

    async def confirm(self, claim: Claim) -> None:
        """Return if a lease is still its holder's; raises Unavailable if not."""
        await self._writer.run(partial(fence, claim))


def fence(claim: Claim, connection: Connection) -> None:
    """Let a transaction go on only if a claim stands, and stand it does until the transaction ends.

    Raises Unavailable if another instance has taken the lease.
    """
    query = select(LEASE.c.epoch).where(LEASE.c.name == claim.name).with_for_update(read=True)
    if connection.scalar(query) != claim.epoch:
        raise Unavailable("another instance does this now")


def _of(claim: Claim) -> Update:
    return update(LEASE).where(LEASE.c.name == claim.name, LEASE.c.epoch == claim.epoch)


def _look(name: str, connection: Connection) -> Seen:
    row = connection.execute(select(LEASE).where(LEASE.c.name == name)).one_or_none()
    return Seen(NOBODY, 0, 0) if row is None else Seen(row.holder, row.epoch, row.beat)
