"""What a client changes in an EndDevice that is there: its own description, or that it is there.

The identity never changes. A device that an operator added is not the client's to remove. It must
not render resources.
"""

from aiohttp import web

from certs.identity import sfdi
from schemas.sep2.device import EndDevice, Registration
from server.core.command import DescribeDevice, RemoveDevice, SetPin
from server.core.model import Device
from server.desk import Desk
from server.errors import Forbidden, Invalid
from server.sep2.access import Caller
from server.sep2.body import body_of, instant_of
from server.sep2.call import Call, DeviceHandler
from server.sep2.reply import removed, replaced
from server.sep2.settings import Sep2Settings

CHANGED_TIME = "/EndDevice/changedTime"


class EndDevices:
    """The handlers of PUT and DELETE on an EndDevice, and of PUT on its Registration."""

    def __init__(self, desk: Desk, settings: Sep2Settings) -> None:
        self._desk = desk
        self._settings = settings
        self.writes: dict[str, DeviceHandler] = {"end_device": self._change}
        if settings.client_may_set_pin:
            self.writes["registration"] = self._set_pin

    async def _change(self, call: Call, device: Device) -> web.Response:
        if call.request.method == "DELETE":
            return await self._remove(call, device)
        return await self._describe(call, device)

    async def _describe(self, call: Call, device: Device) -> web.Response:
        if not (device.in_band or _is_itself(device, call.caller)):
            raise Forbidden("this device was added by the operator")
        posted = await body_of(call, (EndDevice,), self._settings.body_limit)
        _check_identity(posted, device)
        command = DescribeDevice(
            device_id=device.id,
            device_category=category_of(posted),
            changed_at=instant_of(posted.changedTime, CHANGED_TIME),
            post_rate_s=posted.postRate,
        )
        await self._desk.submit(command, actor=call.caller.actor)
        return replaced()

    async def _remove(self, call: Call, device: Device) -> web.Response:
        """Take a device out, and what it said of itself; its readings stay on file."""
        if not device.in_band:
            raise Forbidden("this device was added by the operator")
        await self._desk.submit(RemoveDevice(device_id=device.id), actor=call.caller.actor)
        await self._desk.store.delete_documents(device.id)
        return removed()

    async def _set_pin(self, call: Call, device: Device) -> web.Response:
        posted = await body_of(call, (Registration,), self._settings.body_limit)
        command = SetPin(device_id=device.id, pin=posted.pIN)
        await self._desk.submit(command, actor=call.caller.actor)
        return replaced()


def category_of(posted: EndDevice) -> int | None:
    """Return the bits of an EndDevice's category, if it gives any."""
    category = posted.deviceCategory
    return None if category is None else int(category, 16)


def _is_itself(device: Device, caller: Caller) -> bool:
    return device.lfdi == caller.lfdi


def _check_identity(posted: EndDevice, device: Device) -> None:
    if posted.lFDI is not None and posted.lFDI.upper() != device.lfdi:
        raise Invalid("lFDI never changes", pointer="/EndDevice/lFDI")
    if posted.sFDI != sfdi(device.lfdi or ""):
        raise Invalid("sFDI never changes", pointer="/EndDevice/sFDI")
