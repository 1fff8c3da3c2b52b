"""Responses to events, and the lists that receive them.

A list declares its members as Response; which kind each one is says its `xsi:type`. Which statuses
fit an event is not decided here.
"""

from typing import Annotated

from schemas.sep2.base import IdentifiedObject, List, ListLink, MRIDType, Resource
from schemas.sep2.names import NS
from schemas.simple import HexBinary160, Int16, PerCent, TimeType, UInt8, UInt16, UInt32
from schemas.wire import ATTR, Element

UnitType = UInt8
ApplianceLoadReductionType = UInt8


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


class ApplianceLoadReduction(Element, ns=NS):
    """Which kind of reduction an appliance chose."""

    type: ApplianceLoadReductionType


class AppliedTargetReduction(Element, ns=NS):
    """How much was reduced, and in which unit."""

    type: UnitType
    value: UInt16


class DutyCycle(Element, ns=NS):
    """A duty cycle in percent."""

    normalValue: UInt8


class Offset(Element, ns=NS):
    """By how much a set temperature was moved (1/10 K), or a load (1/100 %)."""

    coolingOffset: UInt8 | None = None
    heatingOffset: UInt8 | None = None
    loadAdjustmentPercentageOffset: PerCent | None = None


class SetPoint(Element, ns=NS):
    """Set temperatures (1/100 degree Celsius)."""

    coolingSetpoint: Int16 | None = None
    heatingSetpoint: Int16 | None = None


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
