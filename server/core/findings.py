"""What keeps a client or a device from seeing anything: the usual mistakes, found in the book.

It must not know how a client is answered.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from certs.identity import sfdi
from server.core.book import Book
from server.core.model import Client, Device, Language

NEAR_DIGITS = 4
"""How many digits of an LFDI may be wrong for it to look like a slip of the pen."""


class Finding(StrEnum):
    """What is wrong."""

    UNKNOWN_LFDI = "unknown_lfdi"
    NEARLY_KNOWN = "nearly_known"
    IS_SFDI = "is_sfdi"
    IS_FINGERPRINT = "is_fingerprint"
    CLIENT_DENIED = "client_denied"
    NOT_REGISTERED = "not_registered"
    NO_DEVICE = "no_device"
    NO_GROUP = "no_group"
    NO_PROGRAM = "no_program"
    NEVER_HEARD = "never_heard"
    CLOCK_OFF = "clock_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is wrong, in one sentence for an operator."""

    finding: Finding
    detail: str


def of_device(book: Book, device: Device) -> Iterator[Found]:
    """Yield what keeps a device from seeing anything."""
    client = None if device.client_id is None else book.clients[device.client_id]
    if client is not None:
        yield from of_client(client)
    groups = book.groups_of(device.id)
    if not groups:
        detail = "it is in no group, so its FunctionSetAssignmentsList is empty"
        yield Found(finding=Finding.NO_GROUP, detail=detail)
    elif not book.programs_of(device.id):
        detail = "no program is offered to its groups, so its assignments lead to no program"
        yield Found(finding=Finding.NO_PROGRAM, detail=detail)


def of_client(client: Client, *, has_devices: bool = True) -> Iterator[Found]:
    """Yield what keeps a client from being answered."""
    if not client.enabled:
        detail = f"client {client.id} is denied: every request of it is answered with 403"
        yield Found(finding=Finding.CLIENT_DENIED, detail=detail)
    if client.fingerprint is not None and client.registration is None:
        detail = f"VEN {client.id} has not registered, and is given no events before it has"
        yield Found(finding=Finding.NOT_REGISTERED, detail=detail)
    if not has_devices:
        detail = f"client {client.id} speaks for no device, so its EndDeviceList is empty"
        yield Found(finding=Finding.NO_DEVICE, detail=detail)


def of_unknown(book: Book, identity: str) -> Iterator[Found]:
    """Yield what an LFDI that nobody is enrolled with looks like."""
    detail = (
        "nobody is enrolled with it; a certificate that has expired, or is of another root, is"
        " refused in the handshake and leaves no trace here"
    )
    yield Found(finding=Finding.UNKNOWN_LFDI, detail=detail)
    for client in book.clients.values():
        yield from _resembles(client, identity)
    for device in book.devices.values():
        if device.lfdi is not None and identity == str(sfdi(device.lfdi)):
            detail = f"this is the SFDI of device {device.id}, whose LFDI is {device.lfdi}"
            yield Found(finding=Finding.IS_SFDI, detail=detail)


def _resembles(client: Client, identity: str) -> Iterator[Found]:
    if client.fingerprint is not None and client.fingerprint.startswith(identity):
        detail = f"this begins the fingerprint of VEN {client.id}: it speaks OpenADR, not 2030.5"
        yield Found(finding=Finding.IS_FINGERPRINT, detail=detail)
    if client.lfdi is None or len(client.lfdi) != len(identity):
        return
    wrong = sum(one != other for one, other in zip(client.lfdi, identity, strict=True))
    if 0 < wrong <= NEAR_DIGITS:
        detail = f"it differs in {wrong} digits from that of client {client.id}, {client.lfdi}"
        yield Found(finding=Finding.NEARLY_KNOWN, detail=detail)


def speaks_for_itself(device: Device) -> bool:
    """Tell whether a device is to be heard of, as against written to."""
    return device.language is not Language.MODBUS
