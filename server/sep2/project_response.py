"""Responses, from the wire into the core's words and back.

2030.5 numbers become ResponseStatus; what the standard reserves is refused. Pure.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from schemas.sep2.response import (
    DrResponse,
    FlowReservationResponseResponse,
    PriceResponse,
    TextResponse,
)
from schemas.sep2.response import Response as Said
from server.core.model import Device
from server.core.response import Response, ResponseStatus
from server.errors import Invalid, Unknown
from server.sep2.routes import href

ANSWERS: Mapping[str, type[Said]] = {
    "demand_response_program": DrResponse,
    "flow_reservation_response": FlowReservationResponseResponse,
    "messaging_program": TextResponse,
    "tariff_profile": PriceResponse,
}
"""What answers to the events of a publication are, by its kind."""
_NUMBER = re.compile("[1-9][0-9]{0,17}")
_STATUS = {
    1: ResponseStatus.RECEIVED,
    2: ResponseStatus.STARTED,
    3: ResponseStatus.COMPLETED,
    4: ResponseStatus.OPTED_OUT,
    5: ResponseStatus.OPTED_IN,
    6: ResponseStatus.CANCELLED,
    7: ResponseStatus.SUPERSEDED,
    8: ResponseStatus.PARTIAL_OPTED_OUT,
    9: ResponseStatus.PARTIAL_OPTED_IN,
    10: ResponseStatus.NO_PARTICIPATION,
    11: ResponseStatus.ACKNOWLEDGED,
    12: ResponseStatus.NOT_DISPLAYED,
    13: ResponseStatus.ABORTED,
    14: ResponseStatus.ABORTED,
    252: ResponseStatus.REJECTED,
    253: ResponseStatus.REJECTED,
    254: ResponseStatus.REJECTED,
}
_DETAILS = {
    13: "an alternate event of the server",
    14: "an alternate event of another program",
    252: "a parameter is not applicable",
    253: "the event is invalid",
    254: "the event came late or had expired",
}


def status_of(code: int | None) -> tuple[ResponseStatus, str]:
    """Return what a Response.status means, with its particulars; Invalid for a reserved one."""
    if code is None or code not in _STATUS:
        raise Invalid("status is reserved or missing", pointer="/status")
    return _STATUS[code], _DETAILS.get(code, "")


def number_of(text: str) -> int:
    """Return the number in a response's href; Unknown if there can be none."""
    if not _NUMBER.fullmatch(text):
        raise Unknown("there is no such resource")
    return int(text)


def sort_key(numbered: tuple[int, Response]) -> tuple[datetime, int]:
    """Return what orders responses of one device, ascending."""
    number, response = numbered
    return response.said_at or response.received_at, number


def response(
    number: int,
    of: Response,
    device: Device,
    set_id: str,
    *,
    kind: type[Said],
    whole: Said | None = None,
) -> Said:
    """Return a response as the device gave it; `whole` is all that it said, where that is kept."""
    own: dict[str, Any] = {
        "href": href("response", e=device.id, p=set_id, r=str(number)),
        "createdDateTime": None if of.said_at is None else int(of.said_at.timestamp()),
        "endDeviceLFDI": device.lfdi or "",
        "status": of.code,
        "subject": of.mrid or "",
    }
    return kind(**own) if whole is None else cast(Said, replace(cast(Any, whole), **own))
