"""The steps make the schema that the tables declare, and no other database is touched."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect

from server.store import dialect
from server.store.migrations import SchemaMismatch, upgrade
from server.store.rows import Row
from server.store.store import Store


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    parsed = dialect.read_url(url)
    dialect.prepare(parsed)
    engine = dialect.writing_engine(parsed)
    yield engine
    engine.dispose()


def test_the_migrated_schema_is_the_declared_one(engine: Engine) -> None:
    with engine.begin() as connection:
        upgrade(connection)
    with engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Row.metadata) == []


def test_the_migrated_tables_are_spelled_as_declared(engine: Engine) -> None:
    query = "SELECT name, sql FROM sqlite_master WHERE name != 'alembic_version' ORDER BY name"
    with engine.begin() as connection:
        upgrade(connection)
        migrated = connection.exec_driver_sql(query).all()
        for name in Row.metadata.tables:
            connection.exec_driver_sql(f"DROP TABLE {name}")
        Row.metadata.create_all(connection)
        assert connection.exec_driver_sql(query).all() == migrated


def test_a_second_upgrade_changes_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        upgrade(connection)
        upgrade(connection)
        assert set(inspect(connection).get_table_names()) == {
            *Row.metadata.tables,
            "alembic_version",
        }


def test_an_upgrade_that_is_cut_off_leaves_nothing(engine: Engine) -> None:
    with engine.connect() as connection:
        upgrade(connection)
        assert "feed" in inspect(connection).get_table_names()
        connection.rollback()
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == []


async def test_a_newer_database_is_refused_and_left_alone(url: str, path: Path) -> None:
    await (await Store.open(url)).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaMismatch, match="9999"):
        await Store.open(url)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT * FROM alembic_version").fetchall() == [("9999",)]


async def test_a_database_of_someone_else_is_refused(url: str, path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE feed (url TEXT)")
    with pytest.raises(SchemaMismatch, match="feed"):
        await Store.open(url)


async def test_two_may_open_a_new_database_at_once(url: str) -> None:
    one, other = await asyncio.gather(Store.open(url), Store.open(url))
    assert await one.entries(after=0) == await other.entries(after=0) == ()
    await one.close()
    await other.close()
