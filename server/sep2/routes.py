"""The resources of the 2030.5 face, one line each: the only place that spells a path.

Routing, `Allow`, hrefs, paging and permissions come from this table. Literal and variable segments
alternate in every path, so that one dictionary look-up finds the route. It must not know what a
resource says or who anybody is.
"""

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from schemas.sep2.configuration import Configuration, PriceResponseCfg, PriceResponseCfgList
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
    ConnectionPoint,
    DeviceCapability,
    EndDevice,
    EndDeviceList,
    FunctionSetAssignments,
    FunctionSetAssignmentsList,
    Registration,
    Time,
)
from schemas.sep2.drlc import LoadShedAvailability, LoadShedAvailabilityList
from schemas.sep2.file import FileStatus
from schemas.sep2.information import (
    DeviceInformation,
    DeviceStatus,
    PowerStatus,
    SupportedLocale,
    SupportedLocaleList,
)
from schemas.sep2.logevent import LogEvent, LogEventList
from schemas.sep2.metering import (
    MeterReading,
    MeterReadingList,
    Reading,
    ReadingList,
    ReadingSet,
    ReadingSetList,
    ReadingType,
    UsagePoint,
    UsagePointList,
)
from schemas.sep2.mirror import (
    MirrorMeterReading,
    MirrorMeterReadingList,
    MirrorUsagePoint,
    MirrorUsagePointList,
)
from schemas.sep2.network import (
    IPAddr,
    IPAddrList,
    IPInterface,
    IPInterfaceList,
    LLInterface,
    LLInterfaceList,
    Neighbor,
    NeighborList,
    RPLInstance,
    RPLInstanceList,
    RPLSourceRoutes,
    RPLSourceRoutesList,
)
from schemas.sep2.pubsub import Subscription, SubscriptionList
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


def _kept(name: str, path: str, gives: type[Element], reads: Who, writes: Who) -> Route:
    """Declare what its owner replaces as a whole, and removes."""
    methods = ("GET", "HEAD", "PUT", "DELETE")
    tag = gives.wire_tag
    return Route(name, path, methods, reads, writes, gives, (gives,), UNPAGED, (), tag)


def _changed(
    name: str, path: str, gives: type[Element], who: Who, *, takes: tuple[type[Element], ...]
) -> Route:
    """Declare what clients replace, post to and remove."""
    methods = ("GET", "HEAD", "PUT", "POST", "DELETE")
    return Route(name, path, methods, who, who, gives, takes, UNPAGED, (), gives.wire_tag)


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


def _items(
    names: tuple[str, str],
    path: str,
    gives: tuple[type[Element], type[Element]],
    order: str,
    *,
    timed: bool = False,
) -> tuple[Route, Route]:
    """Declare a list that its owner posts to, and its items, which it replaces and removes."""
    many, one = names
    item = "{" + one + "}"
    return (
        _list(many, path, gives[0], Who.OWNER, order, takes=(gives[1],), timed=timed),
        _kept(one, f"{path}/{item}", gives[1], Who.OWNER, Who.OWNER),
    )


_ALL, _OWN = Who.ADMITTED, Who.OWNER
_E = "/edev/{e}"
_G = f"{_E}/fsa/{{g}}"
_P = f"{_E}/derp/{{p}}"
_D = f"{_E}/der/{{d}}"
_R = f"{_E}/rsps/{{p}}/rsp"
_U = "/upt/{u}"
_X = f"{_U}/mr/{{x}}"
_S = f"{_X}/rs/{{s}}"
_EVENTS = "interval.start -creationTime -mRID"
_SAID = "-createdDateTime endDeviceLFDI"
_ACTIVE = "ActiveDERControlList"
_ANSWERS = (DERControlResponse, Response)
_PERIODS = "-timePeriod.start -mRID"
_VALUES = "localID consumptionBlock touTier"
_POSTS = (MirrorUsagePoint, MirrorMeterReading, MirrorMeterReadingList)

# The EndDevice itself is read by ADMITTED: an aggregator's own entry is no device of the book.
ROUTES: tuple[Route, ...] = (
    _read("capability", "/dcap", DeviceCapability, _ALL),
    _read("time", "/tm", Time, _ALL),
    _list("end_devices", "/edev", EndDeviceList, _ALL, "sFDI href", takes=(EndDevice,)),
    _kept("end_device", _E, EndDevice, _ALL, _OWN),
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
"""What stands around events."""

# The handlers look whose it is: these paths name no EndDevice.
METERING: tuple[Route, ...] = (
    _list("mirrors", "/mup", MirrorUsagePointList, _ALL, "-mRID", takes=(MirrorUsagePoint,)),
    _changed("mirror", "/mup/{m}", MirrorUsagePoint, _ALL, takes=_POSTS),
    _list("usage_points", "/upt", UsagePointList, _ALL, "-mRID"),
    _read("usage_point", _U, UsagePoint, _ALL),
    _list("meter_readings", f"{_U}/mr", MeterReadingList, _ALL, "-mRID"),
    _read("meter_reading", _X, MeterReading, _ALL),
    _read("reading_type", f"{_X}/rt", ReadingType, _ALL),
    _read("latest_reading", f"{_X}/r", Reading, _ALL),
    _list("reading_sets", f"{_X}/rs", ReadingSetList, _ALL, _PERIODS, timed=True),
    _read("reading_set", _S, ReadingSet, _ALL),
    _list("readings", f"{_S}/r", ReadingList, _ALL, _VALUES, timed=True),
    _read("reading", f"{_S}/r/{{r}}", Reading, _ALL),
)
"""What devices measure."""

# The EndDevice is the caller's own, which need be no device of the book.
SUBSCRIPTIONS: tuple[Route, ...] = (
    _list("subscriptions", f"{_E}/sub", SubscriptionList, _ALL, "href", takes=(Subscription,)),
    _kept("subscription", f"{_E}/sub/{{s}}", Subscription, _ALL, _ALL),
)
"""Who is told of changes."""

_I = f"{_E}/ns/{{ip_interface}}"
_A = f"{_I}/addr/{{ip_address}}"
_N = f"{_A}/rpl/{{rpl_instance}}"
_L = f"{_I}/ll/{{link_layer}}"
_LOCALES = (SupportedLocaleList, SupportedLocale)
_PRICES = (PriceResponseCfgList, PriceResponseCfg)
_SHEDS = (LoadShedAvailabilityList, LoadShedAvailability)
_LAYERS = (LLInterfaceList, LLInterface)
_RPL = (RPLInstanceList, RPLInstance)
_SOURCES = (RPLSourceRoutesList, RPLSourceRoutes)

DOCUMENTS: tuple[Route, ...] = (
    _put("device_information", f"{_E}/di", DeviceInformation),
    _put("device_status", f"{_E}/dstat", DeviceStatus),
    _put("power_status", f"{_E}/ps", PowerStatus),
    _put("file_status", f"{_E}/fs", FileStatus),
    _put("configuration", f"{_E}/cfg", Configuration),
    _put("connection_point", f"{_E}/cp", ConnectionPoint),
    *_items(("locales", "locale"), f"{_E}/loc", _LOCALES, "href"),
    *_items(("price_responses", "price_response"), f"{_E}/prcfg", _PRICES, "href"),
    *_items(
        ("log_events", "log_event"),
        f"{_E}/lel",
        (LogEventList, LogEvent),
        "createdDateTime logEventID",
        timed=True,
    ),
    *_items(("load_sheds", "load_shed"), f"{_E}/lsl", _SHEDS, "href"),
    *_items(
        ("ip_interfaces", "ip_interface"), f"{_E}/ns", (IPInterfaceList, IPInterface), "ifIndex"
    ),
    *_items(("ip_addresses", "ip_address"), f"{_I}/addr", (IPAddrList, IPAddr), "address"),
    *_items(("rpl_instances", "rpl_instance"), f"{_A}/rpl", _RPL, "DODAGid RPLInstanceID"),
    *_items(("rpl_routes", "rpl_route"), f"{_N}/srt", _SOURCES, "SourceRoute DestAddress"),
    *_items(("link_layers", "link_layer"), f"{_I}/ll", _LAYERS, "EUI64"),
    *_items(("neighbors", "neighbor"), f"{_L}/nbh", (NeighborList, Neighbor), "href"),
)
"""What devices say of themselves."""

SERVED: tuple[Route, ...] = (*ROUTES, *METERING, *SUBSCRIPTIONS, *DOCUMENTS)

BY_NAME: dict[str, Route] = {route.name: route for route in SERVED}
_BY_SHAPE: dict[tuple[object, ...], Route] = {
    (route.path.count("/") + 1, *route.path.split("/")[1::2]): route for route in SERVED
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
