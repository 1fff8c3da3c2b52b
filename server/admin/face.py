"""The admin face: from a request to its answer.

Finds out which operation is meant, who asks and whether that may be, then hands over to the
handler. The one place that turns a Refusal into HTTP; whatever else is raised is our fault and
logged once. It must not know any one operation.
"""

import logging
import re
from collections.abc import Callable, Mapping
from secrets import token_hex
from typing import Any

from aiohttp import web

from server.admin.access import check_role, token_of
from server.admin.call import Call, House
from server.admin.models import Model
from server.admin.operation import Anyone, Operation, Routes
from server.admin.operations import OPERATIONS
from server.admin.reading import BODY_LIMIT_BYTES, parse_body, parse_query
from server.admin.reply import REQUEST_ID, answered, failed, refused
from server.core.model import DeviceId
from server.desk import Desk
from server.errors import Forbidden, Malformed, Refusal
from server.net.body import read_body

log = logging.getLogger(__name__)

_LOOPBACK = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?", re.ASCII | re.IGNORECASE)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)
_HEADERS = {
    "Cache-Control": "no-store",
    "Server": "gridherald",
    "X-Content-Type-Options": "nosniff",
}


class AdminFace:
    """What a listener on loopback serves to operators."""

    def __init__(
        self,
        desk: Desk,
        *,
        describe_edge: Callable[[DeviceId], Mapping[str, object]] | None,
        is_ready: Callable[[], bool],
        maps: Callable[[str], frozenset[str]],
    ) -> None:
        """Raise LookupError if the table of operations does not say who may do what."""
        self._house = House(desk=desk, describe_edge=describe_edge, is_ready=is_ready, maps=maps)
        self._routes = Routes(OPERATIONS)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request; refusals and failures become problem documents."""
        path = request.raw_path.partition("?")[0]
        given_id = request.headers.get(REQUEST_ID, "")
        request_id = given_id if _REQUEST_ID.fullmatch(given_id) else token_hex(8)
        try:
            response = await self._answer(request, path)
        except Refusal as refusal:
            response = refused(refusal, path=path, request_id=request_id)
        except Exception:
            log.exception("%s %s failed (%s)", request.method, path, request_id)
            response = failed(path=path, request_id=request_id)
        response.headers.update({**_HEADERS, REQUEST_ID: request_id})
        return response

    async def _answer(self, request: web.BaseRequest, path: str) -> web.Response:
        _check_host(request.headers.get("Host", ""))
        operation, variables = self._routes.match(request.method, path)
        call = self._admit(request, operation)
        given = await _read(request, operation)
        answer = await operation.handler(call, **variables, **given)
        return answered(operation.status_of(answer), answer, operation.location_of(answer))

    def _admit(self, request: web.BaseRequest, operation: Operation) -> Call:
        desk = self._house.desk
        now = desk.clock.now()
        if isinstance(operation.role, Anyone):
            return Call(house=self._house, now=now, actor="", role=None)
        token = token_of(request.headers.get("Authorization"), desk.book, now)
        check_role(token.role, operation.role)
        return Call(house=self._house, now=now, actor=token.name, role=token.role)


def _check_host(host: str) -> None:
    """Refuse names that are not of loopback: a web page could have its own name lead here."""
    if _LOOPBACK.fullmatch(host) is None:
        raise Forbidden("this is served on loopback only, as localhost, 127.0.0.1 or [::1]")


async def _read(request: web.BaseRequest, operation: Operation) -> dict[str, Any]:
    """Return the query and the body that an operation takes."""
    given: dict[str, Any] = {}
    query = parse_query(operation.query or Model, tuple(request.query.items()))
    if operation.query is not None:
        given["query"] = query
    body = await read_body(request, BODY_LIMIT_BYTES)
    if operation.body is not None:
        given["body"] = parse_body(operation.body, request.headers.get("Content-Type"), body)
    elif body:
        raise Malformed("this operation takes no body")
    return given
