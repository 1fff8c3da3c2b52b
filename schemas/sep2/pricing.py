"""Prices: tariffs, their components, and what holds when.

What CSIP-AUS 1.3 adds comes last in its type; all of it is optional here, whatever one profile
demands.
"""

from typing import Annotated

from schemas.sep2.base import (
    CurrencyCode,
    IdentifiedObject,
    Link,
    List,
    ListLink,
    RandomizableEvent,
    Resource,
    SubscribableList,
    SubscribableType,
)
from schemas.sep2.metering import ConsumptionBlockType, RoleFlagsType, ServiceKind, TOUType
from schemas.sep2.names import NS, NS_CSIPAUS
from schemas.sep2.units import PowerOfTenMultiplierType, UnitValueType
from schemas.simple import Int32, PrimacyType, String20, UInt8, UInt32, UInt48
from schemas.wire import ATTR, Element, In

CostKindType = UInt8
"""Per unit: 0 g of CO2, 1 g of SO2, 2 g of NOx, 3 share of renewable generation."""


class EnvironmentalCost(Element, ns=NS):
    """What a unit costs the environment."""

    amount: UInt32
    costKind: CostKindType
    costLevel: UInt8
    numCostLevels: UInt8


class ConsumptionTariffInterval(Resource):
    """A price, from a consumption on; the unit is that of the ReadingType."""

    consumptionBlock: ConsumptionBlockType
    EnvironmentalCost_: tuple[EnvironmentalCost, ...] = ()
    price: Int32 | None = None
    startValue: UInt48


class ConsumptionTariffIntervalList(List):
    """The prices of an interval."""

    ConsumptionTariffInterval_: tuple[ConsumptionTariffInterval, ...] = ()


class ConsumptionTariffIntervalListSummary(ConsumptionTariffIntervalList, ns=NS_CSIPAUS):
    """The prices of an interval, put inside it (CSIP-AUS 1.3)."""


class TimeTariffInterval(RandomizableEvent):
    """A span of time with prices of its own."""

    ConsumptionTariffIntervalListLink: ListLink | None = None
    touTier: TOUType
    ConsumptionTariffIntervalListSummary_: Annotated[
        ConsumptionTariffIntervalListSummary | None, In(NS_CSIPAUS)
    ] = None
    RateComponentLink: Link | None = None


class TimeTariffIntervalList(SubscribableList):
    """The spans of time of a rate component."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    TimeTariffInterval_: tuple[TimeTariffInterval, ...] = ()


class CombinedTimeTariffIntervalList(TimeTariffIntervalList, ns=NS_CSIPAUS):
    """The spans of time of all rate components of a tariff (CSIP-AUS 1.3)."""


class RateComponent(IdentifiedObject):
    """One component of a tariff, and the flow that it is meant for."""

    ActiveTimeTariffIntervalListLink: ListLink | None = None
    flowRateEndLimit: UnitValueType | None = None
    flowRateStartLimit: UnitValueType | None = None
    ReadingTypeLink: Link
    roleFlags: RoleFlagsType
    TimeTariffIntervalListLink: ListLink


class RateComponentList(List):
    """The components of a tariff."""

    subscribable: Annotated[SubscribableType | None, ATTR] = None
    RateComponent_: tuple[RateComponent, ...] = ()


class TariffProfile(IdentifiedObject):
    """A tariff; the lower primacy wins."""

    currency: CurrencyCode | None = None
    pricePowerOfTenMultiplier: PowerOfTenMultiplierType | None = None
    primacy: PrimacyType
    rateCode: String20 | None = None
    RateComponentListLink: ListLink | None = None
    serviceCategoryKind: ServiceKind
    CombinedTimeTariffIntervalListLink: Annotated[ListLink | None, In(NS_CSIPAUS)] = None


class TariffProfileList(SubscribableList):
    """The tariffs of a function set assignment."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    TariffProfile_: tuple[TariffProfile, ...] = ()
