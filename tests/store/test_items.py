"""Items of lists: numbered, counted, bounded, gone with what they stand below."""

import asyncio
from datetime import UTC, datetime, timedelta

from server.core.model import DeviceId
from server.store.store import Store

NOW = datetime(2026, 7, 1, 12, 0, 0, 5, tzinfo=UTC)
ONE = DeviceId("one")
TWO = DeviceId("two")


async def put(store: Store, name: str, device_id: DeviceId = ONE, keep: int | None = None) -> None:
    await store.items.put(device_id, name, name.encode(), at=NOW, keep=keep)


async def names(store: Store, place: str) -> list[str]:
    return [document.name for document in await store.items.all(ONE, place)]


async def test_a_list_holds_its_own_items_by_number(store: Store) -> None:
    for name in ("lel/10", "lel/9", "ns/1", "ns/1/addr/4", "lels/3", "lel"):
        await put(store, name)
    await put(store, "lel/1", TWO)
    await put(store, "lel/9")
    assert await names(store, "lel") == ["lel/9", "lel/10"]
    assert await names(store, "ns") == ["ns/1"]
    assert await names(store, "ns/1/addr") == ["ns/1/addr/4"]
    assert (store.items.count(ONE, "lel"), store.items.count(TWO, "lel")) == (2, 1)
    assert store.items.total(ONE) == 5


async def test_numbers_only_grow(store: Store) -> None:
    first = store.items.next_number(NOW)
    assert store.items.next_number(NOW) == first + 1
    assert store.items.next_number(NOW - timedelta(days=1)) == first + 2
    assert store.items.next_number(NOW + timedelta(seconds=1)) == first + 1_000_000


async def test_a_bounded_list_loses_its_lowest_numbers(store: Store) -> None:
    await asyncio.gather(*(put(store, f"lel/{number}", keep=3) for number in range(8, 13)))
    assert await names(store, "lel") == ["lel/10", "lel/11", "lel/12"]
    assert store.items.count(ONE, "lel") == 3


async def test_an_item_goes_with_all_below_it_and_nothing_else(store: Store) -> None:
    for name in ("ns/1", "ns/1/addr/4", "ns/1/addr/4/rpl/5", "ns/11", "ns/11/addr/2"):
        await put(store, name)
    await store.items.remove(ONE, "ns/1")
    assert [one.name for one in await store.documents(ONE)] == ["ns/11", "ns/11/addr/2"]
    assert store.items.count(ONE, "ns") == 1
    assert store.items.count(ONE, "ns/1/addr") == 0


async def test_counts_are_known_after_a_restart_and_go_with_the_device(
    store: Store, url: str
) -> None:
    await put(store, "lel/1")
    other = await Store.open(url)
    assert other.items.count(ONE, "lel") == 1
    await other.delete_documents(ONE)
    assert other.items.total(ONE) == 0
    assert await other.items.one(ONE, "lel/1") is None
    await other.close()
