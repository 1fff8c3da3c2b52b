"""Mirrors and reading sets: kept together, under mRIDs that live once, and archived."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from server.errors import Invalid
from server.store.store import Reading, Store
from server.store.values import Mirrored, ReadingSet

START = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ALWAYS = {"since": START - timedelta(days=1), "until": START + timedelta(days=1)}
VALUE = Reading(
    source="d1", point="AB", start=START, duration=MINUTE, value=1.0, quality="good", unit="W"
)
SET = ReadingSet(device_id="d1", point="AB", start=START, duration=MINUTE, mrid="C1", body="x")


def mirrored(mrid: str, parent: str = "", device_id: str = "d1", body: bytes = b"x") -> Mirrored:
    return Mirrored(device_id=device_id, mrid=mrid, parent=parent, body=body, at=START)


async def test_what_was_kept_comes_back_usage_points_first(store: Store, url: str) -> None:
    await store.metering.keep("d1", mirrors=[mirrored("AB", "F0"), mirrored("F0")])
    await store.metering.keep("d1", mirrors=[mirrored("AB", "F0", body=b"y")])
    again = await Store.open(url)
    expected = (mirrored("F0"), mirrored("AB", "F0", body=b"y"))
    assert await again.metering.mirrors("d1") == expected
    assert await again.metering.mirrors("d2") == ()
    await again.close()


async def test_an_mrid_lives_on_one_device_and_nothing_else_is_kept(store: Store) -> None:
    await store.metering.keep("d1", mirrors=[mirrored("F0")])
    mine = mirrored("F1", device_id="d2")
    taken = mirrored("F0", device_id="d2")
    with pytest.raises(Invalid):
        await store.metering.keep("d2", [SET], [VALUE], mirrors=[mine, taken])
    assert await store.metering.mirrors("d2") == ()
    assert await store.readings(source="d1", point="AB", **ALWAYS) == ()
    await store.metering.archive("d1", at=START)
    await store.metering.keep("d2", mirrors=[mine, taken])
    assert [one.device_id for one in await store.metering.holders(["F0", "F1"])] == ["d2", "d2"]


async def test_a_batch_that_fails_takes_no_neighbour_with_it(store: Store) -> None:
    await store.metering.keep("d1", mirrors=[mirrored("F0")])
    good = [
        store.metering.keep("d1", [SET], [VALUE._replace(point=str(number))]) for number in range(5)
    ]
    bad = store.metering.keep("d2", mirrors=[mirrored("F0", device_id="d2")])
    found = await asyncio.gather(*good, bad, return_exceptions=True)
    assert found[:5] == [None] * 5
    assert isinstance(found[5], Invalid)
    for number in range(5):
        assert len(await store.readings(source="d1", point=str(number), **ALWAYS)) == 1


async def test_a_usage_point_is_archived_with_its_meter_readings(store: Store) -> None:
    parts = [mirrored("F0"), mirrored("AB", "F0"), mirrored("F1"), mirrored("AC", "F1")]
    await store.metering.keep("d1", [SET], [VALUE], mirrors=parts)
    await store.metering.archive("d1", at=START, usage_point="F0")
    assert {one.mrid for one in await store.metering.mirrors("d1")} == {"F1", "AC"}
    assert await store.metering.usage_points(["d1", "d2"]) == (("F1", "d1"),)
    assert await store.readings(source="d1", point="AB", **ALWAYS) == (VALUE,)
    await store.metering.archive("d1", at=START)
    assert await store.metering.mirrors("d1") == ()


async def test_usage_points_of_many_devices_are_by_number_descending(store: Store) -> None:
    for number in range(3):
        mrid = ("0F00", "AB", "0FFF")[number]
        await store.metering.keep("x", mirrors=[mirrored(mrid, device_id=f"d{number}")])
    many = [f"d{number}" for number in range(1200)]
    assert [name for name, _ in await store.metering.usage_points(many)] == ["0FFF", "0F00", "AB"]


async def test_sets_are_counted_and_paged_the_latest_first(store: Store) -> None:
    sets = [SET._replace(start=START + number * MINUTE) for number in range(5)]
    await store.metering.keep("d1", sets, [VALUE])
    await store.metering.keep("d1", [sets[0]._replace(body="z")])
    tallies = await store.metering.tallies("d1", ["AB", "AC"])
    assert (tallies["AB"].sets, tallies["AB"].has_reading) == (5, True)
    assert (tallies["AC"].sets, tallies["AC"].has_reading) == (0, False)
    page = await store.metering.reading_sets("d1", "AB", page=(1, 2))
    assert page == (sets[3], sets[2])
    later = await store.metering.reading_sets("d1", "AB", page=(0, 9), after=sets[3].start)
    assert later == (sets[4],)
    one = await store.metering.reading_set("d1", "AB", START)
    assert one == sets[0]._replace(body="z")
    assert await store.metering.reading_set("d1", "AC", START) is None


async def test_the_latest_reading_starts_last(store: Store) -> None:
    assert await store.metering.latest_reading("d1", "AB") is None
    values = [VALUE._replace(start=START + number * MINUTE) for number in (2, 1)]
    await store.metering.keep("d1", readings=values)
    assert await store.metering.latest_reading("d1", "AB") == values[0]


async def test_listeners_hear_of_every_change_of_mirrors(store: Store) -> None:
    heard: list[str] = []
    store.metering.listen(heard.append)
    await store.metering.keep("d1", [SET], [VALUE])
    assert heard == []
    await store.metering.keep("d1", mirrors=[mirrored("F0")])
    await store.metering.archive("d1", at=START)
    with pytest.raises(Invalid):
        await store.metering.keep("d2", mirrors=[mirrored("F0"), mirrored("F0", device_id="d2")])
    assert heard == ["d1", "d1", "d2"]
