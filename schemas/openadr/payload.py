"""The outermost elements of OpenADR 2.0b, and the two messages that belong to no service alone.

A payload holds one signed object (whether it is signed or not), and that holds one message. The
signature itself is not declared: it is checked on the XML, never on what was read from it.
"""

from typing import Annotated

from schemas.openadr.blocks import EiResponse, VenID, Versioned
from schemas.openadr.event import OadrCreatedEvent, OadrDistributeEvent, OadrRequestEvent
from schemas.openadr.namespaces import EI, OADR
from schemas.openadr.opt import OadrCanceledOpt, OadrCancelOpt, OadrCreatedOpt, OadrCreateOpt
from schemas.openadr.registration import (
    OadrCanceledPartyRegistration,
    OadrCancelPartyRegistration,
    OadrCreatedPartyRegistration,
    OadrCreatePartyRegistration,
    OadrQueryRegistration,
    OadrRequestReregistration,
)
from schemas.openadr.report import (
    OadrCanceledReport,
    OadrCancelReport,
    OadrCreatedReport,
    OadrCreateReport,
    OadrRegisteredReport,
    OadrRegisterReport,
    OadrUpdatedReport,
    OadrUpdateReport,
)
from schemas.openadr.types import Identifier
from schemas.wire import ATTR, Attr, Element, In, Tag


class OadrPoll(Versioned, tag="oadrPoll"):
    """A client asks whether there is anything for it."""

    venID: VenID


class OadrResponse(Versioned, tag="oadrResponse"):
    """An outcome that has no message of its own, or nothing to say to a poll."""

    eiResponse: Annotated[EiResponse, In(EI)]
    venID: VenID | None = None


Message = (
    OadrDistributeEvent
    | OadrCreatedEvent
    | OadrRequestEvent
    | OadrResponse
    | OadrCancelOpt
    | OadrCanceledOpt
    | OadrCreateOpt
    | OadrCreatedOpt
    | OadrCancelReport
    | OadrCanceledReport
    | OadrCreateReport
    | OadrCreatedReport
    | OadrRegisterReport
    | OadrRegisteredReport
    | OadrUpdateReport
    | OadrUpdatedReport
    | OadrCancelPartyRegistration
    | OadrCanceledPartyRegistration
    | OadrCreatePartyRegistration
    | OadrCreatedPartyRegistration
    | OadrRequestReregistration
    | OadrQueryRegistration
    | OadrPoll
)


class OadrSignedObject(Element, ns=OADR, tag="oadrSignedObject"):
    """Holds one message.

    `plainId` is the `Id` of peers that leave its prefix out; it is read and never to be written.
    """

    Id: Annotated[Identifier, Attr(OADR)] | None = None
    plainId: Annotated[Identifier, ATTR, Tag("Id")] | None = None
    message: Message


class OadrPayload(Element, ns=OADR, tag="oadrPayload"):
    """The root of every document."""

    oadrSignedObject: OadrSignedObject
