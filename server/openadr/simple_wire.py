"""OpenADR 2.0a on the wire: the 2.0b declarations under another namespace, with less in them.

No wrapper, no schemaVersion, no unit, no baseline, no target of a signal, and of the targets those
alone that 2.0a has. What an event becomes in it is decided elsewhere.
"""

from typing import Any

from lxml import etree

from schemas.openadr import Message
from schemas.openadr.blocks import Versioned
from schemas.openadr.event import (
    EiEventSignal,
    EiEventSignals,
    EventDescriptor,
    OadrCreatedEvent,
    OadrRequestEvent,
)
from schemas.openadr.namespaces import EI, EMIX, OADR, PYLD, STRM, XCAL
from schemas.openadr.payload import OadrResponse
from schemas.openadr.targets import EiTarget
from schemas.variant import Table, view_of
from schemas.wire import Limits, NsMap, decode_tree, encode, parse

_TAKEN: tuple[type[Any], ...] = (OadrRequestEvent, OadrCreatedEvent)
OADR_A = "http://openadr.org/oadr-2.0a/2012/07"
TARGETS = ("groupID", "resourceID", "venID", "partyID")
"""What an event may be for in 2.0a."""

_LESS: Table = {
    Versioned: {"schemaVersion": None},
    OadrResponse: {"venID": None},
    EventDescriptor: {"modificationDateTime": None, "modificationReason": None},
    EiEventSignals: {"eiEventBaseline": None},
    EiEventSignal: {"eiTarget": None, "itemBase": None},
    EiTarget: {name: None for name in EiTarget.__dataclass_fields__ if name not in TARGETS},
}
_PREFIXES = {"oadr": OADR, "ei": EI, "pyld": PYLD, "xcal": XCAL, "strm": STRM, "emix": EMIX}
_NS_MAP = NsMap(_PREFIXES, declare_all=True, written_as={OADR: OADR_A}, view=view_of(_LESS))


def decode_simple(body: bytes, limits: Limits, *, lenient: bool) -> Message:
    """Return the message of a VEN in a 2.0a document; WireError if it is none."""
    root = parse(body, limits)
    for element in root.iter(f"{{{OADR}}}*", f"{{{OADR_A}}}*"):
        name = etree.QName(element)
        # A name of 2.0b must not pass for one of 2.0a.
        element.tag = f"{{{OADR if name.namespace == OADR_A else OADR_A}}}{name.localname}"
    message: Message = decode_tree(_TAKEN, root, strict=not lenient)
    return message


def encode_simple(message: Message) -> bytes:
    """Return the 2.0a document that holds a message."""
    return encode(message, ns_map=_NS_MAP)
