"""Decides on clients and devices."""

import re
from dataclasses import replace

from certs.identity import make_pin, pin_is_valid
from server.core.book import Book
from server.core.change import (
    AccessSet,
    Change,
    ClientEnrolled,
    DeviceAdded,
    DeviceDescribed,
    DeviceRemoved,
    PinSet,
    ProfileSet,
)
from server.core.command import (
    AddDevice,
    DescribeDevice,
    EnrolClient,
    LearnProfile,
    RegisterDevice,
    RemoveDevice,
    SetAccess,
    SetPin,
    SetProfile,
)
from server.core.context import Context, check_known, check_name, find
from server.core.model import (
    MODES,
    Client,
    ClientId,
    ClientKind,
    Device,
    DeviceId,
    GroupId,
    Language,
    Lfdi,
    ModbusEndpoint,
)
from server.core.publishing import withdrawals_with
from server.core.subscriptions import endings_with
from server.errors import Conflict, Forbidden, Invalid

_LFDI = re.compile(r"[0-9A-F]{40}", re.ASCII)
_FINGERPRINT = re.compile(r"[0-9A-F]{64}", re.ASCII)
_VEN_ID = re.compile(r"[!-~]{1,128}", re.ASCII)


def enrol_client(book: Book, command: EnrolClient, context: Context) -> tuple[Change, ...]:
    """Let a client in; a VEN becomes a device at once, because it has no other way to be one."""
    check_name(command.name)
    if command.kind is ClientKind.VEN:
        return _enrol_ven(book, command, context)
    if command.lfdi is None or command.fingerprint is not None or command.ven_id is not None:
        raise Invalid("a 2030.5 client is known by its LFDI alone", pointer="/lfdi")
    enrolled = _new_2030_5_client(book, command.kind, command.name, command.lfdi, context)
    if command.profile is None:
        return (enrolled,)
    fixed = replace(enrolled.client, profile=command.profile, is_profile_fixed=True)
    return (ClientEnrolled(client=fixed),)


def _new_2030_5_client(
    book: Book, kind: ClientKind, name: str, lfdi: Lfdi, context: Context
) -> ClientEnrolled:
    _check_lfdi(lfdi)
    if lfdi in book.client_by_lfdi:
        raise Conflict(f"LFDI {lfdi} is enrolled as {book.client_by_lfdi[lfdi]}")
    client_id = ClientId(context.names.id("c"))
    return ClientEnrolled(client=Client(id=client_id, kind=kind, name=name, lfdi=lfdi))


def _enrol_ven(book: Book, command: EnrolClient, context: Context) -> tuple[Change, ...]:
    if command.lfdi is not None:
        raise Invalid("a VEN has no LFDI", pointer="/lfdi")
    if command.profile is not None:
        raise Invalid("a VEN has no 2030.5 profile", pointer="/profile")
    _check_fingerprint(book, command.fingerprint)
    ven_id = command.ven_id or f"ven-{context.names.opaque()}"
    if not _VEN_ID.fullmatch(ven_id):
        raise Invalid("a venID has 1 to 128 visible ASCII characters", pointer="/ven_id")
    if ven_id in book.client_by_ven_id:
        raise Conflict(f"venID {ven_id!r} is taken")
    client = Client(
        id=ClientId(context.names.id("c")),
        kind=ClientKind.VEN,
        name=command.name,
        fingerprint=command.fingerprint,
        ven_id=ven_id,
    )
    device = Device(
        id=DeviceId(context.names.id("d")),
        name=command.name,
        language=Language.OPENADR,
        client_id=client.id,
        added_at=context.now,
    )
    return (ClientEnrolled(client=client), DeviceAdded(device=device, groups=_open_groups(book)))


def _check_fingerprint(book: Book, fingerprint: str | None) -> None:
    if fingerprint is None:
        return
    if not _FINGERPRINT.fullmatch(fingerprint):
        raise Invalid("a fingerprint has 64 upper-case hex digits", pointer="/fingerprint")
    if fingerprint in book.client_by_fingerprint:
        raise Conflict("this certificate is enrolled already")


def _check_lfdi(lfdi: str) -> None:
    if not _LFDI.fullmatch(lfdi):
        raise Invalid("an LFDI has 40 upper-case hex digits", pointer="/lfdi")


def _open_groups(book: Book) -> frozenset[GroupId]:
    return frozenset(group.id for group in book.groups.values() if group.joins_new_devices)


def set_access(book: Book, command: SetAccess, context: Context) -> tuple[Change, ...]:
    """Allow or deny a client; nothing changes if it is so already."""
    client = find(book.clients, command.client_id, "client")
    if client.enabled == command.enabled:
        return ()
    return (AccessSet(client_id=client.id, enabled=command.enabled),)


def set_profile(book: Book, command: SetProfile, context: Context) -> tuple[Change, ...]:
    """Answer a client in a profile from now on, or as it shows; nothing changes if it is so."""
    client = find(book.clients, command.client_id, "client")
    if client.kind is ClientKind.VEN:
        raise Invalid("a VEN has no 2030.5 profile", pointer="/profile")
    is_fixed = command.profile is not None
    if (client.profile, client.is_profile_fixed) == (command.profile, is_fixed):
        return ()
    return (ProfileSet(client_id=client.id, profile=command.profile, is_fixed=is_fixed),)


def learn_profile(book: Book, command: LearnProfile, context: Context) -> tuple[Change, ...]:
    """Answer a client in the profile that it showed, unless an operator fixed one."""
    client = find(book.clients, command.client_id, "client")
    if client.is_profile_fixed or client.profile == command.profile:
        return ()
    return (ProfileSet(client_id=client.id, profile=command.profile, is_fixed=False),)


def add_device(book: Book, command: AddDevice, context: Context) -> tuple[Change, ...]:
    """Add a device on an operator's word; a 2030.5 device's own client is enrolled with it."""
    check_name(command.name)
    check_known(book.groups, command.groups, "group", "/groups")
    _check_abilities(command)
    if command.language is Language.OPENADR:
        raise Invalid("a VEN is added by enrolling its certificate", pointer="/language")
    if command.language is Language.MODBUS:
        return (_modbus_device(book, command, context),)
    return _sep2_device(book, command, context)


def _check_abilities(command: AddDevice) -> None:
    check_rating(command.rated_w)
    if command.modes is not None and (strange := command.modes - MODES):
        raise Invalid(f"there is no mode {min(strange)!r}", pointer="/modes")


def check_rating(rated_w: float | None) -> None:
    """Refuse a rated power that can be none."""
    if rated_w is not None and not 0 < rated_w <= 1e12:
        raise Invalid("rated_w is above 0", pointer="/rated_w")


def _modbus_device(book: Book, command: AddDevice, context: Context) -> DeviceAdded:
    if command.modbus is None or command.lfdi is not None or command.client_id is not None:
        raise Invalid("a Modbus device has an endpoint and no certificate", pointer="/modbus")
    _check_endpoint(book, command.modbus)
    return _device_added(book, command, context, client_id=None, pin=None)


def _check_endpoint(book: Book, endpoint: ModbusEndpoint) -> None:
    if not 1 <= endpoint.port <= 65535:
        raise Invalid("a port is 1 to 65535", pointer="/modbus/port")
    if not 0 <= endpoint.unit <= 255:
        raise Invalid("a unit is 0 to 255", pointer="/modbus/unit")
    for device in book.devices.values():
        other = device.modbus
        if other is not None and _place(other) == _place(endpoint):
            raise Conflict(f"device {device.id} is at that address")


def _place(endpoint: ModbusEndpoint) -> tuple[str, int, int]:
    return endpoint.host, endpoint.port, endpoint.unit


def _sep2_device(book: Book, command: AddDevice, context: Context) -> tuple[Change, ...]:
    if command.lfdi is None or command.modbus is not None:
        raise Invalid("a 2030.5 device has an LFDI and no Modbus endpoint", pointer="/lfdi")
    _check_new_device(book, command.lfdi)
    pin = _pin(command.pin, context)
    if command.client_id is not None:
        _check_speaker(book, command.client_id, command.lfdi)
        return (_device_added(book, command, context, client_id=command.client_id, pin=pin),)
    known = book.client_by_lfdi.get(command.lfdi)
    if known is not None:
        return (_device_added(book, command, context, client_id=known, pin=pin),)
    enrolled = _new_2030_5_client(book, ClientKind.DEVICE, command.name, command.lfdi, context)
    added = _device_added(book, command, context, client_id=enrolled.client.id, pin=pin)
    return (enrolled, added)


def _check_new_device(book: Book, lfdi: Lfdi) -> None:
    _check_lfdi(lfdi)
    if lfdi in book.device_by_lfdi:
        raise Conflict(f"LFDI {lfdi} is device {book.device_by_lfdi[lfdi]}")


def _check_speaker(book: Book, client_id: ClientId, lfdi: Lfdi) -> None:
    client = book.clients.get(client_id)
    if client is None:
        raise Invalid(f"there is no client {client_id!r}", pointer="/client_id")
    if client.kind is ClientKind.VEN:
        raise Invalid("a VEN speaks for no 2030.5 device", pointer="/client_id")
    if (client.kind is ClientKind.DEVICE) != (client.lfdi == lfdi):
        raise Invalid(
            "a device speaks for itself and an aggregator for others", pointer="/client_id"
        )


def _pin(given: int | None, context: Context) -> int:
    check_pin(given)
    return make_pin(context.rng) if given is None else given


def check_pin(given: int | None) -> None:
    """Refuse a PIN whose check digit is that of neither convention."""
    if given is not None and not pin_is_valid(given):
        raise Invalid("the PIN's check digit is wrong", pointer="/pin")


def _device_added(
    book: Book, command: AddDevice, context: Context, *, client_id: ClientId | None, pin: int | None
) -> DeviceAdded:
    device = Device(
        id=DeviceId(context.names.id("d")),
        name=command.name,
        language=command.language,
        client_id=client_id,
        lfdi=command.lfdi,
        pin=pin,
        device_category=command.device_category,
        rated_w=command.rated_w,
        modbus=command.modbus,
        modes=command.modes,
        added_at=context.now,
    )
    return DeviceAdded(device=device, groups=command.groups | _open_groups(book))


def register_device(book: Book, command: RegisterDevice, context: Context) -> tuple[Change, ...]:
    """Add a 2030.5 device that its client registers; facts on who may: `Forbidden` says why not."""
    client_id = book.client_by_lfdi.get(command.certificate_lfdi)
    client = None if client_id is None else book.clients[client_id]
    _check_may_register(client, command)
    _check_new_device(book, command.lfdi)
    enrolled: tuple[Change, ...] = ()
    name = f"device {command.lfdi[:8]}"
    if client is None:
        enrolment = _new_2030_5_client(book, ClientKind.DEVICE, name, command.lfdi, context)
        client, enrolled = enrolment.client, (enrolment,)
    device = Device(
        id=DeviceId(context.names.id("d")),
        name=name,
        language=Language.SEP2,
        client_id=client.id,
        lfdi=command.lfdi,
        pin=make_pin(context.rng),
        device_category=command.device_category,
        changed_at=command.changed_at,
        post_rate_s=command.post_rate_s,
        in_band=True,
        added_at=context.now,
    )
    return (*enrolled, DeviceAdded(device=device, groups=_open_groups(book)))


def _check_may_register(client: Client | None, command: RegisterDevice) -> None:
    is_own = command.lfdi == command.certificate_lfdi
    if client is None:
        if not command.may_enrol:
            raise Forbidden("this certificate is not enrolled")
    elif not client.enabled:
        raise Forbidden("this client is denied")
    if client is not None and client.kind is ClientKind.AGGREGATOR:
        if is_own:
            raise Forbidden("an aggregator is no device of its own")
    elif not is_own:
        raise Forbidden("a device registers itself only")


def describe_device(book: Book, command: DescribeDevice, context: Context) -> tuple[Change, ...]:
    """Take over what a client says of its device; nothing changes if it says the same."""
    device = find(book.devices, command.device_id, "device")
    said = replace(
        device,
        device_category=command.device_category,
        changed_at=command.changed_at,
        post_rate_s=command.post_rate_s,
    )
    if said == device:
        return ()
    return (
        DeviceDescribed(
            device_id=device.id,
            device_category=command.device_category,
            changed_at=command.changed_at,
            post_rate_s=command.post_rate_s,
        ),
    )


def set_pin(book: Book, command: SetPin, context: Context) -> tuple[Change, ...]:
    """Give a device another PIN; nothing changes if it has that one."""
    device = find(book.devices, command.device_id, "device")
    check_pin(command.pin)
    if command.pin == device.pin:
        return ()
    return (PinSet(device_id=device.id, pin=command.pin),)


def remove_device(book: Book, command: RemoveDevice, context: Context) -> tuple[Change, ...]:
    """Take a device out, and what was subscribed of it; its client stays enrolled."""
    device = find(book.devices, command.device_id, "device")
    return (
        *endings_with(book, device),
        *withdrawals_with(book, device),
        DeviceRemoved(device_id=device.id),
    )
