"""The messages of OpenADR 2.0b EiEvent: events to a client and what it answers.

It must not know which events a client is due, their order or their status: the face decides.
"""

from typing import Annotated

from schemas.openadr.blocks import (
    Dtstart,
    DurationProp,
    EiResponse,
    Intervals,
    MarketContext,
    PayloadFloat,
    Properties,
    QualifiedEventID,
    RequestID,
    Versioned,
    VtnID,
)
from schemas.openadr.namespaces import EI, OADR, PYLD, STRM, XCAL
from schemas.openadr.targets import EiTarget
from schemas.openadr.types import (
    EventStatus,
    OptType,
    ResponseCode,
    ResponseRequired,
    SignalName,
    SignalType,
)
from schemas.openadr.units import ItemBase
from schemas.simple import DateTime, String, UInt32
from schemas.wire import Element, In


class EiMarketContext(Element, ns=EI, tag="eiMarketContext"):
    """The program that an event belongs to."""

    marketContext: MarketContext


class EventDescriptor(Element, ns=EI, tag="eventDescriptor"):
    """What an event is, apart from its times and signals.

    `priority` 0 is the lowest, otherwise less is more (OADR 2.0b rule 3). Any `testEvent` but
    `false` makes it a test (rule 6).
    """

    eventID: String
    modificationNumber: UInt32
    modificationDateTime: DateTime | None = None
    modificationReason: String | None = None
    priority: UInt32 | None = None
    eiMarketContext: EiMarketContext
    createdDateTime: DateTime
    eventStatus: EventStatus
    testEvent: String | None = None
    vtnComment: String | None = None


class Components(Element, ns=XCAL, tag="components"):
    """Always empty, always there."""


class EiActivePeriod(Element, ns=EI, tag="eiActivePeriod"):
    """When an event is."""

    properties: Annotated[Properties, In(XCAL)]
    components: Annotated[Components, In(XCAL)]


class CurrentValue(Element, ns=EI, tag="currentValue"):
    """The value of a signal when the message was built."""

    payloadFloat: PayloadFloat


class EiEventSignal(Element, ns=EI, tag="eiEventSignal"):
    """The values of one signal over the active period; its target is a class of devices."""

    intervals: Annotated[Intervals, In(STRM)]
    eiTarget: EiTarget | None = None
    signalName: SignalName
    signalType: SignalType
    signalID: String
    itemBase: ItemBase | None = None
    currentValue: CurrentValue | None = None


class EiEventBaseline(Element, ns=EI, tag="eiEventBaseline"):
    """What the resources would do without the event."""

    dtstart: Annotated[Dtstart, In(XCAL)]
    duration: Annotated[DurationProp, In(XCAL)]
    intervals: Annotated[Intervals, In(STRM)]
    baselineID: String
    resourceID: tuple[String, ...] = ()
    baselineName: String
    itemBase: ItemBase | None = None


class EiEventSignals(Element, ns=EI, tag="eiEventSignals"):
    """All signals of an event, at least one."""

    eiEventSignal: tuple[EiEventSignal, ...]
    eiEventBaseline: EiEventBaseline | None = None


class EiEvent(Element, ns=EI, tag="eiEvent"):
    """One event as one client sees it."""

    eventDescriptor: EventDescriptor
    eiActivePeriod: EiActivePeriod
    eiEventSignals: EiEventSignals
    eiTarget: EiTarget


class OadrEvent(Element, ns=OADR, tag="oadrEvent"):
    """An event and whether the client has to answer it."""

    eiEvent: Annotated[EiEvent, In(EI)]
    oadrResponseRequired: ResponseRequired


class OadrDistributeEvent(Versioned, tag="oadrDistributeEvent"):
    """All events of a client; what it misses here it takes as cancelled (OADR 2.0b rule 61)."""

    eiResponse: Annotated[EiResponse, In(EI)] | None = None
    requestID: RequestID
    vtnID: VtnID
    oadrEvent: tuple[OadrEvent, ...] = ()


class EiRequestEvent(Element, ns=PYLD, tag="eiRequestEvent"):
    """Who asks for events, and for how many at most."""

    requestID: String
    venID: Annotated[String, In(EI)]
    replyLimit: UInt32 | None = None


class OadrRequestEvent(Versioned, tag="oadrRequestEvent"):
    """A client asks for its events."""

    eiRequestEvent: Annotated[EiRequestEvent, In(PYLD)]


class EventResponse(Element, ns=EI, tag="eventResponse"):
    """What a client says to one event; the `requestID` is that of the distribution."""

    responseCode: ResponseCode
    responseDescription: String | None = None
    requestID: RequestID
    qualifiedEventID: QualifiedEventID
    optType: OptType


class EventResponses(Element, ns=EI, tag="eventResponses"):
    """What a client says to each event."""

    eventResponse: tuple[EventResponse, ...] = ()


class EiCreatedEvent(Element, ns=PYLD, tag="eiCreatedEvent"):
    """The outcome of a distribution at a client."""

    eiResponse: Annotated[EiResponse, In(EI)]
    eventResponses: Annotated[EventResponses, In(EI)] | None = None
    venID: Annotated[String, In(EI)]


class OadrCreatedEvent(Versioned, tag="oadrCreatedEvent"):
    """A client opts in to events or out of them."""

    eiCreatedEvent: Annotated[EiCreatedEvent, In(PYLD)]
