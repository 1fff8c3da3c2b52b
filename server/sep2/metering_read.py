"""The readings of metering: mirrors, and the usage points that they are of.

A caller sees what its own devices mirror; all else does not exist. It must not change anything.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from aiohttp import web

from schemas.sep2.metering import Reading
from schemas.sep2.mirror import MirrorUsagePointList
from server.core.model import Device
from server.desk import Desk
from server.errors import Unknown
from server.sep2 import project_metering as project
from server.sep2.access import Access, Caller
from server.sep2.call import Call, Handler
from server.sep2.measured import Meter, instant, instant_named
from server.sep2.metering_lists import (
    in_list,
    meter_reading_list,
    reading_list,
    reading_set_list,
    usage_point_list,
)
from server.sep2.mirror import Mirror, Mirrors, split
from server.sep2.pace import Paces
from server.sep2.project_device import check_der
from server.sep2.query import Page, page_of
from server.sep2.reply import document
from server.sep2.routes import href
from server.sep2.settings import Sep2Settings
from server.store import values as kept

T = TypeVar("T")
_LAST = 253_402_300_799
"""The last second that an instant can be."""
_MOST = 2**31
_IS_DER = 1 << 3
"""2030.5 roleFlags: bit 3."""


class MeteringReads:
    """The handlers of GET and HEAD below `/mup` and `/upt`, by the name of their route."""

    def __init__(
        self, desk: Desk, access: Access, settings: Sep2Settings, mirrors: Mirrors
    ) -> None:
        self._book = desk.book
        self._metering = desk.store.metering
        self._access = access
        self._settings = settings
        self._paces = Paces(desk.book, settings)
        self._mirrors = mirrors
        self.handlers: dict[str, Handler] = {
            "mirrors": self._mirror_list,
            "mirror": self._mirror,
            "usage_points": self._usage_points,
            "usage_point": self._usage_point,
            "meter_readings": self._meter_readings,
            "meter_reading": self._meter_reading,
            "reading_type": self._reading_type,
            "latest_reading": self._latest_reading,
            "reading_sets": self._reading_sets,
            "reading_set": self._reading_set,
            "readings": self._readings,
            "reading": self._reading,
        }

    async def count(self, caller: Caller) -> int:
        """Return how many mirrors a caller sees."""
        return len(await self._mirrors.names(self._access.devices(caller)))

    async def _chosen(self, call: Call) -> tuple[int, list[tuple[Mirror, Device]]]:
        """Return how many mirrors the caller sees, and those of the page."""
        names = await self._mirrors.names(self._access.devices(call.caller))
        found = []
        for mrid, device_id in _part(names, self._page(call)):
            mirror = (await self._mirrors.of(device_id)).get(mrid)
            device = self._book.devices.get(device_id)
            if mirror is not None and device is not None:
                found.append((mirror, device))
        return len(names), found

    async def _one(self, call: Call) -> tuple[Mirror, Device]:
        device_id, mrid = split(call.variables[0])
        device = self._access.device(call.caller, device_id)
        return await self._mirrors.find(device.id, mrid), device

    async def _mirror_list(self, call: Call) -> web.Response:
        count, chosen = await self._chosen(call)
        return document(
            MirrorUsagePointList(
                href=href("mirrors"),
                pollRate=self._paces.of(call.caller.client).poll_rate("MirrorUsagePointList"),
                all=count,
                results=len(chosen),
                MirrorUsagePoint_=tuple(
                    project.mirror_usage_point(mirror, device, self._paces)
                    for mirror, device in chosen
                ),
            ),
            call.profile,
        )

    async def _mirror(self, call: Call) -> web.Response:
        return document(
            project.mirror_usage_point(*await self._one(call), self._paces), call.profile
        )

    async def _usage_points(self, call: Call) -> web.Response:
        count, chosen = await self._chosen(call)
        rate_s = self._paces.of(call.caller.client).poll_rate("UsagePointList")
        points = [project.usage_point(*one) for one in chosen]
        return document(usage_point_list(points, poll_rate_s=rate_s, total=count), call.profile)

    async def _usage_point(self, call: Call) -> web.Response:
        return document(project.usage_point(*await self._one(call)), call.profile)

    async def usage_point_of_der(self, call: Call, device: Device) -> web.Response:
        """Answer with the usage point that a device mirrors of its DER; Unknown without one."""
        check_der(call.variables[1])
        mirrors = await self._mirrors.of(device.id)
        for mrid in sorted(mirrors, reverse=True):
            if int(mirrors[mrid].point.roleFlags, 16) & _IS_DER:
                path = href("der_usage_point", e=device.id, d=call.variables[1])
                point = replace(project.usage_point(mirrors[mrid], device), href=path)
                return document(point, call.profile)
        raise Unknown("nothing was mirrored of this DER yet")

    async def _meter_readings(self, call: Call) -> web.Response:
        mirror, device = await self._one(call)
        meters = in_list(mirror)
        chosen = _part(meters, self._page(call))
        tallies = await self._metering.tallies(device.id, [meter.mrid for meter in chosen])
        found = [project.meter_reading(mirror, meter, tallies[meter.mrid]) for meter in chosen]
        return document(meter_reading_list(mirror, found, total=len(meters)), call.profile)

    async def _meter(self, call: Call) -> tuple[Mirror, Meter]:
        mirror, _ = await self._one(call)
        meter = mirror.meters.get(call.variables[1])
        if meter is None:
            raise Unknown("there is no such resource")
        return mirror, meter

    async def _meter_reading(self, call: Call) -> web.Response:
        mirror, meter = await self._meter(call)
        tallies = await self._metering.tallies(mirror.device_id, [meter.mrid])
        return document(project.meter_reading(mirror, meter, tallies[meter.mrid]), call.profile)

    async def _reading_type(self, call: Call) -> web.Response:
        return document(project.reading_type(*await self._meter(call)), call.profile)

    async def _latest_reading(self, call: Call) -> web.Response:
        mirror, meter = await self._meter(call)
        reading = await self._metering.latest_reading(mirror.device_id, meter.mrid)
        return document(project.latest_reading(mirror, meter, reading), call.profile)

    async def _reading_sets(self, call: Call) -> web.Response:
        mirror, meter = await self._meter(call)
        page = self._page(call)
        tallies = await self._metering.tallies(mirror.device_id, [meter.mrid])
        chosen = await self._metering.reading_sets(
            mirror.device_id,
            meter.mrid,
            page=(min(page.start, _MOST), page.limit),
            after=None if page.after is None else instant(min(page.after, _LAST)),
        )
        found = [project.reading_set(mirror, of) for of in chosen]
        total = tallies[meter.mrid].sets
        return document(reading_set_list(mirror, meter, found, total=total), call.profile)

    async def _set(self, call: Call) -> tuple[Mirror, Meter, kept.ReadingSet]:
        mirror, meter = await self._meter(call)
        start = instant_named(call.variables[2])
        found = await self._metering.reading_set(mirror.device_id, meter.mrid, start)
        if found is None:
            raise Unknown("there is no such resource")
        return mirror, meter, found

    async def _reading_set(self, call: Call) -> web.Response:
        mirror, _, found = await self._set(call)
        return document(project.reading_set(mirror, found), call.profile)

    async def _readings(self, call: Call) -> web.Response:
        mirror, meter, found = await self._set(call)
        readings = project.readings(mirror, meter, found)
        page = self._page(call)
        later = [one for one in readings if page.after is None or _start(one) > page.after]
        chosen = _part(later, page)
        path = href("readings", u=mirror.id, x=meter.mrid, s=call.variables[2])
        return document(reading_list(path, chosen, total=len(readings)), call.profile)

    async def _reading(self, call: Call) -> web.Response:
        name = call.variables[3]
        for reading in project.readings(*await self._set(call)):
            if reading.href is not None and reading.href.rpartition("/")[2] == name:
                return document(reading, call.profile)
        raise Unknown("there is no such resource")

    def _page(self, call: Call) -> Page:
        return page_of(call.query, call.route.paging, self._settings.list_limit)


def _part(items: Sequence[T], page: Page) -> Sequence[T]:
    return items[page.start : page.start + page.limit]


def _start(reading: Reading) -> int:
    return 0 if reading.timePeriod is None else reading.timePeriod.start
