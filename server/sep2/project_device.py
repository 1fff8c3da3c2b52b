"""The book as DeviceCapability, EndDevice, Registration and DER.

Pure functions. Links are given only to what the reader can follow. They must not know HTTP.
"""

from certs.identity import sfdi
from schemas.sep2.base import Link, ListLink
from schemas.sep2.der import DER
from schemas.sep2.device import DeviceCapability, EndDevice, Registration
from server.core.model import Client, Device
from server.errors import Unknown
from server.sep2.routes import href
from server.sep2.settings import Sep2Settings

ONLY_DER = "1"
"""Each EndDevice has one DER, which comes with it."""


def capability(
    settings: Sep2Settings, *, entries: int, own_device: Device | None, programs: int
) -> DeviceCapability:
    """Return where a client starts; one that is itself a device finds its programs there, too."""
    own_programs = None
    if own_device is not None:
        own_programs = ListLink(href=href("programs", e=own_device.id), all=programs)
    return DeviceCapability(
        href=href("capability"),
        pollRate=settings.poll_rate("DeviceCapability"),
        DERProgramListLink=own_programs,
        TimeLink=Link(href=href("time")),
        EndDeviceListLink=ListLink(href=href("end_devices"), all=entries),
    )


def end_device(device: Device, settings: Sep2Settings, *, assignments: int) -> EndDevice:
    """Return a device as an EndDevice with `assignments` FunctionSetAssignments."""
    has_registration = settings.show_registration_link and device.pin is not None
    category = device.device_category
    return EndDevice(
        href=href("end_device", e=device.id),
        DERListLink=ListLink(href=href("ders", e=device.id), all=1),
        deviceCategory=None if category is None else f"{category:08X}",
        lFDI=device.lfdi,
        sFDI=sfdi(device.lfdi or ""),
        changedTime=int(device.added_at.timestamp()),
        enabled=True,
        FunctionSetAssignmentsListLink=ListLink(
            href=href("assignments", e=device.id), all=assignments
        ),
        RegistrationLink=Link(href=href("registration", e=device.id)) if has_registration else None,
    )


def aggregator_entry(client: Client) -> EndDevice:
    """Return an aggregator's own EndDevice, which has no function sets of its own."""
    return EndDevice(
        href=href("end_device", e=client.id),
        lFDI=client.lfdi,
        sFDI=sfdi(client.lfdi or ""),
        changedTime=0,
        enabled=client.enabled,
    )


def registration(device: Device, settings: Sep2Settings) -> Registration:
    """Return when a device was registered and with which PIN; Unknown if it has none."""
    if device.pin is None:
        raise Unknown("there is no such resource")
    return Registration(
        href=href("registration", e=device.id),
        pollRate=settings.poll_rate("Registration"),
        dateTimeRegistered=int(device.added_at.timestamp()),
        pIN=device.pin,
    )


def check_der(der_id: str) -> None:
    """Raise Unknown unless an id names the one DER that each EndDevice has."""
    if der_id != ONLY_DER:
        raise Unknown("there is no such resource")


def der(device: Device, *, programs: int) -> DER:
    """Return the DER of a device with the links to its four documents."""
    at = {"e": device.id, "d": ONLY_DER}
    return DER(
        href=href("der", **at),
        AssociatedDERProgramListLink=ListLink(href=href("programs", e=device.id), all=programs),
        DERAvailabilityLink=Link(href=href("der_availability", **at)),
        DERCapabilityLink=Link(href=href("der_capability", **at)),
        DERSettingsLink=Link(href=href("der_settings", **at)),
        DERStatusLink=Link(href=href("der_status", **at)),
    )
