"""A pull VEN of OpenADR 2.0b: registers, offers a report, polls, follows events, says so.

Polls as often as the VTN asks or as given, acts on its own timers when the VTN is silent, and never
ends of a failure: what failed becomes a notice and is tried again after a pause. What an event does
to a load is not known here.
"""

import asyncio
import logging
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.openadr import Message
from schemas.openadr.event import OadrCreatedEvent, OadrDistributeEvent
from schemas.openadr.payload import OadrPoll, OadrResponse
from schemas.openadr.registration import (
    OadrCanceledPartyRegistration,
    OadrCancelPartyRegistration,
    OadrCreatedPartyRegistration,
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
from server.clients.backoff import Backoff
from server.clients.notice import Kind, Notice, Notify
from server.clients.peer import ExchangeFailed, Peer
from server.clients.ven_events import Opt, VenEvents, always_in
from server.clients.ven_link import VtnDeclined, VtnLink
from server.clients.ven_messages import (
    created_event,
    creating,
    fine,
    outcome,
    pending,
    request_event,
)
from server.clients.ven_reports import METADATA, Measure, Reports
from server.clients.wake import set_within
from server.clock import Clock

log = logging.getLogger(__name__)

DEFAULT_POLL_S: Final = 10.0
_LONGEST_SLEEP_S: Final = 60.0
_DRAIN_LIMIT: Final = 20
"""Messages taken in one poll without a pause, so that a VTN cannot keep the VEN busy for ever."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What the VTN gave the VEN."""

    ven_id: str
    registration_id: str
    poll_s: float


def no_power(point: str, now: datetime) -> float:
    """Measure nothing."""
    return 0.0


class Ven:
    """One VEN of one VTN."""

    def __init__(
        self,
        peer: Peer,
        *,
        name: str,
        clock: Clock,
        rng: random.Random,
        notify: Notify,
        opt: Opt = always_in,
        points: Sequence[str] = (),
        measure: Measure = no_power,
        prefix: str = "",
        poll_s: float | None = None,
    ) -> None:
        """Take the VTN and what the VEN is called.

        `points` are the rIDs of the one report that is offered, `prefix` stands before the paths
        of the services, `poll_s` takes the place of the frequency that the VTN asks for.
        """
        self._link = VtnLink(peer, prefix=prefix, rng=rng)
        self._name = name
        self._clock = clock
        self._rng = rng
        self._notify = notify
        self._poll_s = poll_s
        self._events = VenEvents(rng, opt)
        self._reports = Reports(points, measure)
        self._backoff = Backoff(rng, most_s=_LONGEST_SLEEP_S)
        self._registration: Registration | None = None
        self._acted = asyncio.Event()

    @property
    def registration(self) -> Registration | None:
        """What the VTN gave; None while not registered."""
        return self._registration

    async def run(self) -> None:
        """Follow the VTN until cancelled; `stop` says good-bye afterwards."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._poll_forever())
            group.create_task(self._act_forever())

    async def stop(self) -> None:
        """Cancel the registration, if there is one and the VTN can be reached."""
        held, self._registration = self._registration, None
        if held is None:
            return
        message = OadrCancelPartyRegistration(
            requestID=self._link.new_id(),
            registrationID=held.registration_id,
            venID=held.ven_id,
        )
        try:
            await self._link.ask("EiRegisterParty", message, OadrCanceledPartyRegistration)
        except ExchangeFailed as fault:
            self._tell(Kind.FAILED, fault.why)
        else:
            self._tell(Kind.DEREGISTERED, held.ven_id)

    async def register(self) -> None:
        """Register anew, offer the report and ask for the events; raises ExchangeFailed."""
        query = OadrQueryRegistration(requestID=self._link.new_id())
        await self._link.ask("EiRegisterParty", query, OadrCreatedPartyRegistration)
        self._reports.forget()
        held = await self._create_registration(None)
        self._tell(Kind.REGISTERED, held.ven_id)
        await self._offer_report(held)
        await self._request_events(held)
        self._tell(Kind.READY, f"poll every {held.poll_s:g} s")

    async def poll(self) -> None:
        """Take all that the VTN has to say, and say what is due; raises ExchangeFailed."""
        for _ in range(_DRAIN_LIMIT):
            if (held := self._registration) is None:
                return
            message = await self._link.say("OadrPoll", OadrPoll(venID=held.ven_id))
            if isinstance(message, OadrResponse):
                break
            await self._take(held, message)
        if self._registration is not None:
            await self._speak(self._registration)

    def act(self) -> None:
        """Do what has come due."""
        self._pass_on(self._events.advance(self._clock.now()))

    async def _speak(self, held: Registration) -> None:
        """Send the answers and the reports that wait."""
        await self._answer_events(held)
        if reports := self._reports.take_due(self._clock.now()):
            update = OadrUpdateReport(
                requestID=self._link.new_id(), oadrReport=reports, venID=held.ven_id
            )
            answer = await self._link.ask("EiReport", update, OadrUpdatedReport)
            self._tell(Kind.REPORTED, f"{len(reports)} reports")
            if answer.oadrCancelReport is not None:
                self._reports.forget(answer.oadrCancelReport.reportRequestID)

    async def _take(self, held: Registration, message: Message) -> None:
        """Do what a message from the VTN asks and give its logical answer."""
        match message:
            case OadrDistributeEvent():
                self._pass_on(self._events.take(message, self._clock.now()))
                await self._answer_events(held)
            case OadrRegisterReport():
                registered = OadrRegisteredReport(eiResponse=fine(message), venID=held.ven_id)
                await self._link.say("EiReport", registered)
            case OadrCreateReport():
                await self._create_reports(held, message)
            case OadrCancelReport():
                await self._cancel_reports(held, message)
            case OadrUpdateReport():
                updated = OadrUpdatedReport(eiResponse=fine(message), venID=held.ven_id)
                await self._link.say("EiReport", updated)
            case OadrCancelPartyRegistration():
                await self._leave(held, message)
            case OadrRequestReregistration():
                response = OadrResponse(eiResponse=outcome(""), venID=held.ven_id)
                await self._link.say("EiRegisterParty", response)
                await self._create_registration(held)

    async def _create_registration(self, held: Registration | None) -> Registration:
        """Register anew, or renew what is held."""
        created = await self._link.ask(
            "EiRegisterParty",
            creating(
                self._link.new_id(),
                self._name,
                ven_id=held.ven_id if held else None,
                registration_id=held.registration_id if held else None,
            ),
            OadrCreatedPartyRegistration,
        )
        if not created.venID or not created.registrationID:
            raise ExchangeFailed("EiRegisterParty: no venID or no registrationID was given")
        asked = created.oadrRequestedOadrPollFreq
        poll_s = asked.duration.total_seconds() if asked else DEFAULT_POLL_S
        self._registration = Registration(
            created.venID, created.registrationID, self._poll_s or max(poll_s, 1.0)
        )
        return self._registration

    async def _offer_report(self, held: Registration, request_id: str | None = None) -> None:
        # A new offer ends all that was asked for before (OADR 2.0b rule 306).
        self._reports.forget()
        offer = OadrRegisterReport(
            requestID=self._link.new_id(),
            oadrReport=self._reports.offer(self._clock.now()),
            venID=held.ven_id,
            reportRequestID=request_id,
        )
        registered = await self._link.ask("EiReport", offer, OadrRegisteredReport)
        if registered.oadrReportRequest:
            await self._create_reports(
                held,
                OadrCreateReport(
                    requestID=registered.eiResponse.requestID,
                    oadrReportRequest=registered.oadrReportRequest,
                ),
            )

    async def _request_events(self, held: Registration) -> None:
        request = request_event(self._link.new_id(), held.ven_id)
        told = await self._link.ask("EiEvent", request, OadrDistributeEvent)
        await self._take(held, told)

    async def _answer_events(self, held: Registration) -> None:
        """Say what is owed to events; what the VTN declines is not said again."""
        answers = self._events.answers()
        if not answers:
            return
        message: OadrCreatedEvent = created_event(answers, held.ven_id)
        try:
            await self._link.ask("EiEvent", message, OadrResponse)
        except VtnDeclined as fault:
            self._events.confirmed(answers, self._clock.now())
            self._tell(Kind.FAILED, fault.why)
        else:
            self._pass_on(self._events.confirmed(answers, self._clock.now()))

    async def _create_reports(self, held: Registration, message: OadrCreateReport) -> None:
        """Begin to serve requests; one for METADATA is served with the offer itself."""
        now = self._clock.now()
        data = [
            r for r in message.oadrReportRequest if r.reportSpecifier.reportSpecifierID != METADATA
        ]
        refused = [r.reportRequestID for r in data if not self._reports.ask(r, now)]
        said = outcome(message.requestID, "452", "not offered") if refused else fine(message)
        created = OadrCreatedReport(
            eiResponse=said, oadrPendingReports=pending(self._reports), venID=held.ven_id
        )
        await self._link.say("EiReport", created)
        for request in message.oadrReportRequest:
            if request not in data:
                await self._offer_report(held, request.reportRequestID)

    async def _cancel_reports(self, held: Registration, message: OadrCancelReport) -> None:
        self._reports.forget(message.reportRequestID)
        canceled = OadrCanceledReport(
            eiResponse=fine(message), oadrPendingReports=pending(self._reports), venID=held.ven_id
        )
        await self._link.say("EiReport", canceled)

    async def _leave(self, held: Registration, message: OadrCancelPartyRegistration) -> None:
        """Give up the registration that the VTN has cancelled; the next turn asks for another."""
        self._registration = None
        canceled = OadrCanceledPartyRegistration(
            eiResponse=fine(message), registrationID=held.registration_id, venID=held.ven_id
        )
        await self._link.say("EiRegisterParty", canceled)
        self._tell(Kind.DEREGISTERED, held.ven_id)

    async def _poll_forever(self) -> None:
        while True:
            pause_s = await self._turn()
            await asyncio.sleep(pause_s)

    async def _turn(self) -> float:
        """Register or poll, and return the seconds to the next time."""
        try:
            if self._registration is None:
                await self.register()
            await self.poll()
        except ExchangeFailed as fault:
            self._tell(Kind.FAILED, fault.why)
            if isinstance(fault, VtnDeclined) and fault.is_stranger:
                self._registration = None
            return self._backoff.failed(fault.retry_after_s)
        self._backoff.succeeded()
        poll_s = self._registration.poll_s if self._registration else DEFAULT_POLL_S
        return min(poll_s * self._rng.uniform(0.9, 1.1), self._until(self._reports.next_due()))

    async def _act_forever(self) -> None:
        while True:
            self._acted.clear()
            self.act()
            await set_within(self._acted, self._until(self._events.next_due()))

    def _until(self, due: datetime | None) -> float:
        """Return the seconds to an instant, none of them negative and not too many."""
        if due is None:
            return _LONGEST_SLEEP_S
        return min(max((due - self._clock.now()).total_seconds(), 0.0), _LONGEST_SLEEP_S)

    def _pass_on(self, notices: Iterable[Notice]) -> None:
        for notice in notices:
            self._notify(notice)
            self._acted.set()

    def _tell(self, kind: Kind, detail: str) -> None:
        if kind is Kind.FAILED:
            log.warning("%s: %s", self._name, detail)
        self._notify(Notice(at=self._clock.now(), kind=kind, detail=detail))
