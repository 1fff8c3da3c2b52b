"""Requests that may come again: a key that the client gives, and the answer that is kept under it.

The key is claimed on disk before anything is done. A refusal that says that nothing was done lets
go of it; where the outcome is not known the key stays taken. It must not know any one operation.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

from server.admin.operation import IDEMPOTENCY_KEY
from server.admin.reply import kept
from server.errors import Conflict, Invalid, Malformed
from server.store.store import Store

LIFETIME = timedelta(hours=24)

_KEY = re.compile(r"[!-~]{1,255}", re.ASCII)


class KeyReused(Invalid):
    """The same key with another request."""

    code = "key-reused"


class Unanswered(Conflict):
    """A request with this key is under way, or nobody knows any more what came of it."""

    code = "unanswered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A key that one request holds, until it is settled."""

    store: Store
    token_id: str
    key: str
    keeps_answer: bool
    """False where the answer holds what must not lie on the disk."""

    async def settle(self, response: web.Response) -> None:
        """Keep the answer, or let go of the key if nothing was done."""
        if response.status >= 500:
            return
        if response.status >= 400:
            await self.store.answers.release(self.token_id, self.key)
        elif self.keeps_answer:
            body = response.body if isinstance(response.body, bytes) else b""
            location = response.headers.get("Location", "")
            await self.store.answers.keep(
                self.token_id, self.key, status=response.status, location=location, body=body
            )


def checked_key(key: str) -> str:
    """Return the key that a request came with; Malformed if it is none."""
    if _KEY.fullmatch(key) is None:
        raise Malformed(f"the {IDEMPOTENCY_KEY} is 1 to 255 visible ASCII signs")
    return key


async def claim(wanted: Claim, digest: str, now: datetime) -> web.Response | None:
    """Take the key for a request, or return what the same one was answered before.

    Raises KeyReused if the key is that of another request, Unanswered if its outcome is open.
    """
    forget_before = now - LIFETIME
    found = await wanted.store.answers.claim(
        wanted.token_id, wanted.key, digest, at=now, forget_before=forget_before
    )
    if found is None:
        return None
    if found.digest != digest:
        raise KeyReused(f"this {IDEMPOTENCY_KEY} came with another request before")
    if found.status is None:
        raise Unanswered(
            "a request with this key is under way, was cut off, or had an answer that is not kept:"
            " look whether what it asked for is there"
        )
    return kept(found.status, found.body, found.location)
