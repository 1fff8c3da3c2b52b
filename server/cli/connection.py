"""Reaches the admin face of a running server: where it is, which token to show, one call at a time.

Operations are called by the names they have in the table. It must not know any one of them.
"""

import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from server.admin.operation import Operation
from server.admin.operations import OPERATIONS
from server.config import PORTS_FILE, TOKEN_FILE

SERVER_VARIABLE = "GRIDHERALD_SERVER"
TOKEN_VARIABLE = "GRIDHERALD_TOKEN"  # noqa: S105 - the name of a variable
TIMEOUT_S = 30.0
PAGE_SIZE = 1000

_URL = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:\d{1,5})?/?", re.ASCII)
_TOKEN = re.compile(r"[!-~]+", re.ASCII)
_BY_NAME: Mapping[str, Operation] = {operation.name: operation for operation in OPERATIONS}


class UsageError(Exception):
    """What was typed makes no sense, or leaves something out."""


class RefusedError(Exception):
    """The server declined; `faults` are pairs of a pointer and a message."""

    def __init__(self, detail: str, faults: tuple[tuple[str, str], ...] = ()) -> None:
        """Take the reason and what is wrong with which member."""
        super().__init__(detail)
        self.detail = detail
        self.faults = faults


class UnreachableError(Exception):
    """No server answers there, or what answers is not one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Where a server is and how to show who asks."""

    url: str
    token: str | None

    def call(
        self,
        name: str,
        *,
        query: Mapping[str, object] | None = None,
        body: Mapping[str, object] | None = None,
        **variables: str,
    ) -> Any:
        """Ask for an operation and return its answer; raises RefusedError or UnreachableError."""
        return self.ask(name, variables, query=query, body=body)

    def ask(
        self,
        name: str,
        variables: Mapping[str, str],
        *,
        query: Mapping[str, object] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Any:
        """Do as `call` does, with the variables of the path as they come."""
        operation = _BY_NAME[name]
        path = operation.path.format(**{k: quote(v, safe="") for k, v in variables.items()})
        given = {key: _plain(value) for key, value in (query or {}).items() if value is not None}
        url = f"{self.url}{path}{'?' * bool(given)}{urlencode(given)}"
        return self._send(operation.method, url, body)

    def items(
        self, name: str, within: Mapping[str, str] | None = None, **query: object
    ) -> Iterator[dict[str, Any]]:
        """Yield all items of a list, page by page; `within` are the variables of its path."""
        cursor = None
        while True:
            wanted = {"limit": PAGE_SIZE, "cursor": cursor, **query}
            page = self.ask(name, within or {}, query=wanted)
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def _send(self, method: str, url: str, body: Mapping[str, object] | None) -> Any:
        request = urllib.request.Request(url, method=method)  # noqa: S310 - checked by `connect`
        if self.token is not None:
            request.add_header("Authorization", f"Bearer {self.token}")
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            return _exchange(request)
        except (OSError, HTTPException) as fault:
            reason = " ".join(str(getattr(fault, "reason", fault)).split())
            raise UnreachableError(f"cannot reach {self.url}: {reason}") from None


def _exchange(request: urllib.request.Request) -> Any:
    try:
        with _opener().open(request, timeout=TIMEOUT_S) as response:
            return _read(response.read())
    except urllib.error.HTTPError as refusal:
        with refusal:
            raise _refused(refusal.code, refusal.read()) from None


def connect(server: str | None, state: Path | None, token_file: Path | None) -> Connection:
    """Return the connection that options and environment ask for; options come first.

    Raises UsageError if they ask for none, UnreachableError if no server runs on the state folder.
    """
    url = server or (None if state is not None else os.environ.get(SERVER_VARIABLE))
    if url is None:
        if state is None:
            raise UsageError(
                f"which server? say --server URL or --state DIR or set {SERVER_VARIABLE}"
            )
        url = f"http://127.0.0.1:{_port(state)}"
    if _URL.fullmatch(url) is None:
        raise UsageError(f"{url!r} is not the URL of a server, such as http://127.0.0.1:8080")
    token = _token(state, token_file)
    if token is not None and _TOKEN.fullmatch(token) is None:
        raise UsageError("the token has signs that no token has")
    return Connection(url=url.rstrip("/"), token=token)


def _token(state: Path | None, token_file: Path | None) -> str | None:
    if token_file is not None:
        return _read_token(token_file)
    if state is not None and (state / TOKEN_FILE).exists():
        return _read_token(state / TOKEN_FILE)
    return os.environ.get(TOKEN_VARIABLE)


def _read_token(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise UsageError(f"the token in {path} cannot be read: {fault}") from None


def _port(state: Path) -> int:
    try:
        return int(json.loads((state / PORTS_FILE).read_text())["admin"])
    except (OSError, ValueError, TypeError, KeyError):
        raise UnreachableError(f"no server runs on {state}: it has no {PORTS_FILE}") from None


def _plain(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def _read(body: bytes) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        raise UnreachableError("what answers there is not a Gridherald server") from None


def _refused(status: int, body: bytes) -> RefusedError:
    try:
        problem = json.loads(body)
        faults = tuple((fault["pointer"], fault["message"]) for fault in problem["errors"])
        return RefusedError(problem["detail"], faults)
    except (ValueError, TypeError, KeyError):
        return RefusedError(f"the server answered with status {status}")


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirection: the token is for the server that was named."""

    def redirect_request(self, *_: Any) -> None:
        """Return nothing, which makes the answer an error."""


@cache
def _opener() -> urllib.request.OpenerDirector:
    """Return what opens connections: straight ones, whatever proxies the environment names."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay)
