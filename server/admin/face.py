"""The admin face: from a request to its answer.

Finds out which operation is meant, who asks and whether that may be, then hands over to the
handler. The one place that turns a Refusal into HTTP; whatever else is raised is our fault and
logged once. It must not know any one operation.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from secrets import token_hex
from typing import Any

from aiohttp import web

from server.admin.access import check_role, token_of
from server.admin.call import Call, House, Opting, Reporting, Telling, Walk
from server.admin.models import Model
from server.admin.operation import IDEMPOTENCY_KEY, Anyone, Operation, Routes
from server.admin.operations import OPERATIONS
from server.admin.reading import BODY_LIMIT_BYTES, parse_body, parse_query
from server.admin.repeating import Claim, checked_key, claim
from server.admin.reply import REQUEST_ID, answered, failed, refused, shown, written
from server.admin.validators import IF_MATCH, IF_NONE_MATCH, Bond, etag_of
from server.admin.visit import FAILED, Visit
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
        outbox: Telling | None = None,
        reporting: Reporting | None = None,
        opting: Opting | None = None,
        walk: Walk | None = None,
    ) -> None:
        """Raise LookupError if the table of operations does not say who may do what."""
        self._house = House(
            desk=desk,
            describe_edge=describe_edge,
            is_ready=is_ready,
            outbox=outbox,
            reporting=reporting,
            opting=opting,
            maps=maps,
            walk=walk,
        )
        self._routes = Routes(OPERATIONS)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request; refusals and failures become problem documents."""
        given_id = request.headers.get(REQUEST_ID, "")
        visit = Visit(
            at=self._house.desk.clock.now(),
            request_id=given_id if _REQUEST_ID.fullmatch(given_id) else token_hex(8),
            method=request.method,
            target=request.raw_path,
        )
        try:
            response = await self._answer(request, visit)
        except Refusal as refusal:
            visit.verdict = refusal.code
            response = refused(refusal, path=visit.path, request_id=visit.request_id)
        except Exception:
            visit.verdict = FAILED
            log.exception("%s %s failed (%s)", visit.method, visit.path, visit.request_id)
            response = failed(path=visit.path, request_id=visit.request_id)
        await self._close(visit, response)
        response.headers.update({**_HEADERS, REQUEST_ID: visit.request_id})
        return response

    async def _answer(self, request: web.BaseRequest, visit: Visit) -> web.Response:
        _check_host(request.headers.get("Host", ""))
        operation, variables = self._routes.match(request.method, visit.path)
        visit.operation = operation
        call = self._admit(request, visit, operation)
        given = await _read(request, visit, operation)
        if if_match := request.headers.get(IF_MATCH):
            call = await self._bind(call, operation, variables, if_match)
        if (before := await self._claim(request, visit)) is not None:
            return before
        answer = await operation.handler(call, **variables, **given)
        location = operation.location_of(answer, variables)
        response = answered(operation.status_of(answer), answer, location)
        if not operation.is_validated:
            return response
        return shown(response, request.headers.get(IF_NONE_MATCH))

    def _admit(self, request: web.BaseRequest, visit: Visit, operation: Operation) -> Call:
        desk = self._house.desk
        if isinstance(operation.role, Anyone):
            return Call(house=self._house, now=visit.at, actor="", role=None)
        token = token_of(request.headers.get("Authorization"), desk.book, visit.at)
        visit.token = token
        check_role(token.role, operation.role)
        return Call(house=self._house, now=visit.at, actor=token.name, role=token.role)

    async def _bind(
        self, call: Call, operation: Operation, variables: Mapping[str, str], if_match: str
    ) -> Call:
        """Return the call so that it does nothing if what it is bound to has changed."""
        subject = self._routes.subject_of(operation)
        if subject is None or not operation.is_change:
            return call
        known = {name: variables[name] for name in subject.variables}
        query = {} if subject.query is None else {"query": subject.query()}

        async def current() -> str:
            answer = await subject.handler(call, **known, **query)
            return etag_of(b"" if answer is None else written(answer))

        bond = Bond(if_match, current)
        await bond.check()
        return replace(call, bond=bond)

    async def _claim(self, request: web.BaseRequest, visit: Visit) -> web.Response | None:
        """Take the key that a request came with; return the answer that is kept under it."""
        key, token, operation = request.headers.get(IDEMPOTENCY_KEY), visit.token, visit.operation
        if key is None or token is None or operation is None or not operation.may_be_repeated:
            return None
        wanted = Claim(
            store=self._house.desk.store,
            token_id=token.id,
            key=checked_key(key),
            keeps_answer=operation.keeps_answer,
        )
        before = await claim(wanted, visit.digest, visit.at)
        if before is None:
            visit.claim = wanted
        return before

    async def _close(self, visit: Visit, response: web.Response) -> None:
        """Keep what came of a request; that it cannot be kept changes nothing any more."""
        log.info("%s", visit.told(response.status))
        kept: list[Awaitable[None]] = []
        if visit.claim is not None:
            kept.append(visit.claim.settle(response))
        if visit.is_audited(response.status):
            kept.append(self._house.desk.store.audit.add(visit.audited(response.status)))
        try:
            await asyncio.gather(*kept)
        except Exception:
            log.exception("not kept: %s", visit.told(response.status))


def _check_host(host: str) -> None:
    """Refuse names that are not of loopback: a web page could have its own name lead here."""
    if _LOOPBACK.fullmatch(host) is None:
        raise Forbidden("this is served on loopback only, as localhost, 127.0.0.1 or [::1]")


async def _read(request: web.BaseRequest, visit: Visit, operation: Operation) -> dict[str, Any]:
    """Return the query and the body that an operation takes."""
    given: dict[str, Any] = {}
    query = parse_query(operation.query or Model, tuple(request.query.items()))
    if operation.query is not None:
        given["query"] = query
    visit.body = body = await read_body(request, BODY_LIMIT_BYTES)
    if operation.body is not None:
        given["body"] = parse_body(operation.body, request.headers.get("Content-Type"), body)
    elif body:
        raise Malformed("this operation takes no body")
    return given
