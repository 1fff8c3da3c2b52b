"""Responses to events, and the lists that receive them.

A list declares its members as Response; which kind each one is says its `xsi:type`. Which statuses
fit an event is not decided here.
"""

from typing import Annotated

from schemas.sep2.base import IdentifiedObject, List, ListLink, MRIDType, Resource
from schemas.sep2.drlc import ApplianceLoadReduction, DutyCycle, Offset, SetPoint, UnitType
from schemas.sep2.names import NS
from schemas.simple import HexBinary160, TimeType, UInt8, UInt16, UInt32
from schemas.wire import ATTR, Element


class Response(Resource):
    """What a device answers to an event, whose mRID is the subject."""

    createdDateTime: TimeType | None = None
    endDeviceLFDI: HexBinary160
    status: UInt8 | None = None
    subject: MRIDType


class DERControlResponse(Response):
    """The answer to a DERControl."""


class FlowReservationResponseResponse(Response):
    """The answer to a FlowReservationResponse."""


class PriceResponse(Response):
    """The answer to a TimeTariffInterval."""


class TextResponse(Response):
    """The answer to a TextMessage."""


class AppliedTargetReduction(Element, ns=NS):
    """How much was reduced, and in which unit."""

    type: UnitType
    value: UInt16


class DrResponse(Response):
    """The answer to an EndDeviceControl, with what the device made of it."""

    ApplianceLoadReduction_: ApplianceLoadReduction | None = None
    AppliedTargetReduction_: AppliedTargetReduction | None = None
    DutyCycle_: DutyCycle | None = None
    Offset_: Offset | None = None
    overrideDuration: UInt16 | None = None
    SetPoint_: SetPoint | None = None


class ResponseList(List):
    """The responses received."""

    Response_: tuple[Response, ...] = ()


class ResponseSet(IdentifiedObject):
    """A place for responses."""

    ResponseListLink: ListLink | None = None


class ResponseSetList(List):
    """The places for responses."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    ResponseSet_: tuple[ResponseSet, ...] = ()
