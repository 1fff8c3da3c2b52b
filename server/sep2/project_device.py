"""The book as DeviceCapability, EndDevice, Registration and DER.

Pure functions. Links are given only to what the reader can follow. They must not know HTTP.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from certs.identity import sfdi
from schemas.sep2.base import Link, ListLink
from schemas.sep2.der import DER
from schemas.sep2.device import (
    DeviceCapability,
    EndDevice,
    EndDeviceList,
    Registration,
    SelfDevice,
)
from server.core.model import Client, Device
from server.errors import Unknown
from server.sep2.pace import Pace
from server.sep2.routes import href
from server.sep2.settings import Sep2Settings

SUBSCRIBABLE = 1
"""2030.5 subscribable: without conditions."""
ONLY_DER = "1"
"""Each EndDevice has one DER, which comes with it."""
_DOCUMENTS = {
    "ConfigurationLink": "configuration",
    "DeviceInformationLink": "device_information",
    "DeviceStatusLink": "device_status",
    "FileStatusLink": "file_status",
    "PowerStatusLink": "power_status",
}
_LISTS = {
    "FlowReservationRequestListLink": "flow_reservation_requests",
    "FlowReservationResponseListLink": "flow_reservation_responses",
    "IPInterfaceListLink": "ip_interfaces",
    "LoadShedAvailabilityListLink": "load_sheds",
    "LogEventListLink": "log_events",
}
"""The routes behind the links of an EndDevice to what its device says of itself."""


def capability(
    pace: Pace,
    *,
    entries: int,
    own_device: Device | None,
    programs: int,
    mirrors: int,
    links: Mapping[str, Any],
) -> DeviceCapability:
    """Return where a client starts; one that is itself a device finds its programs there, too.

    `mirrors` counts the usage points that the client has posted, `links` are those to what else is
    for its device.
    """
    own_programs = None
    if own_device is not None:
        own_programs = ListLink(href=href("programs", e=own_device.id), all=programs)
    return DeviceCapability(
        href=href("capability"),
        pollRate=pace.poll_rate("DeviceCapability"),
        DERProgramListLink=own_programs,
        TimeLink=Link(href=href("time")),
        UsagePointListLink=ListLink(href=href("usage_points"), all=mirrors),
        EndDeviceListLink=ListLink(href=href("end_devices"), all=entries),
        MirrorUsagePointListLink=ListLink(href=href("mirrors"), all=mirrors),
        SelfDeviceLink=Link(href=href("self_device")) if pace.settings.lfdi else None,
        **links,
    )


def self_device(pace: Pace) -> SelfDevice:
    """Return the server as a device; Unknown where nobody said who it is."""
    lfdi = pace.settings.lfdi
    if lfdi is None:
        raise Unknown("there is no such resource")
    return SelfDevice(
        href=href("self_device"),
        pollRate=pace.poll_rate("SelfDevice"),
        lFDI=lfdi,
        sFDI=sfdi(lfdi),
    )


def end_device_list(entries: Sequence[EndDevice], pace: Pace, *, total: int) -> EndDeviceList:
    """Return some of the `total` entries that a client sees."""
    return EndDeviceList(
        href=href("end_devices"),
        subscribable=SUBSCRIBABLE,
        pollRate=pace.poll_rate("EndDeviceList"),
        all=total,
        results=len(entries),
        EndDevice_=tuple(entries),
    )


def end_device(
    device: Device,
    settings: Sep2Settings,
    *,
    assignments: int,
    post_rate_s: int | None,
    subscriptions: int | None = None,
    count: Callable[[str], int],
) -> EndDevice:
    """Return a device as an EndDevice with `assignments` FunctionSetAssignments.

    `subscriptions` counts those of a client that is the device itself, `count` the items of the
    lists that the device keeps, by their place.
    """
    has_registration = settings.show_registration_link and device.pin is not None
    category = device.device_category
    return EndDevice(
        href=href("end_device", e=device.id),
        subscribable=SUBSCRIBABLE,
        DERListLink=ListLink(href=href("ders", e=device.id), all=1),
        deviceCategory=None if category is None else f"{category:08X}",
        lFDI=device.lfdi,
        sFDI=sfdi(device.lfdi or ""),
        changedTime=int((device.changed_at or device.added_at).timestamp()),
        enabled=True,
        FunctionSetAssignmentsListLink=ListLink(
            href=href("assignments", e=device.id), all=assignments
        ),
        postRate=post_rate_s,
        RegistrationLink=Link(href=href("registration", e=device.id)) if has_registration else None,
        SubscriptionListLink=_subscriptions_link(device.id, subscriptions),
        **_own_links(device, settings, count),
    )


def _own_links(
    device: Device, settings: Sep2Settings, count: Callable[[str], int]
) -> dict[str, Any]:
    """Return the links to what a device says of itself."""
    links: dict[str, Any] = {
        field: Link(href=href(name, e=device.id)) for field, name in _DOCUMENTS.items()
    }
    for field, name in _LISTS.items():
        path = href(name, e=device.id)
        links[field] = ListLink(href=path, all=count(path.rpartition("/")[2]))
    links["ConnectionPointLink"] = Link(href=href("connection_point", e=device.id))
    return links


def _subscriptions_link(entry_id: str, subscriptions: int | None) -> ListLink | None:
    if subscriptions is None:
        return None
    return ListLink(href=href("subscriptions", e=entry_id), all=subscriptions)


def aggregator_entry(client: Client, *, subscriptions: int) -> EndDevice:
    """Return an aggregator's own EndDevice, which has no function sets of its own."""
    return EndDevice(
        href=href("end_device", e=client.id),
        subscribable=SUBSCRIBABLE,
        lFDI=client.lfdi,
        sFDI=sfdi(client.lfdi or ""),
        changedTime=0,
        enabled=client.enabled,
        SubscriptionListLink=_subscriptions_link(client.id, subscriptions),
    )


def registration(device: Device, pace: Pace) -> Registration:
    """Return when a device was registered and with which PIN; Unknown if it has none."""
    if device.pin is None:
        raise Unknown("there is no such resource")
    return Registration(
        href=href("registration", e=device.id),
        pollRate=pace.poll_rate("Registration"),
        dateTimeRegistered=int(device.added_at.timestamp()),
        pIN=device.pin,
    )


def check_der(der_id: str) -> None:
    """Raise Unknown unless an id names the one DER that each EndDevice has."""
    if der_id != ONLY_DER:
        raise Unknown("there is no such resource")


def der(device: Device, *, programs: int) -> DER:
    """Return the DER of a device with the links to its documents and to what is for it."""
    at = {"e": device.id, "d": ONLY_DER}
    return DER(
        href=href("der", **at),
        subscribable=SUBSCRIBABLE,
        AssociatedDERProgramListLink=ListLink(href=href("der_programs", **at), all=programs),
        AssociatedUsagePointLink=Link(href=href("der_usage_point", **at)),
        CurrentDERProgramLink=Link(href=href("current_program", **at)) if programs else None,
        DERAvailabilityLink=Link(href=href("der_availability", **at)),
        DERCapabilityLink=Link(href=href("der_capability", **at)),
        DERSettingsLink=Link(href=href("der_settings", **at)),
        DERStatusLink=Link(href=href("der_status", **at)),
    )
