"""Metering mirrors: what a device measures itself, posted to the server.

Unlike the metering function set a mirror holds its values inside.
"""

from typing import Annotated

from schemas.sep2.base import List
from schemas.sep2.metering import (
    MeterReadingBase,
    Reading,
    ReadingSetBase,
    ReadingType,
    UsagePointBase,
)
from schemas.simple import HexBinary160, TimeType, UInt32
from schemas.wire import ATTR


class MirrorReadingSet(ReadingSetBase):
    """The values of one span of time."""

    Reading_: tuple[Reading, ...] = ()


class MirrorMeterReading(MeterReadingBase):
    """One quantity, what it is, and its values."""

    lastUpdateTime: TimeType | None = None
    MirrorReadingSet_: tuple[MirrorReadingSet, ...] = ()
    nextUpdateTime: TimeType | None = None
    Reading_: Reading | None = None
    ReadingType_: ReadingType | None = None


class MirrorMeterReadingList(List):
    """Several quantities, posted at once."""

    MirrorMeterReading_: tuple[MirrorMeterReading, ...] = ()


class MirrorUsagePoint(UsagePointBase):
    """A place of measuring on a device; it posts every `postRate` seconds."""

    deviceLFDI: HexBinary160
    MirrorMeterReading_: tuple[MirrorMeterReading, ...] = ()
    postRate: UInt32 | None = None


class MirrorUsagePointList(List):
    """The mirrors of a server."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    MirrorUsagePoint_: tuple[MirrorUsagePoint, ...] = ()
