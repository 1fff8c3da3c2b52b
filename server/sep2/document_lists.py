"""The lists that a device keeps of itself: log events, locales, interfaces and what is below them.

What an item is, how its list is sorted and where both stand comes from the route table. A list of
log events drops the oldest when it is full; any other list takes no more. It must not know what an
item means.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from aiohttp import web

from schemas.sep2 import decode
from schemas.wire import Element
from server.core.model import Device
from server.desk import Desk
from server.errors import Unknown
from server.sep2.body import body_of
from server.sep2.call import Call, DeviceHandler
from server.sep2.document_rules import check, path_of, place_of, settled
from server.sep2.kept import body_to_keep
from server.sep2.order import after, in_order
from server.sep2.pace import Paces
from server.sep2.query import page_of
from server.sep2.reply import NoRoom, created, document, removed, replaced
from server.sep2.routes import BY_NAME, Route
from server.sep2.settings import Sep2Settings

_ITEMS = {
    "locales": "locale",
    "price_responses": "price_response",
    "log_events": "log_event",
    "load_sheds": "load_shed",
    "flow_reservation_requests": "flow_reservation_request",
    "ip_interfaces": "ip_interface",
    "ip_addresses": "ip_address",
    "rpl_instances": "rpl_instance",
    "rpl_routes": "rpl_route",
    "link_layers": "link_layer",
    "neighbors": "neighbor",
}
"""The routes of lists and of their items."""
_ROLLING = "log_events"

Spot = tuple[Route, tuple[str, ...]]
"""What stands where: a route and the values of its variables."""


class DocumentLists:
    """The handlers of lists and items, by the name of their route."""

    def __init__(self, desk: Desk, settings: Sep2Settings) -> None:
        self._items = desk.store.items
        self._settings = settings
        self._paces = Paces(desk.book, settings)
        lists, items = _ITEMS.keys(), _ITEMS.values()
        self.reads: dict[str, DeviceHandler] = {
            **dict.fromkeys(lists, self._list),
            **dict.fromkeys(items, self._one),
        }
        self.writes: dict[str, DeviceHandler] = {
            **dict.fromkeys(lists, self._add),
            **dict.fromkeys(items, self._change),
        }

    async def _list(self, call: Call, device: Device) -> web.Response:
        await self._check_parent(call, device)
        page = page_of(call.query, call.route.paging, self._settings.list_limit)
        item = BY_NAME[_ITEMS[call.route.name]]
        kept = await self._items.all(device.id, place_of(call.route, call.variables))
        found = in_order([decode(item.gives, one.body) for one in kept], call.route.order)
        later = after(found, page.after, call.route.order)
        chosen = later[page.start : page.start + page.limit]
        linked = [self._linked(one, item, device) for one in chosen]
        return document(self._as_list(call, item, linked, total=len(found)), call.profile)

    def _as_list(
        self, call: Call, item: Route, chosen: Sequence[Element], *, total: int
    ) -> Element:
        kind: Any = call.route.gives
        members: dict[str, Any] = {f"{item.gives.wire_tag}_": tuple(chosen)}
        if "pollRate" in kind.__dataclass_fields__:
            members["pollRate"] = self._paces.of(call.caller.client).poll_rate(kind.wire_tag)
        path = path_of(call.route, call.variables)
        made: Element = kind(href=path, all=total, results=len(chosen), **members)
        return made

    def _linked(self, said: Any, item: Route, device: Device) -> Element:
        """Return an item of the list with the counts of the lists below it."""
        variables = said.href.split("/")[2::2]
        count = partial(self._items.count, device.id)
        linked: Element = settled(said, item, variables, count)
        return linked

    async def _one(self, call: Call, device: Device) -> web.Response:
        kept = await self._items.one(device.id, place_of(call.route, call.variables))
        if kept is None:
            raise Unknown("there is no such resource")
        return document(
            self._linked(decode(call.route.gives, kept.body), call.route, device), call.profile
        )

    async def _add(self, call: Call, device: Device) -> web.Response:
        """Keep a new item; the list of log events makes room for it."""
        await self._check_parent(call, device)
        item = BY_NAME[_ITEMS[call.route.name]]
        posted = await self._body(call, item, device)
        keep = None
        if call.route.name == _ROLLING:
            keep = self._settings.log_events_limit
        elif self._items.total(device.id) >= self._settings.items_limit:
            raise NoRoom("this device keeps as many items as it may")
        variables = (*call.variables, str(self._items.next_number(call.now)))
        await self._keep(call, device, posted, (item, variables), keep=keep)
        return created(path_of(item, variables))

    async def _change(self, call: Call, device: Device) -> web.Response:
        place = place_of(call.route, call.variables)
        if await self._items.one(device.id, place) is None:
            raise Unknown("there is no such resource")
        if call.request.method == "DELETE":
            await self._items.remove(device.id, place)
            return removed()
        posted = await self._body(call, call.route, device)
        await self._keep(call, device, posted, (call.route, call.variables))
        return replaced()

    async def _body(self, call: Call, item: Route, device: Device) -> Element:
        posted = await body_of(call, (item.gives,), self._settings.body_limit)
        check(posted, device)
        return posted

    async def _keep(
        self, call: Call, device: Device, posted: Element, at: Spot, *, keep: int | None = None
    ) -> None:
        count = partial(self._items.count, device.id)
        body = body_to_keep(settled(posted, *at, count))
        await self._items.put(device.id, place_of(*at), body, at=call.now, keep=keep)

    async def _check_parent(self, call: Call, device: Device) -> None:
        """Raise Unknown if the list is below an item that is not there."""
        parent = place_of(call.route, call.variables).rpartition("/")[0]
        if parent and await self._items.one(device.id, parent) is None:
            raise Unknown("there is no such resource")
