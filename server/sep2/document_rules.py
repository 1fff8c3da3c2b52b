"""What holds for the documents that clients write: where each stands, what it may say, its links.

Pure functions. The href and the links to lists below a document are the server's, whatever the
client wrote. They must not know HTTP or where documents are kept.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any, TypeVar, cast

from schemas.sep2.base import ListLink
from schemas.sep2.drlc import LoadShedAvailability
from schemas.sep2.flow import FlowReservationRequest
from schemas.sep2.information import DeviceInformation, DeviceStatus, PowerStatus
from schemas.sep2.logevent import LogEvent
from schemas.sep2.network import IEEE_802_15_4, LLInterface
from schemas.wire import Element
from server.core.model import Device
from server.errors import Invalid
from server.sep2.routes import BY_NAME, Route

E = TypeVar("E", bound=Element)
Count = Callable[[str], int]
"""Returns how many items a list of the device has, by its place."""

_LINKS: Mapping[str, Mapping[str, str]] = {
    "device_information": {"SupportedLocaleListLink": "locales"},
    "configuration": {"PriceResponseCfgListLink": "price_responses"},
    "ip_interface": {
        "IPAddrListLink": "ip_addresses",
        "LLInterfaceListLink": "link_layers",
    },
    "ip_address": {"RPLInstanceListLink": "rpl_instances"},
    "rpl_instance": {"RPLSourceRoutesListLink": "rpl_routes"},
}
"""The links of documents to lists, by the names of both routes."""
_HIGHEST: Mapping[type[Element], Mapping[str, int]] = {
    LogEvent: {"functionSet": 19, "profileID": 4},
    DeviceStatus: {"opState": 7},
    PowerStatus: {"batteryStatus": 4, "currentPowerSource": 5},
    DeviceInformation: {"primaryPower": 5, "secondaryPower": 5},
}
"""What is reserved begins beyond."""


def path_of(route: Route, variables: Sequence[str]) -> str:
    """Return the path of a resource."""
    literals = route.path.split("/")[1::2]
    pairs = zip_longest(literals, variables)
    return "".join(f"/{part}" for pair in pairs for part in pair if part is not None)


def place_of(route: Route, variables: Sequence[str]) -> str:
    """Return where a resource stands below its EndDevice (`lel`, `lel/7`)."""
    return path_of(route, variables).split("/", 3)[3]


def has_links(route: Route) -> bool:
    """Tell whether a document holds links whose counts change."""
    return route.name in _LINKS or route.name == "link_layer"


def check(posted: Element, device: Device) -> None:
    """Raise Invalid for what no device, or not this one, may say of itself."""
    for name, highest in _HIGHEST.get(type(posted), {}).items():
        value = getattr(posted, name)
        if value is not None and value > highest:
            raise Invalid(f"{name} is reserved", pointer=f"/{posted.wire_tag}/{name}")
    if isinstance(posted, DeviceInformation) and posted.lFDI.upper() != device.lfdi:
        raise Invalid("lFDI is not that of the device", pointer="/DeviceInformation/lFDI")
    if isinstance(posted, LoadShedAvailability):
        _check_offer(posted)
    if isinstance(posted, FlowReservationRequest):
        _check_request(posted)


def _check_offer(posted: LoadShedAvailability) -> None:
    if posted.availabilityDuration == 0:
        pointer = "/LoadShedAvailability/availabilityDuration"
        raise Invalid("availabilityDuration is positive", pointer=pointer)


def _check_request(posted: FlowReservationRequest) -> None:
    if posted.intervalRequested.duration == 0:
        pointer = "/FlowReservationRequest/intervalRequested/duration"
        raise Invalid("the interval lasts longer than nothing", pointer=pointer)
    if posted.RequestStatus_.requestStatus > 1:
        pointer = "/FlowReservationRequest/RequestStatus/requestStatus"
        raise Invalid("requestStatus is reserved", pointer=pointer)


def settled(posted: E, route: Route, variables: Sequence[str], count: Count) -> E:
    """Return a document with the href and the links that are its own."""
    own: dict[str, Any] = {"href": path_of(route, variables)}
    for field, below in _LINKS.get(route.name, {}).items():
        own[field] = _link(below, variables, count)
    if isinstance(posted, LLInterface) and posted.IEEE_802_15_4_ is not None:
        own["IEEE_802_15_4_"] = _with_neighbors(posted.IEEE_802_15_4_, variables, count)
    changed: E = replace(cast(Any, posted), **own)
    return changed


def _with_neighbors(radio: IEEE_802_15_4, variables: Sequence[str], count: Count) -> IEEE_802_15_4:
    return replace(radio, NeighborListLink=_link("neighbors", variables, count))


def _link(name: str, variables: Sequence[str], count: Count) -> ListLink:
    route = BY_NAME[name]
    return ListLink(href=path_of(route, variables), all=count(place_of(route, variables)))
