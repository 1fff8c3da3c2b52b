"""The 2030.5 face: from a request to its answer.

Finds out who asks, which resource is meant and whether that may be, then hands over to the handler.
The one place that turns a Refusal into HTTP; whatever else is raised is our fault and logged once.
"""

import logging
from collections.abc import Awaitable, Mapping
from datetime import datetime
from secrets import token_hex
from typing import cast

from aiohttp import web
from aiohttp.hdrs import ACCEPT, ACCEPT_ENCODING

from schemas.sep2 import Profile
from server.core.command import LearnProfile
from server.core.model import Client, Lfdi
from server.desk import Desk
from server.errors import NotAcceptable, Refusal, Unauthenticated, Unavailable, Unknown, Unsupported
from server.net.identity import identity_of
from server.sep2.accept import Accepts
from server.sep2.access import Access
from server.sep2.body import HEARD
from server.sep2.call import Call, DeviceHandler, Handler
from server.sep2.connection_point import ConnectionPoints
from server.sep2.document_lists import DocumentLists
from server.sep2.documents import Documents
from server.sep2.end_device import EndDevices
from server.sep2.flow_requests import FlowRequests
from server.sep2.metering_notices import MeteringNotices
from server.sep2.mirror import Mirrors
from server.sep2.notices import Notices
from server.sep2.pace import Paces
from server.sep2.profiles import Profiles
from server.sep2.project_time import zone_of
from server.sep2.published.counting import Counting
from server.sep2.published.files import FileContents
from server.sep2.published.read import PublishedReads
from server.sep2.query import accepts_xml, prefers_gzip
from server.sep2.read import Reads
from server.sep2.reply import TargetTooLong, failed, pack, refused
from server.sep2.responses import Responses
from server.sep2.route import Route, Who
from server.sep2.routes import SERVED, resolve
from server.sep2.settings import Sep2Settings
from server.sep2.subscribe import Subscribing
from server.sep2.views import Views

log = logging.getLogger(__name__)

_READING = ("GET", "HEAD")
_TARGET_LIMIT = 8 * 1024
_RESTART_S = 30
_NO_REQUEST = cast("web.BaseRequest", None)
"""What reads the book looks at the call alone."""


class Sep2Face:
    """What a listener serves to 2030.5 clients."""

    def __init__(self, desk: Desk, settings: Sep2Settings) -> None:
        """Raise ValueError if the zone is unknown, KeyError if a route is not served."""
        zone_of(settings.time_zone)
        self._desk = desk
        self._settings = settings
        self._is_stopping = False
        self._book = desk.book
        self._clock = desk.clock
        self._check_profile = settings.check_profile
        self._profiles = Profiles(settings.profile)
        self._access = Access(desk.book, settings.in_band)
        self._handlers: dict[tuple[str, str], Handler] = {}
        self._device_handlers: dict[tuple[str, str], DeviceHandler] = {}
        mirrors = Mirrors(desk.book, desk.store.metering)
        views = Views(desk.book)
        reads = Reads(desk, self._access, settings, mirrors, views)
        self._of_book = (reads.handlers, reads.device_handlers)
        accepts = Accepts(desk, self._access, settings, mirrors)
        self.notices = self._make_notices(mirrors, views)
        subscribing = Subscribing(desk, self._access, settings, self.notices)
        readers = {**reads.handlers, **subscribing.reads}
        writers = {**accepts.handlers, **subscribing.writes}
        lists = DocumentLists(desk, settings)
        parts = (
            Documents(desk, settings),
            lists,
            FlowRequests(desk, lists),
            ConnectionPoints(desk, settings),
            Responses(desk, self._access, settings),
            FileContents(desk.book, settings),
        )
        device_readers = {**reads.device_handlers, **PublishedReads(desk.book, settings).reads}
        device_writers = {**EndDevices(desk, settings).writes}
        for part in parts:
            device_readers |= part.reads
            device_writers |= part.writes
        self._bind((readers, writers), (device_readers, device_writers))

    def _make_notices(self, mirrors: Mirrors, views: Views) -> Notices:
        book, store = self._book, self._desk.store
        paces = Paces(book, self._settings)
        return Notices(
            book,
            self._access,
            self._settings,
            count=Counting(self._desk),
            views=views,
            metering=MeteringNotices(book, self._access, paces, mirrors, store.metering),
            document=store.document,
        )

    def _bind(
        self,
        admitted: tuple[Mapping[str, Handler], Mapping[str, Handler]],
        of_owner: tuple[Mapping[str, DeviceHandler], Mapping[str, DeviceHandler]],
    ) -> None:
        """Find the handler of each method of each route: of reading, and of writing."""
        for route in SERVED:
            for method in _methods(route, self._settings):
                is_reading = method in _READING
                who = route.reads if is_reading else route.writes
                key = (route.name, method)
                if who is Who.ADMITTED:
                    self._handlers[key] = admitted[not is_reading][route.name]
                else:
                    self._device_handlers[key] = of_owner[not is_reading][route.name]

    def stop(self) -> None:
        """Take no more requests; those that are under way are answered."""
        self._is_stopping = True

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request; refusals and failures become an Error body."""
        try:
            return _packed(request, await self._answer(request))
        except Refusal as refusal:
            return refused(refusal, self._profile_of(request))
        except Exception:
            reference = token_hex(4)
            log.exception("%s %s failed (%s)", request.method, request.raw_path, reference)
            return failed(reference, self._profile_of(request))

    async def look(self, lfdi: Lfdi, path: str, now: datetime) -> bytes:
        """Return what a client would read of the book at an instant; raises what it is refused.

        For those who want to know why a client sees nothing: no certificate is asked for, and
        nothing is learnt or counted.
        """
        caller = self._access.admit_lfdi(lfdi)
        route, variables, query = resolve(path)
        profile = self._profiles.of(caller.client)
        call = Call(_NO_REQUEST, route, variables, query, caller, profile, now)
        if (of_device := self._of_book[1].get(route.name)) is not None:
            answer = await of_device(call, self._access.device(caller, variables[0]))
        elif (of_all := self._of_book[0].get(route.name)) is not None:
            answer = await of_all(call)
        else:
            raise Unknown("this is not read from the book")
        return answer.body if isinstance(answer.body, bytes) else b""

    def _answer(self, request: web.BaseRequest) -> Awaitable[web.Response]:
        if self._is_stopping:
            raise Unavailable("the server is stopping", retry_after_s=_RESTART_S)
        now = self._clock.now()
        identity = identity_of(request, check_profile=self._check_profile)
        caller = self._access.admit(identity, now)
        target = request.raw_path
        if len(target) > _TARGET_LIMIT:
            raise TargetTooLong(f"a path with its query has at most {_TARGET_LIMIT} characters")
        route, variables, query = resolve(target)
        method = request.method
        is_reading = method in _READING
        if is_reading and route.is_xml:
            _check_accepts(request)
        profile = self._profiles.of(caller.client)
        call = Call(request, route, variables, query, caller, profile, now)
        key = (route.name, method)
        for_device = self._device_handlers.get(key)
        if for_device is not None:
            device = self._access.device(caller, variables[0], writing=not is_reading)
            answering = for_device(call, device)
        else:
            handler = self._handlers.get(key)
            if handler is None:
                allow = _methods(route, self._settings)
                raise Unsupported(f"{method} is not offered here", allow=allow)
            answering = handler(call)
        return answering if is_reading else self._hearing(call, answering)

    async def _hearing(self, call: Call, answering: Awaitable[web.Response]) -> web.Response:
        """Answer, and remember what the body showed of its sender's profile."""
        try:
            return await answering
        finally:
            lfdi, body = call.caller.lfdi, call.request.get(HEARD)
            client = self._client(lfdi)
            learnt = client and body and self._profiles.learnt(client, body)
            if client and learnt:
                command = LearnProfile(client_id=client.id, profile=learnt.value)
                await self._desk.submit(command, actor=call.caller.actor)

    def _client(self, lfdi: str) -> Client | None:
        client_id = self._book.client_by_lfdi.get(Lfdi(lfdi))
        return None if client_id is None else self._book.clients[client_id]

    def _profile_of(self, request: web.BaseRequest) -> Profile:
        """Return what is written to a client that is refused, whoever it is."""
        try:
            client = self._client(identity_of(request, check_profile=self._check_profile).lfdi)
        except Unauthenticated:
            client = None
        return self._profiles.of_sender(client, request.get(HEARD, b""))


def _methods(route: Route, settings: Sep2Settings) -> tuple[str, ...]:
    """Return the methods of a route; a PIN is written only where that is allowed."""
    may_set_pin = route.name == "registration" and settings.client_may_set_pin
    return (*route.methods, "PUT") if may_set_pin else route.methods


def _check_accepts(request: web.BaseRequest) -> None:
    headers = request.headers
    if not accepts_xml(headers.get(ACCEPT, "*/*")) and not accepts_xml(
        ",".join(headers.getall(ACCEPT))
    ):
        raise NotAcceptable("only application/sep+xml is given out")


def _packed(request: web.BaseRequest, answer: web.Response) -> web.Response:
    """Return an answer as its reader likes it best."""
    accepted = request.headers.get(ACCEPT_ENCODING)
    return pack(answer) if accepted is not None and prefers_gzip(accepted) else answer
