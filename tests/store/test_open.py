"""Where a store may live, and what it makes there."""

import stat
from pathlib import Path

import pytest

from server.core.model import DeviceId
from server.errors import Unavailable
from server.store.store import Store

NOISE = b"no database at all" * 500
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def noise(path: Path) -> Path:
    path.parent.mkdir()
    path.write_bytes(NOISE)
    return path


@pytest.fixture
def open_to_all(path: Path) -> Path:
    path.parent.mkdir()
    path.touch()
    path.chmod(0o644)
    return path


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "sqlite://", "sqlite:///", "sqlite:///:memory:", "mysql://127.0.0.1/x"],
)
async def test_a_url_that_names_no_lasting_place_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="store's URL"):
        await Store.open(url)


@on_sqlite
async def test_the_file_is_for_its_owner_only(store: Store, path: Path) -> None:
    files = list(path.parent.iterdir())
    assert path in files
    assert {mode_of(file) for file in files} == {0o600}
    assert mode_of(path.parent) == 0o700


@on_sqlite
async def test_a_file_that_others_can_read_is_closed_to_them(url: str, open_to_all: Path) -> None:
    await (await Store.open(url)).close()
    assert mode_of(open_to_all) == 0o600


async def test_folders_are_made_as_deep_as_needed(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b 50%" / "c" / "store.db"
    await (await Store.open(f"sqlite:///{path}")).close()
    assert path.is_file()


@on_sqlite
async def test_a_file_that_is_no_database_is_unavailable_and_unharmed(
    url: str, noise: Path
) -> None:
    with pytest.raises(Unavailable):
        await Store.open(url)
    with noise.open("rb") as file:
        assert file.read() == NOISE


async def test_a_closed_store_refuses_and_may_be_closed_again(store: Store) -> None:
    await store.close()
    await store.close()
    with pytest.raises(Unavailable):
        await store.entries(after=0)
    with pytest.raises(Unavailable):
        await store.delete_documents(DeviceId("d"))
