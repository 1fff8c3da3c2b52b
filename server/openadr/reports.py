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
    OadrReportRequest,
    OadrUpdatedReport,
    OadrUpdateReport,
)
from server.core.model import DeviceId
from server.core.report import METADATA, ReportPhase, ReportRequest
from server.desk import Desk
from server.errors import Unknown
from server.openadr.answer import REPORT_NOT_SUPPORTED, Declined, outcome
from server.openadr.call import Call, acknowledge
from server.openadr.events import Events
from server.openadr.kept import home_of
from server.openadr.readings import holds_green_button, readings
from server.openadr.report_watch import is_overstayed
from server.openadr.reporting import Reporting
from server.openadr.talk import Talk
from server.store.store import Reading

OFFER_DOCUMENT = "oadrRegisterReport"
"""The name under which a VEN's device keeps what it offers, as the VEN sent it."""
GREEN_BUTTON_DOCUMENTS = "oadrGBPayload"
"""The list in which it keeps messages with Green Button data, as the VEN sent them."""
GREEN_BUTTONS_KEPT = 20
_UNSERVED = (ReportPhase.DROPPED, ReportPhase.REFUSED)


class Reports:
    """Keeps offers and data of VENs, and makes our own offer, which is empty."""

    def __init__(self, desk: Desk, events: Events, reporting: Reporting) -> None:
        self._desk = desk
        self._events = events
        self._asker = reporting.asker
        self._watch = reporting.watch

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
        """Take note that our offer arrived, and of the requests that may come along (rule 344)."""
        talk = self._events.talk(call.ven)
        talk.offer_is_answered = True
        self._promise(talk, call.message.oadrReportRequest)
        return await acknowledge(call)

    async def create(self, call: Call[OadrCreateReport]) -> Message:
        """Promise our offer to a VEN that asks for METADATA; there is nothing else (rule 327)."""
        self._promise(self._events.talk(call.ven), call.message.oadrReportRequest)
        return OadrCreatedReport(
            eiResponse=outcome(call.message),
            oadrPendingReports=OadrPendingReports(),
            venID=call.ven.ven_id,
        )

    def _promise(self, talk: Talk, requests: tuple[OadrReportRequest, ...]) -> None:
        for request in requests:
            if request.reportSpecifier.reportSpecifierID != METADATA:
                raise Declined(REPORT_NOT_SUPPORTED, "this VTN offers no reports")
        for request in requests[-1:]:
            talk.ask_offer(request.reportRequestID)

    async def created(self, call: Call[OadrCreatedReport]) -> Message:
        """Take down whether a VEN will report what it was asked for."""
        said = call.message
        await self._asker.promised(
            call.ven,
            self._events.talk(call.ven),
            said.eiResponse,
            said.oadrPendingReports.reportRequestID,
        )
        return await acknowledge(call)

    async def canceled(self, call: Call[OadrCanceledReport]) -> Message:
        """Take down that a VEN reports no more."""
        said = call.message
        await self._asker.withdrawn(
            call.ven,
            self._events.talk(call.ven),
            said.eiResponse,
            said.oadrPendingReports.reportRequestID,
        )
        return await acknowledge(call)

    async def update(self, call: Call[OadrUpdateReport]) -> Message:
        """Keep all data of a message or none of it; later data replaces earlier (rule 346).

        Raises a Refusal for data that was not asked for, or that cannot be told when or what it is.
        """
        device = home_of(self._desk, call.ven)
        if device is None:
            raise Unknown("this VEN is no device any more")
        found: list[tuple[ReportRequest, list[Reading]]] = []
        for report in call.message.oadrReport:
            request = await self._request_of(report, call)
            found.append((request, readings(report, request.points, device.id)))
        if any(map(holds_green_button, call.message.oadrReport)):
            await self._keep_document(call, device.id)
        await self._desk.store.write_readings([each for _, some in found for each in some])
        cancel = await self._no_more(call, [request for request, _ in found])
        talk = self._events.talk(call.ven)
        for request, some in found:
            self._watch.note(call.ven, request, some, call.now)
            await self._asker.heard(call.ven, talk, request)
        return OadrUpdatedReport(
            eiResponse=outcome(call.message), oadrCancelReport=cancel, venID=call.ven.ven_id
        )

    async def _keep_document(self, call: Call[OadrUpdateReport], device_id: DeviceId) -> None:
        """Keep a message with Green Button data as it came, and the last ones of them."""
        items, now = self._desk.store.items, call.now
        name = f"{GREEN_BUTTON_DOCUMENTS}/{items.next_number(now)}"
        await items.put(device_id, name, call.body, at=now, keep=GREEN_BUTTONS_KEPT)

    async def _no_more(
        self, call: Call[OadrUpdateReport], found: list[ReportRequest]
    ) -> OadrCancelReport | None:
        """Return what cancels reports that came although nobody wants them (rule 328).

        Nobody confirms that, so they are cancelled by a message of its own, too (rule 335).
        """
        asker, now = self._asker, call.now
        unwanted = [
            each for each in found if is_overstayed(each, now) or not asker.is_awaited(each)
        ]
        if not unwanted:
            return None
        talk = self._events.talk(call.ven)
        for request in unwanted:
            await asker.insist(call.ven, talk, request, now)
        return OadrCancelReport(
            requestID=call.message.requestID,
            reportRequestID=tuple(dict.fromkeys(each.id for each in unwanted)),
            reportToFollow=False,
            venID=call.ven.ven_id,
        )

    async def _request_of(self, report: OadrReport, call: Call[OadrUpdateReport]) -> ReportRequest:
        """Return the request that data answers; Unknown if it answers none (rule 304)."""
        named = report.reportRequestID
        for request in await self._asker.requests(call.ven):
            if request.id != named or request.closed in _UNSERVED:
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
