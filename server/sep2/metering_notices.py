"""What subscribers are told of metering: usage points, and what is below them.

Read from the store, and given as content like that of any other resource. It must not know when or
how often anybody is told.
"""

from collections.abc import Sequence
from functools import partial
from hashlib import sha256
from typing import NamedTuple

from schemas.sep2.metering import Reading
from server.core.book import Book
from server.core.model import Client, Condition, Device, Subject
from server.errors import Unknown
from server.sep2 import project_metering as project
from server.sep2.access import Access, Caller, caller_of
from server.sep2.content import QUIET, WHOLE, Content, Part
from server.sep2.measured import Meter, instant_named
from server.sep2.metering_lists import (
    in_list,
    meter_reading_list,
    reading_list,
    reading_set_list,
    usage_point_list,
)
from server.sep2.mirror import Mirror, Mirrors, split
from server.sep2.pace import Paces
from server.sep2.routes import href
from server.store.metering import METERING, Metering

TOPICS = frozenset(
    {"usage_points", "meter_readings", "reading_sets", "readings", "latest_reading", "reading"}
)
CONDITIONAL = frozenset({"readings", "latest_reading", "reading"})
"""The topics that may be subscribed to on a condition."""
MOST_SETS = 100
"""The latest ones are looked at; each of them is remembered with what was told of it."""


class _Place(NamedTuple):
    """What a subject is about; empty or None beyond its end."""

    mirror: Mirror
    meter: Meter | None
    rest: Sequence[str]


class MeteringNotices:
    """The contents of what is below `/upt`."""

    def __init__(
        self, book: Book, access: Access, paces: Paces, mirrors: Mirrors, metering: Metering
    ) -> None:
        self._book = book
        self._access = access
        self._paces = paces
        self._mirrors = mirrors
        self._metering = metering

    async def content(
        self, client: Client, subject: Subject, condition: Condition | None
    ) -> Content:
        """Return what a client would read now; Unknown if there is none of it for the client."""
        if subject.device_id is None:
            return await self._usage_points(client)
        device = self._access.device(caller_of(client), subject.device_id)
        place = await self._place(device, subject)
        if subject.topic == "meter_readings":
            return await self._meter_readings(place)
        if place.meter is None:
            raise Unknown("there is no such resource")
        if subject.topic == "reading_sets":
            return await self._reading_sets(place.mirror, place.meter)
        if subject.topic == "latest_reading":
            return await self._latest_reading(place.mirror, place.meter, condition)
        return await self._readings(place.mirror, place.meter, place.rest, condition)

    async def _place(self, device: Device, subject: Subject) -> _Place:
        mrid, *below = subject.item.split("/")
        mirror = await self._mirrors.find(device.id, mrid)
        return _Place(mirror, mirror.meters.get(below[0]) if below else None, below[1:])

    async def _usage_points(self, client: Client) -> Content:
        names = await self._mirrors.names(self._access.devices(caller_of(client)))
        parts = []
        for mrid, device_id in names:
            mirror = (await self._mirrors.of(device_id)).get(mrid)
            device = self._book.devices.get(device_id)
            if mirror is not None and device is not None:
                version = _digest(mirror.point)
                make = partial(project.usage_point, mirror, device)
                parts.append(Part(mirror.id, version, make))
        rate_s = self._paces.of(client).poll_rate("UsagePointList")
        frame = partial(usage_point_list, poll_rate_s=rate_s, total=len(names))
        return Content(parts, frame, str(rate_s))

    async def _meter_readings(self, place: _Place) -> Content:
        mirror = place.mirror
        meters = in_list(mirror)
        tallies = await self._metering.tallies(mirror.device_id, [one.mrid for one in meters])
        parts = []
        for meter in meters:
            tally = tallies[meter.mrid]
            version = _digest((meter.description, meter.version, tally.has_reading))
            make = partial(project.meter_reading, mirror, meter, tally)
            parts.append(Part(meter.mrid, version, make))
        return Content(parts, partial(meter_reading_list, mirror, total=len(meters)))

    async def _reading_sets(self, mirror: Mirror, meter: Meter) -> Content:
        tallies = await self._metering.tallies(mirror.device_id, [meter.mrid])
        latest = await self._metering.reading_sets(
            mirror.device_id, meter.mrid, page=(0, MOST_SETS)
        )
        parts = [
            Part(
                str(int(of.start.timestamp())),
                _digest((of.mrid, of.duration, of.body)),
                partial(project.reading_set, mirror, of),
            )
            for of in latest
        ]
        total = tallies[meter.mrid].sets
        return Content(parts, partial(reading_set_list, mirror, meter, total=total))

    async def _latest_reading(
        self, mirror: Mirror, meter: Meter, condition: Condition | None
    ) -> Content:
        kept = await self._metering.latest_reading(mirror.device_id, meter.mrid)
        if kept is None:
            return Content([])
        reading = project.latest_reading(mirror, meter, kept)
        return Content([_part(WHOLE, reading, condition)])

    async def _readings(
        self, mirror: Mirror, meter: Meter, rest: Sequence[str], condition: Condition | None
    ) -> Content:
        start = instant_named(rest[0])
        kept = await self._metering.reading_set(mirror.device_id, meter.mrid, start)
        if kept is None:
            raise Unknown("there is no such resource")
        found = project.readings(mirror, meter, kept)
        readings = {(one.href or "").rpartition("/")[2]: one for one in found}
        if len(rest) == 1:
            parts = [_part(name, one, condition) for name, one in readings.items()]
            path = href("readings", u=mirror.id, x=meter.mrid, s=rest[0])
            return Content(parts, partial(reading_list, path, total=len(parts)))
        if rest[1] not in readings:
            raise Unknown("there is no such resource")
        return Content([_part(WHOLE, readings[rest[1]], condition)])


def metering_subject(
    access: Access, caller: Caller, topic: str, variables: Sequence[str]
) -> Subject:
    """Return what a path is about; Unknown if it is about nothing of the caller's."""
    if not variables:
        return Subject(topic=topic, document=METERING)
    device_id, mrid = split(variables[0])
    device = access.device(caller, device_id)
    item = "/".join([mrid, *variables[1:]])
    return Subject(topic=topic, device_id=device.id, item=item, document=METERING)


def _part(key: str, reading: Reading, condition: Condition | None) -> Part:
    period = reading.timePeriod
    at = None if period is None else (period.start, period.duration)
    version = _digest((at, reading.value, reading.qualityFlags))
    return Part(key, version if _is_told(reading.value, condition) else QUIET, lambda: reading)


def _is_told(value: int | None, condition: Condition | None) -> bool:
    """Tell whether a value is to be told: on a condition only one outside of the bounds."""
    if condition is None:
        return True
    return value is not None and not condition.lower <= value <= condition.upper


def _digest(said: object) -> str:
    return sha256(repr(said).encode()).hexdigest()[:16]
