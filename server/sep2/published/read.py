"""The readings of publications: lists, and single ones.

One handler for all of a sort; the table of routes tells them apart. It must not know what any kind
means.
"""

from aiohttp import web

from server.core.book import Book
from server.core.model import Device
from server.sep2.call import Call, DeviceHandler
from server.sep2.order import after
from server.sep2.pace import Paces
from server.sep2.published.gallery import LISTS, Asked, Gallery
from server.sep2.published.project import listing
from server.sep2.published.routes import LINES
from server.sep2.query import page_of
from server.sep2.reply import document
from server.sep2.settings import Sep2Settings


class PublishedReads:
    """The handlers of GET and HEAD, by the name of their route."""

    def __init__(self, book: Book, settings: Sep2Settings) -> None:
        self._limit = settings.list_limit
        self._paces = Paces(book, settings)
        self._gallery = Gallery(book)
        self.reads: dict[str, DeviceHandler] = {
            **dict.fromkeys(LISTS, self._list),
            **dict.fromkeys((line.one.name for line in LINES), self._one),
        }

    async def _list(self, call: Call, device: Device) -> web.Response:
        page = page_of(call.query, call.route.paging, self._limit)
        elements = [item.element for item in self._gallery.items(_asked(call), device)]
        later = after(elements, page.after, call.route.order)
        chosen = later[page.start : page.start + page.limit]
        pace = self._paces.of(call.caller.client)
        found = listing(call.route, call.variables, chosen, pace, total=len(elements))
        return document(found, call.profile)

    async def _one(self, call: Call, device: Device) -> web.Response:
        return document(self._gallery.one(_asked(call), device).element, call.profile)


def _asked(call: Call) -> Asked:
    return Asked(call.route, call.variables, call.profile, call.now)
