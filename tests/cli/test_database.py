"""`gridherald db`: copies are whole, and nothing is lost by a slip."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from server.core.change import DeviceRemoved
from server.core.model import DeviceId
from server.store.store import Store

NOW = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "house"
    made.mkdir()
    return made


@pytest.fixture
def copy(tmp_path):
    return tmp_path / "copies" / "monday.db"


@pytest.fixture
def db(typed, folder):
    async def run(*arguments):
        return await typed("db", *arguments, "--state", folder)

    return run


async def open_store(folder) -> Store:
    return await Store.open(f"sqlite:///{folder / 'gridherald.db'}")


async def append(store, name) -> None:
    head = len(await store.entries(after=0))
    change = DeviceRemoved(device_id=DeviceId(name))
    await store.append([change], at=NOW, actor="ann", expected_head=head)


async def names(folder) -> list[str]:
    store = await open_store(folder)
    found = [entry.change.device_id for entry in await store.entries(after=0)]
    await store.close()
    return found


async def test_upgrade_makes_a_store_and_then_changes_nothing(db, folder):
    first, second = await db("upgrade"), await db("upgrade")
    assert (first.code, second.code) == (0, 0)
    assert "it was empty" in first.out
    revision = first.out.split("revision ")[1].split(";")[0]
    assert second.out == f"the store is of revision {revision}; it was {revision}\n"
    assert await names(folder) == []


async def test_what_was_copied_while_it_was_written_to_is_put_back(db, folder, copy):
    store = await open_store(folder)
    await append(store, "a")
    result = await db("backup", copy)
    assert (result.code, result.err) == (0, [])
    await append(store, "b")
    await store.close()
    assert copy.stat().st_mode & 0o077 == 0
    assert [file.name for file in copy.parent.iterdir()] == [copy.name]
    assert await names(folder) == ["a", "b"]
    result = await db("restore", copy, "--replace")
    assert (result.code, result.err) == (0, [])
    assert await names(folder) == ["a"]


async def test_a_copy_is_put_where_nothing_was_or_nothing_is_held(db, folder, copy):
    store = await open_store(folder)
    await append(store, "a")
    await store.close()
    await db("backup", copy)
    (folder / "gridherald.db").unlink()
    assert (await db("restore", copy)).code == 0
    assert await names(folder) == ["a"]
    (folder / "gridherald.db").unlink()
    await db("upgrade")
    assert (await db("restore", copy)).code == 0
    assert await names(folder) == ["a"]


async def test_a_store_that_holds_something_is_kept_unless_told(db, folder, copy):
    store = await open_store(folder)
    await append(store, "a")
    await db("backup", copy)
    await append(store, "b")
    await store.close()
    result = await db("restore", copy)
    assert (result.code, len(result.err)) == (1, 1)
    assert "not empty" in result.err[0]
    assert await names(folder) == ["a", "b"]


async def test_a_store_that_is_in_use_is_not_replaced(db, folder, copy):
    store = await open_store(folder)
    await append(store, "a")
    await db("backup", copy)
    await append(store, "b")
    result = await db("restore", copy, "--replace")
    assert result.code == 1
    assert "stop the server first" in result.err[0]
    await append(store, "c")
    await store.close()
    assert await names(folder) == ["a", "b", "c"]


async def test_a_copy_that_is_there_is_not_overwritten(db, folder, copy):
    await db("upgrade")
    await db("backup", copy)
    before = copy.read_bytes()
    result = await db("backup", copy)
    assert (result.code, "already" in result.err[0]) == (1, True)
    assert copy.read_bytes() == before


async def test_without_a_store_there_is_nothing_to_copy(db, copy):
    result = await db("backup", copy)
    assert (result.code, "no store" in result.err[0]) == (1, True)
    assert not copy.exists()


def write_text(file):
    file.write_text("no database" * 1000)


def write_foreign(file):
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE feed (url TEXT)")


def write_newer(file):
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE feed (url TEXT)")
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")


@pytest.mark.parametrize("write", [write_text, write_foreign, write_newer, lambda file: None])
async def test_what_is_no_copy_of_a_store_is_refused(db, folder, tmp_path, write):
    store = await open_store(folder)
    await append(store, "a")
    await store.close()
    write(tmp_path / "noise")
    result = await db("restore", tmp_path / "noise", "--replace")
    assert (result.code, len(result.err)) == (1, 1)
    assert await names(folder) == ["a"]


async def test_a_copy_that_is_damaged_is_refused(db, folder, copy):
    store = await open_store(folder)
    for number in range(20):
        await append(store, f"{number:05000}")
    await store.close()
    await db("backup", copy)
    body = bytearray(copy.read_bytes())
    body[len(body) // 2 : len(body) // 2 + 4096] = b"\xff" * 4096
    copy.write_bytes(body)
    result = await db("restore", copy, "--replace")
    assert (result.code, len(result.err)) == (1, 1)
    assert len(await names(folder)) == 20


async def test_postgresql_is_copied_by_its_own_programs(
    db, folder, copy, postgresql_url, monkeypatch
):
    monkeypatch.setenv("GRIDHERALD_STORE_URL", postgresql_url)
    assert (await db("upgrade")).code == 0
    backup, restore = await db("backup", copy), await db("restore", copy)
    assert (backup.code, restore.code) == (1, 1)
    assert "pg_dump" in backup.err[0]
    assert "pg_restore" in restore.err[0]


@pytest.mark.parametrize("url", ["nonsense", "mysql://127.0.0.1/x", "sqlite://"])
async def test_a_url_that_cannot_be_is_told_in_a_line(db, monkeypatch, url):
    monkeypatch.setenv("GRIDHERALD_STORE_URL", url)
    result = await db("upgrade")
    assert (result.code, len(result.err)) == (1, 1)
    assert "store's URL" in result.err[0]
