"""Nonces: a client's word is new once, until it is too old to matter."""

import asyncio
from datetime import UTC, datetime, timedelta

from server.core.model import ClientId
from server.store.store import Store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WINDOW = timedelta(minutes=5)
ONE, TWO = ClientId("one"), ClientId("two")


async def spend(store: Store, client_id: ClientId, word: str, now: datetime = NOW) -> bool:
    return await store.nonces.spend(client_id, word, at=now, forget_before=now - WINDOW)


async def test_a_word_is_new_once_for_each_client(store: Store) -> None:
    assert [await spend(store, ONE, "w"), await spend(store, ONE, "w")] == [True, False]
    assert await spend(store, TWO, "w")
    assert await spend(store, ONE, "x")


async def test_of_many_at_once_one_is_new(store: Store) -> None:
    said = await asyncio.gather(*(spend(store, ONE, "w") for _ in range(50)))
    assert said.count(True) == 1


async def test_words_outlast_the_server(store: Store, url: str) -> None:
    assert await spend(store, ONE, "w")
    await store.close()
    again = await Store.open(url)
    try:
        assert not await spend(again, ONE, "w")
    finally:
        await again.close()


async def test_a_word_is_kept_to_the_last_moment_and_then_forgotten(store: Store) -> None:
    assert await spend(store, ONE, "w")
    assert not await spend(store, ONE, "w", NOW + WINDOW)
    assert await spend(store, ONE, "w", NOW + WINDOW + timedelta(microseconds=1))
