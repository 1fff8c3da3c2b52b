"""What holds for all tests."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.postgresql import Cluster, cluster, why_missing

# How long an example takes says more about the machine than about the code.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A PostgreSQL with one database; each worker has its own."""
    if missing := why_missing():
        pytest.skip(missing)
    with cluster() as running:
        yield running


@pytest.fixture
def postgresql_url(postgresql: Cluster) -> str:
    """A database of PostgreSQL with nothing in it."""
    postgresql.empty()
    return postgresql.url
