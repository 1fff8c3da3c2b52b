"""What DNS-SD says of the 2030.5 face: the service itself, and a subtype for each function set.

Pure; which function sets there are comes from the route table. It must not know how that is told.
"""

from collections.abc import Iterator

from server.net.dns_sd import Service
from server.sep2.routes import SERVED, href

TYPE = "_smartenergy._tcp"
_SUBTYPES = {
    "CustomerAccountList": "bill",
    "DemandResponseProgramList": "dr",
    "DERProgramList": "derp",
    "EndDeviceList": "edev",
    "FileList": "file",
    "MessagingProgramList": "msg",
    "MirrorUsagePointList": "mup",
    "PrepaymentList": "ppy",
    "ResponseSetList": "rsps",
    "SelfDevice": "sdev",
    "TariffProfileList": "tp",
    "Time": "tm",
    "UsagePointList": "upt",
}
"""The subtype of each resource that may stand at one path for all clients."""
_VERSION = "1"
_LEVEL = "+S1"
"""The schema of 2018, with extensions."""


def services(port: int) -> Iterator[Service]:
    """Yield what may be found of a server whose TLS listener has that port."""
    start = href("capability")
    shared = {"txtvers": _VERSION, "dcap": start, "https": str(port), "level": _LEVEL}
    yield Service(TYPE, "", port, {**shared, "path": start})
    for route in SERVED:
        subtype = _SUBTYPES.get(route.gives.wire_tag)
        if subtype is not None and "{" not in route.path:
            yield Service(TYPE, subtype, port, {**shared, "path": route.path})
