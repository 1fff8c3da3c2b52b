"""The resources of the 2030.5 face, one line each: the only place that spells a path.

Routing, `Allow`, hrefs, paging and permissions come from this table. Literal and variable segments
alternate in every path, so that one dictionary look-up finds the route. It must not know what a
resource says or who anybody is.
"""

from dataclasses import replace
from functools import lru_cache

from schemas.sep2.configuration import Configuration, PriceResponseCfg, PriceResponseCfgList
from schemas.sep2.der import (
    DER,
    DefaultDERControl,
    DERAvailability,
    DERCapability,
    DERControl,
    DERControlList,
    DERCurve,
    DERCurveList,
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
    SelfDevice,
    Time,
)
from schemas.sep2.drlc import LoadShedAvailability, LoadShedAvailabilityList
from schemas.sep2.file import FileStatus
from schemas.sep2.flow import FlowReservationRequest, FlowReservationRequestList
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
from schemas.sep2.response import (
    DERControlResponse,
    DrResponse,
    FlowReservationResponseResponse,
    PriceResponse,
    Response,
    ResponseList,
    ResponseSet,
    ResponseSetList,
    TextResponse,
)
from server.errors import Unknown
from server.sep2.published.routes import PUBLISHED
from server.sep2.route import UNPAGED, Paging, Route, Who
from server.sep2.route import changed as _changed
from server.sep2.route import items as _items
from server.sep2.route import kept as _kept
from server.sep2.route import listing as _list
from server.sep2.route import put as _put
from server.sep2.route import read as _read

__all__ = [
    "BY_NAME",
    "DOCUMENTS",
    "METERING",
    "PUBLISHED",
    "ROUTES",
    "SERVED",
    "SUBSCRIPTIONS",
    "UNPAGED",
    "Paging",
    "Route",
    "Who",
    "href",
    "match",
    "resolve",
]

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
_ANSWERS = (
    DERControlResponse,
    DrResponse,
    FlowReservationResponseResponse,
    PriceResponse,
    Response,
    TextResponse,
)
_ALSO = tuple(answer.wire_tag for answer in _ANSWERS[1:])
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
    _list("curves", f"{_P}/dc", DERCurveList, _OWN, "-creationTime -mRID"),
    _read("curve", f"{_P}/dc/{{v}}", DERCurve, _OWN),
    _list("ders", f"{_E}/der", DERList, _OWN, "href"),
    _read("der", _D, DER, _OWN),
    _put("der_capability", f"{_D}/dercap", DERCapability),
    _put("der_settings", f"{_D}/derg", DERSettings),
    _put("der_status", f"{_D}/ders", DERStatus),
    _put("der_availability", f"{_D}/dera", DERAvailability),
    _list("response_sets", f"{_E}/rsps", ResponseSetList, _OWN, "-mRID"),
    _read("response_set", f"{_E}/rsps/{{p}}", ResponseSet, _OWN),
    _list("responses", _R, ResponseList, _OWN, _SAID, takes=_ANSWERS),
    replace(_read("response", f"{_R}/{{r}}", DERControlResponse, _OWN), also=_ALSO),
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

ASSOCIATED: tuple[Route, ...] = (
    _list(
        "der_programs",
        f"{_D}/derp",
        DERProgramList,
        _OWN,
        "primacy -mRID",
        resource="AssociatedDERProgramList",
    ),
    replace(_read("current_program", f"{_D}/cdp", DERProgram, _OWN), resource="CurrentDERProgram"),
    replace(
        _read("der_usage_point", f"{_D}/upt", UsagePoint, _OWN), resource="AssociatedUsagePoint"
    ),
)
"""What stands elsewhere, as a DER finds it."""

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
    _kept("device_information", f"{_E}/di", DeviceInformation, _OWN, _OWN),
    _kept("device_status", f"{_E}/dstat", DeviceStatus, _OWN, _OWN),
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
    *_items(
        ("flow_reservation_requests", "flow_reservation_request"),
        f"{_E}/frq",
        (FlowReservationRequestList, FlowReservationRequest),
        "intervalRequested.start -creationTime -mRID",
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

# Served only where the server was told who it is.
SELF: tuple[Route, ...] = (_read("self_device", "/sdev", SelfDevice, _ALL),)
"""The server as a device."""

SERVED: tuple[Route, ...] = (
    *ROUTES,
    *METERING,
    *ASSOCIATED,
    *SUBSCRIPTIONS,
    *DOCUMENTS,
    *PUBLISHED,
    *SELF,
)

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
