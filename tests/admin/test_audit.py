"""The audit trail: what is in it, and that no edit of it stays unseen."""

import sqlite3
from contextlib import closing
from hashlib import sha256
from itertools import pairwise

import pytest


async def listed(api, **query):
    return (await api.get("/audit", **query)).json["items"]


async def test_what_changes_something_is_in_it_and_what_only_looks_is_not(api):
    body = b'{"name": "north"}'
    headers = {"X-Request-Id": "r-1", "Content-Type": "application/json"}
    await api.raw("POST", "/api/v1/groups", headers=headers, data=body)
    await api.get("/groups")
    (record,) = await listed(api)
    assert record["request_id"] == "r-1"
    assert record["digest"] == sha256(body).hexdigest()
    assert (record["actor"], record["role"]) == ("admin of tests", "admin")
    assert (record["operation"], record["path"]) == ("create_group", "/api/v1/groups")
    assert (record["status"], record["verdict"], record["seq"]) == (201, "done", 1)
    assert record["previous"] == ""


async def test_what_is_denied_is_in_it_whatever_was_asked(api):
    await api.get("/groups", token="unknown")
    await api.get("/tokens", token="viewer")
    await api.raw("GET", "/api/v1/groups", headers={"Host": "example.org"})
    await api.post("/groups", {"name": 5})
    await api.get("/groups/g404")
    told = [(one["status"], one["verdict"], one["actor"]) for one in await listed(api)]
    assert told == [
        (401, "unauthenticated", ""),
        (403, "forbidden", "viewer of tests"),
        (403, "forbidden", ""),
        (422, "invalid", "admin of tests"),
    ]


async def test_no_secret_is_in_it(api, store):
    secret = (await api.made("/tokens", {"name": "t", "role": "viewer", "expires_in_s": 60}))[
        "secret"
    ]
    text = (await api.get("/audit")).raw.decode()
    assert secret not in text
    assert "secret-admin" not in text


async def test_it_is_listed_page_by_page_and_by_what_is_wanted(api, clock):
    for n in range(5):
        await api.post("/groups", {"name": f"g{n}"}, token="engineer" if n % 2 else "admin")
        clock.instant = clock.instant.replace(second=n + 10)
    first = (await api.get("/audit", limit=3)).json
    rest = (await api.get("/audit", limit=3, cursor=first["next_cursor"])).json
    assert [one["seq"] for one in (*first["items"], *rest["items"])] == [1, 2, 3, 4, 5]
    assert rest["next_cursor"] is None
    assert len(await listed(api, actor="engineer of tests".replace(" ", "%20"))) == 2
    assert len(await listed(api, operation="create_group", verdict="done")) == 5
    assert await listed(api, verdict="forbidden") == []
    at = first["items"][1]["at"]
    assert [one["seq"] for one in await listed(api, since=at)] == [2, 3, 4, 5]
    assert [one["seq"] for one in await listed(api, until=at)] == [1]
    request_id = first["items"][2]["request_id"]
    assert [one["seq"] for one in await listed(api, request_id=request_id)] == [3]


@pytest.mark.parametrize("path", ["/audit?cursor=x", "/audit?since=now", "/audit?what=x"])
async def test_a_bad_question_about_it_is_422(api, path):
    assert (await api.get(path)).status == 422


async def test_strange_paths_are_kept_readably(api):
    assert (await api.raw("GET", "/api/v1/tokens?" + "x" * 3000, token="viewer")).status == 403
    (record,) = await listed(api)
    assert len(record["path"]) == 2000


@pytest.fixture
async def trail(api, store, tmp_path):
    """A trail of six records, and what runs a statement behind the server's back."""
    for n in range(6):
        await api.post("/groups", {"name": f"g{n}"})

    def run(*statements):
        with closing(sqlite3.connect(tmp_path / "store.db")) as connection, connection:
            for statement in statements:
                connection.execute(statement)

    return run


async def test_a_trail_that_nobody_touched_is_whole(api, trail):
    state = (await api.get("/audit:verify")).json
    records = await listed(api)
    assert state == {
        "is_whole": True,
        "count": 6,
        "hash": records[-1]["hash"],
        "broken_at": None,
    }
    for before, after in pairwise(records):
        assert after["previous"] == before["hash"]


async def test_an_empty_trail_is_whole(api):
    state = (await api.get("/audit:verify")).json
    assert (state["is_whole"], state["count"], state["hash"]) == (True, 0, "")


COLUMNS = {
    "at": "at + 1",
    "actor": "'nobody'",
    "token_id": "'t9'",
    "role": "'viewer'",
    "operation": "'x'",
    "method": "'GET'",
    "path": "'/'",
    "status": "404",
    "verdict": "'forbidden'",
    "request_id": "'x'",
    "digest": "''",
    "previous": "'x'",
    "hash": "'x'",
}


@pytest.mark.parametrize("column", COLUMNS)
async def test_an_edit_of_any_column_is_found(api, trail, column):
    trail(f"UPDATE audit SET {column} = {COLUMNS[column]} WHERE seq = 3")  # noqa: S608
    state = (await api.get("/audit:verify")).json
    assert (state["is_whole"], state["broken_at"]) == (False, 3)


@pytest.mark.parametrize(
    ("statements", "broken_at"),
    [
        (["DELETE FROM audit WHERE seq = 1"], 1),
        (["DELETE FROM audit WHERE seq = 4"], 4),
        (["DELETE FROM audit WHERE seq = 6"], 6),
        (["DELETE FROM audit WHERE seq > 3"], 4),
        (["DELETE FROM audit"], 1),
        (["DELETE FROM audit WHERE seq = 3", "UPDATE audit SET seq = seq - 1 WHERE seq > 3"], 3),
        (
            [
                "UPDATE audit SET seq = 99 WHERE seq = 2",
                "UPDATE audit SET seq = 2 WHERE seq = 3",
                "UPDATE audit SET seq = 3 WHERE seq = 99",
            ],
            2,
        ),
        (["UPDATE audit SET seq = 7 WHERE seq = 6"], 6),
        (["DELETE FROM audit_head"], 7),
        (["UPDATE audit_head SET seq = 5"], 7),
    ],
)
async def test_deletions_and_reorderings_are_found(api, trail, statements, broken_at):
    trail(*statements)
    state = (await api.get("/audit:verify")).json
    assert (state["is_whole"], state["broken_at"]) == (False, broken_at)
