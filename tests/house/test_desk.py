import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from server.clock import SystemClock
from server.core.command import CreateGroup, EnrolClient, SetAccess
from server.core.model import ClientId, ClientKind
from server.desk import Desk
from server.errors import Conflict
from server.store.store import Store


@pytest.fixture
async def stores(tmp_path) -> AsyncIterator[list[Store]]:
    opened: list[Store] = []
    yield opened
    for store in opened:
        await store.close()


@pytest.fixture
async def open_desk(tmp_path, stores):
    async def open_one() -> Desk:
        stores.append(await Store.open(f"sqlite:///{tmp_path / 'house.db'}"))
        desk = Desk(stores[-1], SystemClock(), random.Random(1), pen=28547)
        await desk.open()
        return desk

    return open_one


async def test_a_command_becomes_changes_that_readers_hear_of_in_order(open_desk):
    desk = await open_desk()
    heard = []
    desk.listen(lambda entry: heard.append((entry.seq, entry.actor, desk.book.head)))
    await desk.submit(EnrolClient(kind=ClientKind.VEN, name="mill"), actor="ann")
    assert heard == [(1, "ann", 1), (2, "ann", 2)]


async def test_the_book_is_the_same_after_a_restart(open_desk):
    first = await open_desk()
    await first.submit(EnrolClient(kind=ClientKind.VEN, name="mill"), actor="ann")
    await first.submit(SetAccess(client_id=ClientId("c1"), enabled=False), actor="ann")
    second = await open_desk()
    assert vars(second.book) == vars(first.book)


async def test_a_refusal_leaves_the_feed_alone(open_desk):
    desk = await open_desk()
    await desk.submit(CreateGroup(name="all"), actor="ann")
    with pytest.raises(Conflict):
        await desk.submit(CreateGroup(name="all"), actor="bob")
    assert [entry.actor for entry in await desk.store.entries(after=0)] == ["ann"]


async def test_who_was_overtaken_catches_up_and_decides_again(open_desk):
    one, other = await open_desk(), await open_desk()
    await one.submit(CreateGroup(name="all"), actor="one")
    await other.submit(CreateGroup(name="some"), actor="other")
    assert [group.name for group in other.book.groups.values()] == ["all", "some"]
    with pytest.raises(Conflict):
        await one.submit(CreateGroup(name="some"), actor="one")


async def test_many_at_once_get_numbers_of_their_own(open_desk):
    desk = await open_desk()
    names = [f"group {n}" for n in range(20)]
    await asyncio.gather(*(desk.submit(CreateGroup(name=n), actor="ann") for n in names))
    assert sorted(g.name for g in desk.book.groups.values()) == sorted(names)
    assert desk.book.head == 20
