"""Bills: customers, their agreements, billing periods and charges.

Amounts are whole numbers, scaled by the power of ten of the account; nothing here adds them up.
"""

from typing import Annotated

from schemas.sep2.base import (
    DateTimeInterval,
    IdentifiedObject,
    Link,
    List,
    ListLink,
    Resource,
    SubscribableList,
)
from schemas.sep2.metering import MeterReadingBase, ReadingBase, ReadingSetBase
from schemas.sep2.names import NS
from schemas.sep2.units import PowerOfTenMultiplierType
from schemas.simple import (
    Int32,
    Int48,
    String20,
    String32,
    String42,
    TimeType,
    UInt8,
    UInt16,
    UInt32,
)
from schemas.wire import ATTR, Element

ChargeKind = UInt8
"""0 consumption, 1 rebate, 2 auxiliary, 3 demand, 4 tax."""


class ServiceSupplier(IdentifiedObject):
    """Who supplies, and how to reach them."""

    email: String32 | None = None
    phone: String20 | None = None
    providerID: UInt32 | None = None
    web: String42 | None = None


class ServiceSupplierList(List):
    """Those who supply."""

    ServiceSupplier_: tuple[ServiceSupplier, ...] = ()


class CustomerAccount(IdentifiedObject):
    """An account with a supplier."""

    currency: UInt16
    customerAccount: String42 | None = None
    CustomerAgreementListLink: ListLink | None = None
    customerName: String42 | None = None
    pricePowerOfTenMultiplier: PowerOfTenMultiplierType
    ServiceSupplierLink: Link | None = None


class CustomerAccountList(SubscribableList):
    """The accounts that the reader may see."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    CustomerAccount_: tuple[CustomerAccount, ...] = ()


class CustomerAgreement(IdentifiedObject):
    """One service to a customer, and where its figures stand."""

    ActiveBillingPeriodListLink: ListLink | None = None
    ActiveProjectionReadingListLink: ListLink | None = None
    ActiveTargetReadingListLink: ListLink | None = None
    BillingPeriodListLink: ListLink | None = None
    HistoricalReadingListLink: ListLink | None = None
    PrepaymentLink: Link | None = None
    ProjectionReadingListLink: ListLink | None = None
    serviceAccount: String42 | None = None
    serviceLocation: String42 | None = None
    TargetReadingListLink: ListLink | None = None
    TariffProfileLink: Link | None = None
    UsagePointLink: Link | None = None


class CustomerAgreementList(SubscribableList):
    """The services to a customer."""

    CustomerAgreement_: tuple[CustomerAgreement, ...] = ()


class BillingPeriod(Resource):
    """What a span of time has cost so far."""

    billLastPeriod: Int48 | None = None
    billToDate: Int48 | None = None
    interval: DateTimeInterval
    statusTimeStamp: TimeType | None = None


class BillingPeriodList(SubscribableList):
    """The billing periods of an agreement."""

    BillingPeriod_: tuple[BillingPeriod, ...] = ()


class BillingMeterReadingBase(MeterReadingBase):
    """One quantity that is billed."""

    BillingReadingSetListLink: ListLink | None = None
    ReadingTypeLink: Link | None = None


class HistoricalReading(BillingMeterReadingBase):
    """A quantity as it was measured."""


class HistoricalReadingList(List):
    """Quantities as they were measured."""

    HistoricalReading_: tuple[HistoricalReading, ...] = ()


class ProjectionReading(BillingMeterReadingBase):
    """A quantity as it is expected."""


class ProjectionReadingList(List):
    """Quantities as they are expected."""

    ProjectionReading_: tuple[ProjectionReading, ...] = ()


class TargetReading(BillingMeterReadingBase):
    """A quantity as it is aimed at."""


class TargetReadingList(List):
    """Quantities as they are aimed at."""

    TargetReading_: tuple[TargetReading, ...] = ()


class Charge(Element, ns=NS):
    """One position of a bill."""

    description: String20 | None = None
    kind: ChargeKind | None = None
    value: Int32


class BillingReading(ReadingBase):
    """One value, and what it costs."""

    Charge_: tuple[Charge, ...] = ()


class BillingReadingList(List):
    """The values of a billing reading set."""

    BillingReading_: tuple[BillingReading, ...] = ()


class BillingReadingSet(ReadingSetBase):
    """The values of one span of time."""

    BillingReadingListLink: ListLink | None = None


class BillingReadingSetList(SubscribableList):
    """The spans of time of a billed quantity."""

    BillingReadingSet_: tuple[BillingReadingSet, ...] = ()
