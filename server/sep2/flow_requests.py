"""Flow reservation requests: kept like a device's other lists, and called off with what follows.

A request that is cancelled, removed or made into another takes back what was granted to it. It
must not know how requests are kept.
"""

from collections.abc import Iterator
from datetime import datetime

from aiohttp import web

from schemas.sep2 import decode
from schemas.sep2.flow import FlowReservationRequest
from server.core.model import Device
from server.core.publication import Publication
from server.core.publication_commands import CancelPublication
from server.desk import Desk
from server.sep2.call import Call, DeviceHandler
from server.sep2.document_lists import DocumentLists
from server.sep2.document_rules import place_of

_CANCELLED = 1
_REQUEST = "flow_reservation_request"


class FlowRequests:
    """The handlers that change a request, in place of those of other lists."""

    def __init__(self, desk: Desk, lists: DocumentLists) -> None:
        self._desk = desk
        self._lists = lists
        self.reads: dict[str, DeviceHandler] = {}
        self.writes: dict[str, DeviceHandler] = {_REQUEST: self._change}

    async def _change(self, call: Call, device: Device) -> web.Response:
        before = await self._request(call, device)
        answer = await self._lists.writes[_REQUEST](call, device)
        after = await self._request(call, device)
        if before is not None and not _stands(before, after):
            for granted in self._granted(device, before, call.now):
                command = CancelPublication(publication_id=granted.id)
                await self._desk.submit(command, actor=call.caller.actor)
        return answer

    async def _request(self, call: Call, device: Device) -> FlowReservationRequest | None:
        place = place_of(call.route, call.variables)
        kept = await self._desk.store.items.one(device.id, place)
        return None if kept is None else decode(FlowReservationRequest, kept.body)

    def _granted(
        self, device: Device, request: FlowReservationRequest, now: datetime
    ) -> Iterator[Publication]:
        """Yield what was granted to a request and is neither over nor cancelled."""
        for one in self._desk.book.publications_for(device.id):
            window = one.window
            if one.kind != "flow_reservation_response" or window is None:
                continue
            if window.modes == {request.mRID} and one.cancelled_at is None and window.end > now:
                yield one


def _stands(before: FlowReservationRequest, after: FlowReservationRequest | None) -> bool:
    """Tell whether a request is still the one that it was."""
    if after is None or after.mRID != before.mRID:
        return False
    return after.RequestStatus_.requestStatus != _CANCELLED
