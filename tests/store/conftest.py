import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest

from server.store.store import Store

Behind = Callable[[str], list[tuple[object, ...]]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "store.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    """Where the store lives; a module that is about one of them says so by a mark."""
    kind: str = request.param
    return kind


@pytest.fixture
def url(path: Path, backend: str, request: pytest.FixtureRequest) -> str:
    if backend == "sqlite":
        return f"sqlite:///{path}"
    found: str = request.getfixturevalue("postgresql_url")
    return found


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = await Store.open(url)
    yield opened
    await opened.close()


@pytest.fixture
def behind(url: str, path: Path, request: pytest.FixtureRequest) -> Behind:
    """Run a statement on the database behind the store's back."""
    if url.startswith("postgresql"):
        run: Behind = request.getfixturevalue("postgresql").run
        return run

    def run_on_file(statement: str) -> list[tuple[object, ...]]:
        path.parent.mkdir(exist_ok=True)
        with closing(sqlite3.connect(path)) as connection, connection:
            return connection.execute(statement).fetchall()

    return run_on_file
