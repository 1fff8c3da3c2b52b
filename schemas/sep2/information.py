"""What a device says of itself: its make, its power sources, how it does.

Numbers and bits are kept as they came. Which device says so is not known here.
"""

from typing import Annotated

from schemas.sep2.base import Link, List, ListLink, LocaleType, PENType, Resource
from schemas.sep2.names import NS
from schemas.sep2.units import ActivePower, PowerOfTenMultiplierType, RealEnergy
from schemas.simple import (
    HexBinary32,
    HexBinary64,
    HexBinary160,
    Int16,
    PerCent,
    String32,
    TimeType,
    UInt8,
    UInt16,
    UInt32,
)
from schemas.wire import ATTR, Element

PowerSourceType = UInt8
"""0 none, 1 mains, 2 battery, 3 local generation, 4 emergency, 5 unknown."""


class GPSLocationType(Element, ns=NS):
    """A place on earth (WGS 84), as decimal degrees in words of ASCII."""

    lat: String32
    lon: String32


class DRLCCapabilities(Element, ns=NS):
    """What a device can do in a demand response: energy, demand, and options (a bit map)."""

    averageEnergy: RealEnergy
    maxDemand: ActivePower
    optionsImplemented: HexBinary32


class DeviceInformation(Resource):
    """Make, model and versions of a device."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    DRLCCapabilities_: DRLCCapabilities | None = None
    functionsImplemented: HexBinary64 | None = None
    gpsLocation: GPSLocationType | None = None
    lFDI: HexBinary160
    mfDate: TimeType
    mfHwVer: String32
    mfID: PENType
    mfInfo: String32 | None = None
    mfModel: String32
    mfSerNum: String32
    primaryPower: PowerSourceType
    secondaryPower: PowerSourceType
    SupportedLocaleListLink: ListLink | None = None
    swActTime: TimeType
    swVer: String32


class SupportedLocale(Resource):
    """A language that a device speaks."""

    locale: LocaleType


class SupportedLocaleList(List):
    """The languages that a device speaks."""

    SupportedLocale_: tuple[SupportedLocale, ...] = ()


class Temperature(Element, ns=NS):
    """Degrees Celsius; the subject is 0 enclosure, 1 transformer, 2 heat sink."""

    multiplier: PowerOfTenMultiplierType
    subject: UInt8
    value: Int16


class DeviceStatus(Resource):
    """How a device does; times in seconds."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    changedTime: TimeType
    onCount: UInt16 | None = None
    opState: UInt8 | None = None
    opTime: UInt32 | None = None
    Temperature_: tuple[Temperature, ...] = ()
    TimeLink: Link | None = None


class PEVInfo(Element, ns=NS):
    """What an electric vehicle needs, and when; durations in seconds."""

    chargingPowerNow: ActivePower
    energyRequestNow: RealEnergy
    maxForwardPower: ActivePower
    minimumChargingDuration: UInt32
    targetStateOfCharge: PerCent
    timeChargeIsNeeded: TimeType
    timeChargingStatusPEV: TimeType


class PowerStatus(Resource):
    """What a device lives on, and for how long; durations in seconds."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    batteryStatus: UInt8
    changedTime: TimeType
    currentPowerSource: PowerSourceType
    estimatedChargeRemaining: PerCent | None = None
    estimatedTimeRemaining: UInt32 | None = None
    PEVInfo_: PEVInfo | None = None
    sessionTimeOnBattery: UInt32 | None = None
    totalTimeOnBattery: UInt32 | None = None
