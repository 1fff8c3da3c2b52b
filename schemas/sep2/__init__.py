"""IEEE 2030.5-2018 with the CSIP-AUS additions, as wire types.

One module for each function set; this one reads and writes them with the right namespaces. Read is
also the 2013 draft, written only the 2018 edition. It must not know what any value means.
"""

from collections.abc import Iterable
from typing import TypeVar

from schemas import wire
from schemas.sep2.draft2013 import modernise
from schemas.sep2.names import MEDIA_TYPE, NS, NS_2013, NS_CSIPAUS, NS_MAP

__all__ = [
    "MEDIA_TYPE",
    "NS",
    "NS_2013",
    "NS_CSIPAUS",
    "decode",
    "encode",
    "encode_fragment",
]

E = TypeVar("E", bound=wire.Element)


def decode(
    classes: type[E] | tuple[type[E], ...], data: bytes, *, limits: wire.Limits = wire.LIMITS
) -> E:
    """Return the instance that a body holds, unknown elements skipped; WireError if it is none."""
    root = wire.parse(data, limits)
    modernise(root)
    return wire.decode_tree(classes, root)


def encode(element: wire.Element, *, fragments: Iterable[bytes] = ()) -> bytes:
    """Return the body that holds an instance, fragments appended as its last members."""
    return wire.encode(element, ns_map=NS_MAP, fragments=fragments)


def encode_fragment(element: wire.Element, *, declared: type[wire.Element] | None = None) -> bytes:
    """Return an instance as a member of a list; `declared` as in `schemas.wire`."""
    return wire.encode_fragment(element, ns_map=NS_MAP, declared=declared)
