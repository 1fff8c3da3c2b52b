"""The outermost elements of OpenADR 2.0b, and the two messages that belong to no service alone.

A payload holds one signed object (whether it is signed or not), and that holds one message. The
signature is carried as it stands: it is checked on the XML, never on what was read from it.
"""

from typing import Annotated

from schemas.openadr import event, opt, registration, report
from schemas.openadr.blocks import EiResponse, VenID, Versioned
from schemas.openadr.namespaces import DS, EI, OADR
from schemas.openadr.types import Identifier, PlainIdentifier
from schemas.wire import ATTR, Attr, Element, In, Opaque, Tag


class OadrPoll(Versioned, tag="oadrPoll"):
    """A client asks whether there is anything for it."""

    venID: VenID


class OadrResponse(Versioned, tag="oadrResponse"):
    """An outcome that has no message of its own, or nothing to say to a poll."""

    eiResponse: Annotated[EiResponse, In(EI)]
    venID: VenID | None = None


Message = (
    event.OadrDistributeEvent
    | event.OadrCreatedEvent
    | event.OadrRequestEvent
    | OadrResponse
    | opt.OadrCancelOpt
    | opt.OadrCanceledOpt
    | opt.OadrCreateOpt
    | opt.OadrCreatedOpt
    | report.OadrCancelReport
    | report.OadrCanceledReport
    | report.OadrCreateReport
    | report.OadrCreatedReport
    | report.OadrRegisterReport
    | report.OadrRegisteredReport
    | report.OadrUpdateReport
    | report.OadrUpdatedReport
    | registration.OadrCancelPartyRegistration
    | registration.OadrCanceledPartyRegistration
    | registration.OadrCreatePartyRegistration
    | registration.OadrCreatedPartyRegistration
    | registration.OadrRequestReregistration
    | registration.OadrQueryRegistration
    | OadrPoll
)


class OadrSignedObject(Element, ns=OADR, tag="oadrSignedObject"):
    """Holds one message.

    `plainId` is the `Id` of peers that leave its prefix out; it is read and never to be written.
    """

    Id: Annotated[Identifier, Attr(OADR)] | None = None
    plainId: Annotated[PlainIdentifier, ATTR, Tag("Id")] | None = None
    message: Message


class OadrPayload(Element, ns=OADR, tag="oadrPayload"):
    """The root of every document.

    A `Signature` read is kept to be shown; written again it need not hold, for that depends on
    every byte around it.
    """

    Signature: Annotated[bytes, Opaque(), In(DS)] | None = None
    oadrSignedObject: OadrSignedObject
