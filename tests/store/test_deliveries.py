"""Deliveries: one for each subscription, the latest word."""

from dataclasses import replace
from datetime import UTC, datetime

from server.store.store import Store
from server.store.values import Delivery

WAITING = Delivery(
    subscription_id="s1",
    told={"": "300", "é": "1.0"},
    tried="abc",
    attempts=3,
    due_at=datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC),
    failure="no answer in time",
)
NEW = Delivery(subscription_id="s2")


async def test_they_come_back_as_they_were_kept(store: Store) -> None:
    for delivery in (WAITING, NEW):
        await store.deliveries.keep(delivery)
    assert set(map(repr, await store.deliveries.all())) == {repr(WAITING), repr(NEW)}


async def test_the_latest_word_counts(store: Store, url: str) -> None:
    await store.deliveries.keep(WAITING)
    dead = replace(WAITING, told={}, tried="", attempts=8, due_at=None, failure="", is_dead=True)
    await store.deliveries.keep(dead)
    assert await store.deliveries.all() == (dead,)
    again = await Store.open(url)
    assert await again.deliveries.all() == (dead,)
    await again.close()


async def test_what_is_forgotten_is_gone(store: Store) -> None:
    for delivery in (WAITING, NEW):
        await store.deliveries.keep(delivery)
    await store.deliveries.forget(WAITING.subscription_id)
    await store.deliveries.forget("s99")
    assert await store.deliveries.all() == (NEW,)


async def test_whoever_listens_hears_of_documents(store: Store) -> None:
    heard: list[tuple[str, str]] = []
    store.listen(lambda device, name: heard.append((device, name)))
    await store.put_document("d1", "DERStatus", b"x", at=datetime(2026, 3, 1, tzinfo=UTC))
    assert heard == [("d1", "DERStatus")]
