"""Devices and the way to them: capability, devices, assignments, registration, time.

The last member of EndDevice and the ConnectionPoint are CSIP-AUS additions. Which links a client
gets to see is not decided here.
"""

from typing import Annotated

from schemas.sep2.base import (
    DeviceCategoryType,
    Link,
    ListLink,
    MRIDType,
    Resource,
    SubscribableList,
    SubscribableResource,
    SubscribableType,
)
from schemas.sep2.names import NS_CSIPAUS
from schemas.simple import (
    Boolean,
    HexBinary160,
    PINType,
    SFDIType,
    String32,
    TimeOffsetType,
    TimeType,
    UInt8,
    UInt32,
    VersionType,
)
from schemas.wire import ATTR, In


class FunctionSetAssignmentsBase(Resource):
    """The links to function sets, for a device or for whoever asks."""

    CustomerAccountListLink: ListLink | None = None
    DemandResponseProgramListLink: ListLink | None = None
    DERProgramListLink: ListLink | None = None
    FileListLink: ListLink | None = None
    MessagingProgramListLink: ListLink | None = None
    PrepaymentListLink: ListLink | None = None
    ResponseSetListLink: ListLink | None = None
    TariffProfileListLink: ListLink | None = None
    TimeLink: Link | None = None
    UsagePointListLink: ListLink | None = None


class DeviceCapability(FunctionSetAssignmentsBase):
    """Where a client starts."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    EndDeviceListLink: ListLink | None = None
    MirrorUsagePointListLink: ListLink | None = None
    SelfDeviceLink: Link | None = None


class FunctionSetAssignments(FunctionSetAssignmentsBase):
    """The function sets that a group of devices shall use."""

    subscribable: Annotated[SubscribableType | None, ATTR] = None
    mRID: MRIDType
    description: String32 | None = None
    version: VersionType | None = None


class FunctionSetAssignmentsList(SubscribableList):
    """The function set assignments of a device."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    FunctionSetAssignments_: tuple[FunctionSetAssignments, ...] = ()


class AbstractDevice(SubscribableResource):
    """What any device says of itself."""

    ConfigurationLink: Link | None = None
    DERListLink: ListLink | None = None
    deviceCategory: DeviceCategoryType | None = None
    DeviceInformationLink: Link | None = None
    DeviceStatusLink: Link | None = None
    FileStatusLink: Link | None = None
    IPInterfaceListLink: ListLink | None = None
    lFDI: HexBinary160 | None = None
    LoadShedAvailabilityListLink: ListLink | None = None
    LogEventListLink: ListLink | None = None
    PowerStatusLink: Link | None = None
    sFDI: SFDIType


class SelfDevice(AbstractDevice):
    """The server as a device."""

    pollRate: Annotated[UInt32 | None, ATTR] = None


class EndDevice(AbstractDevice):
    """A device in the server's care."""

    changedTime: TimeType
    enabled: Boolean | None = None
    FlowReservationRequestListLink: ListLink | None = None
    FlowReservationResponseListLink: ListLink | None = None
    FunctionSetAssignmentsListLink: ListLink | None = None
    postRate: UInt32 | None = None
    RegistrationLink: Link | None = None
    SubscriptionListLink: ListLink | None = None
    ConnectionPointLink: Annotated[Link | None, In(NS_CSIPAUS)] = None


class EndDeviceList(SubscribableList):
    """The devices that the reader may see."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    EndDevice_: tuple[EndDevice, ...] = ()


class Registration(Resource):
    """When a device was registered, and the PIN that proves it to its owner."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    dateTimeRegistered: TimeType
    pIN: PINType


class Time(Resource):
    """The server's time; offsets in seconds, west negative."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    currentTime: TimeType
    dstEndTime: TimeType
    dstOffset: TimeOffsetType
    dstStartTime: TimeType
    localTime: TimeType | None = None
    quality: UInt8
    tzOffset: TimeOffsetType


class ConnectionPoint(Resource, ns=NS_CSIPAUS):
    """Where a device meets the network (CSIP-AUS), for instance its NMI."""

    connectionPointId: String32
