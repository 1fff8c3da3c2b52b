"""The documents that a device says of itself, one of each kind: read, replaced, some removed.

What a document is called, what it holds and where it stands comes from the route table. It must
not know lists.
"""

from dataclasses import replace
from functools import partial
from typing import Any

from aiohttp import web

from schemas.sep2 import decode
from schemas.sep2.base import SubscribableResource
from schemas.wire import Element
from server.core.model import Device
from server.desk import Desk
from server.errors import Unknown
from server.sep2.body import body_of
from server.sep2.call import Call, DeviceHandler
from server.sep2.document_rules import check, has_links, settled
from server.sep2.kept import body_for, body_to_keep
from server.sep2.notices import DOCUMENTS as SUBSCRIBABLE_DOCUMENTS
from server.sep2.pace import Paces
from server.sep2.project_device import SUBSCRIBABLE, check_der
from server.sep2.reply import document, raw_document, removed, replaced
from server.sep2.settings import Sep2Settings

_OF_DER = ("der_capability", "der_settings", "der_status", "der_availability")
_OF_DEVICE = (
    "device_information",
    "device_status",
    "power_status",
    "file_status",
    "configuration",
)


class Documents:
    """The handlers of documents, by the name of their route."""

    def __init__(self, desk: Desk, settings: Sep2Settings) -> None:
        self._store = desk.store
        self._settings = settings
        self._paces = Paces(desk.book, settings)
        names = (*_OF_DER, *_OF_DEVICE)
        self.reads: dict[str, DeviceHandler] = dict.fromkeys(names, self._read)
        self.writes: dict[str, DeviceHandler] = dict.fromkeys(names, self._change)

    async def _read(self, call: Call, device: Device) -> web.Response:
        _check_place(call)
        kind = call.route.gives
        kept = await self._store.document(device.id, kind.wire_tag)
        if kept is None:
            raise Unknown("nothing was put here yet")
        rate_s = self._paces.of_device(device).set_poll_rate(kind.wire_tag)
        if not has_links(call.route) and rate_s is None:
            return raw_document(body_for(call.profile, kind, kept.body))
        said: Any = self._settled(decode(kind, kept.body), call, device)
        paced = said if rate_s is None else replace(said, pollRate=rate_s)
        return document(paced, call.profile)

    async def _change(self, call: Call, device: Device) -> web.Response:
        _check_place(call)
        if call.request.method == "DELETE":
            return await self._remove(call, device)
        return await self._put(call, device)

    async def _remove(self, call: Call, device: Device) -> web.Response:
        name = call.route.gives.wire_tag
        if await self._store.document(device.id, name) is None:
            raise Unknown("nothing was put here yet")
        await self._store.delete_document(device.id, name)
        return removed()

    async def _put(self, call: Call, device: Device) -> web.Response:
        """Keep a document in place of the one before, as it will be read back."""
        kind = call.route.gives
        posted = await body_of(call, (kind,), self._settings.body_limit)
        check(posted, device)
        body = body_to_keep(self._settled(posted, call, device))
        await self._store.put_document(device.id, kind.wire_tag, body, at=call.now)
        return replaced()

    def _settled(self, said: Element, call: Call, device: Device) -> Element:
        """Return a document with what is the server's in it."""
        count = partial(self._store.items.count, device.id)
        own = settled(said, call.route, call.variables, count)
        if not isinstance(own, SubscribableResource):
            return own
        is_told_of = call.route.name in SUBSCRIBABLE_DOCUMENTS
        return replace(own, subscribable=SUBSCRIBABLE if is_told_of else None)


def _check_place(call: Call) -> None:
    if call.route.name in _OF_DER:
        check_der(call.variables[1])
