"""The answers of the admin face as HTTP: models as JSON, refusals as problem documents.

The only place that knows which status a refusal has. It must not know operations.
"""

from http import HTTPStatus

from aiohttp import web
from pydantic import BaseModel

from server.admin.access import WrongToken
from server.admin.reading import InvalidInput
from server.admin.validators import ETAG, Outdated, etag_of, is_known
from server.admin.views import Fault, Problem
from server.errors import (
    Conflict,
    Forbidden,
    Invalid,
    Malformed,
    NotAcceptable,
    Refusal,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
    Unknown,
    Unsupported,
)

REQUEST_ID = "X-Request-Id"
PROBLEM_TYPE = "application/problem+json"

_STATUS: dict[type[Refusal], HTTPStatus] = {
    Malformed: HTTPStatus.BAD_REQUEST,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    Unknown: HTTPStatus.NOT_FOUND,
    NotAcceptable: HTTPStatus.NOT_ACCEPTABLE,
    Conflict: HTTPStatus.CONFLICT,
    Outdated: HTTPStatus.PRECONDITION_FAILED,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
}


def answered(status: int, model: BaseModel | None, location: str | None) -> web.Response:
    """Answer with a resource, or with nothing."""
    headers = {} if location is None else {"Location": location}
    if model is None:
        return web.Response(status=status, headers=headers)
    headers["Content-Type"] = "application/json"
    return web.Response(status=status, body=written(model), headers=headers)


def written(model: BaseModel) -> bytes:
    """Return a model as JSON."""
    return model.model_dump_json().encode()


def shown(response: web.Response, if_none_match: str | None) -> web.Response:
    """Answer with what is shown and its validator, or that the client has it already."""
    body = response.body
    etag = etag_of(body if isinstance(body, bytes) else b"")
    if is_known(if_none_match, etag):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers={ETAG: etag})
    response.headers[ETAG] = etag
    return response


def kept(status: int, body: bytes, location: str) -> web.Response:
    """Answer as the same request was answered before."""
    headers = {"Idempotency-Replayed": "true"}
    if location:
        headers["Location"] = location
    if body:
        headers["Content-Type"] = "application/json"
    return web.Response(status=status, body=body or None, headers=headers)


def refused(refusal: Refusal, *, path: str, request_id: str) -> web.Response:
    """Answer with the problem document of a refusal."""
    problem = Problem(
        type=f"urn:gridherald:problem:{refusal.code}",
        title=_status(refusal).phrase,
        status=_status(refusal),
        detail=refusal.reason,
        instance=path,
        errors=_faults(refusal),
        request_id=request_id,
    )
    return _response(problem, _headers(refusal))


def failed(*, path: str, request_id: str) -> web.Response:
    """Answer that we failed; the request id leads to the log."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    problem = Problem(
        type="urn:gridherald:problem:failed",
        title=status.phrase,
        status=status,
        detail="this is our fault; the log says more under the request id",
        instance=path,
        errors=(),
        request_id=request_id,
    )
    return _response(problem, {})


def _response(problem: Problem, headers: dict[str, str]) -> web.Response:
    headers["Content-Type"] = PROBLEM_TYPE
    body = problem.model_dump_json().encode()
    return web.Response(status=problem.status, body=body, headers=headers)


def _status(refusal: Refusal) -> HTTPStatus:
    if isinstance(refusal, Unsupported):
        is_method = bool(refusal.allow)
        return HTTPStatus.METHOD_NOT_ALLOWED if is_method else HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    kinds = (kind for kind in type(refusal).__mro__ if kind in _STATUS)
    return _STATUS[next(kinds, Malformed)]


def _faults(refusal: Refusal) -> tuple[Fault, ...]:
    if isinstance(refusal, InvalidInput):
        return tuple(Fault(pointer=where, message=what) for where, what in refusal.faults)
    if isinstance(refusal, Invalid) or refusal.pointer:
        return (Fault(pointer=refusal.pointer, message=refusal.reason),)
    return ()


def _headers(refusal: Refusal) -> dict[str, str]:
    if isinstance(refusal, WrongToken):
        return {
            "WWW-Authenticate": 'Bearer realm="gridherald", error="invalid_token",'
            f' error_description="{_quotable(refusal.reason)}"'
        }
    if isinstance(refusal, Unauthenticated):
        return {"WWW-Authenticate": 'Bearer realm="gridherald"'}
    if isinstance(refusal, Unsupported) and refusal.allow:
        return {"Allow": ", ".join(refusal.allow)}
    if isinstance(refusal, Unavailable):
        return {"Retry-After": str(refusal.retry_after_s)}
    return {}


def _quotable(text: str) -> str:
    """Return a text that can stand in a quoted string of a header."""
    return "".join(sign if " " <= sign <= "~" and sign not in '"\\' else "'" for sign in text)
