"""Responses: kept once each, however often they are sent."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from server.core.model import DeviceId, EventId, Mrid
from server.core.response import Response, ResponseStatus
from server.errors import Invalid
from server.store.store import Store

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
SAID = Response(
    device_id=DeviceId("d"),
    event_id=EventId("e"),
    mrid=Mrid("0" * 32),
    status=ResponseStatus.STARTED,
    code=2,
    said_at=NOW - timedelta(microseconds=1),
    received_at=NOW,
    version=3,
    detail="on my way: 'quoted' 中",
)


@pytest.fixture
def commits() -> Iterator[list[object]]:
    seen: list[object] = []

    def note(connection: Any) -> None:
        seen.append(connection)

    event.listen(Engine, "commit", note)
    yield seen
    event.remove(Engine, "commit", note)


async def test_a_response_comes_back_whole(store: Store) -> None:
    number = await store.add_response(SAID)
    assert await store.response(number) == SAID
    assert await store.response(number + 1) is None


async def test_what_was_left_out_stays_out(store: Store) -> None:
    bare = Response(
        device_id=DeviceId("d"),
        event_id=EventId("e"),
        status=ResponseStatus.RECEIVED,
        received_at=NOW,
    )
    assert await store.response(await store.add_response(bare)) == bare


async def test_the_same_response_again_keeps_its_number_and_is_the_latest_word(
    store: Store,
) -> None:
    number = await store.add_response(SAID)
    again = replace(SAID, received_at=NOW + timedelta(hours=1), said_at=None, detail="again")
    assert await store.add_response(again) == number
    assert await store.response(number) == again
    assert len(await store.responses()) == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(SAID, device_id=DeviceId("d2")),
        replace(SAID, event_id=EventId("e2")),
        replace(SAID, mrid=None),
        replace(SAID, status=ResponseStatus.COMPLETED),
        replace(SAID, version=4),
    ],
)
async def test_another_response_is_another(store: Store, other: Response) -> None:
    number = await store.add_response(SAID)
    assert await store.add_response(other) != number
    assert len(await store.responses()) == 2


async def test_responses_are_listed_newest_first_and_by_event_or_device(store: Store) -> None:
    said = [
        replace(SAID, device_id=DeviceId(device), event_id=EventId(event_id))
        for event_id in ("e1", "e2")
        for device in ("d1", "d2", "d3")
    ]
    numbers = [await store.add_response(one) for one in said]
    newest_first = tuple(reversed(list(zip(numbers, said, strict=True))))
    assert await store.responses() == newest_first
    assert await store.responses(limit=2) == newest_first[:2]
    assert await store.responses(event_id=EventId("e1")) == newest_first[3:]
    assert await store.responses(device_id=DeviceId("d2")) == newest_first[1::3]
    assert await store.responses(event_id=EventId("e2"), device_id=DeviceId("d3")) == (
        newest_first[0],
    )


async def test_responses_at_once_share_commits_and_are_all_kept(
    url: str, commits: list[object]
) -> None:
    store = await Store.open(url)
    said = [replace(SAID, device_id=DeviceId(str(number))) for number in range(200)]
    commits.clear()
    numbers = await asyncio.gather(*(store.add_response(one) for one in said))
    assert 1 <= len(commits) <= 20
    await store.close()
    again = await Store.open(url)
    kept = await again.responses(limit=1000)
    await again.close()
    assert sorted(kept, key=lambda pair: pair[0]) == sorted(
        zip(numbers, said, strict=True), key=lambda pair: pair[0]
    )


async def test_the_same_response_at_once_is_kept_once(store: Store) -> None:
    numbers = await asyncio.gather(*(store.add_response(SAID) for _ in range(50)))
    assert len(set(numbers)) == 1
    assert len(await store.responses()) == 1


async def test_a_number_too_large_is_refused_and_sinks_no_neighbour(store: Store) -> None:
    said = [replace(SAID, version=number) for number in (1, 2, 2**63, 3)]
    outcomes = await asyncio.gather(
        *(store.add_response(one) for one in said), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [int, int, Invalid, int]
    assert [response.version for _, response in await store.responses()] == [3, 2, 1]
