"""What operators have to do with the reports of VENs: asking for them, ending them, looking.

Shared by the faces, so that a wish is heard by the one that speaks to the VEN. It must not know
messages.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from server.core.context import find
from server.core.model import Client, ClientId, ClientKind, DeviceId
from server.core.report import (
    Gap,
    Point,
    ReportOffer,
    ReportPhase,
    ReportRequest,
    ReportWish,
    Standing,
)
from server.desk import Desk
from server.errors import Conflict, Unknown
from server.openadr.asker import Asker
from server.openadr.kept import home_of
from server.openadr.report_requests import Requests, trimmed
from server.openadr.report_watch import ReportWatch, gaps
from server.openadr.report_wishes import request_for
from server.openadr.settings import OpenAdrSettings

log = logging.getLogger(__name__)

OPEN_LIMIT: Final = 50
"""How many requests one VEN may have at a time."""
LOOKED_BACK: Final = timedelta(days=1)
POINTS_SHOWN: Final = 50
"""Of how many points of a request the gaps are shown."""
GAPS_SHOWN: Final = 100
BETWEEN_LOOKS_S: Final = 30.0
AT_A_TIME: Final = 200


class Reporting:
    """Asks VENs for reports in the name of operators."""

    def __init__(self, desk: Desk, settings: OpenAdrSettings) -> None:
        self._desk = desk
        self._settings = settings
        self.asker = Asker(desk, settings)
        self.watch = ReportWatch(desk.clock.now())
        self._listeners: list[Callable[[ClientId], None]] = []

    def listen(self, listener: Callable[[ClientId], None]) -> None:
        """Call `listener` with each VEN that there is something new to ask of."""
        self._listeners.append(listener)

    async def offers(self, client_id: ClientId) -> tuple[ReportOffer, ...]:
        """Return what a VEN offers; Unknown or Conflict if there is no such VEN."""
        return await self.asker.offers(self._ven(client_id))

    async def ask(self, client_id: ClientId, wish: ReportWish, *, actor: str) -> Standing:
        """Ask a VEN for a report; it hears so when it is next told.

        Raises Invalid if it does not offer it, Conflict if it is asked for too many.
        """
        client, now = self._ven(client_id), self._desk.clock.now()
        offers = await self.asker.offers(client)
        usual = self._settings.report_period
        request = request_for(wish, offers, usual=usual, asked_by=actor, now=now)

        def added(before: Requests) -> Requests:
            if sum(not each.closed for each in before) >= OPEN_LIMIT:
                raise Conflict("this VEN is asked for too many reports")
            return (*before, request)

        await self.asker.change(client, added)
        self._tell(client_id)
        return self._standing(request, now)

    async def cancel(
        self, client_id: ClientId, request_id: str, *, report_to_follow: bool
    ) -> Standing:
        """Ask a VEN to report no more, after a last report if wanted (rule 345)."""
        client, now = self._ven(client_id), self._desk.clock.now()

        def cancelled(before: Requests) -> Requests:
            request = _the(before, request_id)
            if request.closed:
                raise Conflict(f"this request is {request.closed} already")
            after = replace(
                request,
                cancelled_at=request.cancelled_at or now,
                report_to_follow=report_to_follow,
                is_cancel_answered=False,
            )
            return trimmed(tuple(after if each is request else each for each in before))

        request = _the(await self.asker.change(client, cancelled), request_id)
        self._tell(client_id)
        return self._standing(request, now)

    async def standings(self, client_id: ClientId) -> tuple[Standing, ...]:
        """Return what a VEN is asked for and was, the oldest first."""
        now = self._desk.clock.now()
        requests = await self.asker.requests(self._ven(client_id))
        return tuple(self._standing(request, now) for request in requests)

    async def standing(self, client_id: ClientId, request_id: str) -> Standing:
        """Return one request, with what is missing of its data."""
        client, now = self._ven(client_id), self._desk.clock.now()
        request = _the(await self.asker.requests(client), request_id)
        standing = self._standing(request, now)
        if standing.phase in {ReportPhase.ASKED, ReportPhase.REFUSED}:
            return standing
        return await self._with_data(client, standing, now)

    async def _with_data(self, client: Client, standing: Standing, now: datetime) -> Standing:
        device, request = home_of(self._desk, client), standing.request
        if device is None:
            return standing
        end = min(now, request.end or now, request.cancelled_at or now)
        since = max(request.start, end - LOOKED_BACK)
        found: list[Gap] = []
        latest: list[datetime] = []
        for point in request.points[:POINTS_SHOWN]:
            latest += await self._latest(device.id, request, point)
            series = await self._desk.store.readings(
                source=device.id, point=_series(point), since=since, until=now
            )
            holes = gaps(request, series, since, max(since, end - request.every))
            found += [Gap(rid=point.rid, since=begin, until=over) for begin, over in holes]
        last_reading = max(latest, default=None)
        return replace(standing, last_reading=last_reading, gaps=tuple(found[:GAPS_SHOWN]))

    async def _latest(
        self, device_id: DeviceId, request: ReportRequest, point: Point
    ) -> tuple[datetime, ...]:
        """Return the end of the latest value of a point, if it is one that was asked for."""
        last = await self._desk.store.metering.latest_reading(device_id, _series(point))
        return (last.start + last.duration,) if last and last.start >= request.start else ()

    async def run(self) -> None:
        """Look for late reports from time to time, for ever."""
        while True:
            await self.look()
            await asyncio.sleep(BETWEEN_LOOKS_S)

    async def look(self) -> None:
        """Tell of each report that has become late."""
        now, known = self._desk.clock.now(), set[str]()
        for number, client in enumerate(tuple(self._desk.book.clients.values())):
            if client.registration is not None:
                requests = await self.asker.requests(client)
                known.update(request.id for request in requests)
                self.watch.look(client, requests, now)
            if number % AT_A_TIME == 0:
                await asyncio.sleep(0)
        self.watch.keep_only(known)

    def _standing(self, request: ReportRequest, now: datetime) -> Standing:
        phase, heard_at = self.watch.phase(request, now), self.watch.heard_at(request)
        return Standing(request=request, phase=phase, heard_at=heard_at)

    def _ven(self, client_id: ClientId) -> Client:
        client = find(self._desk.book.clients, client_id, "client")
        if client.kind is not ClientKind.VEN:
            raise Conflict("this client is no VEN")
        if client.registration is None:
            raise Conflict("this VEN is not registered")
        return client

    def _tell(self, client_id: ClientId) -> None:
        for listener in self._listeners:
            listener(client_id)


def _the(requests: Requests, request_id: str) -> ReportRequest:
    for request in requests:
        if request.id == request_id:
            return request
    raise Unknown("there is no such report request")


def _series(point: Point) -> str:
    """Return the point of the readings that tell whether a point was reported."""
    return f"{point.name}/oadrOnline" if point.is_status else point.name
