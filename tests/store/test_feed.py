"""The feed: appended at its head or not at all, and read back in order."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from server.core.change import Change, DeviceRemoved, TokenRevoked
from server.core.model import DeviceId, TokenId
from server.store.codec import UnreadableEntry
from server.store.store import Entry, HeadMoved, Store

NOW = datetime(2026, 7, 1, 12, 0, 0, 123456, tzinfo=UTC)


def removals(*names: str) -> list[Change]:
    return [DeviceRemoved(device_id=DeviceId(name)) for name in names]


async def test_changes_come_back_numbered_in_order(store: Store) -> None:
    first = await store.append(removals("a", "b"), at=NOW, actor="ann", expected_head=0)
    second = await store.append(
        [TokenRevoked(token_id=TokenId("t"))], at=NOW, actor="bob", expected_head=2
    )
    assert [entry.seq for entry in (*first, *second)] == [1, 2, 3]
    assert second == (
        Entry(seq=3, at=NOW, actor="bob", change=TokenRevoked(token_id=TokenId("t"))),
    )
    assert await store.entries(after=0) == first + second
    assert await store.entries(after=2) == second
    assert await store.entries(after=3) == ()


async def test_the_feed_is_there_after_a_restart(url: str) -> None:
    store = await Store.open(url)
    entries = await store.append(removals("a", "b"), at=NOW, actor="ann", expected_head=0)
    await store.close()
    again = await Store.open(url)
    back = await again.entries(after=0)
    await again.close()
    assert back == entries
    assert {entry.at.tzinfo for entry in back} == {UTC}


async def test_more_entries_than_a_chunk_come_in_order(store: Store) -> None:
    names = [str(number) for number in range(2500)]
    await store.append(removals(*names), at=NOW, actor="ann", expected_head=0)
    back = await store.entries(after=0)
    assert [entry.change for entry in back] == removals(*names)
    assert [entry.seq for entry in back] == list(range(1, 2501))


async def test_no_changes_append_nothing_wherever_the_head_is(store: Store) -> None:
    assert await store.append([], at=NOW, actor="ann", expected_head=99) == ()


@pytest.mark.parametrize("head", [0, 1, 3])
async def test_a_wrong_head_appends_nothing(store: Store, head: int) -> None:
    entries = await store.append(removals("a", "b"), at=NOW, actor="ann", expected_head=0)
    with pytest.raises(HeadMoved):
        await store.append(removals("c", "d"), at=NOW, actor="ann", expected_head=head)
    assert await store.entries(after=0) == entries


async def test_of_many_at_one_head_exactly_one_wins(store: Store) -> None:
    outcomes = await asyncio.gather(
        *(
            store.append(removals(str(number), "x"), at=NOW, actor="ann", expected_head=0)
            for number in range(20)
        ),
        return_exceptions=True,
    )
    won = [outcome for outcome in outcomes if isinstance(outcome, tuple)]
    assert [type(outcome) for outcome in outcomes].count(HeadMoved) == 19
    assert [await store.entries(after=0)] == won


async def test_a_second_instance_at_a_stale_head_is_told(store: Store, url: str) -> None:
    other = await Store.open(url)
    assert await other.entries(after=0) == ()
    entries = await store.append(removals("a"), at=NOW, actor="ann", expected_head=0)
    with pytest.raises(HeadMoved):
        await other.append(removals("b"), at=NOW, actor="bob", expected_head=0)
    assert await other.entries(after=0) == entries
    await other.append(removals("b"), at=NOW, actor="bob", expected_head=1)
    await other.close()
    assert [entry.actor for entry in await store.entries(after=0)] == ["ann", "bob"]


async def test_two_instances_that_race_leave_no_hole_and_no_double(store: Store, url: str) -> None:
    other = await Store.open(url)

    async def write(instance: Store, name: str) -> None:
        head, written = 0, 0
        while written < 25:
            try:
                change = removals(f"{name}{written}")
                await instance.append(change, at=NOW, actor=name, expected_head=head)
            except HeadMoved:
                head += len(await instance.entries(after=head))
            else:
                head, written = head + 1, written + 1

    await asyncio.gather(write(store, "a"), write(other, "b"))
    await other.close()
    entries = await store.entries(after=0)
    assert [entry.seq for entry in entries] == list(range(1, 51))
    for name in "ab":
        mine = [entry.change for entry in entries if entry.actor == name]
        assert mine == removals(*(f"{name}{number}" for number in range(25)))


async def test_a_naive_instant_is_a_bug_and_appends_nothing(store: Store) -> None:
    with pytest.raises(Exception, match="offset-naive"):
        await store.append(removals("a"), at=NOW.replace(tzinfo=None), actor="ann", expected_head=0)
    assert await store.entries(after=0) == ()


@pytest.mark.parametrize(
    "damage", ["UPDATE feed SET kind='Gone' WHERE seq=2", "UPDATE feed SET body='{' WHERE seq=2"]
)
async def test_a_damaged_entry_is_named(
    store: Store, behind: Callable[[str], None], damage: str
) -> None:
    await store.append(removals("a", "b", "c"), at=NOW, actor="ann", expected_head=0)
    behind(damage)
    with pytest.raises(UnreadableEntry, match="entry 2 of the feed"):
        await store.entries(after=0)
    assert [entry.seq for entry in await store.entries(after=2)] == [3]
