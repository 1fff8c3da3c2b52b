"""What clients say: registrations, documents of their DER, responses.

Each body is checked and becomes a command, a document or a response; the answer goes out when it is
on disk. It must not render resources.
"""

from typing import TypeVar

from aiohttp import web

from certs.identity import sfdi
from schemas.sep2.device import EndDevice
from schemas.wire import Element
from server.config import DuplicatePolicy, InBand
from server.core.change import DeviceAdded
from server.core.command import RegisterDevice
from server.core.model import Device, Lfdi
from server.desk import Desk
from server.errors import Forbidden, Invalid
from server.sep2.access import Access, Caller
from server.sep2.body import body_of, instant_of
from server.sep2.call import Call, Handler
from server.sep2.end_device import CHANGED_TIME, category_of
from server.sep2.mirror import Mirrors
from server.sep2.mirror_accept import MirrorAccepts
from server.sep2.reply import Duplicate, created, updated
from server.sep2.routes import href
from server.sep2.settings import Sep2Settings

E = TypeVar("E", bound=Element)

_LFDI_DIGITS = 40


class Accepts:
    """The handlers of PUT and POST, by the name of their route."""

    def __init__(
        self, desk: Desk, access: Access, settings: Sep2Settings, mirrors: Mirrors
    ) -> None:
        self._desk = desk
        self._access = access
        self._settings = settings
        metering = MirrorAccepts(desk, access, settings, mirrors)
        self.handlers: dict[str, Handler] = {"end_devices": self._register, **metering.handlers}

    async def _body(self, call: Call, kinds: tuple[type[E], ...]) -> E:
        """Return what the body holds; Malformed if that is none of the kinds."""
        return await body_of(call, kinds, self._settings.body_limit)

    async def _register(self, call: Call) -> web.Response:
        """Add the EndDevice that a client posts (in-band registration)."""
        if self._settings.in_band == InBand.OFF:
            raise Forbidden("devices are added by the operator")
        posted = await self._body(call, (EndDevice,))
        lfdi = _lfdi_of(posted, call.caller)
        if posted.sFDI != sfdi(lfdi):
            raise Invalid("sFDI does not follow from the LFDI", pointer="/EndDevice/sFDI")
        known = self._desk.book.device_by_lfdi.get(lfdi)
        if known is not None:
            return self._there_already(self._access.device(call.caller, known, writing=True))
        command = RegisterDevice(
            certificate_lfdi=call.caller.lfdi,
            lfdi=lfdi,
            device_category=category_of(posted),
            changed_at=instant_of(posted.changedTime, CHANGED_TIME),
            post_rate_s=posted.postRate,
            may_enrol=self._settings.in_band == InBand.OPEN,
        )
        changes = await self._desk.submit(command, actor=call.caller.actor)
        device = next(change.device for change in changes if isinstance(change, DeviceAdded))
        return created(href("end_device", e=device.id))

    def _there_already(self, device: Device) -> web.Response:
        """Tell a client where its device is already; Duplicate unless that may be asked again."""
        location = href("end_device", e=device.id)
        if self._settings.duplicate_edev is DuplicatePolicy.LOCATION:
            return updated(location)
        raise Duplicate("this device is registered already", location=location)


def _lfdi_of(posted: EndDevice, caller: Caller) -> Lfdi:
    """Return the LFDI of a posted EndDevice; a device may leave out its own."""
    if posted.lFDI is None:
        if caller.is_aggregator:
            raise Invalid("an aggregator names its device's LFDI", pointer="/EndDevice/lFDI")
        return caller.lfdi
    if len(posted.lFDI) != _LFDI_DIGITS:
        raise Invalid("an LFDI has 40 hexadecimal digits", pointer="/EndDevice/lFDI")
    return Lfdi(posted.lFDI)
