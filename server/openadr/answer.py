"""Answers: the type that fits each request, the code that fits each refusal, and the bytes.

Rule 517: what parses and is understood is answered in the message type that its service has for
it, with the code inside. It must not know why a request is refused.
"""

import zlib
from collections.abc import Callable
from typing import Any, Self

from schemas.openadr import Message, encode_payload, wrap
from schemas.openadr.blocks import EiResponse
from schemas.openadr.event import OadrCreatedEvent, OadrDistributeEvent, OadrRequestEvent
from schemas.openadr.opt import OadrCanceledOpt, OadrCancelOpt, OadrCreatedOpt, OadrCreateOpt
from schemas.openadr.payload import OadrResponse
from schemas.openadr.registration import (
    OadrCanceledPartyRegistration,
    OadrCancelPartyRegistration,
    OadrCreatedPartyRegistration,
    OadrCreatePartyRegistration,
    OadrProfile,
    OadrProfiles,
    OadrQueryRegistration,
    OadrTransport,
    OadrTransports,
)
from schemas.openadr.report import (
    OadrCanceledReport,
    OadrCancelReport,
    OadrCreatedReport,
    OadrCreateReport,
    OadrPendingReports,
    OadrRegisteredReport,
    OadrRegisterReport,
    OadrUpdatedReport,
    OadrUpdateReport,
)
from server.errors import Conflict, Forbidden, Invalid, Refusal, Unknown, Unsupported

OK = "200"
OUT_OF_SEQUENCE = "450"
NOT_ALLOWED = "451"
INVALID_ID = "452"
NOT_RECOGNISED = "453"
INVALID_DATA = "454"
MISSING = "459"
REPORT_NOT_SUPPORTED = "461"
TARGET_MISMATCH = "462"
NOT_REGISTERED = "463"
NOT_DEPLOYED = "469"

PROFILES = OadrProfiles(
    oadrProfile=(
        OadrProfile(
            oadrProfileName="2.0b",
            oadrTransports=OadrTransports(
                oadrTransport=(OadrTransport(oadrTransportName="simpleHttp"),)
            ),
        ),
    )
)
_WAYS = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}
_CODES: dict[type[Refusal], str] = {
    Conflict: NOT_ALLOWED,
    Unknown: INVALID_ID,
    Unsupported: NOT_RECOGNISED,
    Invalid: INVALID_DATA,
    Forbidden: NOT_REGISTERED,
}


class Declined(Refusal):
    """A refusal whose response code says more than its kind does (OADR 2.0b 8.7)."""

    code = "declined"

    def __init__(self, response_code: str, reason: str) -> None:
        """Take the code as it stands on the wire."""
        super().__init__(reason)
        self.response_code = response_code


class Answer:
    """A document and its compressed forms, each made once."""

    def __init__(self, document: bytes) -> None:
        self._forms = {"": document}

    @classmethod
    def of(cls, message: Message) -> Self:
        """Return the answer that holds a message."""
        return cls(encode_payload(wrap(message)))

    def form(self, coding: str) -> bytes:
        """Return the document in a content coding: `gzip`, `deflate`, or "" for none."""
        if coding not in self._forms:
            packer = zlib.compressobj(wbits=_WAYS[coding])
            self._forms[coding] = packer.compress(self._forms[""]) + packer.flush()
        return self._forms[coding]


def response_code(refusal: Refusal) -> str | None:
    """Return the code for a refusal inside an answer; None if it is told by HTTP alone."""
    if isinstance(refusal, Declined):
        return refusal.response_code
    return _CODES.get(type(refusal))


def outcome(message: Any, code: str = OK, description: str = "OK") -> EiResponse:
    """Return the eiResponse to a message; it repeats the `requestID` if there is one (rule 303)."""
    return EiResponse(
        responseCode=code, responseDescription=description, requestID=request_id_of(message)
    )


def request_id_of(message: Any) -> str:
    """Return the `requestID` of a message, wherever it stands; "" if there is none."""
    part = _core(message)
    if hasattr(part, "requestID"):
        return str(part.requestID)
    return str(part.eiResponse.requestID) if hasattr(part, "eiResponse") else ""


def ven_id_of(message: Any) -> str:
    """Return the `venID` of a message, wherever it stands; "" if absent or empty (rule 46)."""
    return getattr(_core(message), "venID", None) or ""


def _core(message: Any) -> Any:
    if isinstance(message, OadrRequestEvent):
        return message.eiRequestEvent
    if isinstance(message, OadrCreatedEvent):
        return message.eiCreatedEvent
    return message


def response(message: Any, ven_id: str | None, code: str = OK, description: str = "OK") -> Message:
    """Return the answer to messages that have none of their own."""
    return OadrResponse(eiResponse=outcome(message, code, description), venID=ven_id)


def declining(message: Message, ei: EiResponse, *, ven_id: str | None, vtn_id: str) -> Message:
    """Return the answer that fits a message, with an error in it."""
    make = _FITTING.get(type(message))
    if make is None:
        return OadrResponse(eiResponse=ei, venID=ven_id)
    return make(message, ei, ven_id, vtn_id)


_NONE_PENDING = OadrPendingReports()
_FITTING: dict[type[Any], Callable[[Any, EiResponse, str | None, str], Message]] = {
    OadrQueryRegistration: lambda message, ei, ven_id, vtn_id: OadrCreatedPartyRegistration(
        eiResponse=ei, vtnID=vtn_id, oadrProfiles=PROFILES
    ),
    OadrCreatePartyRegistration: lambda message, ei, ven_id, vtn_id: OadrCreatedPartyRegistration(
        eiResponse=ei, vtnID=vtn_id, oadrProfiles=PROFILES
    ),
    OadrCancelPartyRegistration: lambda message, ei, ven_id, vtn_id: OadrCanceledPartyRegistration(
        eiResponse=ei, registrationID=message.registrationID, venID=ven_id
    ),
    OadrRequestEvent: lambda message, ei, ven_id, vtn_id: OadrDistributeEvent(
        eiResponse=ei, requestID=ei.requestID or "none", vtnID=vtn_id
    ),
    OadrRegisterReport: lambda message, ei, ven_id, vtn_id: OadrRegisteredReport(
        eiResponse=ei, venID=ven_id
    ),
    OadrCreateReport: lambda message, ei, ven_id, vtn_id: OadrCreatedReport(
        eiResponse=ei, oadrPendingReports=_NONE_PENDING, venID=ven_id
    ),
    OadrUpdateReport: lambda message, ei, ven_id, vtn_id: OadrUpdatedReport(
        eiResponse=ei, venID=ven_id
    ),
    OadrCancelReport: lambda message, ei, ven_id, vtn_id: OadrCanceledReport(
        eiResponse=ei, oadrPendingReports=_NONE_PENDING, venID=ven_id
    ),
    OadrCreateOpt: lambda message, ei, ven_id, vtn_id: OadrCreatedOpt(
        eiResponse=ei, optID=message.optID
    ),
    OadrCancelOpt: lambda message, ei, ven_id, vtn_id: OadrCanceledOpt(
        eiResponse=ei, optID=message.optID
    ),
}
