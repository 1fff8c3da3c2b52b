"""The 2030.5 face: from a request to its answer.

Finds out who asks, which resource is meant and whether that may be, then hands over to the handler.
The one place that turns a Refusal into HTTP; whatever else is raised is our fault and logged once.
"""

import logging
from collections.abc import Awaitable
from secrets import token_hex

from aiohttp import web
from aiohttp.hdrs import ACCEPT

from server.desk import Desk
from server.errors import NotAcceptable, Refusal, Unsupported
from server.net.identity import identity_of
from server.sep2.accept import Accepts
from server.sep2.access import Access
from server.sep2.call import Call, DeviceHandler, Handler
from server.sep2.connection_point import ConnectionPoints
from server.sep2.document_lists import DocumentLists
from server.sep2.documents import Documents
from server.sep2.end_device import EndDevices
from server.sep2.mirror import Mirrors
from server.sep2.notices import Notices
from server.sep2.project_time import zone_of
from server.sep2.query import accepts_xml
from server.sep2.read import Reads
from server.sep2.reply import failed, refused
from server.sep2.routes import SERVED, Who, resolve
from server.sep2.settings import Sep2Settings
from server.sep2.subscribe import Subscribing
from server.sep2.views import Views

log = logging.getLogger(__name__)

_READING = ("GET", "HEAD")


class Sep2Face:
    """What a listener serves to 2030.5 clients."""

    def __init__(self, desk: Desk, settings: Sep2Settings) -> None:
        """Raise ValueError if the zone is unknown, KeyError if a route is not served."""
        zone_of(settings.time_zone)
        self._clock = desk.clock
        self._check_profile = settings.check_profile
        self._access = Access(desk.book, settings.in_band)
        self._handlers: dict[tuple[str, str], Handler] = {}
        self._device_handlers: dict[tuple[str, str], DeviceHandler] = {}
        mirrors = Mirrors(desk.book, desk.store.metering)
        views = Views(desk.book, csip_aus=settings.csip_aus)
        reads = Reads(desk, self._access, settings, mirrors, views)
        accepts = Accepts(desk, self._access, settings, mirrors)
        count = desk.store.items.count
        self.notices = Notices(desk.book, self._access, settings, count, views)
        subscribing = Subscribing(desk, self._access, settings, self.notices)
        readers = {**reads.handlers, **subscribing.reads}
        writers = {**accepts.handlers, **subscribing.writes}
        parts = (
            Documents(desk, settings),
            DocumentLists(desk, settings),
            ConnectionPoints(desk, settings),
        )
        device_readers = dict(reads.device_handlers)
        device_writers = {**accepts.device_handlers, **EndDevices(desk, settings).writes}
        for part in parts:
            device_readers |= part.reads
            device_writers |= part.writes
        for route in SERVED:
            for method in route.methods:
                is_reading = method in _READING
                who = route.reads if is_reading else route.writes
                key = (route.name, method)
                if who is Who.ADMITTED:
                    self._handlers[key] = (readers if is_reading else writers)[route.name]
                else:
                    of_device = device_readers if is_reading else device_writers
                    self._device_handlers[key] = of_device[route.name]

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request; refusals and failures become an Error body."""
        try:
            return await self._answer(request)
        except Refusal as refusal:
            return refused(refusal)
        except Exception:
            reference = token_hex(4)
            log.exception("%s %s failed (%s)", request.method, request.raw_path, reference)
            return failed(reference)

    def _answer(self, request: web.BaseRequest) -> Awaitable[web.Response]:
        now = self._clock.now()
        identity = identity_of(request, check_profile=self._check_profile)
        caller = self._access.admit(identity, now)
        route, variables, query = resolve(request.raw_path)
        method = request.method
        is_reading = method in _READING
        if is_reading and not accepts_xml(request.headers.get(ACCEPT, "*/*")):
            raise NotAcceptable("only application/sep+xml is given out")
        call = Call(request, route, variables, query, caller, now)
        key = (route.name, method)
        for_device = self._device_handlers.get(key)
        if for_device is not None:
            device = self._access.device(caller, variables[0], writing=not is_reading)
            return for_device(call, device)
        handler = self._handlers.get(key)
        if handler is None:
            raise Unsupported(f"{method} is not offered here", allow=route.methods)
        return handler(call)
