"""The mirrors of usage points as they are known between posts: what the store holds, read once.

Bounded; whatever changes a device's mirrors, its next reader loads them anew. Writers of one device
take turns. It must not know HTTP.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Generic, NamedTuple, TypeVar

from schemas.sep2 import decode
from schemas.sep2.mirror import MirrorMeterReading, MirrorUsagePoint
from server.core.book import Book
from server.core.model import ClientId, Device, DeviceId
from server.errors import Unknown
from server.sep2.kept import body_to_keep
from server.sep2.measured import Meter, same
from server.store.metering import Metering
from server.store.values import Mirrored

K = TypeVar("K")
V = TypeVar("V")

DEVICES_LIMIT = 50_000
TURNS = 256

Name = tuple[str, DeviceId]
"""The mRID of a usage point, and whose it is."""


class Mirror(NamedTuple):
    """A usage point without its meter readings, and these by mRID."""

    device_id: DeviceId
    point: MirrorUsagePoint
    meters: Mapping[str, Meter]

    @property
    def id(self) -> str:
        """Return what stands for the mirror in hrefs."""
        return f"{self.device_id}-{self.point.mRID}"


class Recent(Generic[K, V]):
    """The values that were asked for last, as long as nothing has overtaken them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._loads: dict[K, object] = {}

    def get(self, key: K) -> V | None:
        """Return what is known of a key."""
        value = self._kept.get(key)
        if value is not None:
            self._kept.move_to_end(key)
        return value

    async def load(self, key: K, loading: Awaitable[V]) -> V:
        """Return what comes of `loading`, and keep it unless it was forgotten meanwhile."""
        load = self._loads.setdefault(key, object())
        try:
            value = await loading
        except BaseException:
            self.forget(key)
            raise
        if self._loads.get(key) is load:
            del self._loads[key]
            self._kept[key] = value
            if len(self._kept) > self._limit:
                self._kept.popitem(last=False)
        return value

    def forget(self, key: K) -> None:
        """Know nothing of a key, nor of a load that is under way."""
        self._loads.pop(key, None)
        self._kept.pop(key, None)


class Mirrors:
    """The mirrors of all devices."""

    def __init__(self, book: Book, metering: Metering) -> None:
        limit = 0 if metering.is_shared else DEVICES_LIMIT
        self._book = book
        self._metering = metering
        self._by_device: Recent[DeviceId, Mapping[str, Mirror]] = Recent(limit)
        self._by_client: Recent[ClientId, tuple[tuple[Device, ...], tuple[Name, ...]]] = Recent(
            limit
        )
        self._turns = tuple(asyncio.Lock() for _ in range(TURNS))
        metering.listen(self._forget)

    def turn(self, device_id: DeviceId) -> asyncio.Lock:
        """Return what a writer of a device's mirrors holds while it writes."""
        return self._turns[hash(device_id) % TURNS]

    async def of(self, device_id: DeviceId) -> Mapping[str, Mirror]:
        """Return the mirrors of a device by mRID."""
        known = self._by_device.get(device_id)
        if known is None:
            known = await self._by_device.load(device_id, self._load(device_id))
        return known

    async def find(self, device_id: DeviceId, mrid: str) -> Mirror:
        """Return a mirror; Unknown if its device has none of that mRID."""
        mirror = (await self.of(device_id)).get(mrid)
        if mirror is None:
            raise Unknown("there is no such resource")
        return mirror

    async def names(self, devices: tuple[Device, ...]) -> Sequence[Name]:
        """Return the mirrors of all of a client's devices, mRID descending."""
        client_id = devices[0].client_id if devices else None
        if client_id is None:
            return ()
        known = self._by_client.get(client_id)
        if known is None or known[0] != devices:
            self._by_client.forget(client_id)
            known = await self._by_client.load(client_id, self._load_names(devices))
        return known[1]

    async def _load(self, device_id: DeviceId) -> Mapping[str, Mirror]:
        return _assembled(await self._metering.mirrors(device_id))

    async def _load_names(
        self, devices: tuple[Device, ...]
    ) -> tuple[tuple[Device, ...], tuple[Name, ...]]:
        return devices, await self._metering.usage_points(device.id for device in devices)

    def _forget(self, device_id: DeviceId) -> None:
        self._by_device.forget(device_id)
        device = self._book.devices.get(device_id)
        if device is not None and device.client_id is not None:
            self._by_client.forget(device.client_id)


def split(mirror_id: str) -> tuple[str, str]:
    """Return the device's id and the mRID of what `Mirror.id` made."""
    device_id, _, mrid = mirror_id.rpartition("-")
    return device_id, mrid


def first_level(posted: MirrorUsagePoint) -> MirrorUsagePoint:
    """Return a usage point by itself."""
    return replace(posted, href=None, MirrorMeterReading_=())


def body_of_point(point: MirrorUsagePoint) -> bytes:
    """Return a usage point for the store."""
    return body_to_keep(point)


def body_of_meter(meter: Meter) -> bytes:
    """Return a meter reading for the store, without its values."""
    return body_to_keep(
        MirrorMeterReading(
            mRID=meter.mrid,
            description=meter.description,
            version=meter.version,
            ReadingType_=meter.kind,
        )
    )


def _assembled(kept: Sequence[Mirrored]) -> Mapping[str, Mirror]:
    """Return mirrors by mRID; usage points come before meter readings."""
    mirrors: dict[str, Mirror] = {}
    meters: dict[str, dict[str, Meter]] = {}
    for one in kept:
        if not one.parent:
            inside = meters[one.mrid] = {}
            point = decode(MirrorUsagePoint, one.body)
            mirrors[one.mrid] = Mirror(one.device_id, point, MappingProxyType(inside))
        else:
            meters[one.parent][one.mrid] = _meter(decode(MirrorMeterReading, one.body))
    return MappingProxyType(mirrors)


def _meter(kept: MirrorMeterReading) -> Meter:
    if kept.ReadingType_ is None:
        raise ValueError(f"the meter reading {kept.mRID} was kept without its ReadingType")
    return Meter(kept.mRID, kept.description, kept.version, same(kept.ReadingType_))
