"""Prepayment: credit, and what happens to the service without it.

Nothing here counts credit down.
"""

from typing import Annotated

from schemas.sep2.base import (
    CurrencyCode,
    DateTimeInterval,
    IdentifiedObject,
    Link,
    List,
    ListLink,
    Resource,
    SubscribableList,
)
from schemas.sep2.metering import UsagePoint
from schemas.sep2.names import NS
from schemas.sep2.units import PowerOfTenMultiplierType, RealEnergy
from schemas.simple import Int32, String32, TimeType, UInt8, UInt32
from schemas.wire import ATTR, Element

CreditStatusType = UInt8
"""0 well, 1 low, 2 used up, 3 below nothing."""
CreditTypeType = UInt8
"""0 regular, 1 emergency, 2 and 3 the one and then the other."""
PrepayModeType = UInt8
"""0 central wallet, 1 ESI, 2 local, 3 credit."""
ServiceStatusType = UInt8
"""0 and 1 connected or not, 2 and 3 armed for either, 4 no contactor, 5 limited."""


class AccountingUnit(Element, ns=NS):
    """An amount: of money, or of energy as well."""

    energyUnit: RealEnergy | None = None
    monetaryUnit: CurrencyCode
    multiplier: PowerOfTenMultiplierType
    value: Int32


class AccountBalance(Resource):
    """What is left."""

    availableCredit: AccountingUnit
    creditStatus: CreditStatusType | None = None
    emergencyCredit: AccountingUnit | None = None
    emergencyCreditStatus: CreditStatusType | None = None


class CreditRegister(IdentifiedObject):
    """Credit that was bought."""

    creditAmount: AccountingUnit
    creditType: CreditTypeType | None = None
    effectiveTime: TimeType
    token: String32


class CreditRegisterList(List):
    """All credit that was bought."""

    CreditRegister_: tuple[CreditRegister, ...] = ()


class CreditTypeChange(Element, ns=NS):
    """Which credit will be used next, and from when."""

    newType: CreditTypeType
    startTime: TimeType


class ServiceChange(Element, ns=NS):
    """What will become of the service, and when."""

    newStatus: ServiceStatusType
    startTime: TimeType


class PrepayOperationStatus(Resource):
    """How the service stands."""

    creditTypeChange: CreditTypeChange | None = None
    creditTypeInUse: CreditTypeType | None = None
    serviceChange: ServiceChange | None = None
    serviceStatus: ServiceStatusType


class SupplyInterruptionOverride(Resource):
    """A span of time in which supply goes on without credit."""

    description: String32 | None = None
    interval: DateTimeInterval


class SupplyInterruptionOverrideList(List):
    """The spans of time in which supply goes on without credit."""

    SupplyInterruptionOverride_: tuple[SupplyInterruptionOverride, ...] = ()


class Prepayment(IdentifiedObject):
    """A service that is paid in advance."""

    AccountBalanceLink: Link
    ActiveCreditRegisterListLink: ListLink | None = None
    ActiveSupplyInterruptionOverrideListLink: ListLink | None = None
    creditExpiryLevel: AccountingUnit | None = None
    CreditRegisterListLink: ListLink
    lowCreditWarningLevel: AccountingUnit | None = None
    lowEmergencyCreditWarningLevel: AccountingUnit | None = None
    prepayMode: PrepayModeType
    PrepayOperationStatusLink: Link
    SupplyInterruptionOverrideListLink: ListLink
    UsagePoint_: tuple[UsagePoint, ...] = ()
    UsagePointLink: Link | None = None


class PrepaymentList(SubscribableList):
    """The services that are paid in advance."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    Prepayment_: tuple[Prepayment, ...] = ()
