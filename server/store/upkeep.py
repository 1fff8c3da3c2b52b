"""What is done to a store while no server runs on it: brought up to date, copied, put back.

A copy of an SQLite store may be made while the server runs. PostgreSQL is copied by its own
programs. It must not know what is kept.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL, create_engine, inspect
from sqlalchemy.pool import NullPool

from server.errors import Conflict, Invalid, Unknown, Unsupported
from server.store import dialect
from server.store.faults import refusal_of
from server.store.migrations import revisions, upgrade
from server.store.rows import Row

PAGES = 1000
"""Copied at a time, so that the server can write between."""


def bring_up_to_date(url: str) -> tuple[str, str]:
    """Bring a store to the schema of this version; return the revisions before and after.

    Raises SchemaMismatch if it is newer or not ours, Unavailable if it does not answer.
    """
    parsed = dialect.read_url(url)
    dialect.prepare(parsed)
    engine = dialect.writing_engine(parsed)
    try:
        with engine.begin() as connection:
            before, _ = revisions(connection)
            upgrade(connection)
            after, _ = revisions(connection)
    except Exception as fault:
        if (refusal := refusal_of(fault)) is None:
            raise
        raise refusal from fault
    finally:
        engine.dispose()
    return before, after


def back_up(url: str, file: Path) -> None:
    """Copy an SQLite store as it stands into a new file, whole or not at all.

    Raises Unsupported for PostgreSQL, Unknown if there is no store and Conflict if there is a file.
    """
    path = _path_of(url, hint="pg_dump --format=custom")
    if not path.is_file():
        raise Unknown(f"there is no store at {path}")
    if file.exists():
        raise Conflict(f"there is a file {file} already")
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    dialect.prepare(URL.create(dialect.SQLITE, database=str(new)))
    with _told(), closing(_open(path)) as source, closing(sqlite3.connect(new)) as target:
        source.backup(target, pages=PAGES)
        target.execute("PRAGMA journal_mode=DELETE").close()
        _check(target, new)
    new.replace(file)
    dialect.sync(file.parent)


def restore(url: str, file: Path, *, replace: bool = False) -> None:
    """Put a copy in the place of an SQLite store that no server runs on, in one transaction.

    Raises Conflict if the store holds anything and `replace` is not said, or a server runs on it;
    Invalid for a file that is no copy of a store, Unsupported for PostgreSQL.
    """
    path = _path_of(url, hint="pg_restore --clean --if-exists")
    _check_copy(file)
    dialect.prepare(dialect.read_url(url))
    with _told(), closing(_open(file)) as source, closing(sqlite3.connect(path)) as target:
        _take_alone(target, path)
        if not replace and _holds_anything(target):
            raise Conflict(f"the store at {path} is not empty")
        source.backup(target)
    with path.open("rb") as written:
        os.fsync(written.fileno())


def _path_of(url: str, *, hint: str) -> Path:
    parsed = dialect.read_url(url)
    if parsed.get_backend_name() != dialect.SQLITE or parsed.database is None:
        raise Unsupported(f"PostgreSQL is copied by its own programs: use `{hint}`")
    return Path(parsed.database)


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as fault:
        raise Invalid(f"the database cannot be used: {fault}") from fault


def _check_copy(file: Path) -> None:
    if not file.is_file():
        raise Unknown(f"there is no file {file}")
    with _told(), closing(_open(file)) as copy:
        _check(copy, file)
    engine = create_engine(
        URL.create(dialect.SQLITE, database=str(file)), poolclass=NullPool, hide_parameters=True
    )
    with engine.connect() as connection:
        found, known = revisions(connection)
        tables = inspect(connection).get_table_names()
    if found not in known or not set(tables) & set(Row.metadata.tables):
        raise Invalid(f"{file} holds no store that this version knows")


def _check(connection: sqlite3.Connection, path: Path) -> None:
    (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise Invalid(f"{path} is damaged: {' '.join(verdict.split())}")


def _take_alone(connection: sqlite3.Connection, path: Path) -> None:
    """Be the only one on a database; raises Conflict if others have it open."""
    try:
        # Only who is alone can leave the mode in which others read beside a writer.
        connection.execute("PRAGMA journal_mode=DELETE").close()
        connection.execute("PRAGMA synchronous=FULL").close()
    except sqlite3.OperationalError as fault:
        raise Conflict(f"the store at {path} is in use: stop the server first") from fault


def _holds_anything(connection: sqlite3.Connection) -> bool:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    names = {name for (name,) in connection.execute(query)}
    if names - {*Row.metadata.tables, "alembic_version"}:
        return True
    ours = names - {"alembic_version"}
    return any(connection.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone() for name in ours)  # noqa: S608 - names of tables
