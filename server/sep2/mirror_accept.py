"""What clients say of their metering: mirrors made, replaced and removed, and readings posted.

Values go straight to the store in one commit; usage points and meter readings are checked against
what lives already, one writer of a device at a time. It must not render resources.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, NamedTuple

from aiohttp import web

from schemas.sep2.mirror import MirrorMeterReading, MirrorMeterReadingList, MirrorUsagePoint
from schemas.simple import UInt32
from schemas.wire import ATTR
from server.core.model import Device, Lfdi
from server.desk import Desk
from server.errors import Forbidden, Invalid, Malformed, TooLarge
from server.sep2.access import Access, Caller
from server.sep2.body import body_of
from server.sep2.call import Call, Handler
from server.sep2.measured import Measured, Meter, same
from server.sep2.mirror import (
    Mirror,
    Mirrors,
    body_of_meter,
    body_of_point,
    first_level,
    split,
)
from server.sep2.reply import created, replaced, updated
from server.sep2.routes import href
from server.sep2.settings import Sep2Settings
from server.store import values as kept

MIRRORS_LIMIT = 1_000
"""Usage points and meter readings that one device may have."""

Posted = Sequence[MirrorMeterReading]


class MeterReadings(MirrorMeterReadingList, tag="MirrorMeterReadingList"):
    """Several meter readings as clients post them: some leave out how many there are."""

    all: Annotated[UInt32, ATTR] = 0
    results: Annotated[UInt32, ATTR] = 0


class Draft(NamedTuple):
    """What a post would change: meter readings that are new or other than before, and values."""

    meters: dict[str, Meter]
    new: set[str]
    measured: Measured


class MirrorAccepts:
    """The handlers of POST, PUT and DELETE below `/mup`, by the name of their route."""

    def __init__(
        self, desk: Desk, access: Access, settings: Sep2Settings, mirrors: Mirrors
    ) -> None:
        self._book = desk.book
        self._metering = desk.store.metering
        self._access = access
        self._mirrors = mirrors
        self._limit = settings.readings_body_limit
        self.handlers: dict[str, Handler] = {"mirrors": self._create, "mirror": self._change}

    async def _create(self, call: Call) -> web.Response:
        """Keep a posted usage point; one that is posted again is the same."""
        posted = await body_of(call, (MirrorUsagePoint,), self._limit)
        device = self._owner(call.caller, posted.deviceLFDI)
        async with self._mirrors.turn(device.id):
            known = (await self._mirrors.of(device.id)).get(posted.mRID)
            mirror = await self._keep_point(device, known, posted, call.now)
        location = href("mirror", m=mirror.id)
        return created(location) if known is None else updated(location)

    async def _change(self, call: Call) -> web.Response:
        device_id, mrid = split(call.variables[0])
        device = self._access.device(call.caller, device_id)
        if call.request.method == "POST":
            return await self._measure(call, device, mrid)
        if call.request.method == "PUT":
            return await self._replace(call, device, mrid)
        async with self._mirrors.turn(device.id):
            await self._mirrors.find(device.id, mrid)
            await self._metering.archive(device.id, at=call.now, usage_point=mrid)
        return replaced()

    async def _replace(self, call: Call, device: Device, mrid: str) -> web.Response:
        """Keep what is put in place of a usage point; its meter readings stay."""
        await self._mirrors.find(device.id, mrid)
        posted = await body_of(call, (MirrorUsagePoint,), self._limit)
        if posted.mRID != mrid:
            raise Invalid("a usage point keeps its mRID", pointer="/MirrorUsagePoint/mRID")
        if self._owner(call.caller, posted.deviceLFDI).id != device.id:
            raise Invalid("a usage point keeps its device", pointer="/MirrorUsagePoint/deviceLFDI")
        async with self._mirrors.turn(device.id):
            known = await self._mirrors.find(device.id, mrid)
            await self._keep_point(device, known, posted, call.now)
        return replaced()

    async def _measure(self, call: Call, device: Device, mrid: str) -> web.Response:
        """Keep posted meter readings: values at once, what is new of their kind in turn."""
        mirror = await self._mirrors.find(device.id, mrid)
        kinds = (MirrorMeterReading, MeterReadings)
        posted = _several(await body_of(call, kinds, self._limit))
        draft = _draft(device, mirror, posted, call.now)
        if draft.meters:
            async with self._mirrors.turn(device.id):
                mirror = await self._mirrors.find(device.id, mrid)
                draft = _draft(device, mirror, posted, call.now)
                await self._keep(device, draft, mirror.point, call.now)
        else:
            await self._metering.keep(device.id, *draft.measured)
        location = href("meter_readings", u=mirror.id)
        if len(posted) == 1:
            location = href("meter_reading", u=mirror.id, x=posted[0].mRID)
        return created(location) if draft.new else updated(location)

    def _owner(self, caller: Caller, lfdi: str) -> Device:
        """Return the caller's device of an LFDI; Forbidden, whether there is another's or none."""
        known = self._book.device_by_lfdi.get(Lfdi(lfdi))
        return self._access.device(caller, known or "", writing=True)

    async def _keep_point(
        self, device: Device, known: Mirror | None, posted: MirrorUsagePoint, now: datetime
    ) -> Mirror:
        if posted.postRate == 0:
            raise Invalid("postRate is at least a second", pointer="/MirrorUsagePoint/postRate")
        point = first_level(posted)
        mirror = Mirror(device.id, point, {} if known is None else known.meters)
        draft = _draft(device, mirror, posted.MirrorMeterReading_, now)
        if known is None:
            draft.new.add(point.mRID)
        await self._keep(device, draft, point, now, is_point_posted=True)
        return mirror

    async def _keep(
        self,
        device: Device,
        draft: Draft,
        point: MirrorUsagePoint,
        now: datetime,
        *,
        is_point_posted: bool = False,
    ) -> None:
        await self._check_free(device, draft.new, now)
        mirrors = [
            _mirrored(device, mrid, point.mRID, body_of_meter(meter), now)
            for mrid, meter in draft.meters.items()
        ]
        if is_point_posted:
            mirrors.append(_mirrored(device, point.mRID, "", body_of_point(point), now))
        await self._metering.keep(device.id, *draft.measured, mirrors=mirrors)

    async def _check_free(self, device: Device, new: set[str], now: datetime) -> None:
        """Refuse mRIDs that something else lives under, and more than a device may have."""
        if not new:
            return
        mirrors = await self._mirrors.of(device.id)
        if len(new) + sum(1 + len(mirror.meters) for mirror in mirrors.values()) > MIRRORS_LIMIT:
            raise TooLarge(f"a device has at most {MIRRORS_LIMIT} mirrors and meter readings")
        for holder in await self._metering.holders(new):
            if holder.device_id == device.id:
                raise Invalid("this mRID is taken by something else", pointer="/mRID")
            if holder.device_id in self._book.devices:
                raise Forbidden("this mRID is not yours", pointer="/mRID")
            await self._metering.archive(holder.device_id, at=now)


def _several(posted: MirrorMeterReading | MeterReadings) -> Posted:
    if isinstance(posted, MirrorMeterReading):
        return (posted,)
    if not posted.MirrorMeterReading_:
        raise Malformed("the list is empty", pointer="/MirrorMeterReadingList")
    return posted.MirrorMeterReading_


def _draft(
    device: Device, mirror: Mirror, posted: Iterable[MirrorMeterReading], now: datetime
) -> Draft:
    """Find what a post changes; Malformed for a new meter reading without its ReadingType."""
    draft = Draft({}, set(), Measured([], []))
    for one in posted:
        known = draft.meters.get(one.mRID) or mirror.meters.get(one.mRID)
        meter = _meter(one, known)
        if meter != known:
            draft.meters[meter.mrid] = meter
        if known is None:
            draft.new.add(_other_than(mirror, meter.mrid))
        at = int(now.timestamp()) if one.lastUpdateTime is None else one.lastUpdateTime
        draft.measured.add(device.id, meter, one, at)
    return draft


def _meter(posted: MirrorMeterReading, known: Meter | None) -> Meter:
    """Return what is known of a meter reading when it was posted; what it leaves out stays."""
    kind, description, version = posted.ReadingType_, posted.description, posted.version
    if kind is not None:
        kind = same(kind if kind.href is None else replace(kind, href=None))
    elif known is not None:
        kind = known.kind
    else:
        pointer = "/MirrorMeterReading/ReadingType"
        raise Malformed("a new meter reading says what it measures", pointer=pointer)
    if known is not None:
        description = known.description if description is None else description
        version = known.version if version is None else version
    return Meter(posted.mRID, description, version, kind)


def _other_than(mirror: Mirror, mrid: str) -> str:
    if mrid == mirror.point.mRID:
        raise Invalid("this mRID is the usage point's", pointer="/MirrorMeterReading/mRID")
    return mrid


def _mirrored(device: Device, mrid: str, parent: str, body: bytes, now: datetime) -> kept.Mirrored:
    return kept.Mirrored(device_id=device.id, mrid=mrid, parent=parent, body=body, at=now)
