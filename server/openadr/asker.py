"""The reports that VENs are asked for: which there are, which is to be asked for next.

Requests are delivered one by one and again until they are answered, and outlast a restart. It must
not know what is in a report.
"""

import logging
from dataclasses import replace
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter

from schemas.openadr import Message
from schemas.openadr.report import OadrReport
from server.core.model import Client
from server.desk import Desk
from server.openadr.kept import Kept
from server.openadr.report_requests import (
    METADATA,
    ReportRequest,
    asking,
    cancelling,
    metadata_request,
    requests_for,
)
from server.openadr.settings import OpenAdrSettings
from server.openadr.talk import Talk

log = logging.getLogger(__name__)

REQUESTS_DOCUMENT: Final = "reportRequests"
"""The name under which a VEN's device keeps what we ask of the VEN."""
STRANGERS_KEPT: Final = 100

Requests = tuple[ReportRequest, ...]


class Asker:
    """Asks VENs for reports, and for none that is no longer wanted."""

    def __init__(self, desk: Desk, settings: OpenAdrSettings) -> None:
        self._settings = settings
        self._kept: Kept[Requests] = Kept(desk, REQUESTS_DOCUMENT, TypeAdapter(Requests), ())

    async def requests(self, client: Client) -> Requests:
        """Return what a VEN is asked for."""
        return await self._kept.of(client)

    async def ask_anew(
        self, client: Client, talk: Talk, offered: tuple[OadrReport, ...], now: datetime
    ) -> None:
        """Forget all requests and make the ones that fit a new offer (rule 306)."""
        wanted, every = self._settings.request_reports, self._settings.report_period
        made = requests_for(offered, wanted=wanted, every=every, now=now)
        await self._kept.change(client, lambda _: made)
        _look(talk)

    async def ask_metadata(self, client: Client, talk: Talk, stranger: str, now: datetime) -> None:
        """Ask for a VEN's offer, because it reports under an id that is not one of its requests.

        Once for each id, lest a VEN that holds on to it is asked without end.
        """
        if stranger in talk.strangers or len(talk.strangers) >= STRANGERS_KEPT:
            return
        talk.strangers.add(stranger)
        await self._kept.change(client, lambda requests: _with_metadata(requests, now))
        _look(talk)

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
        return await self.next(client, talk)

    def _is_wanted(self, request: ReportRequest) -> bool:
        name = request.report_name
        return name == METADATA or name in self._settings.request_reports

    def _is_open(self, request: ReportRequest, talk: Talk) -> bool:
        is_settled = request.is_answered and self._is_wanted(request)
        return not is_settled and request.id not in talk.unanswered

    async def promised(
        self, client: Client, talk: Talk, named: str, code: str, pending: tuple[str, ...]
    ) -> None:
        """Take down what a VEN says to a request: it reports, or it is asked no more (rule 329).

        `named` is the requestID that it repeats, if it does.
        """
        request = await self._meant(client, talk, named)
        if request is None or not self._is_wanted(request):
            return
        _tell_trouble(client, request, code, pending)
        after = (replace(request, is_answered=True),) if code.startswith("2") else ()
        await self._kept.change(client, lambda requests: _exchange(requests, request.id, after))
        _look(talk)

    async def withdrawn(self, client: Client, talk: Talk, named: str) -> None:
        """Forget a request that a VEN was asked to serve no more, even if it never knew it."""
        request = await self._meant(client, talk, named)
        if request is None or self._is_wanted(request):
            return
        await self._kept.change(client, lambda requests: _exchange(requests, request.id, ()))
        _look(talk)

    async def _meant(self, client: Client, talk: Talk, named: str) -> ReportRequest | None:
        known = {request.id: request for request in await self._kept.of(client)}
        return known.get(named) or known.get(talk.asked or "")


def _look(talk: Talk) -> None:
    """Have the next poll look for what is to be asked."""
    talk.asked = None
    talk.asks_patience.stop()
    talk.asks_are_due = True


def _with_metadata(requests: Requests, now: datetime) -> Requests:
    others = tuple(request for request in requests if request.report_name != METADATA)
    return (*others, metadata_request(now))


def _exchange(requests: Requests, request_id: str, after: Requests) -> Requests:
    """Return the requests with others in the place of one."""
    return tuple(
        each for request in requests for each in (after if request.id == request_id else (request,))
    )


def _tell_trouble(
    client: Client, request: ReportRequest, code: str, pending: tuple[str, ...]
) -> None:
    name = request.report_name
    if not code.startswith("2"):
        log.warning("VEN %s will not report %s: %s", client.ven_id, name, code)
    elif name != METADATA and request.id not in pending:
        log.warning("VEN %s does not list %s among its pending reports", client.ven_id, name)
