"""The types that all function sets of IEEE 2030.5 stand on.

Members in the order of the schema. No meaning beyond a word or two: what an event's status is and
when it changes is known to the server's core and its 2030.5 face alone.
"""

from typing import Annotated

from schemas.sep2.names import NS
from schemas.simple import (
    AnyURI,
    Boolean,
    HexBinary8,
    HexBinary32,
    HexBinary128,
    OneHourRangeType,
    String32,
    String42,
    String192,
    TimeType,
    UInt8,
    UInt16,
    UInt32,
    VersionType,
)
from schemas.wire import ATTR, Element

MRIDType = HexBinary128
SubscribableType = UInt8
DeviceCategoryType = HexBinary32
CurrencyCode = UInt16
"""ISO 4217."""
LocaleType = String42
"""RFC 4646."""
PENType = UInt32
"""A number that IANA gave to an enterprise."""


class Resource(Element, ns=NS):
    """What has an address of its own."""

    href: Annotated[AnyURI | None, ATTR] = None


class Link(Element, ns=NS):
    """A pointer to one resource; the types that extend it (TimeLink ...) add nothing to it."""

    href: Annotated[AnyURI, ATTR]


class ListLink(Link):
    """A pointer to a list; `all` counts what the reader may see there."""

    all: Annotated[UInt32 | None, ATTR] = None


class List(Resource):
    """A page of a list: `all` items exist, `results` of them stand here."""

    all: Annotated[UInt32, ATTR]
    results: Annotated[UInt32, ATTR]


class SubscribableResource(Resource):
    """A resource; `subscribable` says for which kinds of subscription (0 none ... 3 both)."""

    subscribable: Annotated[SubscribableType | None, ATTR] = None


class SubscribableList(SubscribableResource):
    """A page of a list that may be subscribed to."""

    all: Annotated[UInt32, ATTR]
    results: Annotated[UInt32, ATTR]


class IdentifiedObject(Resource):
    """A resource with a name that holds across servers."""

    mRID: MRIDType
    description: String32 | None = None
    version: VersionType | None = None


class SubscribableIdentifiedObject(SubscribableResource):
    """An identified object that may be subscribed to."""

    mRID: MRIDType
    description: String32 | None = None
    version: VersionType | None = None


class RespondableResource(Resource):
    """A resource that asks for responses: where to, and which (a bit map)."""

    replyTo: Annotated[AnyURI | None, ATTR] = None
    responseRequired: Annotated[HexBinary8 | None, ATTR] = None


class RespondableIdentifiedObject(RespondableResource):
    """An identified object that asks for responses."""

    mRID: MRIDType
    description: String32 | None = None
    version: VersionType | None = None


class RespondableSubscribableIdentifiedObject(RespondableResource):
    """An identified object that asks for responses and may be subscribed to."""

    subscribable: Annotated[SubscribableType | None, ATTR] = None
    mRID: MRIDType
    description: String32 | None = None
    version: VersionType | None = None


class DateTimeInterval(Element, ns=NS):
    """A half-open span: seconds since the epoch, and seconds."""

    duration: UInt32
    start: TimeType


class EventStatus(Element, ns=NS):
    """Where an event stands: 0 scheduled, 1 active, 2 and 3 cancelled, 4 superseded."""

    currentStatus: UInt8
    dateTime: TimeType
    potentiallySuperseded: Boolean
    potentiallySupersededTime: TimeType | None = None
    reason: String192 | None = None


class Event(RespondableSubscribableIdentifiedObject):
    """Something that holds from one moment to another."""

    creationTime: TimeType
    EventStatus_: EventStatus
    interval: DateTimeInterval


class RandomizableEvent(Event):
    """An event whose ends each device moves by a random time of its own (seconds)."""

    randomizeDuration: OneHourRangeType | None = None
    randomizeStart: OneHourRangeType | None = None


class Error(Element, ns=NS):
    """The body of a refusal: 0 format, 1 values, 2 limit, 3 no such subscription, 4 too often."""

    maxRetryDuration: UInt16 | None = None
    reasonCode: UInt16
