"""The 2030.5 face: from a request to its answer.

Finds out who asks, which resource is meant and whether that may be, then hands over to the handler.
The one place that turns a Refusal into HTTP; whatever else is raised is our fault and logged once.
"""

import logging
from secrets import token_hex

from aiohttp import web

from server.desk import Desk
from server.errors import NotAcceptable, Refusal, Unsupported
from server.net.identity import identity_of
from server.sep2.accept import Accepts
from server.sep2.access import Access
from server.sep2.call import Call
from server.sep2.project_time import zone_of
from server.sep2.query import accepts_xml
from server.sep2.read import Reads
from server.sep2.reply import failed, refused
from server.sep2.routes import ROUTES, Who, match
from server.sep2.settings import Sep2Settings

log = logging.getLogger(__name__)

_READING = ("GET", "HEAD")


class Sep2Face:
    """What a listener serves to 2030.5 clients."""

    def __init__(self, desk: Desk, settings: Sep2Settings) -> None:
        """Raise ValueError if the zone is unknown, LookupError if a route is not served."""
        zone_of(settings.time_zone)
        self._clock = desk.clock
        self._settings = settings
        self._access = Access(desk.book, settings.in_band)
        self._reads = Reads(desk, self._access, settings)
        self._accepts = Accepts(desk, self._access, settings)
        self._check_routes()

    def _check_routes(self) -> None:
        """Refuse to start with a route that is declared and not served, or the other way round."""
        for part, who in ((self._reads, "reads"), (self._accepts, "writes")):
            for handlers, wanted in (
                (part.handlers, Who.ADMITTED),
                (part.device_handlers, Who.OWNER),
            ):
                declared = {route.name for route in ROUTES if getattr(route, who) is wanted}
                if declared != handlers.keys():
                    raise LookupError(f"{who} by {wanted}: {declared ^ handlers.keys()}")

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

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        now = self._clock.now()
        identity = identity_of(request, check_profile=self._settings.check_profile)
        caller = self._access.admit(identity, now)
        path, _, query = request.raw_path.partition("?")
        route, variables = match(path)
        method = request.method
        if method not in route.methods:
            raise Unsupported(f"{method} is not offered here", allow=route.methods)
        is_reading = method in _READING
        if is_reading:
            _check_accept(request)
        part = self._reads if is_reading else self._accepts
        call = Call(request, route, variables, query, caller, now)
        if (route.reads if is_reading else route.writes) is Who.ADMITTED:
            return await part.handlers[route.name](call)
        device = self._access.device(caller, variables[0], writing=not is_reading)
        return await part.device_handlers[route.name](call, device)


def _check_accept(request: web.BaseRequest) -> None:
    accept = request.headers.get("Accept")
    if accept is not None and not accepts_xml(accept):
        raise NotAcceptable("only application/sep+xml is given out")
