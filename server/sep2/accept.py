"""What clients say: registrations, documents of their DER, responses.

Each body is checked and becomes a command, a document or a response; the answer goes out when it is
on disk. It must not render resources.
"""

from datetime import datetime
from typing import TypeVar

from aiohttp import web

from certs.identity import sfdi
from schemas.sep2.device import EndDevice
from schemas.sep2.response import DERControlResponse, Response
from schemas.wire import Element
from server.config import InBand
from server.core import response as core
from server.core.change import DeviceAdded
from server.core.command import RegisterDevice
from server.core.model import Device, Lfdi, Mrid
from server.desk import Desk
from server.errors import Forbidden, Invalid, Unknown
from server.sep2.access import Access, Caller
from server.sep2.body import body_of, instant_of
from server.sep2.call import Call, DeviceHandler, Handler
from server.sep2.end_device import CHANGED_TIME, category_of
from server.sep2.mirror import Mirrors
from server.sep2.mirror_accept import MirrorAccepts
from server.sep2.project_response import status_of
from server.sep2.reply import Duplicate, created
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
        self.device_handlers: dict[str, DeviceHandler] = {
            "responses": self._respond,
        }

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
        self._refuse_known(call.caller, lfdi)
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

    def _refuse_known(self, caller: Caller, lfdi: Lfdi) -> None:
        """Tell a client where its device is already, and of another's no more than of none."""
        known = self._desk.book.device_by_lfdi.get(lfdi)
        if known is None:
            return
        device = self._access.device(caller, known, writing=True)
        location = href("end_device", e=device.id)
        raise Duplicate("this device is registered already", location=location)

    async def _respond(self, call: Call, device: Device) -> web.Response:
        """Keep a response; one that says the same again is found where the first is."""
        program_id = call.variables[1]
        if program_id not in {program.id for program in self._desk.book.programs_of(device.id)}:
            raise Unknown("there is no such resource")
        posted = await self._body(call, (DERControlResponse, Response))
        speaker = self._speaker(call.caller, device, posted)
        response = self._understood(posted, speaker, program_id, call.now)
        number = await self._desk.store.add_response(response)
        return created(href("response", e=speaker.id, p=program_id, r=str(number)))

    def _speaker(self, caller: Caller, device: Device, posted: Response) -> Device:
        """Return the device that a response is from: the caller's own, whichever list it uses."""
        lfdi = Lfdi(posted.endDeviceLFDI)
        if lfdi in (device.lfdi, caller.lfdi):
            return device
        known = self._desk.book.device_by_lfdi.get(lfdi)
        try:
            return self._access.device(caller, known or "")
        except Unknown as fault:
            pointer = "/endDeviceLFDI"
            raise Invalid("endDeviceLFDI is none of your devices", pointer=pointer) from fault

    def _understood(
        self, posted: Response, speaker: Device, program_id: str, now: datetime
    ) -> core.Response:
        book = self._desk.book
        said = posted.createdDateTime
        mrid = Mrid(posted.subject)
        status, detail = status_of(posted.status)
        event_id, _ = book.event_by_mrid.get(mrid, (None, 0))
        event = None if event_id is None else book.events[event_id]
        if (
            event is None
            or event.program_id != program_id
            or not book.is_targeted(event, speaker.id)
        ):
            raise Invalid("subject is no event of this program for this device", pointer="/subject")
        return core.Response(
            device_id=speaker.id,
            event_id=event.id,
            mrid=mrid,
            status=status,
            code=posted.status,
            said_at=None if said is None else instant_of(said, "/createdDateTime"),
            received_at=now,
            version=event.version,
            detail=detail,
        )


def _lfdi_of(posted: EndDevice, caller: Caller) -> Lfdi:
    """Return the LFDI of a posted EndDevice; a device may leave out its own."""
    if posted.lFDI is None:
        if caller.is_aggregator:
            raise Invalid("an aggregator names its device's LFDI", pointer="/EndDevice/lFDI")
        return caller.lfdi
    if len(posted.lFDI) != _LFDI_DIGITS:
        raise Invalid("an LFDI has 40 hexadecimal digits", pointer="/EndDevice/lFDI")
    return Lfdi(posted.lFDI)
