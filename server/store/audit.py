"""The audit trail: who asked for what and what came of it, as a chain of hashes.

A part of the store; each write returns after the commit that holds it. Each record holds the hash
of the one before and its own; the last number and hash stand in a second table too, so that a
trail that was cut short is found. It must not know what the operations are.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, insert, select, update

from server.store import dialect
from server.store.reader import Reader
from server.store.rows import AUDIT, AUDIT_HEAD, count_instant
from server.store.values import Audited, AuditFilter, AuditRecord, ChainState
from server.store.writer import Writer

CHUNK = 1000
_HEAD_ID = 1


class Audit:
    """The table of the audit trail, on the store's own connections."""

    def __init__(self, engine: Engine, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader
        self._first_head = dialect.insert_new(engine, AUDIT_HEAD)

    async def add(self, audited: Audited) -> None:
        """Add a record to the end of the chain."""
        await self._writer.run(partial(_add, self._first_head, audited))

    async def records(
        self, *, after: int, limit: int, only: AuditFilter
    ) -> tuple[AuditRecord, ...]:
        """Return records beyond a number, in order."""
        return await self._reader.run(partial(_records, after, limit, only))

    async def verify(self) -> ChainState:
        """Go through the whole chain and tell where it first is not as it was written."""
        return await self._reader.run(_verify)


def chain_hash(seq: int, audited: Audited, previous: str) -> str:
    """Return the hash of a record: SHA-256 in hex over its number, its members and what was."""
    members = {**asdict(audited), "at": count_instant(audited.at)}
    spelled = json.dumps([seq, previous, members], sort_keys=True, separators=(",", ":"))
    return sha256(spelled.encode()).hexdigest()


def _add(first_head: Any, audited: Audited, connection: Connection) -> None:
    connection.execute(first_head, {"id": _HEAD_ID, "seq": 0, "hash": ""})
    # Other instances on the same database wait here until this transaction ends.
    head = connection.execute(select(AUDIT_HEAD).with_for_update()).one()
    seq = head.seq + 1
    own = chain_hash(seq, audited, head.hash)
    row = {**asdict(audited), "seq": seq, "previous": head.hash, "hash": own}
    connection.execute(insert(AUDIT), row)
    connection.execute(update(AUDIT_HEAD).values(seq=seq, hash=own))


def _records(
    after: int, limit: int, only: AuditFilter, connection: Connection
) -> tuple[AuditRecord, ...]:
    query = select(AUDIT).where(AUDIT.c.seq > after).order_by(AUDIT.c.seq).limit(limit)
    return tuple(map(_record, connection.execute(_filtered(query, only))))


def _filtered(query: Select[Any], only: AuditFilter) -> Select[Any]:
    for name in ("actor", "operation", "verdict", "request_id"):
        if (wanted := getattr(only, name)) is not None:
            query = query.where(AUDIT.c[name] == wanted)
    if only.since is not None:
        query = query.where(AUDIT.c.at >= only.since)
    return query if only.until is None else query.where(AUDIT.c.at < only.until)


def _verify(connection: Connection) -> ChainState:
    count, last = 0, ""
    for record in _all(connection):
        own = chain_hash(count + 1, record.audited, last)
        if (record.seq, record.previous, record.hash) != (count + 1, last, own):
            return ChainState(count=count, hash=last, broken_at=count + 1)
        count, last = record.seq, record.hash
    head = connection.execute(select(AUDIT_HEAD)).one_or_none()
    is_whole = (count, last) == ((0, "") if head is None else (head.seq, head.hash))
    return ChainState(count=count, hash=last, broken_at=None if is_whole else count + 1)


def _all(connection: Connection) -> Iterator[AuditRecord]:
    query = select(AUDIT).order_by(AUDIT.c.seq)
    yield from map(_record, connection.execution_options(yield_per=CHUNK).execute(query))


def _record(row: Row[Any]) -> AuditRecord:
    members = dict(row._mapping)
    chain = {name: members.pop(name) for name in ("seq", "previous", "hash")}
    return AuditRecord(**chain, audited=Audited(**members))
