"""The parts that messages of several OpenADR 2.0b services share: times, intervals, answers.

Members that stand in other namespaces than the message have an alias each, so that a message reads
as a list of names. It must not know any message.
"""

from typing import Annotated

from schemas.openadr.greenbutton import OadrGBPayload
from schemas.openadr.namespaces import EI, EMIX, OADR, PYLD, STRM, XCAL
from schemas.openadr.types import Confidence, DataQuality, ResponseCode, SchemaVersion
from schemas.simple import AnyURI, Boolean, DateTime, Duration, Float, String, UInt32
from schemas.wire import Attr, Element, In, Tag

RequestID = Annotated[String, In(PYLD)]
VenID = Annotated[String, In(EI)]
VtnID = Annotated[String, In(EI)]
ResourceID = Annotated[String, In(EI)]
RegistrationID = Annotated[String, In(EI)]
ReportRequestID = Annotated[String, In(EI)]
ReportSpecifierID = Annotated[String, In(EI)]
CreatedDateTime = Annotated[DateTime, In(EI)]
MarketContext = Annotated[AnyURI, In(EMIX)]


class Versioned(Element, ns=OADR):
    """What all messages have in common; a message that does not say its version is 2.0b."""

    schemaVersion: Annotated[SchemaVersion, Attr(EI)] = "2.0b"


class Dtstart(Element, ns=XCAL, tag="dtstart"):
    """An instant at which something begins."""

    date_time: Annotated[DateTime, Tag("date-time")]


class DurationProp(Element, ns=XCAL, tag="duration"):
    """A span in its own element, as most members of this type stand."""

    duration: Duration


class Uid(Element, ns=XCAL, tag="uid"):
    """The number of an interval, as text."""

    text: String


class Tolerate(Element, ns=XCAL, tag="tolerate"):
    """How much later than asked the start may be, chosen at random by the receiver."""

    startafter: Duration | None = None


class Tolerance(Element, ns=XCAL, tag="tolerance"):
    """Holds the tolerance of a start."""

    tolerate: Tolerate


class Properties(Element, ns=XCAL, tag="properties"):
    """When something is, and how it is announced and left.

    A duration of zero has no end (OADR 2.0b rule 47); a negative ramp lies inside the period.
    """

    dtstart: Dtstart
    duration: DurationProp
    tolerance: Tolerance | None = None
    x_eiNotification: Annotated[DurationProp, Tag("x-eiNotification"), In(EI)] | None = None
    x_eiRampUp: Annotated[DurationProp, Tag("x-eiRampUp"), In(EI)] | None = None
    x_eiRecovery: Annotated[DurationProp, Tag("x-eiRecovery"), In(EI)] | None = None


class PayloadFloat(Element, ns=EI, tag="payloadFloat"):
    """A number; its unit stands with the signal or the report description."""

    value: Float


class SignalPayload(Element, ns=EI, tag="signalPayload"):
    """The value of a signal during an interval."""

    payloadFloat: PayloadFloat


class OadrLoadControlValues(Element, ns=OADR):
    """The range and the state of one way to control a load."""

    oadrMin: Float | None = None
    oadrMax: Float | None = None
    oadrCurrent: Float
    oadrNormal: Float | None = None


class OadrLoadControlState(Element, ns=OADR, tag="oadrLoadControlState"):
    """The state of a load in each way it can be controlled."""

    oadrCapacity: OadrLoadControlValues | None = None
    oadrLevelOffset: OadrLoadControlValues | None = None
    oadrPercentOffset: OadrLoadControlValues | None = None
    oadrSetPoint: OadrLoadControlValues | None = None


class OadrPayloadResourceStatus(Element, ns=OADR, tag="oadrPayloadResourceStatus"):
    """Whether a resource can be reached and obeys."""

    oadrOnline: Boolean
    oadrManualOverride: Boolean
    oadrLoadControlState: OadrLoadControlState | None = None


class OadrReportPayload(Element, ns=OADR, tag="oadrReportPayload"):
    """The value of one report point during an interval."""

    rID: Annotated[String, In(EI)]
    confidence: Annotated[Confidence, In(EI)] | None = None
    accuracy: Annotated[Float, In(EI)] | None = None
    payloadBase: PayloadFloat | OadrPayloadResourceStatus
    oadrDataQuality: DataQuality | None = None


class Interval(Element, ns=EI, tag="interval"):
    """A stretch of time and the values that hold in it."""

    dtstart: Annotated[Dtstart, In(XCAL)] | None = None
    duration: Annotated[DurationProp, In(XCAL)] | None = None
    uid: Annotated[Uid, In(XCAL)] | None = None
    streamPayloadBase: tuple[SignalPayload | OadrReportPayload | OadrGBPayload, ...]


class Intervals(Element, ns=STRM, tag="intervals"):
    """The intervals of a signal, a baseline or a report, at least one."""

    interval: Annotated[tuple[Interval, ...], In(EI)]


class EiResponse(Element, ns=EI, tag="eiResponse"):
    """The outcome of a request; the `requestID` is always there but may be empty."""

    responseCode: ResponseCode
    responseDescription: String | None = None
    requestID: RequestID


class QualifiedEventID(Element, ns=EI, tag="qualifiedEventID"):
    """One version of an event."""

    eventID: String
    modificationNumber: UInt32
