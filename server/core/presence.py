"""Decides that a 2030.5 device is to be there as an operator describes it.

For those who state what is wished again and again: what is so already changes nothing. It must not
know what a device says of itself.
"""

from dataclasses import replace

from server.core.book import Book
from server.core.change import Change, DeviceRevised, MembersChanged
from server.core.command import AddDevice, EnsureDevice
from server.core.context import Context, check_known, check_name
from server.core.enrolment import add_device, check_pin, check_rating
from server.core.model import Device, Language
from server.errors import Conflict


def ensure_device(book: Book, command: EnsureDevice, context: Context) -> tuple[Change, ...]:
    """Add a device, or make the one that has this LFDI what is wished; what is left out stays.

    Raises Conflict if another client speaks for it.
    """
    known = book.device_by_lfdi.get(command.lfdi)
    if known is None:
        return add_device(book, _addition(command), context)
    device = book.devices[known]
    if command.client_id not in {None, device.client_id}:
        raise Conflict(f"client {device.client_id} speaks for this device")
    check_known(book.groups, command.groups, "group", "/groups")
    revised = _revised(device, command)
    changes: list[Change] = [] if revised == device else [_revision(revised)]
    changes += (
        MembersChanged(group_id=group_id, joined=frozenset({device.id}))
        for group_id in sorted(command.groups - book.groups_by_device[device.id].keys())
    )
    return tuple(changes)


def _addition(command: EnsureDevice) -> AddDevice:
    return AddDevice(
        name=command.name or f"device {command.lfdi[:8]}",
        language=Language.SEP2,
        client_id=command.client_id,
        lfdi=command.lfdi,
        pin=command.pin,
        device_category=command.device_category,
        rated_w=command.rated_w,
        groups=command.groups,
    )


def _revised(device: Device, command: EnsureDevice) -> Device:
    wished = {
        name: getattr(command, name)
        for name in ("name", "pin", "device_category", "rated_w")
        if getattr(command, name) is not None
    }
    revised = replace(device, **wished)
    check_name(revised.name)
    check_pin(command.pin)
    check_rating(command.rated_w)
    return revised


def _revision(device: Device) -> DeviceRevised:
    return DeviceRevised(
        device_id=device.id,
        name=device.name,
        pin=device.pin,
        device_category=device.device_category,
        rated_w=device.rated_w,
    )
