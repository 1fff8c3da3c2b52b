"""The resources of one 2030.5 server as typed values: read, listed page by page, put and posted.

Follows what links say and makes up no path. It must not know what resources mean.
"""

from collections.abc import Callable
from typing import Final, TypeVar
from urllib.parse import urlsplit

from schemas import wire
from schemas.sep2 import MEDIA_TYPE, decode, encode
from schemas.sep2.base import List, SubscribableList
from server.clients.peer import ExchangeFailed, Peer

E = TypeVar("E", bound=wire.Element)
L = TypeVar("L", bound=List | SubscribableList)
T = TypeVar("T")

PAGE_SIZE: Final = 100
PAGE_LIMIT: Final = 200
"""More pages than any sane list has: a server whose lists never end is left."""


class Tree:
    """What a server offers to the holder of the peer's certificate."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def fetch(self, href: str, kind: type[E]) -> E:
        """Return the resource at `href`; raises ExchangeFailed, also if it is no such resource."""
        reply = await self._peer.get(href, accept=MEDIA_TYPE)
        try:
            return decode(kind, reply.body)
        except wire.WireError as fault:
            raise ExchangeFailed(f"GET {href}: {fault}") from fault

    async def fetch_list(
        self, href: str, kind: type[L], items: Callable[[L], tuple[T, ...]]
    ) -> tuple[L, tuple[T, ...]]:
        """Return the first page of a list and the items of all its pages."""
        first = page = await self.fetch(_page(href, 0), kind)
        found = list(items(page))
        for _ in range(PAGE_LIMIT):
            if len(found) >= page.all or not items(page):
                return first, tuple(found)
            page = await self.fetch(_page(href, len(found)), kind)
            found += items(page)
        raise ExchangeFailed(f"GET {href}: the list does not end")

    async def put(self, href: str, resource: wire.Element) -> None:
        """Put a resource in place of what stands at `href`."""
        await self._peer.put(href, encode(resource), media_type=MEDIA_TYPE)

    async def post(self, href: str, resource: wire.Element) -> str:
        """Add a resource to a list and return its address."""
        reply = await self._peer.post(href, encode(resource), media_type=MEDIA_TYPE)
        return reply.location


def _page(href: str, start: int) -> str:
    sign = "&" if urlsplit(href).query else "?"
    return f"{href}{sign}s={start}&l={PAGE_SIZE}"
