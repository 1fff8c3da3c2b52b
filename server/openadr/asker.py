"""The reports that VENs are asked for: which there are, which is to be asked for next.

Requests are delivered one by one and again until they are answered, and outlast a restart. It must
not know what is in a report.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter

from schemas.openadr import Message
from schemas.openadr.blocks import EiResponse
from schemas.openadr.report import OadrReport
from server.core.model import Client
from server.core.report import METADATA, ReportKind, ReportOffer, ReportPhase, ReportRequest
from server.desk import Desk
from server.openadr.kept import Kept
from server.openadr.report_offers import offers_in
from server.openadr.report_requests import (
    Requests,
    asking,
    cancelling,
    renewed,
    requests_for,
    trimmed,
)
from server.openadr.report_wishes import metadata_request
from server.openadr.settings import OpenAdrSettings
from server.openadr.talk import Talk

log = logging.getLogger(__name__)

REQUESTS_DOCUMENT: Final = "reportRequests"
"""The name under which a VEN's device keeps what we ask of the VEN."""
OFFERS_DOCUMENT: Final = "reportOffers"
"""The name under which it keeps what can be asked for."""
STRANGERS_KEPT: Final = 100
DETAIL_LIMIT: Final = 200
UNANSWERED: Final = "the VEN does not answer"
UNLISTED: Final = "it is missing among the VEN's pending reports"

Offers = tuple[ReportOffer, ...]
Change = Callable[[ReportRequest], ReportRequest | None]
"""Returns the request that takes the place of another, or None."""


class Asker:
    """Asks VENs for reports, and for none that is no longer wanted."""

    def __init__(self, desk: Desk, settings: OpenAdrSettings) -> None:
        self._settings = settings
        self._kept: Kept[Requests] = Kept(desk, REQUESTS_DOCUMENT, TypeAdapter(Requests), ())
        self._offers: Kept[Offers] = Kept(desk, OFFERS_DOCUMENT, TypeAdapter(Offers), ())

    async def requests(self, client: Client) -> Requests:
        """Return what a VEN is asked for, and was."""
        return await self._kept.of(client)

    async def offers(self, client: Client) -> Offers:
        """Return what a VEN offers."""
        return await self._offers.of(client)

    async def keep_offers(self, client: Client, offers: Offers) -> None:
        """Keep what a VEN offers in place of what it offered before."""
        await self._offers.change(client, lambda _: offers)

    async def change(self, client: Client, change: Callable[[Requests], Requests]) -> Requests:
        """Keep what `change` makes of the requests; raises what that raises."""
        return await self._kept.change(client, change)

    async def ask_anew(
        self, client: Client, talk: Talk, offered: tuple[OadrReport, ...], now: datetime
    ) -> None:
        """Keep an offer, forget the requests and make the ones that fit it (rule 306)."""
        wanted, every = self._settings.request_reports, self._settings.report_period
        offers = offers_in(offered)
        await self.keep_offers(client, offers)
        made = requests_for(offers, wanted=wanted, every=every, now=now)
        await self._kept.change(client, lambda before: renewed(before, made, offers, now))
        talk.look_for_asks()

    async def ask_metadata(self, client: Client, talk: Talk, stranger: str, now: datetime) -> None:
        """Ask for a VEN's offer, because it reports under an id that is not one of its requests.

        Once for each id, lest a VEN that holds on to it is asked without end.
        """
        if stranger in talk.strangers or len(talk.strangers) >= STRANGERS_KEPT:
            return
        talk.strangers.add(stranger)
        await self._kept.change(client, lambda requests: _with_metadata(requests, now))
        talk.look_for_asks()

    async def next(self, client: Client, talk: Talk) -> Message | None:
        """Return what to ask now: first for no more of a report, then for one (rule 324)."""
        talk.asks_are_due = False
        open_ = [r for r in await self._kept.of(client) if self._is_open(r, talk)]
        if not open_:
            return None
        chosen = min(open_, key=self._is_wanted)
        is_anew = chosen.id != talk.asked
        if not is_anew and not talk.asks_patience.may_repeat:
            return await self._give_up(client, talk, chosen)
        talk.asked = chosen.id
        talk.asks_patience.wait(anew=is_anew)
        make = asking if self._is_wanted(chosen) else cancelling
        return make(chosen, client.ven_id)

    async def _give_up(self, client: Client, talk: Talk, request: ReportRequest) -> Message | None:
        log.warning("VEN %s does not answer about %s", client.ven_id, request.report_name)
        talk.unanswered.add(request.id)
        talk.asked = None
        await self._exchange(client, request.id, lambda r: replace(r, trouble=UNANSWERED))
        return await self.next(client, talk)

    def _is_wanted(self, request: ReportRequest) -> bool:
        if request.cancelled_at is not None:
            return False
        name = request.report_name
        is_usual = name == METADATA or name in self._settings.request_reports
        return is_usual or bool(request.asked_by)

    def is_awaited(self, request: ReportRequest) -> bool:
        """Tell whether data of a request are welcome, be it for the last time (rule 345)."""
        is_last = request.report_to_follow and request.closed is None
        return self._is_wanted(request) or is_last

    def _is_open(self, request: ReportRequest, talk: Talk) -> bool:
        if request.closed or request.id in talk.unanswered:
            return False
        is_wanted = self._is_wanted(request)
        return not (request.is_answered if is_wanted else request.is_cancel_answered)

    async def promised(
        self, client: Client, talk: Talk, said: EiResponse, pending: tuple[str, ...]
    ) -> None:
        """Take down what a VEN says to a request: it reports, or it is asked no more (rule 329)."""
        request = await self._meant(client, talk, said.requestID)
        if request is None or not self._is_wanted(request):
            return
        is_good = said.responseCode.startswith("2")
        if not is_good:
            log.warning(
                "VEN %s will not report %s: %s",
                client.ven_id,
                request.report_name,
                said.responseCode,
            )
        await self._exchange(client, request.id, _agreed if is_good else _refused(said))
        if is_good:
            await self._compare(client, request, pending)
        talk.look_for_asks()

    async def _compare(
        self, client: Client, request: ReportRequest, pending: tuple[str, ...]
    ) -> None:
        """Note which reports a VEN does not list though it is to make them (rule 329)."""

        def is_missing(each: ReportRequest) -> bool:
            is_due = each.id == request.id and each.specifier_id != METADATA
            is_agreed = each.is_answered and each.is_repeated and not each.closed
            return (is_due or is_agreed) and self._is_wanted(each) and each.id not in pending

        def compared(requests: Requests) -> Requests:
            return tuple(
                replace(each, trouble=UNLISTED)
                if is_missing(each)
                else replace(each, trouble="" if each.trouble == UNLISTED else each.trouble)
                for each in requests
            )

        for each in await self._kept.change(client, compared):
            if each.trouble == UNLISTED:
                name = each.report_name
                log.warning(
                    "VEN %s does not list %s among its pending reports", client.ven_id, name
                )

    async def withdrawn(
        self, client: Client, talk: Talk, said: EiResponse, pending: tuple[str, ...]
    ) -> None:
        """Take down that a VEN was asked to serve a request no more, even if it never knew it."""
        request = await self._meant(client, talk, said.requestID)
        if request is None or self._is_wanted(request):
            return
        if not said.responseCode.startswith("2") or request.id in pending:
            log.warning(
                "VEN %s says %s to the end of %s%s",
                client.ven_id,
                said.responseCode,
                request.report_name,
                ", which it still lists" if request.id in pending else "",
            )
        await self._exchange(client, request.id, _withdrawn(said))
        talk.look_for_asks()

    async def heard(self, client: Client, talk: Talk, request: ReportRequest) -> None:
        """Take note that data of a request came: that is as good as a promise, or the end of it."""
        after = _heard(request)
        if after is not request:
            await self._exchange(client, request.id, _heard)
            talk.look_for_asks()

    async def insist(
        self, client: Client, talk: Talk, request: ReportRequest, now: datetime
    ) -> None:
        """Cancel a report, again if it was cancelled, because data keep coming (rule 335)."""
        if self._is_wanted(request) or request.cancelled_at is not None:
            await self._exchange(client, request.id, lambda each: _cancelled_anew(each, now))
        talk.unanswered.discard(request.id)
        talk.look_for_asks()

    async def _exchange(self, client: Client, request_id: str, change: Change) -> None:
        await self._kept.change(client, lambda requests: _exchanged(requests, request_id, change))

    async def _meant(self, client: Client, talk: Talk, named: str) -> ReportRequest | None:
        known = {request.id: request for request in await self._kept.of(client)}
        return known.get(named) or known.get(talk.asked or "")


def _with_metadata(requests: Requests, now: datetime) -> Requests:
    others = tuple(
        request for request in requests if request.report_name != METADATA or request.asked_by
    )
    return (*others, metadata_request(now))


def _exchanged(requests: Requests, request_id: str, change: Change) -> Requests:
    """Return the requests with another or none in the place of one."""
    found = ((each, change(each) if each.id == request_id else each) for each in requests)
    return trimmed(tuple(after for _, after in found if after is not None))


def _agreed(request: ReportRequest) -> ReportRequest:
    return replace(request, is_answered=True, trouble="")


def _refused(said: EiResponse) -> Change:
    """Keep what an operator asked for, so that he learns of it."""
    trouble = _words(said)

    def refused(request: ReportRequest) -> ReportRequest | None:
        if not request.asked_by:
            return None
        return replace(request, closed=ReportPhase.REFUSED, trouble=trouble)

    return refused


def _withdrawn(said: EiResponse) -> Change:
    is_good = said.responseCode.startswith("2")

    def withdrawn(request: ReportRequest) -> ReportRequest | None:
        if request.cancelled_at is None:
            return None
        after = replace(request, is_cancel_answered=True, trouble="" if is_good else _words(said))
        if request.report_to_follow and is_good:
            return after
        return replace(after, closed=ReportPhase.CANCELLED)

    return withdrawn


def _words(said: EiResponse) -> str:
    return f"{said.responseCode} {said.responseDescription or ''}".strip()[:DETAIL_LIMIT]


def _heard(request: ReportRequest) -> ReportRequest:
    """Return a request after data of it came; the same one if that changes nothing."""
    if request.closed:
        return request
    if request.report_to_follow and request.is_cancel_answered:
        return replace(request, closed=ReportPhase.CANCELLED)
    if request.kind in {ReportKind.ONCE, ReportKind.HISTORY} and request.cancelled_at is None:
        return replace(request, is_answered=True, closed=ReportPhase.ENDED, trouble="")
    return request if request.is_answered else _agreed(request)


def _cancelled_anew(request: ReportRequest, now: datetime) -> ReportRequest:
    return replace(
        request,
        cancelled_at=request.cancelled_at or now,
        report_to_follow=False,
        is_cancel_answered=False,
        closed=None,
    )
