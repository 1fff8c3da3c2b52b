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

    `path` leads to the place (`/DERControl/interval/duration`), `why` says what is wrong there,
    `is_range` whether it is only that a number is too small or too great.
    """

    def __init__(self, path: str, why: str, *, is_range: bool = False) -> None:
        super().__init__(path, why)
        self.path = path
        self.why = why
        self.is_range = is_range

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
of more than 8 KiB and 2,000 marks is therefore parsed in a thread of its own, and so is every body
after those that brought names new to this thread have come to 1 MiB: they leave 10 MB behind.
"""
_MANY_MARKS, _SMALL, _NOVEL = 2_000, 8 * 1024, 1024 * 1024


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
        self.names = self.novel = 0


_PARSERS = _Parsers()
_count_names = etree.memory_debugger.dict_size


def parse(data: bytes, limits: Limits = LIMITS) -> etree._Element:
    """Return the root of a bounded UTF-8 document without DOCTYPE.

    Comments and processing instructions are dropped and the text around them joined, so that a
    value reads as a validator or a signer sees it. Anything else is a WireError.
    """
    root = parse_deep(data, limits)
    if _beyond(limits.depth)(root):
        raise WireError("", f"nested deeper than {limits.depth} levels")
    return root


def parse_deep(data: bytes, limits: Limits = LIMITS) -> etree._Element:
    """Do as `parse` does, for one who counts the levels; libxml2 stops at 256 of them."""
    marks = _bound(data, limits)
    is_apart = marks > _MANY_MARKS or _PARSERS.novel > _NOVEL
    try:
        return _tree_apart(data) if is_apart else _tree(data)
    except etree.XMLSyntaxError as error:
        raise WireError("", f"not well-formed XML: {error.msg}") from None


def _tree(data: bytes) -> etree._Element:
    try:
        return etree.fromstring(data, _PARSERS.parser)
    finally:
        names = _count_names()
        if names != _PARSERS.names:
            _PARSERS.names = names
            _PARSERS.novel += len(data)


def _tree_apart(data: bytes) -> etree._Element:
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="parse") as apart:
        return apart.submit(_tree, data).result()


def _bound(data: bytes, limits: Limits) -> int:
    """Return how many marks a body holds (of a small one, none), if all is within the limits."""
    if len(data) > limits.size:
        raise WireError("", f"longer than {limits.size} bytes")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or 0 in data:
        raise WireError("", "not UTF-8")
    if ord("!") in data and b"<!DOCTYPE" in data:  # a byte is found sooner than a word
        raise WireError("", "a DOCTYPE is not allowed")
    if len(data) <= min(_SMALL, limits.marks):
        return 0
    marks = data.count(b"<") + data.count(b"=")
    if marks > limits.marks:
        raise WireError("", f"more than {limits.marks} tags and attributes")
    return marks


@functools.cache
def _beyond(depth: int) -> etree.XPath:
    return etree.XPath("/*" * (depth + 1), regexp=False)
