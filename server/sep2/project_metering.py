"""Mirrors and what was posted to them, as resources: MirrorUsagePoint and the UsagePoint tree.

Pure functions. They must not know HTTP or where anything is kept.
"""

from dataclasses import replace

from schemas.sep2.base import DateTimeInterval, Link, ListLink
from schemas.sep2.metering import (
    MeterReading,
    Reading,
    ReadingSet,
    ReadingType,
    UsagePoint,
)
from schemas.sep2.mirror import MirrorUsagePoint
from server.core.model import Device
from server.errors import Unknown
from server.sep2.measured import (
    Meter,
    Value,
    exponent,
    flags_of,
    values_of,
    whole,
    words_of,
)
from server.sep2.mirror import Mirror
from server.sep2.pace import Paces
from server.sep2.routes import href
from server.store import values as kept

ON_CONDITION = 3
"""2030.5 subscribable: on a condition or without one."""


def mirror_usage_point(mirror: Mirror, device: Device, paces: Paces) -> MirrorUsagePoint:
    """Return a mirror without its meter readings; our own postRate goes before the client's."""
    return replace(
        mirror.point,
        href=href("mirror", m=mirror.id),
        deviceLFDI=device.lfdi or mirror.point.deviceLFDI,
        postRate=paces.post_rate(
            "MirrorUsagePoint", device.id, mirror.point.postRate, item=mirror.point.mRID
        ),
    )


def usage_point(mirror: Mirror, device: Device) -> UsagePoint:
    """Return the usage point that a mirror is of."""
    point = mirror.point
    return UsagePoint(
        href=href("usage_point", u=mirror.id),
        mRID=point.mRID,
        description=point.description,
        version=point.version,
        roleFlags=point.roleFlags,
        serviceCategoryKind=point.serviceCategoryKind,
        status=point.status,
        deviceLFDI=device.lfdi,
        MeterReadingListLink=ListLink(
            href=href("meter_readings", u=mirror.id), all=len(mirror.meters)
        ),
    )


def meter_reading(mirror: Mirror, meter: Meter, tally: kept.Tally) -> MeterReading:
    """Return a meter reading with links to its sets and to its latest value, if it has one."""
    at = {"u": mirror.id, "x": meter.mrid}
    return MeterReading(
        href=href("meter_reading", **at),
        mRID=meter.mrid,
        description=meter.description,
        version=meter.version,
        ReadingLink=Link(href=href("latest_reading", **at)) if tally.has_reading else None,
        ReadingSetListLink=ListLink(href=href("reading_sets", **at), all=tally.sets),
        ReadingTypeLink=Link(href=href("reading_type", **at)),
    )


def reading_type(mirror: Mirror, meter: Meter) -> ReadingType:
    """Return what the values of a meter reading are."""
    return replace(meter.kind, href=href("reading_type", u=mirror.id, x=meter.mrid))


def reading_set(mirror: Mirror, of: kept.ReadingSet) -> ReadingSet:
    """Return a set of values."""
    description, version, count = words_of(of)
    at = {"u": mirror.id, "x": of.point, "s": _name(of)}
    return ReadingSet(
        href=href("reading_set", **at),
        mRID=of.mrid,
        description=description,
        version=version,
        timePeriod=DateTimeInterval(
            start=int(of.start.timestamp()), duration=int(of.duration.total_seconds())
        ),
        ReadingListLink=ListLink(href=href("readings", **at), all=count),
    )


def readings(mirror: Mirror, meter: Meter, of: kept.ReadingSet) -> tuple[Reading, ...]:
    """Return the values of a set in the order of their list."""
    at = {"u": mirror.id, "x": meter.mrid, "s": _name(of)}
    return tuple(
        _reading(value, href("reading", **at, r=str(number)))
        for number, value in enumerate(values_of(of, meter.kind), 1)
    )


def latest_reading(mirror: Mirror, meter: Meter, of: kept.Reading | None) -> Reading:
    """Return the latest value of a meter reading; Unknown if it has none."""
    if of is None:
        raise Unknown("there is no such resource")
    return Reading(
        href=href("latest_reading", u=mirror.id, x=meter.mrid),
        subscribable=ON_CONDITION,
        qualityFlags=flags_of(of.quality),
        timePeriod=DateTimeInterval(
            start=int(of.start.timestamp()), duration=int(of.duration.total_seconds())
        ),
        value=whole(of.value, exponent(meter.kind)),
    )


def _reading(value: Value, path: str) -> Reading:
    return Reading(
        href=path,
        subscribable=ON_CONDITION,
        consumptionBlock=value.block,
        qualityFlags=value.flags,
        timePeriod=DateTimeInterval(start=value.start, duration=value.duration),
        touTier=value.tier,
        value=value.value,
        localID=value.local_id,
    )


def _name(of: kept.ReadingSet) -> str:
    """Return what stands for a set in hrefs: when it starts."""
    return str(int(of.start.timestamp()))
