"""The EiReport service: what VENs offer to report is kept; nothing is asked for yet.

Data of reports is refused, because there is no request that it could belong to.
"""

from schemas.openadr import Message
from schemas.openadr.report import (
    OadrCancelReport,
    OadrCreatedReport,
    OadrCreateReport,
    OadrPendingReports,
    OadrRegisteredReport,
    OadrRegisterReport,
    OadrUpdateReport,
)
from server.desk import Desk
from server.errors import Unknown
from server.openadr.answer import REPORT_NOT_SUPPORTED, Declined, outcome
from server.openadr.call import Call, acknowledge
from server.openadr.events import Events

OFFER_DOCUMENT = "oadrRegisterReport"
"""The name under which a VEN's device keeps what it offers, as the VEN sent it."""
METADATA = "METADATA"


class Reports:
    """Keeps report offers, and makes our own, which is empty."""

    def __init__(self, desk: Desk, events: Events) -> None:
        self._desk = desk
        self._events = events

    async def register(self, call: Call[OadrRegisterReport]) -> Message:
        """Keep a VEN's offer in place of the one before (rule 306)."""
        for device in self._desk.book.devices_of(call.ven.id):
            await self._desk.store.put_document(device.id, OFFER_DOCUMENT, call.body, at=call.now)
        return OadrRegisteredReport(eiResponse=outcome(call.message), venID=call.ven.ven_id)

    async def registered(self, call: Call[OadrRegisteredReport]) -> Message:
        """Take note that our offer arrived."""
        self._events.talk(call.ven).offer_is_answered = True
        return await acknowledge(call)

    async def create(self, call: Call[OadrCreateReport]) -> Message:
        """Promise our offer to a VEN that asks for METADATA; there is nothing else (rule 327)."""
        for request in call.message.oadrReportRequest:
            if request.reportSpecifier.reportSpecifierID != METADATA:
                raise Declined(REPORT_NOT_SUPPORTED, "this VTN offers no reports")
        request_id = call.message.oadrReportRequest[-1].reportRequestID
        self._events.talk(call.ven).ask_offer(request_id)
        return OadrCreatedReport(
            eiResponse=outcome(call.message),
            oadrPendingReports=OadrPendingReports(),
            venID=call.ven.ven_id,
        )

    async def update(self, call: Call[OadrUpdateReport]) -> Message:
        """Refuse data: its reportRequestID was never given out (rule 304)."""
        raise Unknown("this VTN has asked for no report")

    async def cancel(self, call: Call[OadrCancelReport]) -> Message:
        """Refuse to cancel: no report of ours was asked for (rule 336)."""
        raise Unknown("no such report was asked for")
