"""Readings: a series without doubles, asked for by time."""

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest

from server.errors import Invalid
from server.store.store import Reading, Store

START = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ALWAYS = {"since": START - timedelta(days=1), "until": START + timedelta(days=1)}
READING = Reading(
    source="s", point="p", start=START, duration=MINUTE, value=-1.25, quality="ok", unit="W"
)


def series(count: int, point: str = "p") -> list[Reading]:
    return [
        READING._replace(point=point, start=START + number * MINUTE, value=float(number))
        for number in range(count)
    ]


async def test_readings_come_back_in_order_of_time(store: Store) -> None:
    written = series(10)
    await store.write_readings(list(reversed(written)))
    assert await store.readings(source="s", point="p", **ALWAYS) == tuple(written)


async def test_the_window_takes_its_start_and_not_its_end(store: Store) -> None:
    written = series(10)
    await store.write_readings(written)
    window = await store.readings(
        source="s", point="p", since=written[2].start, until=written[5].start
    )
    assert window == tuple(written[2:5])


async def test_a_reading_again_replaces_the_first(store: Store) -> None:
    await store.write_readings([READING])
    again = READING._replace(value=2.0, duration=2 * MINUTE, quality="estimated", unit="var")
    await store.write_readings([again])
    assert await store.readings(source="s", point="p", **ALWAYS) == (again,)


async def test_of_two_in_one_call_the_later_stays(store: Store) -> None:
    await store.write_readings([READING, READING._replace(value=7.0)])
    assert await store.readings(source="s", point="p", **ALWAYS) == (READING._replace(value=7.0),)


async def test_points_and_sources_are_apart(store: Store) -> None:
    other = READING._replace(source="s2")
    await store.write_readings([*series(2), *series(3, "p2"), other])
    assert len(await store.readings(source="s", point="p", **ALWAYS)) == 2
    assert len(await store.readings(source="s", point="p2", **ALWAYS)) == 3
    assert await store.readings(source="s2", point="p", **ALWAYS) == (other,)
    assert await store.readings(source="s2", point="p2", **ALWAYS) == ()


async def test_a_start_in_another_zone_is_the_same_reading(store: Store) -> None:
    await store.write_readings([READING])
    local = READING.start.astimezone(timezone(timedelta(hours=2)))
    await store.write_readings([READING._replace(start=local, value=3.0)])
    back = await store.readings(source="s", point="p", **ALWAYS)
    assert [(one.start, one.start.tzinfo, one.value) for one in back] == [(START, UTC, 3.0)]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
async def test_a_value_that_is_not_finite_is_refused_with_its_call(
    store: Store, value: float
) -> None:
    with pytest.raises(Invalid):
        await store.write_readings([*series(3), READING._replace(value=value)])
    assert await store.readings(source="s", point="p", **ALWAYS) == ()


async def test_no_readings_are_no_work(store: Store) -> None:
    await store.write_readings([])
    assert await store.readings(source="s", point="p", **ALWAYS) == ()


async def test_the_first_ones_are_given_where_only_so_many_are_wanted(store: Store) -> None:
    written = series(5)
    await store.write_readings(written)
    assert await store.readings(source="s", point="p", **ALWAYS, limit=2) == tuple(written[:2])


async def test_the_points_of_a_source_are_told_by_name(store: Store) -> None:
    other = READING._replace(source="s2", point="a")
    await store.write_readings([*series(2, "p2"), *series(2), other])
    assert await store.points("s") == ("p", "p2")
    assert await store.points("s3") == ()
