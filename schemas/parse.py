"""Bytes from the network to an lxml tree, and nothing else.

The one place where foreign XML meets a parser: it refuses what the wire formats never need
(DOCTYPE, entities, other encodings than UTF-8) and bounds what they need little of (bytes, marks,
depth). It must not know any wire type, namespace or message.
"""

import functools
import threading
from concurrent.futures import ThreadPoolExecutor
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
"""The limits if the caller gives none.

libxml2 keeps every name that it meets (40 bytes and the name itself) until the thread ends. A body
of more than 2,000 marks is therefore parsed in a thread of its own; a smaller one leaves behind
100 kB at most, if all its names are new. How many bodies a client may send is the caller's matter.
"""
_MANY_MARKS = 2_000


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
    marks = _bound(data, limits)
    try:
        root = _tree(data) if marks <= _MANY_MARKS else _tree_apart(data)
    except etree.XMLSyntaxError as error:
        raise WireError("", f"not well-formed XML: {error.msg}") from None
    if _beyond(limits.depth)(root):
        raise WireError("", f"nested deeper than {limits.depth} levels")
    return root


def _tree(data: bytes) -> etree._Element:
    return etree.fromstring(data, _PARSERS.parser)


def _tree_apart(data: bytes) -> etree._Element:
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="parse") as apart:
        return apart.submit(_tree, data).result()


def _bound(data: bytes, limits: Limits) -> int:
    """Return how many marks a body holds, if that and all else is within the limits."""
    if len(data) > limits.size:
        raise WireError("", f"longer than {limits.size} bytes")
    if data.startswith(_WIDE) or b"\0" in data:
        raise WireError("", "not UTF-8")
    if b"<!DOCTYPE" in data:
        raise WireError("", "a DOCTYPE is not allowed")
    marks = data.count(b"<") + data.count(b"=")
    if marks > limits.marks:
        raise WireError("", f"more than {limits.marks} tags and attributes")
    return marks


@functools.cache
def _beyond(depth: int) -> etree.XPath:
    return etree.XPath(f"boolean({'/*' * (depth + 1)})")
