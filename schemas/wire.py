"""The codec of both standards, as one name to import from.

Types are declared with `Element` and the marks, read with `decode` and written with `encode`. What
a value means, and which types there are, is known to `schemas.sep2` and `schemas.openadr` alone.
"""

from schemas.declare import ATTR, TEXT, AtMost, Attr, Element, In, Opaque, Tag
from schemas.parse import LIMITS, Limits, WireError, parse, parse_deep
from schemas.read import decode, decode_tree
from schemas.write import NsMap, encode, encode_fragment

__all__ = [
    "ATTR",
    "LIMITS",
    "TEXT",
    "AtMost",
    "Attr",
    "Element",
    "In",
    "Limits",
    "NsMap",
    "Opaque",
    "Tag",
    "WireError",
    "decode",
    "decode_tree",
    "encode",
    "encode_fragment",
    "parse",
    "parse_deep",
]
