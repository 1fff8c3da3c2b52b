"""How a device is set up: language, time zone, thresholds.

Nothing here works out when daylight saving begins.
"""

from typing import Annotated

from schemas.sep2.base import Link, List, ListLink, LocaleType, Resource, SubscribableResource
from schemas.sep2.names import NS
from schemas.simple import HexBinary32, Int32, String32, TimeOffsetType, TimeType, UInt32
from schemas.wire import ATTR, Element

DstRuleType = HexBinary32
"""When daylight saving begins or ends, packed into 32 bits."""


class PowerConfiguration(Element, ns=NS):
    """When the battery was put in, and when it counts as low (seconds)."""

    batteryInstallTime: TimeType | None = None
    lowChargeThreshold: UInt32 | None = None


class TimeConfiguration(Element, ns=NS):
    """The time zone; offsets in seconds."""

    dstEndRule: DstRuleType
    dstOffset: TimeOffsetType
    dstStartRule: DstRuleType
    tzOffset: TimeOffsetType


class PriceResponseCfg(Resource):
    """The prices between which a device reacts to a rate component."""

    consumeThreshold: Int32
    maxReductionThreshold: Int32
    RateComponentLink: Link


class PriceResponseCfgList(List):
    """The prices between which a device reacts."""

    PriceResponseCfg_: tuple[PriceResponseCfg, ...] = ()


class Configuration(SubscribableResource):
    """The settings of a device."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    currentLocale: LocaleType
    PowerConfiguration_: PowerConfiguration | None = None
    PriceResponseCfgListLink: ListLink | None = None
    TimeConfiguration_: TimeConfiguration | None = None
    userDeviceName: String32
