"""Small damage to XML documents: to their shape, their names, their values.

Each mutation changes a tree in place and knows nothing of what the document means.
"""

import re
from collections.abc import Callable
from copy import deepcopy
from random import Random

from lxml import etree

XSI = "http://www.w3.org/2001/XMLSchema-instance"
NUMBERS = (
    *(
        "0",
        "1",
        "-1",
        "+1",
        "-0",
        "007",
        "1.0",
        "1.",
        ".5",
        ".",
        "1e3",
        "1E-3",
        "1e400",
        "-9",
        "+7.5",
    ),
    *("NaN", "INF", "-INF", "+INF", "Infinity", "0x10", "1_0", "1 2", "\u0661", "\uff11", "1,5"),
    *("127", "128", "-128", "-129", "255", "256", "32767", "32768", "65535", "65536", "100", "101"),
    *("2147483647", "2147483648", "4294967295", "4294967296", "281474976710655", "3600", "3601"),
    *("9223372036854775807", "9223372036854775808", "18446744073709551615", "10000", "10001"),
    *("18446744073709551616", "1" * 30, "0" * 30, "0.10.1", "9" * 400, "687194767360", "1e39"),
    *("140737488355328", "-140737488355328", "281474976710656", "1099511627776", "9" * 5000),
    *(
        " 5",
        "5 ",
        "\t1\n",
        "\u00a01",
        "1\u2003",
        "",
        " ",
        "-",
        "+",
        "e",
        "1e",
        "--1",
        "3.4e38",
        "3.5e38",
    ),
    *("200", "99", "2000", " 200", "2O0", "1 2 3", "1 2", "1 x"),
)
MOMENTS = (
    *("2026-06-01T12:00:00Z", "2026-06-01T12:00:00", "2026-06-01T12:00:00.5Z", "2026-06-01"),
    *("2026-06-01T12:00:00.Z", "2026-06-01T12:00:00+02:00", "2026-02-30T12:00:00Z", "T12:00:00Z"),
    *(
        "2026-06-01T24:00:00Z",
        "2026-06-01T25:00:00Z",
        "-2026-06-01T12:00:00Z",
        "2026-06-01t12:00:00z",
    ),
    *(
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "2026-06-01 12:00:00Z",
    ),
    *(
        "12026-06-01T12:00:00Z",
        "2026-06-01T12:00:60Z",
        "2026-6-1T12:00:00Z",
        "+2026-06-01T12:00:00Z",
    ),
    *("2026-06-01T12:00:00.123456789Z", " 2026-06-01T12:00:00Z ", "2026-06-01T24:00:01Z", ""),
    *(
        "2026-06-01T12:00:00-00:00",
        "2026-06-01T12:00Z",
        "2026-06-01T12:00:00ZZ",
        "2024-02-29T00:00:00Z",
    ),
)
SPANS = (
    *(
        "P",
        "PT",
        "P1D",
        "PT1H",
        "-PT5M",
        "+PT5M",
        "P1W",
        "1W",
        "-1W",
        "PT1.5S",
        "P1DT",
        "P1Y2M3DT4H",
    ),
    *("PT1H1D", " PT1H", "P-1D", "pt1h", "P1M", "PT99999999999999999999S", "P1D1H", "P\u0661D", ""),
    *(
        "P1H",
        "P5M5M",
        "T1H",
        "--P1D",
        "PT0S",
        "P0D",
        "PT1H ",
        "PTT1H",
        "P1W1D",
        "P999999999D",
        "P1T1H",
    ),
)
URIS = (
    *(
        "/a",
        "a b",
        "http://[",
        "http://a/%zz",
        "http://a/{b}",
        "1:2",
        ":",
        "#a#b",
        "//",
        "?q",
        "[::1]",
    ),
    *(
        "http://a.example:port/",
        "urn:x:1",
        "\\",
        "a^b",
        "<&>",
        "]]>",
        "http://ä/",
        "a|b",
        "//a:b@c/",
    ),
    *(
        "",
        " ",
        "a",
        "a/b:c",
        "a:b",
        "a:",
        "http:",
        "http://",
        "http:///a",
        "///a",
        "//[::1]:8/x",
        "%41",
    ),
    *(
        "/a?b=c&d=[e]",
        "/a#[x]",
        "%",
        "http://a:99999/",
        "http://a@b@c/",
        "mailto:a@b",
        "HTTP://A",
        "./a:b",
    ),
)
WORDS = (
    *(
        "true",
        "false",
        "TRUE",
        "True",
        "yes",
        " true ",
        "1 ",
        "0",
        "",
        " ",
        "other",
        "é",
        "漢",
        "x" * 7,
    ),
    *(
        "A",
        "AB",
        "ab",
        "ABC",
        "AG",
        "0" * 32,
        "0" * 40,
        "0" * 42,
        "FF FF",
        " FF",
        "0A",
        "aF ",
        "0x0A",
    ),
    *(
        "x" * 33,
        "x" * 43,
        "x" * 193,
        "x-",
        "x-a",
        "x- a",
        "X-a",
        "x-a b",
        "x-\u00a0",
        "SIMPLE",
        "x-  a",
    ),
    *(
        "EUR",
        "eur",
        "XYZ",
        "W",
        "J/s",
        "RealPower",
        "none",
        "micro",
        "2.0b",
        "2.0c",
        "always",
        "Always",
    ),
    *(
        "Direct Read",
        "Direct  Read",
        " Direct Read",
        "Direct\nRead",
        "level",
        "a:b",
        "-a",
        "a.b",
        "_",
    ),
)
POOLS = (
    (re.compile(r"[+-]?[0-9.]+"), NUMBERS),
    (re.compile(r"[0-9-]+T[0-9:]+Z"), MOMENTS),
    (re.compile(r"-?P[0-9A-Z]+"), SPANS),
    (re.compile(r".*/.*"), URIS),
)
TEXTS = (*NUMBERS, *MOMENTS, *SPANS, *URIS, *WORDS)
NAMES = ("", "urn:other", "http://ieee.org/2030.5", XSI)
Mutation = Callable[[etree._Element, Random], None]


def mutate(root: etree._Element, rng: Random) -> None:
    """Do one to three kinds of damage."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        rng.choice(MUTATIONS)(root, rng)


def _any(root: etree._Element, rng: Random) -> etree._Element:
    return rng.choice(list(root.iter(etree.Element)))


def _inner(root: etree._Element, rng: Random) -> etree._Element | None:
    return rng.choice(list(root.iterdescendants(etree.Element)) or [None])


def _leaf(root: etree._Element, rng: Random) -> etree._Element:
    nodes = root.iter(etree.Element)
    return rng.choice([node for node in nodes if not list(node.iterchildren(etree.Element))])


def drop(root: etree._Element, rng: Random) -> None:
    node = _inner(root, rng)
    if node is not None:
        node.getparent().remove(node)


def duplicate(root: etree._Element, rng: Random) -> None:
    node = _inner(root, rng)
    if node is not None:
        for _ in range(rng.choice((1, 1, 12))):
            node.addnext(deepcopy(node))


def swap(root: etree._Element, rng: Random) -> None:
    node = _inner(root, rng)
    if node is not None:
        parent = node.getparent()
        other = rng.choice(list(parent))
        at = parent.index(other)
        parent.remove(node)
        parent.insert(at, node)


def move(root: etree._Element, rng: Random) -> None:
    node, place = _inner(root, rng), _any(root, rng)
    if node is not None and node not in (place, *place.iterancestors()):
        place.insert(rng.randint(0, len(place)), node)


def rename(root: etree._Element, rng: Random) -> None:
    node, other = _any(root, rng), etree.QName(_any(root, rng))
    name = etree.QName(node)
    local = rng.choice((other.localname, name.localname.swapcase(), "other"))
    node.tag = etree.QName(name.namespace, local).text


def respace(root: etree._Element, rng: Random) -> None:
    node, other = _any(root, rng), etree.QName(_any(root, rng))
    space = rng.choice((*NAMES, other.namespace))
    node.tag = etree.QName(space or None, etree.QName(node).localname).text


def revalue(root: etree._Element, rng: Random) -> None:
    node = _leaf(root, rng)
    node.text = _other(node.text or "", rng)


def reattribute(root: etree._Element, rng: Random) -> None:
    node = _attributed(root, rng)
    for name, value in node.items()[:1]:
        node.set(name, _other(value, rng))


def _other(text: str, rng: Random) -> str:
    """Return another value, mostly one that looks as if it were of the same type."""
    pool = next((pool for form, pool in POOLS if form.fullmatch(text)), WORDS)
    return rng.choice(pool if rng.random() < 0.8 else TEXTS)


def nudge(root: etree._Element, rng: Random) -> None:
    node = _leaf(root, rng)
    text = node.text or ""
    at = rng.randint(0, len(text))
    char = rng.choice(" \t\n0123456789+-.:ZTPxeE/%#&<é\u00a0")
    node.text = rng.choice((text[:at] + text[at + 1 :], text[:at] + char + text[at:], text * 2))


def retext(root: etree._Element, rng: Random) -> None:
    _leaf(root, rng).text = _leaf(root, rng).text


def stray(root: etree._Element, rng: Random) -> None:
    node = _any(root, rng)
    text = rng.choice(("x", " ", "\n", "\u00a0", "0"))
    if rng.random() < 0.5:
        node.text = text + (node.text or "")
    elif node is not root:
        node.tail = text


def hollow(root: etree._Element, rng: Random) -> None:
    node = _any(root, rng)
    for child in node:
        node.remove(child)


def stuff(root: etree._Element, rng: Random) -> None:
    node = _any(root, rng)
    name = rng.choice(("{urn:other}more", "more", etree.QName(_any(root, rng))))
    node.insert(rng.randint(0, len(node)), etree.Element(name))


def attribute(root: etree._Element, rng: Random) -> None:
    node = _any(root, rng)
    space = rng.choice((None, etree.QName(_any(root, rng)).namespace, "urn:other"))
    known = [name for other in root.iter(etree.Element) for name in other.attrib] or ["href"]
    name = rng.choice(
        (rng.choice(known), etree.QName(space, "schemaVersion"), etree.QName(space, "Id"))
    )
    node.set(name, rng.choice(TEXTS))


def _attributed(root: etree._Element, rng: Random) -> etree._Element:
    return rng.choice([node for node in root.iter(etree.Element) if node.attrib] or [root])


def unattribute(root: etree._Element, rng: Random) -> None:
    node = _attributed(root, rng)
    for name in list(node.attrib)[:1]:
        value = node.attrib.pop(name)
        if rng.random() < 0.5:
            other = etree.QName(_any(root, rng)).namespace
            node.set(etree.QName(rng.choice((None, other)), etree.QName(name).localname), value)


def instruct(root: etree._Element, rng: Random) -> None:
    """Add one of the attributes that belong to the schema language itself, or to XML."""
    node = _any(root, rng)
    name, values = rng.choice(
        (
            (f"{{{XSI}}}nil", ("true", "false", "1", "x")),
            (f"{{{XSI}}}type", _kinds(_any(root, rng))),
            (f"{{{XSI}}}schemaLocation", ("urn:a a.xsd", "a")),
            (f"{{{XSI}}}noNamespaceSchemaLocation", ("a.xsd",)),
            (f"{{{XSI}}}other", ("1",)),
            ("{http://www.w3.org/XML/1998/namespace}lang", ("en", "")),
        )
    )
    node.set(name, rng.choice(values))


def _kinds(node: etree._Element) -> tuple[str, ...]:
    name = etree.QName(node).localname
    prefix = f"{node.prefix}:" if node.prefix else ""
    return f"{prefix}{name}", f"{prefix}{name}Type", name, "other", "a:b"


def comment(root: etree._Element, rng: Random) -> None:
    node = _any(root, rng)
    what = etree.Comment(" x ") if rng.random() < 0.5 else etree.ProcessingInstruction("x", "y")
    what.tail = node.text if rng.random() < 0.5 else None
    node.insert(rng.randint(0, len(node)), what)


MUTATIONS: tuple[Mutation, ...] = (
    *(drop, duplicate, swap, move, rename, respace, hollow, stuff, stray, comment),
    *(revalue, revalue, revalue, revalue, nudge, nudge, retext),
    *(attribute, unattribute, reattribute, instruct),
)
