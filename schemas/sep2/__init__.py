"""IEEE 2030.5-2018 with the CSIP-AUS additions, as wire types.

One module for each function set; this one reads and writes them in the dialects of
`schemas.sep2.profile`, all of which are read alike. It must not know what any value means.
"""

from collections.abc import Iterable
from typing import TypeVar

from lxml import etree

from schemas import wire
from schemas.sep2 import (
    base,
    billing,
    configuration,
    der,
    derstatus,
    device,
    drlc,
    file,
    flow,
    information,
    logevent,
    messaging,
    metering,
    mirror,
    network,
    prepayment,
    pricing,
    pubsub,
    response,
    units,
)
from schemas.sep2.draft2013 import modernise
from schemas.sep2.names import MEDIA_TYPE, NS, NS_2013, NS_CSIPAUS, NS_CSIPAUS_13
from schemas.sep2.profile import Profile

__all__ = [
    "MEDIA_TYPE",
    "MODULES",
    "NS",
    "NS_2013",
    "NS_CSIPAUS",
    "NS_CSIPAUS_13",
    "Profile",
    "decode",
    "encode",
    "encode_fragment",
]

E = TypeVar("E", bound=wire.Element)
MODULES = (
    *(base, units, device, information, der, derstatus, response, pubsub, metering, mirror, drlc),
    *(pricing, messaging, flow, billing, prepayment, file, configuration, logevent, network),
)
"""All that declare types: an `xsi:type` may name any of them."""


def decode(
    classes: type[E] | tuple[type[E], ...], data: bytes, *, limits: wire.Limits = wire.LIMITS
) -> E:
    """Return the instance that a body holds, unknown elements skipped; WireError if it is none."""
    root = wire.parse_deep(data, limits)
    modernise(root)
    if _CSIPAUS_13 in data:
        _settle_csipaus(root)
    return wire.decode_tree(classes, root, depth=limits.depth)


def encode(
    element: wire.Element,
    *,
    fragments: Iterable[bytes] = (),
    profile: Profile = Profile.CSIPAUS_12,
) -> bytes:
    """Return the body that holds an instance, fragments appended as its last members.

    What the profile does not know is left out; fragments must be of the same one.
    """
    return wire.encode(element, ns_map=profile.ns_map, fragments=fragments)


def encode_fragment(
    element: wire.Element,
    *,
    declared: type[wire.Element] | None = None,
    profile: Profile = Profile.CSIPAUS_12,
) -> bytes:
    """Return an instance as a member of a list; `declared` as in `schemas.wire`."""
    return wire.encode_fragment(element, ns_map=profile.ns_map, declared=declared)


_CSIPAUS_13 = NS_CSIPAUS_13.encode()


def _settle_csipaus(root: etree._Element) -> None:
    """Give the elements of CSIP-AUS 1.3 the one namespace that they are declared in."""
    for node in root.iter(f"{{{NS_CSIPAUS_13}}}*"):
        node.tag = f"{{{NS_CSIPAUS}}}{etree.QName(node).localname}"
