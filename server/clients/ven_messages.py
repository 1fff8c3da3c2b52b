"""The messages of a VEN that are the same whatever it does.

It must not know when they are sent.
"""

from typing import Protocol

from schemas.openadr.blocks import EiResponse
from schemas.openadr.event import (
    EiCreatedEvent,
    EiRequestEvent,
    EventResponse,
    EventResponses,
    OadrCreatedEvent,
    OadrRequestEvent,
)
from schemas.openadr.registration import OadrCreatePartyRegistration
from schemas.openadr.report import OadrPendingReports
from server.clients.ven_link import OK
from server.clients.ven_reports import Reports


class _Identified(Protocol):
    @property
    def requestID(self) -> str: ...  # noqa: N802 - spelled as on the wire


def outcome(request_id: str, code: str = OK, description: str = "OK") -> EiResponse:
    """Return what is said of a request."""
    return EiResponse(responseCode=code, responseDescription=description, requestID=request_id)


def fine(message: _Identified) -> EiResponse:
    """Return that a request was done."""
    return outcome(message.requestID)


def creating(
    request_id: str, name: str, *, ven_id: str | None, registration_id: str | None
) -> OadrCreatePartyRegistration:
    """Return the request of a pull VEN to be registered, again if it has a registrationID."""
    return OadrCreatePartyRegistration(
        requestID=request_id,
        registrationID=registration_id,
        venID=ven_id,
        oadrProfileName="2.0b",
        oadrTransportName="simpleHttp",
        oadrReportOnly=False,
        oadrXmlSignature=False,
        oadrVenName=name,
        oadrHttpPullModel=True,
    )


def request_event(request_id: str, ven_id: str) -> OadrRequestEvent:
    """Return the request for all events."""
    return OadrRequestEvent(eiRequestEvent=EiRequestEvent(requestID=request_id, venID=ven_id))


def created_event(answers: tuple[EventResponse, ...], ven_id: str) -> OadrCreatedEvent:
    """Return the answers to events; the outer requestID is empty beside them (rule 42)."""
    return OadrCreatedEvent(
        eiCreatedEvent=EiCreatedEvent(
            eiResponse=outcome(""),
            eventResponses=EventResponses(eventResponse=answers),
            venID=ven_id,
        )
    )


def pending(reports: Reports) -> OadrPendingReports:
    """Return the requests that are still served."""
    return OadrPendingReports(reportRequestID=reports.pending)
