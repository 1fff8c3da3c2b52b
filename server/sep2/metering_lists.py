"""The lists below `/upt`, of items that were projected before.

Pure functions. They must not know HTTP or where anything is kept.
"""

from collections.abc import Sequence

from schemas.sep2.metering import (
    MeterReading,
    MeterReadingList,
    Reading,
    ReadingList,
    ReadingSet,
    ReadingSetList,
    UsagePoint,
    UsagePointList,
)
from server.sep2.measured import Meter
from server.sep2.mirror import Mirror
from server.sep2.project_device import SUBSCRIBABLE
from server.sep2.project_metering import ON_CONDITION
from server.sep2.routes import href


def usage_point_list(
    points: Sequence[UsagePoint], *, poll_rate_s: int, total: int
) -> UsagePointList:
    """Return some of the `total` usage points of a client."""
    return UsagePointList(
        href=href("usage_points"),
        subscribable=SUBSCRIBABLE,
        pollRate=poll_rate_s,
        all=total,
        results=len(points),
        UsagePoint_=tuple(points),
    )


def in_list(mirror: Mirror) -> Sequence[Meter]:
    """Return the meter readings of a mirror in the order of their list: mRID descending."""
    return sorted(mirror.meters.values(), reverse=True, key=_number)


def _number(meter: Meter) -> tuple[int, str]:
    return int(meter.mrid, 16), meter.mrid


def meter_reading_list(
    mirror: Mirror, found: Sequence[MeterReading], *, total: int
) -> MeterReadingList:
    """Return some of the `total` meter readings of a mirror."""
    return MeterReadingList(
        href=href("meter_readings", u=mirror.id),
        subscribable=SUBSCRIBABLE,
        all=total,
        results=len(found),
        MeterReading_=tuple(found),
    )


def reading_set_list(
    mirror: Mirror, meter: Meter, found: Sequence[ReadingSet], *, total: int
) -> ReadingSetList:
    """Return some of the `total` sets of a meter reading."""
    return ReadingSetList(
        href=href("reading_sets", u=mirror.id, x=meter.mrid),
        subscribable=SUBSCRIBABLE,
        all=total,
        results=len(found),
        ReadingSet_=tuple(found),
    )


def reading_list(path: str, found: Sequence[Reading], *, total: int) -> ReadingList:
    """Return some of the `total` values of a set."""
    return ReadingList(
        href=path,
        subscribable=ON_CONDITION,
        all=total,
        results=len(found),
        Reading_=tuple(found),
    )
