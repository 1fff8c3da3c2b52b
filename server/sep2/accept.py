"""What clients say: registrations, documents of their DER, responses.

Each body is checked and becomes a command, a document or a response; the answer goes out when it is
on disk. It must not render resources.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from aiohttp import web

from certs.identity import sfdi
from schemas.sep2 import decode, encode
from schemas.sep2.base import Resource
from schemas.sep2.device import EndDevice
from schemas.sep2.response import DERControlResponse, Response
from schemas.wire import Element, Limits, WireError
from server.config import InBand
from server.core import response as core
from server.core.change import DeviceAdded
from server.core.command import RegisterDevice
from server.core.model import Device, Lfdi, Mrid
from server.desk import Desk
from server.errors import Forbidden, Invalid, Malformed, Unknown
from server.net.body import read_body
from server.sep2.access import Access, Caller
from server.sep2.call import Call, DeviceHandler, Handler
from server.sep2.project_device import check_der
from server.sep2.project_response import status_of
from server.sep2.query import check_content_type
from server.sep2.reply import Duplicate, created, replaced
from server.sep2.routes import href
from server.sep2.settings import Sep2Settings

E = TypeVar("E", bound=Element)

_LFDI_DIGITS = 40
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Accepts:
    """The handlers of PUT and POST, by the name of their route."""

    def __init__(self, desk: Desk, access: Access, settings: Sep2Settings) -> None:
        self._desk = desk
        self._access = access
        self._settings = settings
        self.handlers: dict[str, Handler] = {"end_devices": self._register}
        self.device_handlers: dict[str, DeviceHandler] = {
            "der_capability": self._put_document,
            "der_settings": self._put_document,
            "der_status": self._put_document,
            "der_availability": self._put_document,
            "responses": self._respond,
        }

    async def _body(self, call: Call, kinds: tuple[type[E], ...]) -> E:
        """Return what the body holds; Malformed if that is none of the kinds."""
        check_content_type(call.request.headers.get("Content-Type", ""))
        limit = self._settings.body_limit
        body = await read_body(call.request, limit)
        try:
            return decode(kinds, body, limits=Limits(size=limit))
        except WireError as fault:
            raise Malformed(fault.why, pointer=fault.path) from fault

    async def _register(self, call: Call) -> web.Response:
        """Add the EndDevice that a client posts (in-band registration)."""
        if self._settings.in_band == InBand.OFF:
            raise Forbidden("devices are added by the operator")
        posted = await self._body(call, (EndDevice,))
        lfdi = _lfdi_of(posted, call.caller)
        if posted.sFDI != sfdi(lfdi):
            raise Invalid("sFDI does not follow from the LFDI", pointer="/EndDevice/sFDI")
        self._refuse_known(call.caller, lfdi)
        category = posted.deviceCategory
        command = RegisterDevice(
            certificate_lfdi=call.caller.lfdi,
            lfdi=lfdi,
            device_category=None if category is None else int(category, 16),
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

    async def _put_document(self, call: Call, device: Device) -> web.Response:
        """Keep a document in place of the one before, as it will be read back."""
        check_der(call.variables[1])
        kind = call.route.gives
        posted = await self._body(call, (kind,))
        path = href(call.route.name, e=device.id, d=call.variables[1])
        body = encode(_at(posted, path))
        await self._desk.store.put_document(device.id, kind.wire_tag, body, at=call.now)
        return replaced()

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
            said_at=_instant(posted.createdDateTime),
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


def _at(posted: Element, path: str) -> Element:
    """Return a document with the href that is its own, whatever it said."""
    return replace(posted, href=path) if isinstance(posted, Resource) else posted


def _instant(seconds: int | None) -> datetime | None:
    if seconds is None:
        return None
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError as fault:
        raise Invalid("no such time", pointer="/createdDateTime") from fault
