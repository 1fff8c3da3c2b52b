"""Metering: usage points, their readings, and what these measure.

The codes of a ReadingType are kept as numbers; nothing here scales a value.
"""

from typing import Annotated

from schemas.sep2.base import (
    DateTimeInterval,
    IdentifiedObject,
    Link,
    ListLink,
    Resource,
    SubscribableList,
    SubscribableType,
)
from schemas.sep2.units import PowerOfTenMultiplierType, UnitValueType, UomType
from schemas.simple import Boolean, HexBinary16, HexBinary160, Int48, UInt8, UInt32, UInt48
from schemas.wire import ATTR

AccumulationBehaviourType = UInt8
CommodityType = UInt8
ConsumptionBlockType = UInt8
DataQualifierType = UInt8
FlowDirectionType = UInt8
KindType = UInt8
PhaseCode = UInt8
RoleFlagsType = HexBinary16
ServiceKind = UInt8
"""0 electricity, 1 gas, 2 water, 3 time, 4 pressure, 5 heat, 6 cooling."""
TOUType = UInt8


class UsagePointBase(IdentifiedObject):
    """Where something is measured, and in which roles (a bit map)."""

    roleFlags: RoleFlagsType
    serviceCategoryKind: ServiceKind
    status: UInt8


class UsagePoint(UsagePointBase):
    """A place of measuring and its meter readings."""

    deviceLFDI: HexBinary160 | None = None
    MeterReadingListLink: ListLink | None = None


class UsagePointList(SubscribableList):
    """The places of measuring."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    UsagePoint_: tuple[UsagePoint, ...] = ()


class ReadingType(Resource):
    """What the values of a meter reading are; lengths in seconds."""

    accumulationBehaviour: AccumulationBehaviourType | None = None
    calorificValue: UnitValueType | None = None
    commodity: CommodityType | None = None
    conversionFactor: UnitValueType | None = None
    dataQualifier: DataQualifierType | None = None
    flowDirection: FlowDirectionType | None = None
    intervalLength: UInt32 | None = None
    kind: KindType | None = None
    maxNumberOfIntervals: UInt8 | None = None
    numberOfConsumptionBlocks: UInt8 | None = None
    numberOfTouTiers: UInt8 | None = None
    phase: PhaseCode | None = None
    powerOfTenMultiplier: PowerOfTenMultiplierType | None = None
    subIntervalLength: UInt32 | None = None
    supplyLimit: UInt48 | None = None
    tieredConsumptionBlocks: Boolean | None = None
    uom: UomType | None = None


class MeterReadingBase(IdentifiedObject):
    """One quantity measured at a usage point."""


class MeterReading(MeterReadingBase):
    """One quantity measured at a usage point, and where its values stand."""

    RateComponentListLink: ListLink | None = None
    ReadingLink: Link | None = None
    ReadingSetListLink: ListLink | None = None
    ReadingTypeLink: Link


class MeterReadingList(SubscribableList):
    """What is measured at a usage point."""

    MeterReading_: tuple[MeterReading, ...] = ()


class ReadingSetBase(IdentifiedObject):
    """The values of one span of time."""

    timePeriod: DateTimeInterval


class ReadingSet(ReadingSetBase):
    """The values of one span of time, and where they stand."""

    ReadingListLink: ListLink | None = None


class ReadingSetList(SubscribableList):
    """The spans of time that a meter reading covers."""

    ReadingSet_: tuple[ReadingSet, ...] = ()


class ReadingBase(Resource):
    """One value."""

    consumptionBlock: ConsumptionBlockType | None = None
    qualityFlags: HexBinary16 | None = None
    timePeriod: DateTimeInterval | None = None
    touTier: TOUType | None = None
    value: Int48 | None = None


class Reading(ReadingBase):
    """One value of a meter reading."""

    subscribable: Annotated[SubscribableType | None, ATTR] = None
    localID: HexBinary16 | None = None


class ReadingList(SubscribableList):
    """The values of a reading set."""

    Reading_: tuple[Reading, ...] = ()
