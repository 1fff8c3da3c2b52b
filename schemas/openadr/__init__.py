"""OpenADR 2.0b on the wire: namespaces, prefixes, and the way from bytes to a payload and back.

The declarations stand in the modules beside: `payload` (the root and all messages as `Message`),
`event`, `registration`, `report`, `opt`, and what they share in `blocks`, `targets`, `units` and
`types`. It must not know signatures, nor what a server does with a message.
"""

from typing import get_args

from lxml import etree

from schemas.openadr.namespaces import DS, NS_MAP, OADR, PREFIXES
from schemas.openadr.payload import Message, OadrPayload, OadrSignedObject
from schemas.wire import Limits, WireError, decode_tree, encode, parse

__all__ = [
    "LIMITS",
    "MEDIA_TYPE",
    "NS_MAP",
    "PREFIXES",
    "Message",
    "OadrPayload",
    "OadrSignedObject",
    "decode_payload",
    "decode_payload_tree",
    "encode_payload",
    "wrap",
]

MEDIA_TYPE = "application/xml"
LIMITS = Limits(size=4 * 1024 * 1024, marks=400_000, depth=32)
"""Room for reports of several thousand intervals; one of 1440 takes about 340 kB."""

_PAYLOAD = f"{{{OADR}}}oadrPayload"
_SIGNED_OBJECT = f"{{{OADR}}}oadrSignedObject"
_SIGNATURE = f"{{{DS}}}Signature"


def decode_payload(data: bytes, *, lenient: bool = False, limits: Limits = LIMITS) -> OadrPayload:
    """Return the payload that a document holds; see `decode_payload_tree`."""
    return decode_payload_tree(parse(data, limits), lenient=lenient)


def decode_payload_tree(root: etree._Element, *, lenient: bool = False) -> OadrPayload:
    """Return the payload that a parsed document holds; WireError if it breaks the declarations.

    A signature is carried unchecked, and the tree is left as it is. `lenient` is for clients known
    to err: it takes messages without the wrappers as well, members in any order, and skips what is
    not declared.
    """
    if root.tag == _PAYLOAD:
        _check_parts(root)
        return decode_tree(OadrPayload, root, strict=not lenient)
    if lenient and root.tag == _SIGNED_OBJECT:
        return OadrPayload(oadrSignedObject=decode_tree(OadrSignedObject, root))
    if lenient:
        return wrap(decode_tree(get_args(Message), root))
    raise WireError(f"/{etree.QName(root).localname}", "is not oadrPayload")


def encode_payload(payload: OadrPayload) -> bytes:
    """Return the document that holds a payload; WireError for a value outside its type."""
    return encode(payload, ns_map=NS_MAP)


def wrap(message: Message) -> OadrPayload:
    """Return the payload that holds a message."""
    return OadrPayload(oadrSignedObject=OadrSignedObject(message=message))


def _check_parts(root: etree._Element) -> None:
    """Refuse anything but one signed object behind at most one signature, lenient or not."""
    tags = [child.tag for child in root]
    if tags[:1] == [_SIGNATURE]:
        del tags[0]
    if len(tags) != 1:
        raise WireError("/oadrPayload", "does not hold exactly one oadrSignedObject")
