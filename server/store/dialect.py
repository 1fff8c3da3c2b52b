"""Where SQLite and PostgreSQL differ: how they are opened, how they upsert, how a migration waits.

Everything else in the store is written once for both.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import URL, Connection, Engine, Insert, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError
from sqlalchemy.sql.dml import ReturningInsert

SQLITE = "sqlite"
POSTGRESQL = "postgresql"
READERS = 2
MIGRATION_LOCK = 0x6772_6964
BUSY_MS = 5000
PATIENCE = MappingProxyType({"connect_timeout": "5", "tcp_user_timeout": "10000"})
"""With a server that has gone silent: seconds to a connection, milliseconds to an answer."""
DURABLE = """
SELECT set_config('synchronous_commit', 'on', false)
 WHERE current_setting('synchronous_commit') = 'off'
"""

Upsert = sqlite.Insert | postgresql.Insert
_INSERTS: Mapping[str, Callable[[Table], Upsert]] = MappingProxyType(
    {SQLITE: sqlite.insert, POSTGRESQL: postgresql.insert}
)


def read_url(url: str) -> URL:
    """Return a database's address; raises ValueError if the store cannot live there."""
    try:
        parsed = make_url(url)
    except ArgumentError as fault:
        raise ValueError("the store's URL is not a database URL") from fault
    if parsed.get_backend_name() not in _INSERTS:
        raise ValueError("the store's URL must be of sqlite or postgresql")
    if parsed.get_backend_name() == SQLITE and parsed.database in {None, "", ":memory:"}:
        raise ValueError("the store's URL must name a file, such as sqlite:////var/lib/x/store.db")
    if parsed.drivername == POSTGRESQL:
        if find_spec("psycopg") is None:
            raise ValueError("the store's URL needs what `gridherald[postgresql]` installs")
        return parsed.set(drivername="postgresql+psycopg")
    return parsed


def prepare(url: URL) -> None:
    """Create an SQLite file for our eyes only, and its folder, so that both outlast a power cut."""
    if url.get_backend_name() != SQLITE or url.database is None:
        return
    path = Path(url.database).absolute()
    missing = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _create_private(path)
    for folder in {path.parent, *(created.parent for created in missing)}:
        sync(folder)


def _create_private(path: Path) -> None:
    # An existing file must not be opened here: closing it would drop SQLite's own locks on it.
    if path.exists():
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        return
    path.touch(mode=0o600)
    sync(path)


def sync(path: Path) -> None:
    """Have a file or a folder on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def writing_engine(url: URL) -> Engine:
    """Return an engine with one connection whose commits are on disk when they return."""
    engine = _engine(url, connections=1)
    if engine.dialect.name == SQLITE:
        _on_connect(
            engine, "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON"
        )
        # With the lock taken first, what reads and then writes never finds it gone in between.
        _on_begin(engine, "BEGIN IMMEDIATE")
    else:
        event.listen(engine, "connect", _make_durable)
    return engine


def _make_durable(connection: Any, _: object) -> None:
    """Have commits on disk when they return, whatever the server's default is."""
    connection.execute(DURABLE).close()
    connection.commit()


def reading_engine(url: URL) -> Engine:
    """Return an engine whose connections only read and never wait for the writer."""
    engine = _engine(url, connections=READERS)
    if engine.dialect.name == SQLITE:
        _on_connect(engine, "PRAGMA query_only=ON")
        _on_begin(engine, "BEGIN")
    return engine


def _engine(url: URL, *, connections: int) -> Engine:
    # What is stored must not end up in the log, where SQLAlchemy's errors go.
    create = partial(
        create_engine, url, pool_size=connections, max_overflow=0, hide_parameters=True
    )
    if url.get_backend_name() == POSTGRESQL:
        # Positional parameters, as SQLite has them.
        patience = {**PATIENCE, **url.query}
        return create(pool_pre_ping=True, paramstyle="format", connect_args=patience)
    engine = create()
    _on_connect(engine, f"PRAGMA busy_timeout={BUSY_MS}")
    return engine


def _on_connect(engine: Engine, *pragmas: str) -> None:
    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _: object) -> None:
        connection.isolation_level = None  # the driver must not begin or commit by itself
        for pragma in pragmas:
            connection.execute(pragma).close()


def _on_begin(engine: Engine, statement: str) -> None:
    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)


def wait_for_turn(connection: Connection) -> None:
    """Hold off other processes that migrate the same database, until the transaction ends."""
    if connection.dialect.name == POSTGRESQL:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})


def upsert(
    engine: Engine,
    table: Table,
    *,
    update: Sequence[str],
    key: Sequence[str] = (),
    returning: Sequence[str] = (),
) -> str:
    """Return an insert that instead updates these columns of the row with the same key.

    The key is the primary key unless told. The parameters are the columns in the table's order,
    without a number that the database gives, as the driver takes them: text and not a statement,
    because binding is what a row costs most.
    """
    insert: Upsert = _INSERTS[engine.dialect.name](table)
    columns = [column.name for column in table.columns if column is not table.autoincrement_column]
    statement: Insert = insert.on_conflict_do_update(
        index_elements=list(key) or [column.name for column in table.primary_key],
        set_={name: insert.excluded[name] for name in update},
    ).returning(*(table.c[name] for name in returning))
    return str(statement.compile(dialect=engine.dialect, column_keys=columns))


def insert_new(engine: Engine, table: Table) -> ReturningInsert[Any]:
    """Return an insert that leaves a row alone whose key is there already.

    It gives back the key of a row that is new.
    """
    insert: Upsert = _INSERTS[engine.dialect.name](table)
    # Not counted, because not every driver tells how many rows an insert made.
    return insert.on_conflict_do_nothing().returning(*table.primary_key)
