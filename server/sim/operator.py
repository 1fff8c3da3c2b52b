"""An operator at the admin face: what the demo asks of the server, over HTTP with a token.

It must not know what the server is made of, nor what the answers are used for.
"""

from collections.abc import Mapping
from typing import Any, Self

import aiohttp

Json = Mapping[str, Any]

TIMEOUT_S = 10.0


class NotDone(Exception):  # noqa: N818 - it tells what happened
    """The server did not do what was asked."""


class Operator:
    """Somebody with a token, or without one before there is any."""

    def __init__(self, base: str, token: str) -> None:
        self.base = base
        self._token = token
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {self._token}"},
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
        )
        return self

    async def __aexit__(self, *fault: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def is_ready(self) -> bool:
        """Tell whether the server serves; False also if nobody answers."""
        if self._session is None:
            return False
        try:
            async with self._session.get(f"{self.base}/readyz") as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def get(self, path: str) -> Json:
        """Return what stands at a path below /api/v1; raises NotDone."""
        return await self._ask("GET", path, None)

    async def post(self, path: str, body: Json) -> Json:
        """Post a body to a path below /api/v1 and return the answer; raises NotDone."""
        return await self._ask("POST", path, body)

    async def _ask(self, method: str, path: str, body: Json | None) -> Json:
        if self._session is None:
            raise NotDone("not connected")
        url = f"{self.base}/api/v1{path}"
        try:
            async with self._session.request(method, url, json=body) as response:
                text = await response.text()
                if response.status >= 400:
                    raise NotDone(f"{method} {path}: {response.status} {text}")
                answer: Json = await response.json()
                return answer
        except (aiohttp.ClientError, TimeoutError) as fault:
            raise NotDone(f"{method} {path}: {fault or type(fault).__name__}") from fault
