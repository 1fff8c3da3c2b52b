"""The clock as the Time resource, with the offsets of the operator's zone.

Pure functions of the instant. Daylight saving is kept apart from the zone: tzOffset never holds it,
and dstOffset is told only while it is in force, so that localTime is the sum of the three.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from schemas.sep2.device import Time
from server.sep2.routes import href
from server.sep2.settings import Sep2Settings

_NONE = timedelta(0)
_EPOCH = datetime.fromtimestamp(0, UTC)
_HORIZON_DAYS = (-400, 800)
"""Far enough that the season in force, or else the next one, is found whole."""


def time(now: datetime, settings: Sep2Settings, *, poll_rate_s: int) -> Time:
    """Return the Time resource at an instant."""
    local = now.astimezone(zone_of(settings.time_zone))
    dst = local.dst() or _NONE
    offset = local.utcoffset() or _NONE
    current = int(now.timestamp())
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    seasons = (span for span in _seasons(settings.time_zone, today) if span[1] > now)
    starts, ends = next(seasons, (_EPOCH, _EPOCH))
    return Time(
        href=href("time"),
        pollRate=poll_rate_s,
        currentTime=current,
        dstEndTime=int(ends.timestamp()),
        dstOffset=_seconds(dst),
        dstStartTime=int(starts.timestamp()),
        localTime=current + _seconds(offset),
        quality=settings.time_quality,
        tzOffset=_seconds(offset - dst),
    )


def zone_of(name: str) -> tzinfo:
    """Return a zone by its IANA name; UTC needs no zone files. ValueError if there is none."""
    return UTC if name == "UTC" else ZoneInfo(name)


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())


@lru_cache(maxsize=8)
def _seasons(zone: str, day: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """Return the spans of daylight saving around a day."""
    info = zone_of(zone)
    days = [day + timedelta(days=number) for number in range(*_HORIZON_DAYS)]
    edges = [
        _edge(info, before, after)
        for before, after in pairwise(days)
        if _is_on(info, before) != _is_on(info, after)
    ]
    if _is_on(info, days[0]):
        del edges[:1]
    return tuple(zip(edges[::2], edges[1::2], strict=False))


def _edge(info: tzinfo, before: datetime, after: datetime) -> datetime:
    """Return the second at which daylight saving changes between two instants."""
    was_on = _is_on(info, before)
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if _is_on(info, middle) == was_on:
            before = middle
        else:
            after = middle
    return after


def _is_on(info: tzinfo, at: datetime) -> bool:
    return bool(at.astimezone(info).dst())
