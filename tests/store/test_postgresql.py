"""What is PostgreSQL's alone: durable whatever its default, and back after it was away."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import make_url

from server.core.model import DeviceId
from server.errors import Unavailable
from server.store import dialect
from server.store.store import Store
from tests.postgresql import Cluster

NOW = datetime(2026, 7, 1, tzinfo=UTC)
ONE = DeviceId("one")
CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.mark.parametrize(
    ("default", "used"), [("off", "on"), ("on", "on"), ("remote_apply", "remote_apply")]
)
def test_commits_are_on_disk_whatever_the_default_is(
    postgresql: Cluster, postgresql_url: str, default: str, used: str
) -> None:
    postgresql.run(f"ALTER ROLE gridherald SET synchronous_commit = '{default}'")
    engine = dialect.writing_engine(dialect.read_url(postgresql_url))
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == used
    engine.dispose()
    postgresql.run("ALTER ROLE gridherald RESET synchronous_commit")


async def test_a_connection_that_was_cut_is_made_again(
    postgresql: Cluster, postgresql_url: str
) -> None:
    store = await Store.open(postgresql_url)
    for body in (b"one", b"two"):
        postgresql.run(CUT)
        await store.put_document(ONE, "status", body, at=NOW)
        found = await store.document(ONE, "status")
        assert found is not None
        assert found.body == body
    await store.close()


async def test_a_server_that_is_not_there_is_unavailable(postgresql_url: str) -> None:
    nobody = make_url(postgresql_url).set(port=1).render_as_string(hide_password=False)
    with pytest.raises(Unavailable) as caught:
        await Store.open(nobody)
    assert "127.0.0.1" not in caught.value.reason


async def test_a_wrong_password_is_unavailable_and_is_not_told(postgresql_url: str) -> None:
    wrong = make_url(postgresql_url).set(password="not this one")
    with pytest.raises(Unavailable) as caught:
        await Store.open(wrong.render_as_string(hide_password=False))
    assert "not this one" not in f"{caught.value.reason} {caught.value.__cause__}"
