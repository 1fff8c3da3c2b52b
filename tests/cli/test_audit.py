"""`gridherald audit`: the trail on the command line."""

import sqlite3
from contextlib import closing


async def test_the_trail_is_listed_by_what_is_wanted(told, run):
    await told("group", "create", "north")
    await run("group", "create", "north", "south", "east")
    records = await told("audit", "list")
    assert [one["operation"] for one in records] == ["create_group"]
    assert await told("audit", "list", "--verdict", "forbidden") == []
    assert "create_group" in (await run("audit", "list", "--actor", "admin")).out
    (found,) = await told("audit", "list", "--request", records[0]["request_id"])
    assert found == records[0]


async def test_a_trail_is_verified_against_an_earlier_look(told, run, tmp_path):
    await told("group", "create", "north")
    early = (await told("audit", "verify"))["hash"]
    await told("group", "create", "south")
    assert (await told("audit", "verify", "--expect", early))["count"] == 2
    other = await run("audit", "verify", "--expect", "0" * 64)
    assert (other.code, other.err) == (
        1,
        ["no record has the expected hash: the trail was written anew"],
    )
    with closing(sqlite3.connect(tmp_path / "store" / "store.db")) as connection, connection:
        connection.execute("DELETE FROM audit WHERE seq = 1")
    broken = await run("audit", "verify")
    assert (broken.code, broken.err) == (1, ["the audit trail is broken at record 1"])
