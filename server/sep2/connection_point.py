"""Where a device meets the network: the ConnectionPoint of CSIP-AUS, which holds its NMI.

An NMI has ten characters, letters I and O excepted, and may be followed by its check digit. Whose
network an NMI belongs to is not known here.
"""

import re

from aiohttp import web

from schemas.sep2 import Profile
from schemas.sep2.device import ConnectionPoint
from server.core.model import Device
from server.desk import Desk
from server.errors import Invalid, Unknown
from server.sep2.body import body_of
from server.sep2.call import Call, DeviceHandler
from server.sep2.kept import body_for, body_to_keep
from server.sep2.reply import created, raw_document, updated
from server.sep2.routes import href
from server.sep2.settings import Sep2Settings

_CSIPAUS = {Profile.CSIPAUS_12, Profile.CSIPAUS_13}
_NMI = re.compile("[0-9A-HJ-NP-Z]{10}")
_DIGIT = re.compile("[0-9]")
_LENGTH = 10
_POINTER = "/ConnectionPoint/connectionPointId"


class ConnectionPoints:
    """The handlers of the one ConnectionPoint that each device has."""

    def __init__(self, desk: Desk, settings: Sep2Settings) -> None:
        self._store = desk.store
        self._settings = settings
        self.reads: dict[str, DeviceHandler] = {"connection_point": self._read}
        self.writes: dict[str, DeviceHandler] = {"connection_point": self._put}

    async def _read(self, call: Call, device: Device) -> web.Response:
        _check_served(call)
        kept = await self._store.document(device.id, ConnectionPoint.wire_tag)
        if kept is None:
            raise Unknown("nothing was put here yet")
        return raw_document(body_for(call.profile, ConnectionPoint, kept.body))

    async def _put(self, call: Call, device: Device) -> web.Response:
        """Keep the connection point; its client is told where it is, as CSIP-AUS wants it."""
        _check_served(call)
        posted = await body_of(call, (ConnectionPoint,), self._settings.body_limit)
        check_nmi(posted.connectionPointId)
        location = href("connection_point", e=device.id)
        kept = await self._store.document(device.id, ConnectionPoint.wire_tag)
        body = body_to_keep(
            ConnectionPoint(href=location, connectionPointId=posted.connectionPointId)
        )
        await self._store.put_document(device.id, ConnectionPoint.wire_tag, body, at=call.now)
        return created(location) if kept is None else updated(location)


def _check_served(call: Call) -> None:
    if call.profile not in _CSIPAUS:
        raise Unknown("there is no such resource")


def check_nmi(nmi: str) -> None:
    """Raise Invalid for what is no NMI, with or without its check digit."""
    body, check = nmi[:_LENGTH], nmi[_LENGTH:]
    if not _NMI.fullmatch(body) or not (check == "" or _DIGIT.fullmatch(check)):
        raise Invalid("connectionPointId is no NMI", pointer=_POINTER)
    if check and int(check) != _check_digit(body):
        raise Invalid("the NMI's check digit is wrong", pointer=_POINTER)


def _check_digit(body: str) -> int:
    """Return the digit that ends an NMI: every second code is doubled, from the right."""
    codes = [ord(sign) << (place % 2 == 0) for place, sign in enumerate(reversed(body))]
    total = sum(int(digit) for code in codes for digit in str(code))
    return -total % 10
