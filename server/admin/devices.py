"""Operations on devices: adding them on an operator's word, and what each should follow now."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from certs.identity import sfdi
from server.admin.access import includes
from server.admin.call import Call, the
from server.admin.certificates import identity_in
from server.admin.models import DeviceIn, DevicesQuery, EndpointIn
from server.admin.paging import page
from server.admin.views import DeviceDetail, DeviceList, DeviceView, SetpointView, SourceView
from server.core.book import Book
from server.core.change import DeviceAdded
from server.core.command import AddDevice, RemoveDevice
from server.core.context import find
from server.core.model import Device, DeviceId, Language, Lfdi, ModbusEndpoint, Mrid, Role
from server.core.setpoint import setpoint
from server.errors import Invalid, Unknown


async def add_device(call: Call, *, body: DeviceIn) -> DeviceDetail:
    """Add a device; a 2030.5 device that speaks for itself is enrolled with it."""
    is_modbus = body.modbus is not None
    lfdi = body.lfdi if body.certificate is None else identity_in(body.certificate).lfdi
    command = AddDevice(
        name=body.name,
        language=Language.MODBUS if is_modbus else Language.SEP2,
        client_id=body.client_id,
        lfdi=None if lfdi is None else Lfdi(lfdi),
        pin=body.pin,
        device_category=body.device_category,
        rated_w=body.rated_w,
        modbus=None if body.modbus is None else ModbusEndpoint(**dict(body.modbus)),
        modes=None if body.modbus is None else _modes(call, body.modbus),
        groups=body.groups,
    )
    added = the(DeviceAdded, await call.submit(command))
    return detail(call, added.device)


async def list_devices(call: Call, *, query: DevicesQuery) -> DeviceList:
    """List devices, the oldest first."""
    found, cursor = page(_wanted(call.book, query), query)
    return DeviceList(items=tuple(_view(call.book, device) for device in found), next_cursor=cursor)


async def show_device(call: Call, *, device_id: str) -> DeviceDetail:
    """Show a device, what it should follow now and where each mode of that comes from."""
    return detail(call, find(call.book.devices, DeviceId(device_id), "device"))


async def remove_device(call: Call, *, device_id: str) -> None:
    """Take a device out of the book, and what it told of itself; its client stays enrolled."""
    await call.submit(RemoveDevice(device_id=DeviceId(device_id)))
    await call.house.desk.store.delete_documents(DeviceId(device_id))


def _modes(call: Call, endpoint: EndpointIn) -> frozenset[str]:
    try:
        modes = call.house.maps(endpoint.register_map)
    except Unknown as fault:
        raise Invalid(fault.reason, pointer="/modbus/register_map") from fault
    return frozenset() if endpoint.read_only else modes


def _wanted(book: Book, query: DevicesQuery) -> Iterator[Device]:
    for device in book.devices.values():
        has_language = query.language in {None, device.language}
        has_client = query.client_id in {None, device.client_id}
        is_member = query.group_id is None or query.group_id in book.groups_by_device.get(
            device.id, ()
        )
        has_lfdi = query.lfdi in {None, device.lfdi}
        if has_language and has_client and is_member and has_lfdi:
            yield device


def _facts(book: Book, device: Device) -> dict[str, object]:
    facts = {name: getattr(device, name) for name in _AS_IN_THE_CORE}
    facts["sfdi"] = None if device.lfdi is None else sfdi(device.lfdi)
    facts["modes"] = None if device.modes is None else tuple(sorted(device.modes))
    facts["groups"] = tuple(group.id for group in book.groups_of(device.id))
    return facts


_AS_IN_THE_CORE = (
    "id",
    "name",
    "language",
    "client_id",
    "lfdi",
    "device_category",
    "rated_w",
    "modbus",
    "in_band",
    "added_at",
)


def _view(book: Book, device: Device) -> DeviceView:
    return DeviceView.model_validate(_facts(book, device))


def detail(call: Call, device: Device) -> DeviceDetail:
    """Return a device with what it should follow now and what is known of it."""
    return DeviceDetail.model_validate(
        {
            **_facts(call.book, device),
            "pin": device.pin if includes(call.role, Role.ENGINEER) else None,
            "setpoint": setpoint_view(call.book, device, call.now),
            "edge": _edge(call, device),
        }
    )


def _edge(call: Call, device: Device) -> Mapping[str, object] | None:
    describe = call.house.describe_edge
    if describe is None or device.language is not Language.MODBUS:
        return None
    try:
        return describe(device.id)
    except Unknown:  # just added: the edge has yet to look at the book
        return None


def setpoint_view(book: Book, device: Device, at: datetime) -> SetpointView:
    """Return what a device should follow at an instant."""
    wanted = setpoint(book, device.id, at)
    sources = {
        mode: _source(book, device, mode, wanted.sources.get(mode))
        for mode in sorted(wanted.controls.modes)
    }
    return SetpointView(controls=wanted.controls, sources=sources, until=wanted.until)


def _source(book: Book, device: Device, mode: str, mrid: Mrid | None) -> SourceView:
    """Tell where a mode comes from: without an mRID from the strongest default that says it."""
    if mrid is None:
        offered = book.programs_of(device.id)
        program = next(program for program in offered if mode in program.default.modes)
        return SourceView(program_id=program.id, event_id=None, mrid=None)
    event_id, _ = book.event_by_mrid[mrid]
    return SourceView(program_id=book.events[event_id].program_id, event_id=event_id, mrid=mrid)
