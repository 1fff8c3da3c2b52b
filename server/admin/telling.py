"""What operators send and are answered about the telling of 2030.5 clients: rates, subscriptions.

Spelled as in the core; the resources that have a pollRate are those of 2030.5. It must not know
what is done with it.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from server.admin.models import DAY_S, Instant, Model, PageQuery
from server.core.model import ClientId, DeviceId, SubscriptionId

RateS = Annotated[int, Field(ge=1, le=DAY_S)]


class PollRated(StrEnum):
    """The resources that say how often they are to be polled."""

    CONFIGURATION = "Configuration"
    CUSTOMER_ACCOUNT_LIST = "CustomerAccountList"
    DER_LIST = "DERList"
    DER_PROGRAM_LIST = "DERProgramList"
    DEMAND_RESPONSE_PROGRAM_LIST = "DemandResponseProgramList"
    DEVICE_CAPABILITY = "DeviceCapability"
    DEVICE_INFORMATION = "DeviceInformation"
    DEVICE_STATUS = "DeviceStatus"
    END_DEVICE_LIST = "EndDeviceList"
    FILE_LIST = "FileList"
    FILE_STATUS = "FileStatus"
    FLOW_RESERVATION_REQUEST_LIST = "FlowReservationRequestList"
    FLOW_RESERVATION_RESPONSE_LIST = "FlowReservationResponseList"
    FUNCTION_SET_ASSIGNMENTS_LIST = "FunctionSetAssignmentsList"
    IP_INTERFACE_LIST = "IPInterfaceList"
    LOAD_SHED_AVAILABILITY_LIST = "LoadShedAvailabilityList"
    LOG_EVENT_LIST = "LogEventList"
    MESSAGING_PROGRAM_LIST = "MessagingProgramList"
    MIRROR_USAGE_POINT_LIST = "MirrorUsagePointList"
    POWER_STATUS = "PowerStatus"
    PREPAYMENT_LIST = "PrepaymentList"
    REGISTRATION = "Registration"
    RESPONSE_SET_LIST = "ResponseSetList"
    SELF_DEVICE = "SelfDevice"
    SUBSCRIPTION_LIST = "SubscriptionList"
    TARIFF_PROFILE_LIST = "TariffProfileList"
    TIME = "Time"
    USAGE_POINT_LIST = "UsagePointList"


class PostRated(StrEnum):
    """The resources that say how often their device is to post."""

    END_DEVICE = "EndDevice"
    MIRROR_USAGE_POINT = "MirrorUsagePoint"


class PollRateIn(Model):
    """How often a resource is to be polled."""

    rate_s: RateS
    client_id: ClientId | None = None
    """Left out for all clients that have no rate of their own."""


class PollRateQuery(Model):
    """Whose rate is meant."""

    client_id: ClientId | None = None


class PollRatesQuery(PageQuery):
    """Which rates are wanted."""

    client_id: ClientId | None = None


class PollRateView(Model):
    """How often a resource is to be polled."""

    resource: PollRated
    client_id: ClientId | None
    """Null for all clients that have no rate of their own."""
    rate_s: int


class PollRateList(Model):
    """A page of poll rates that differ from the configured one."""

    items: tuple[PollRateView, ...]
    next_cursor: str | None


Mirrored = Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{1,32}$")]


class PostRateIn(Model):
    """How often a device is to post."""

    rate_s: RateS
    mrid: Mirrored | None = None
    """One MirrorUsagePoint of the device; left out for all that have no rate of their own."""


class PostRateQuery(Model):
    """Which rate of a device is meant."""

    mrid: Mirrored | None = None


class PostRatesQuery(PageQuery):
    """Which rates are wanted."""

    device_id: DeviceId | None = None


class PostRateView(Model):
    """How often a device is to post, whatever its client proposes."""

    device_id: DeviceId
    resource: PostRated
    mrid: str | None
    """Null for the device, or all its MirrorUsagePoints that have no rate of their own."""
    rate_s: int


class PostRateList(Model):
    """A page of post rates that were set."""

    items: tuple[PostRateView, ...]
    next_cursor: str | None


class SubscriptionsQuery(PageQuery):
    """Which subscriptions are wanted."""

    client_id: ClientId | None = None


class ConditionView(Model):
    """The bounds outside of which a reading is told; in the reading's own powers of ten."""

    lower: int
    upper: int


class SubscriptionView(Model):
    """A client's wish to be told when a resource changes."""

    id: SubscriptionId
    client_id: ClientId
    resource: str
    level: str
    limit: int
    condition: ConditionView | None
    notification_uri: str
    created_at: Instant
    renewed_at: Instant


class DeliveryView(Model):
    """How far the telling is."""

    attempts: int
    """How many were begun since the last success."""
    due_at: Instant | None
    """When it is tried next; null if nothing waits for a time."""
    failure: str
    """Why the last attempt failed; empty if it did not."""
    is_dead: bool
    """True once given up, until there is something else to tell."""


class SubscriptionDetail(SubscriptionView):
    """A subscription and how far its telling is."""

    delivery: DeliveryView | None


class SubscriptionList(Model):
    """A page of subscriptions."""

    items: tuple[SubscriptionView, ...]
    next_cursor: str | None


class DeadLetterList(Model):
    """A page of subscriptions whose notification was given up."""

    items: tuple[SubscriptionDetail, ...]
    next_cursor: str | None
