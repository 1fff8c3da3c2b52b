"""The messages of OpenADR 2.0b EiOpt: a client's own word on when it takes part.

It must not know how an opt changes what an event means for a client.
"""

from typing import Annotated

from schemas.openadr.blocks import (
    EiResponse,
    MarketContext,
    Properties,
    QualifiedEventID,
    RequestID,
    VenID,
    Versioned,
)
from schemas.openadr.namespaces import EI, OADR, XCAL
from schemas.openadr.targets import EiTarget
from schemas.openadr.types import OptReason, OptType
from schemas.simple import DateTime, String
from schemas.wire import Element, In


class Available(Element, ns=XCAL, tag="available"):
    """One stretch of time that an opt holds for."""

    properties: Properties


class AvailableComponents(Element, ns=XCAL, tag="components"):
    """The stretches of time that an opt holds for."""

    available: tuple[Available, ...] = ()


class Vavailability(Element, ns=XCAL, tag="vavailability"):
    """The schedule of an opt."""

    components: AvailableComponents


class EiOpt(Versioned, ns=EI):
    """What every opt says."""

    optID: String
    optType: OptType
    optReason: OptReason
    marketContext: MarketContext | None = None
    venID: String
    vavailability: Annotated[Vavailability, In(XCAL)] | None = None
    createdDateTime: DateTime


class OadrCreateOpt(EiOpt, ns=OADR, tag="oadrCreateOpt"):
    """A client opts in or out, for one event or by a schedule."""

    requestID: RequestID
    qualifiedEventID: Annotated[QualifiedEventID, In(EI)] | None = None
    eiTarget: Annotated[EiTarget, In(EI)]
    oadrDeviceClass: EiTarget | None = None


class OadrCreatedOpt(Versioned, tag="oadrCreatedOpt"):
    """The outcome of an opt."""

    eiResponse: Annotated[EiResponse, In(EI)]
    optID: Annotated[String, In(EI)]


class OadrCancelOpt(Versioned, tag="oadrCancelOpt"):
    """A client takes an opt back."""

    requestID: RequestID
    optID: Annotated[String, In(EI)]
    venID: VenID


class OadrCanceledOpt(Versioned, tag="oadrCanceledOpt"):
    """The outcome of taking an opt back."""

    eiResponse: Annotated[EiResponse, In(EI)]
    optID: Annotated[String, In(EI)] | None = None
