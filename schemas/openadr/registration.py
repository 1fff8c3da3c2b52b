"""The messages of OpenADR 2.0b EiRegisterParty: who a client is and how to reach it.

It must not know when a registration is allowed or which identifiers are given out.
"""

from typing import Annotated

from schemas.openadr.blocks import (
    DurationProp,
    EiResponse,
    RegistrationID,
    RequestID,
    VenID,
    Versioned,
    VtnID,
)
from schemas.openadr.namespaces import EI, OADR
from schemas.openadr.types import ProfileName, ServiceName, TransportName
from schemas.simple import Boolean, String
from schemas.wire import Element, In


class OadrTransport(Element, ns=OADR, tag="oadrTransport"):
    """A way to carry messages."""

    oadrTransportName: TransportName


class OadrTransports(Element, ns=OADR, tag="oadrTransports"):
    """The ways to carry messages of a profile, at least one."""

    oadrTransport: tuple[OadrTransport, ...]


class OadrProfile(Element, ns=OADR, tag="oadrProfile"):
    """A version of the profile and its transports."""

    oadrProfileName: ProfileName
    oadrTransports: OadrTransports


class OadrProfiles(Element, ns=OADR, tag="oadrProfiles"):
    """The versions that a server speaks, at least one."""

    oadrProfile: tuple[OadrProfile, ...]


class OadrInfo(Element, ns=OADR, tag="oadrInfo"):
    """A named text."""

    oadrKey: String
    oadrValue: String


class OadrService(Element, ns=OADR, tag="oadrService"):
    """What to know about one service."""

    oadrServiceName: ServiceName
    oadrInfo: tuple[OadrInfo, ...]


class OadrServiceSpecificInfo(Element, ns=OADR, tag="oadrServiceSpecificInfo"):
    """What to know about the services."""

    oadrService: tuple[OadrService, ...] = ()


class OadrExtension(Element, ns=OADR, tag="oadrExtension"):
    """An extension that a server offers."""

    oadrExtensionName: String
    oadrInfo: tuple[OadrInfo, ...] = ()


class OadrExtensions(Element, ns=OADR, tag="oadrExtensions"):
    """The extensions that a server offers."""

    oadrExtension: tuple[OadrExtension, ...] = ()


class OadrQueryRegistration(Versioned, tag="oadrQueryRegistration"):
    """A client asks what the server offers."""

    requestID: RequestID


class OadrCreatePartyRegistration(Versioned, tag="oadrCreatePartyRegistration"):
    """A client registers, or with its `registrationID` registers again."""

    requestID: RequestID
    registrationID: RegistrationID | None = None
    venID: VenID | None = None
    oadrProfileName: ProfileName
    oadrTransportName: TransportName
    oadrTransportAddress: String | None = None
    oadrReportOnly: Boolean
    oadrXmlSignature: Boolean
    oadrVenName: String | None = None
    oadrHttpPullModel: Boolean | None = None


class OadrCreatedPartyRegistration(Versioned, tag="oadrCreatedPartyRegistration"):
    """The outcome of a query or a registration, with all that the server offers."""

    eiResponse: Annotated[EiResponse, In(EI)]
    registrationID: RegistrationID | None = None
    venID: VenID | None = None
    vtnID: VtnID
    oadrProfiles: OadrProfiles
    oadrRequestedOadrPollFreq: DurationProp | None = None
    oadrServiceSpecificInfo: OadrServiceSpecificInfo | None = None
    oadrExtensions: OadrExtensions | None = None


class OadrCancelPartyRegistration(Versioned, tag="oadrCancelPartyRegistration"):
    """Either party ends a registration."""

    requestID: RequestID
    registrationID: RegistrationID
    venID: VenID | None = None


class OadrCanceledPartyRegistration(Versioned, tag="oadrCanceledPartyRegistration"):
    """The outcome of ending a registration."""

    eiResponse: Annotated[EiResponse, In(EI)]
    registrationID: RegistrationID | None = None
    venID: VenID | None = None


class OadrRequestReregistration(Versioned, tag="oadrRequestReregistration"):
    """The server asks a client to register again."""

    venID: VenID
