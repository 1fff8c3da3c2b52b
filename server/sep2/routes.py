"""The resources of the 2030.5 face, one line each: the only place that spells a path.

Routing, `Allow`, hrefs, paging and permissions come from this table. Literal and variable segments
alternate in every path, so that one dictionary look-up finds the route. It must not know what a
resource says or who anybody is.
"""

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from schemas.sep2.der import (
    DER,
    DefaultDERControl,
    DERAvailability,
    DERCapability,
    DERControl,
    DERControlList,
    DERList,
    DERProgram,
    DERProgramList,
    DERSettings,
)
from schemas.sep2.derstatus import DERStatus
from schemas.sep2.device import (
    DeviceCapability,
    EndDevice,
    EndDeviceList,
    FunctionSetAssignments,
    FunctionSetAssignmentsList,
    Registration,
    Time,
)
from schemas.sep2.response import DERControlResponse, Response, ResponseList
from schemas.wire import Element
from server.errors import Unknown

Paging = tuple[str, ...]
"""The query parameters that a list takes."""
UNPAGED: Paging = ()
LIMITED: Paging = ("s", "l")
TIMED: Paging = ("s", "a", "l")


class Who(Enum):
    """Who may use a method of a route."""

    ADMITTED = "any client that is let in at all"
    OWNER = "the client that speaks for the device in the path"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Route:
    """One kind of resource.

    `methods` are those of `Allow`; `takes` the elements of a body; `order` the keys that a list is
    sorted by, `-` for descending, as 2030.5 gives them; `resource` its name in the WADL.
    """

    name: str
    path: str
    methods: tuple[str, ...]
    reads: Who
    writes: Who
    gives: type[Element]
    takes: tuple[type[Element], ...]
    paging: Paging
    order: tuple[str, ...]
    resource: str


def _read(name: str, path: str, gives: type[Element], reads: Who) -> Route:
    """Declare what clients only read."""
    methods = ("GET", "HEAD")
    tag = gives.wire_tag
    return Route(name, path, methods, reads, Who.NOBODY, gives, (), UNPAGED, (), tag)


def _put(name: str, path: str, gives: type[Element]) -> Route:
    """Declare a document that its owner replaces as a whole."""
    methods = ("GET", "HEAD", "PUT")
    tag = gives.wire_tag
    return Route(name, path, methods, Who.OWNER, Who.OWNER, gives, (gives,), UNPAGED, (), tag)


def _list(
    name: str,
    path: str,
    gives: type[Element],
    who: Who,
    order: str,
    *,
    takes: tuple[type[Element], ...] = (),
    timed: bool = False,
    resource: str = "",
) -> Route:
    """Declare a list, which may be posted to if it takes anything."""
    methods = ("GET", "HEAD", "POST") if takes else ("GET", "HEAD")
    writes = who if takes else Who.NOBODY
    paging = TIMED if timed else LIMITED
    tag = resource or gives.wire_tag
    return Route(name, path, methods, who, writes, gives, takes, paging, tuple(order.split()), tag)


_ALL, _OWN = Who.ADMITTED, Who.OWNER
_E = "/edev/{e}"
_G = f"{_E}/fsa/{{g}}"
_P = f"{_E}/derp/{{p}}"
_D = f"{_E}/der/{{d}}"
_R = f"{_E}/rsps/{{p}}/rsp"
_EVENTS = "interval.start -creationTime -mRID"
_SAID = "-createdDateTime endDeviceLFDI"
_ACTIVE = "ActiveDERControlList"
_ANSWERS = (DERControlResponse, Response)

# The EndDevice itself is read by ADMITTED: an aggregator's own entry is no device of the book.
ROUTES: tuple[Route, ...] = (
    _read("capability", "/dcap", DeviceCapability, _ALL),
    _read("time", "/tm", Time, _ALL),
    _list("end_devices", "/edev", EndDeviceList, _ALL, "sFDI href", takes=(EndDevice,)),
    _read("end_device", _E, EndDevice, _ALL),
    _read("registration", f"{_E}/rg", Registration, _OWN),
    _list("assignments", f"{_E}/fsa", FunctionSetAssignmentsList, _OWN, "-mRID"),
    _read("assignment", _G, FunctionSetAssignments, _OWN),
    _list("group_programs", f"{_G}/derp", DERProgramList, _OWN, "primacy -mRID"),
    _list("programs", f"{_E}/derp", DERProgramList, _OWN, "primacy -mRID"),
    _read("program", _P, DERProgram, _OWN),
    _list("controls", f"{_P}/derc", DERControlList, _OWN, _EVENTS, timed=True),
    _read("control", f"{_P}/derc/{{c}}", DERControl, _OWN),
    _list(
        "active_controls",
        f"{_P}/actderc",
        DERControlList,
        _OWN,
        _EVENTS,
        timed=True,
        resource=_ACTIVE,
    ),
    _read("default_control", f"{_P}/dderc", DefaultDERControl, _OWN),
    _list("ders", f"{_E}/der", DERList, _OWN, "href"),
    _read("der", _D, DER, _OWN),
    _put("der_capability", f"{_D}/dercap", DERCapability),
    _put("der_settings", f"{_D}/derg", DERSettings),
    _put("der_status", f"{_D}/ders", DERStatus),
    _put("der_availability", f"{_D}/dera", DERAvailability),
    _list("responses", _R, ResponseList, _OWN, _SAID, takes=_ANSWERS),
    _read("response", f"{_R}/{{r}}", DERControlResponse, _OWN),
)

BY_NAME: dict[str, Route] = {route.name: route for route in ROUTES}
_BY_SHAPE: dict[tuple[object, ...], Route] = {
    (route.path.count("/") + 1, *route.path.split("/")[1::2]): route for route in ROUTES
}


_SHORT = 200
"""Characters of a target that is worth remembering; ours are shorter."""


def resolve(target: str) -> tuple[Route, tuple[str, ...], str]:
    """Return route, variables and query of a raw request target, which may be absolute."""
    return _resolve_short(target) if len(target) <= _SHORT else _resolve(target)


def _resolve(target: str) -> tuple[Route, tuple[str, ...], str]:
    if not target.startswith("/"):
        target = "/" + target.partition("://")[2].partition("/")[2]
    path, _, query = target.partition("?")
    return *match(path), query


_resolve_short = lru_cache(maxsize=32_768)(_resolve)


def match(path: str) -> tuple[Route, tuple[str, ...]]:
    """Return the route of a raw path and the values of its variables, in order; else Unknown.

    Nothing is decoded or normalised: a path that we did not write is no path of ours.
    """
    parts = path.split("/")
    route = _BY_SHAPE.get((len(parts), *parts[1::2]))
    if route is None or parts[0]:
        raise Unknown("there is no such resource")
    variables = tuple(parts[2::2])
    if not all(variables):
        raise Unknown("there is no such resource")
    return route, variables


def href(name: str, **variables: str) -> str:
    """Return the path of a resource; KeyError if the name or a variable is unknown."""
    return BY_NAME[name].path.format_map(variables)
