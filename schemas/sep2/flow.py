"""Flow reservations: energy asked for in advance, and what is granted.

Energy and power are positive towards the device. Nothing is granted here.
"""

from typing import Annotated

from schemas.sep2.base import (
    DateTimeInterval,
    Event,
    IdentifiedObject,
    List,
    MRIDType,
    SubscribableList,
)
from schemas.sep2.names import NS
from schemas.sep2.units import ActivePower, SignedRealEnergy
from schemas.simple import TimeType, UInt8, UInt16, UInt32
from schemas.wire import ATTR, Element


class RequestStatus(Element, ns=NS):
    """Whether a request still stands: 0 requested, 1 cancelled."""

    dateTime: TimeType
    requestStatus: UInt8


class FlowReservationRequest(IdentifiedObject):
    """Energy wanted within an interval, for at least so many seconds."""

    creationTime: TimeType
    durationRequested: UInt16 | None = None
    energyRequested: SignedRealEnergy
    intervalRequested: DateTimeInterval
    powerRequested: ActivePower
    RequestStatus_: RequestStatus


class FlowReservationRequestList(List):
    """The requests of a device."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    FlowReservationRequest_: tuple[FlowReservationRequest, ...] = ()


class FlowReservationResponse(Event):
    """What is granted; the subject is the mRID of the request."""

    energyAvailable: SignedRealEnergy
    powerAvailable: ActivePower
    subject: MRIDType


class FlowReservationResponseList(SubscribableList):
    """What a device was granted."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    FlowReservationResponse_: tuple[FlowReservationResponse, ...] = ()
