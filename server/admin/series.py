"""Operations on readings: the points of a device, and the values of one."""

from datetime import UTC, datetime, timedelta

from server.admin.call import Call
from server.admin.models import LATEST_YEAR
from server.admin.paging import instant_cursor, page_by_name, read_instant
from server.admin.reportmodels import (
    NamesQuery,
    PointList,
    PointView,
    ReadingList,
    ReadingsQuery,
    ReadingView,
)
from server.core.context import find
from server.core.model import DeviceId
from server.store.values import Reading

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(LATEST_YEAR + 1, 1, 1, tzinfo=UTC)
_NEXT = timedelta(microseconds=1)


async def list_readings(call: Call, *, query: ReadingsQuery) -> ReadingList:
    """List the readings of a point of a device, also of one that was removed; oldest first."""
    since = query.since or _FIRST
    if query.cursor is not None:
        since = max(since, read_instant(query.cursor) + _NEXT)
    found = await call.house.desk.store.readings(
        source=query.source,
        point=query.point,
        since=since,
        until=query.until or _LAST,
        limit=query.limit + 1,
    )
    shown = found[: query.limit]
    cursor = instant_cursor(shown[-1].start) if len(found) > len(shown) else None
    return ReadingList(items=tuple(map(_view, shown)), next_cursor=cursor)


async def list_points(call: Call, *, device_id: str, query: NamesQuery) -> PointList:
    """List the points of a device that there are readings of, with the latest of each."""
    device = find(call.book.devices, DeviceId(device_id), "device")
    store = call.house.desk.store
    found, cursor = page_by_name(await store.points(device.id), query, str)
    latest = [(point, await store.metering.latest_reading(device.id, point)) for point in found]
    items = tuple(PointView(point=point, latest=last and _view(last)) for point, last in latest)
    return PointList(items=items, next_cursor=cursor)


def _view(reading: Reading) -> ReadingView:
    return ReadingView(
        start=reading.start,
        duration_s=reading.duration.total_seconds(),
        value=reading.value,
        unit=reading.unit,
        quality=reading.quality,
    )
