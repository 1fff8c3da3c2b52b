"""Operations that make something so, however often they are asked for, and their bodies.

For scripts that set a server up: a device that is there or not by its LFDI, a program or a device
that nothing is asked of any more, a client that mirrors nothing.
"""

from typing import Annotated

from pydantic import Field

from server.admin.call import Call
from server.admin.devices import detail, remove_device
from server.admin.eventviews import view
from server.admin.models import Model
from server.admin.views import DeviceDetail, EventView
from server.core.change import EventCancelled
from server.core.command import CancelEvents, EnsureDevice
from server.core.context import find
from server.core.model import ClientId, DeviceId, GroupId, Lfdi, ProgramId


class EnsureDeviceIn(Model):
    """What a 2030.5 device is to be; what is left out stays as it is."""

    name: str | None = None
    client_id: ClientId | None = None
    """The aggregator that speaks for it; left out if it speaks for itself."""
    pin: int | None = None
    """The registration PIN; drawn by the server if the device is new and this is left out."""
    device_category: Annotated[int, Field(ge=0, le=2**32 - 1)] | None = None
    rated_w: float | None = None
    groups: frozenset[GroupId] = frozenset()
    """It joins these and leaves none."""


class CancelEventsIn(Model):
    """Whose events are to be called off: those of one program, or those for one device."""

    program_id: ProgramId | None = None
    device_id: DeviceId | None = None


class CancelledEvents(Model):
    """The events that were called off."""

    items: tuple[EventView, ...]


async def ensure_device(call: Call, *, lfdi: str, body: EnsureDeviceIn) -> DeviceDetail:
    """Have a 2030.5 device of this LFDI, added if there is none; what is so already stays."""
    command = EnsureDevice(lfdi=_lfdi(lfdi), **dict(body))
    await call.submit(command)
    return detail(call, call.book.devices[call.book.device_by_lfdi[command.lfdi]])


async def forget_device(call: Call, *, lfdi: str) -> None:
    """Have no device of this LFDI, nor what it told of itself; its client stays enrolled."""
    known = call.book.device_by_lfdi.get(_lfdi(lfdi))
    if known is not None:
        await remove_device(call, device_id=known)


async def purge_mirrors(call: Call, *, client_id: str) -> None:
    """Have no mirror usage points of a client's devices; the readings stay on file."""
    client = find(call.book.clients, ClientId(client_id), "client")
    for device in call.book.devices_of(client.id):
        await call.house.desk.store.metering.archive(device.id, at=call.now)


async def cancel_events(call: Call, *, body: CancelEventsIn) -> CancelledEvents:
    """Call off all events of a program, or for a device, that are not over."""
    changes = await call.submit(CancelEvents(program_id=body.program_id, device_id=body.device_id))
    cancelled = (change.event_id for change in changes if isinstance(change, EventCancelled))
    return CancelledEvents(items=tuple(view(call.book.events[one], call.now) for one in cancelled))


def _lfdi(written: str) -> Lfdi:
    return Lfdi(written.upper())
