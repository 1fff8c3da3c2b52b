"""The steps make the schema that the tables declare, and no other database is touched."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, inspect

from server.store import dialect
from server.store.migrations import SchemaMismatch, upgrade
from server.store.rows import Row
from server.store.store import Store

SPELLED = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE name != 'alembic_version' ORDER BY name",
    "postgresql": """
        SELECT table_name, concat_ws(' ', ordinal_position, column_name, data_type, is_nullable,
               column_default, collation_name)
          FROM information_schema.columns WHERE table_schema = 'public'
        UNION SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION SELECT conrelid::regclass::text, conname || pg_get_constraintdef(oid)
          FROM pg_constraint WHERE conrelid <> 0 AND connamespace = 'public'::regnamespace
        ORDER BY 1, 2
    """,
}
"""How a database tells what it is made of."""
Behind = Callable[[str], list[tuple[object, ...]]]


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


def test_the_migrated_tables_are_spelled_as_declared(engine: Engine, backend: str) -> None:
    def spelled(connection: Connection) -> list[object]:
        rows = connection.exec_driver_sql(SPELLED[backend])
        return [row for row in rows if row[0] != "alembic_version"]

    with engine.begin() as connection:
        upgrade(connection)
        migrated = spelled(connection)
        for name in Row.metadata.tables:
            connection.exec_driver_sql(f"DROP TABLE {name}")
        Row.metadata.create_all(connection)
        assert len(migrated) > len(Row.metadata.tables)
        assert spelled(connection) == migrated


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


async def test_a_newer_database_is_refused_and_left_alone(url: str, behind: Behind) -> None:
    await (await Store.open(url)).close()
    behind("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaMismatch, match="9999"):
        await Store.open(url)
    assert behind("SELECT * FROM alembic_version") == [("9999",)]


async def test_a_database_of_someone_else_is_refused(url: str, behind: Behind) -> None:
    behind("CREATE TABLE feed (url TEXT)")
    with pytest.raises(SchemaMismatch, match="feed"):
        await Store.open(url)


async def test_two_may_open_a_new_database_at_once(url: str) -> None:
    one, other = await asyncio.gather(Store.open(url), Store.open(url))
    assert await one.entries(after=0) == await other.entries(after=0) == ()
    await one.close()
    await other.close()
