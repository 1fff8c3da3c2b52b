"""The EiReport service: what VENs offer is kept, what they were asked for becomes readings.

It must not know which reports are asked for, nor how a value becomes a reading.
"""

from schemas.openadr import Message
from schemas.openadr.report import (
    OadrCanceledReport,
    OadrCancelReport,
    OadrCreatedReport,
    OadrCreateReport,
    OadrPendingReports,
    OadrRegisteredReport,
    OadrRegisterReport,
    OadrReport,
    OadrUpdatedReport,
    OadrUpdateReport,
)
from server.desk import Desk
from server.errors import Unknown
from server.openadr.answer import REPORT_NOT_SUPPORTED, Declined, outcome
from server.openadr.asker import Asker
from server.openadr.call import Call, acknowledge
from server.openadr.events import Events
from server.openadr.kept import home_of
from server.openadr.readings import readings
from server.openadr.report_requests import METADATA, ReportRequest
from server.store.store import Reading

OFFER_DOCUMENT = "oadrRegisterReport"
"""The name under which a VEN's device keeps what it offers, as the VEN sent it."""


class Reports:
    """Keeps offers and data of VENs, and makes our own offer, which is empty."""

    def __init__(self, desk: Desk, events: Events, asker: Asker) -> None:
        self._desk = desk
        self._events = events
        self._asker = asker

    async def register(self, call: Call[OadrRegisterReport]) -> Message:
        """Keep a VEN's offer in place of the one before, and ask anew (rule 306).

        What is asked for comes with polls: some VENs overlook it in the answer (rule 344).
        """
        for device in self._desk.book.devices_of(call.ven.id):
            await self._desk.store.put_document(device.id, OFFER_DOCUMENT, call.body, at=call.now)
        talk = self._events.talk(call.ven)
        await self._asker.ask_anew(call.ven, talk, call.message.oadrReport, call.now)
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

    async def created(self, call: Call[OadrCreatedReport]) -> Message:
        """Take down whether a VEN will report what it was asked for."""
        said = call.message
        await self._asker.promised(
            call.ven,
            self._events.talk(call.ven),
            said.eiResponse.requestID,
            said.eiResponse.responseCode,
            said.oadrPendingReports.reportRequestID,
        )
        return await acknowledge(call)

    async def canceled(self, call: Call[OadrCanceledReport]) -> Message:
        """Take down that a VEN reports no more."""
        talk = self._events.talk(call.ven)
        await self._asker.withdrawn(call.ven, talk, call.message.eiResponse.requestID)
        return await acknowledge(call)

    async def update(self, call: Call[OadrUpdateReport]) -> Message:
        """Keep all data of a message or none of it; later data replaces earlier (rule 346).

        Raises a Refusal for data that was not asked for, or that cannot be told when or what it is.
        """
        device = home_of(self._desk, call.ven)
        if device is None:
            raise Unknown("this VEN is no device any more")
        found: list[Reading] = []
        for report in call.message.oadrReport:
            request = await self._request_of(report, call)
            points = {point.rid: point for point in request.points}
            found.extend(readings(report, points, device.id))
        await self._desk.store.write_readings(found)
        return OadrUpdatedReport(eiResponse=outcome(call.message), venID=call.ven.ven_id)

    async def _request_of(self, report: OadrReport, call: Call[OadrUpdateReport]) -> ReportRequest:
        """Return the request that data answers; Unknown if it answers none (rule 304)."""
        named = report.reportRequestID
        for request in await self._asker.requests(call.ven):
            if request.id != named:
                continue
            if request.specifier_id != report.reportSpecifierID:
                raise Unknown("this reportRequestID belongs to another reportSpecifierID")
            return request
        talk = self._events.talk(call.ven)
        await self._asker.ask_metadata(call.ven, talk, named, call.now)
        raise Unknown("this VTN did not give out this reportRequestID")

    async def cancel(self, call: Call[OadrCancelReport]) -> Message:
        """Refuse to cancel: no report of ours was asked for (rule 336)."""
        raise Unknown("no such report was asked for")
