"""Bytes from the network to an lxml tree, and nothing else.

The one place where foreign XML meets a parser: it refuses what the wire formats never need
(DOCTYPE, entities, other encodings than UTF-8) and bounds what they need little of (bytes, marks,
depth). It must not know any wire type, namespace or message.
"""

import functools
import threading
from dataclasses import dataclass

from lxml import etree


class WireError(ValueError):
    """What stood on the wire (or was about to) breaks its declaration.

    `path` leads to the place (`/DERControl/interval/duration`), `why` says what is wrong there.
    """

    def __init__(self, path: str, why: str) -> None:
        super().__init__(path, why)
        self.path = path
        self.why = why

    def __str__(self) -> str:
        return f"{self.path or '/'}: {self.why}"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one body may hold: bytes, marks (`<` and `=`, so tags and attributes), levels."""

    size: int = 256 * 1024
    marks: int = 40_000
    depth: int = 32


LIMITS = Limits()


class _Parsers(threading.local):
    """One parser for each thread: lxml serialises the threads that share one."""

    def __init__(self) -> None:
        self.parser = etree.XMLParser(
            encoding="utf-8",
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            dtd_validation=False,
            huge_tree=False,
            recover=False,
            remove_comments=True,
            remove_pis=True,
            collect_ids=False,
        )


_PARSERS = _Parsers()
_WIDE = (b"\xff\xfe", b"\xfe\xff")


def parse(data: bytes, limits: Limits = LIMITS) -> etree._Element:
    """Return the root of a bounded UTF-8 document without DOCTYPE.

    Comments and processing instructions are dropped and the text around them joined, so that a
    value reads as a validator or a signer sees it. Anything else is a WireError.
    """
    _bound(data, limits)
    try:
        root = etree.fromstring(data, _PARSERS.parser)
    except etree.XMLSyntaxError as error:
        raise WireError("", f"not well-formed XML: {error.msg}") from None
    if _beyond(limits.depth)(root):
        raise WireError("", f"nested deeper than {limits.depth} levels")
    return root


def _bound(data: bytes, limits: Limits) -> None:
    if len(data) > limits.size:
        raise WireError("", f"longer than {limits.size} bytes")
    if data.startswith(_WIDE) or b"\0" in data:
        raise WireError("", "not UTF-8")
    if b"<!DOCTYPE" in data:
        raise WireError("", "a DOCTYPE is not allowed")
    if data.count(b"<") + data.count(b"=") > limits.marks:
        raise WireError("", f"more than {limits.marks} tags and attributes")


@functools.cache
def _beyond(depth: int) -> etree.XPath:
    return etree.XPath(f"boolean({'/*' * (depth + 1)})")
