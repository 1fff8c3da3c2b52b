"""Instances on one PostgreSQL: what one commits, the others hear of."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest

from server.clock import SystemClock
from server.core.command import Command, CreateGroup, EnrolClient
from server.core.model import ClientKind, DeviceId
from server.desk import Desk
from server.errors import Conflict
from server.store import tidings
from server.store.store import Store
from server.store.tidings import ANYTHING, FEED, PAYLOAD_LIMIT, Tiding
from server.store.values import Mirrored
from server.tasks import Tasks
from tests.postgresql import Cluster

NOW = datetime(2026, 7, 1, tzinfo=UTC)
ONE = DeviceId("one")
SOON_S = 10
"""Patience with a slow machine; what is told is heard at once."""
EACH = 200


class Instance:
    """A desk, and the task in which it follows the others."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.desk = Desk(store, SystemClock(), random.SystemRandom(), pen=28547)
        self.tasks = Tasks()
        self.is_heard = asyncio.Event()

    async def open(self) -> None:
        await self.desk.open()
        self.desk.listen(lambda _: self.is_heard.set())
        self.tasks.start(self.desk.follow(), name="feed")

    async def submit(self, command: Command) -> None:
        await self.desk.submit(command, actor=str(id(self)))

    async def hears(self) -> None:
        async with asyncio.timeout(SOON_S):
            await self.is_heard.wait()
        self.is_heard.clear()


@pytest.fixture
async def two(postgresql_url: str) -> AsyncIterator[tuple[Instance, Instance]]:
    async with AsyncExitStack() as stack:
        opened = []
        for _ in range(2):
            store = await Store.open(postgresql_url)
            stack.push_async_callback(store.close)
            opened.append(Instance(store))
            stack.push_async_callback(opened[-1].tasks.stop)
            await opened[-1].open()
        yield opened[0], opened[1]


async def until(is_so) -> None:
    async with asyncio.timeout(SOON_S):
        while not is_so():  # noqa: ASYNC110 - there is nothing to wait for
            await asyncio.sleep(0.01)


async def test_what_one_appends_is_in_the_book_of_the_other(two) -> None:
    one, other = two
    for number, (doer, hearer) in enumerate([(one, other), (other, one)], start=1):
        hearer.is_heard.clear()
        await doer.submit(CreateGroup(name=f"group {number}"))
        await hearer.hears()
        assert vars(hearer.desk.book) == vars(doer.desk.book)


async def test_a_word_that_was_lost_is_made_up_for(two, monkeypatch) -> None:
    one, other = two
    monkeypatch.setattr(tidings, "CHANNEL", "nobody listens")
    await one.submit(CreateGroup(name="unheard"))
    await other.hears()
    assert [group.name for group in other.desk.book.groups.values()] == ["unheard"]


async def test_a_connection_that_is_cut_is_made_again(two, postgresql: Cluster) -> None:
    one, other = two
    postgresql.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
    )
    await one.submit(CreateGroup(name="after the cut"))
    await other.hears()
    assert len(other.desk.book.groups) == 1


async def test_many_at_once_from_both_lose_nothing_and_double_nothing(two) -> None:
    one, other = two

    async def submit_all(instance: Instance, name: str) -> None:
        names = [f"{name}{number}" for number in range(EACH)]
        await asyncio.gather(*(instance.submit(CreateGroup(name=each)) for each in names))

    await asyncio.gather(submit_all(one, "a"), submit_all(other, "b"))
    await until(lambda: one.desk.book.head == other.desk.book.head == 2 * EACH)
    entries = await one.store.entries(after=0)
    assert [entry.seq for entry in entries] == list(range(1, 2 * EACH + 1))
    groups = [entry.change.group for entry in entries]
    assert len({group.id for group in groups}) == 2 * EACH
    expected = {f"{name}{number}" for name in "ab" for number in range(EACH)}
    assert {group.name for group in groups} == expected
    assert set(Counter(entry.actor for entry in entries).values()) == {EACH}
    assert vars(one.desk.book) == vars(other.desk.book)


async def test_of_two_that_want_the_same_name_at_once_one_is_refused(two) -> None:
    wish = CreateGroup(name="the one")
    outcomes = await asyncio.gather(*(each.submit(wish) for each in two), return_exceptions=True)
    assert sorted(map(repr, map(type, outcomes))) == sorted(map(repr, (type(None), Conflict)))


async def test_clients_enrolled_on_both_get_ids_of_their_own(two) -> None:
    wishes = [EnrolClient(kind=ClientKind.VEN, name=f"ven {number}") for number in range(40)]
    await asyncio.gather(*(two[n % 2].submit(wish) for n, wish in enumerate(wishes)))
    await until(lambda: two[0].desk.book.head == two[1].desk.book.head)
    assert len(two[0].desk.book.clients) == 40


async def test_documents_items_and_mirrors_are_told_of(two) -> None:
    one, other = two
    await one.submit(CreateGroup(name="both are there"))
    await other.hears()
    heard: list[tuple[str, ...]] = []
    other.store.listen(lambda device, name: heard.append(("document", device, name)))
    other.store.metering.listen(lambda device: heard.append(("mirrors", device)))
    other.store.metering.listen_for_values(lambda device: heard.append(("values", device)))
    await one.store.put_document(ONE, "DERStatus", b"<a/>", at=NOW)
    mirrored = Mirrored(device_id="two", mrid="AB", parent="", body=b"x", at=NOW)
    await one.store.metering.keep(DeviceId("two"), mirrors=[mirrored])
    await one.store.items.put(ONE, "lel/7", b"x", at=NOW)
    await until(lambda: other.store.items.count(ONE, "lel") == 1 and len(heard) == 3)
    expected = [("document", "one", "DERStatus"), ("mirrors", "two"), ("values", "two")]
    assert sorted(heard) == expected
    await one.store.delete_documents(ONE)
    await until(lambda: other.store.items.count(ONE, "lel") == 0)


async def test_batches_that_block_each_other_are_done_again(postgresql_url: str) -> None:
    stores = [await Store.open(postgresql_url) for _ in range(2)]
    names = [str(number) for number in range(50)]

    async def write(store: Store, order: list[str]) -> None:
        for _ in range(10):
            await asyncio.gather(*(store.put_document(ONE, name, b"x", at=NOW) for name in order))

    try:
        await asyncio.gather(write(stores[0], names), write(stores[1], names[::-1]))
        assert len(await stores[0].documents(ONE)) == 50
    finally:
        for store in stores:
            await store.close()


def test_many_tidings_are_told_in_payloads_that_postgresql_takes() -> None:
    told: list[Tiding] = [("document", f"device {number}", "é" * 20) for number in range(500)]
    told.append(("document", "x" * PAYLOAD_LIMIT, "far too long"))
    payloads = list(tidings._payloads("me", told))
    assert len(payloads) > 1
    assert max(map(len, payloads)) < 8000
    heard = frozenset().union(*(tidings._read("you", payload) for payload in payloads))
    assert heard == {*told[:-1], ANYTHING}
    assert tidings._read("me", payloads[0]) == frozenset()


@pytest.mark.parametrize("payload", ["", "{", "1", '["a"]', '["a", 1]', '["a", [1]]'])
def test_what_makes_no_sense_may_be_about_anything(payload: str) -> None:
    assert tidings._read("me", payload) == {ANYTHING}


def test_a_feed_that_went_on_is_told_in_one_word() -> None:
    assert [json.loads(payload) for payload in tidings._payloads("me", [FEED])] == [
        ["me", [["feed"]]]
    ]


async def test_a_file_has_no_others_to_follow(tmp_path) -> None:
    store = await Store.open(f"sqlite:///{tmp_path / 'house.db'}")
    instance = Instance(store)
    await instance.open()
    await instance.desk.follow()
    await store.close()
