"""The audit trail and kept answers, of one instance and of two on the same database."""

import asyncio
from datetime import UTC, datetime, timedelta

from server.store.store import Store
from server.store.values import Audited, AuditFilter

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ALL = AuditFilter()


def audited(request_id: str) -> Audited:
    return Audited(
        at=NOW,
        actor="é",
        token_id="t1",
        role="admin",
        operation="create_group",
        method="POST",
        path="/api/v1/groups",
        status=201,
        verdict="done",
        request_id=request_id,
        digest="",
    )


async def test_a_chain_has_no_holes_and_no_forks_whoever_writes(store: Store, url: str) -> None:
    other = await Store.open(url)
    try:
        writes = [one.audit.add(audited(str(n))) for n in range(30) for one in (store, other)]
        await asyncio.gather(*writes)
        state = await other.audit.verify()
    finally:
        await other.close()
    assert (state.count, state.broken_at) == (60, None)
    records = await store.audit.records(after=0, limit=100, only=ALL)
    assert [one.seq for one in records] == list(range(1, 61))
    assert records[-1].hash == state.hash
    assert records[0].audited.actor == "é"


async def test_a_chain_goes_on_after_a_restart(store: Store, url: str) -> None:
    await store.audit.add(audited("1"))
    await store.close()
    again = await Store.open(url)
    try:
        await again.audit.add(audited("2"))
        assert (await again.audit.verify()).count == 2
        (last,) = await again.audit.records(after=1, limit=9, only=ALL)
        assert last.audited == audited("2")
    finally:
        await again.close()


async def claim(store: Store, key: str, now: datetime = NOW) -> tuple[int | None, bytes] | None:
    found = await store.answers.claim("t1", key, "d", at=now, forget_before=now - DAY)
    return None if found is None else (found.status, found.body)


async def test_a_key_is_claimed_once_and_keeps_its_answer(store: Store, url: str) -> None:
    assert [await claim(store, "k"), await claim(store, "k")] == [None, (None, b"")]
    await store.answers.keep("t1", "k", status=201, location="/x", body=b"{}")
    other = await Store.open(url)
    try:
        assert await claim(other, "k") == (201, b"{}")
        assert await claim(other, "k", NOW + DAY) == (201, b"{}")
        assert await claim(other, "k", NOW + DAY + timedelta(microseconds=1)) is None
    finally:
        await other.close()


async def test_a_key_that_is_released_is_free(store: Store) -> None:
    await claim(store, "k")
    await store.answers.release("t1", "k")
    assert await claim(store, "k") is None
