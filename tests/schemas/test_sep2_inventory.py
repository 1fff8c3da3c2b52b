"""The official schemas of IEEE 2030.5 and CSIP-AUS 1.2, looked through for what is not declared."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any, get_args

import pytest
from lxml import etree

from schemas import sep2, simple
from schemas.declare import clark, members
from schemas.sep2 import NS, NS_CSIPAUS
from schemas.simple import Simple
from schemas.wire import Element

pytestmark = pytest.mark.interop
XS = "{http://www.w3.org/2001/XMLSchema}"
NOT_SUPPORTED: dict[str, str] = {}
"""What we do not declare, and why. Nothing."""
DECLARED_AS = {"mRIDType": "MRIDType", "ConnectionPointType": "ConnectionPoint"}
LINKS = {"Link", "ListLink"}
RANGES = {
    "xs:byte": (-(2**7), 2**7 - 1),
    "xs:short": (-(2**15), 2**15 - 1),
    "xs:int": (-(2**31), 2**31 - 1),
    "xs:long": (-(2**63), 2**63 - 1),
    "xs:unsignedByte": (0, 2**8 - 1),
    "xs:unsignedShort": (0, 2**16 - 1),
    "xs:unsignedInt": (0, 2**32 - 1),
    "xs:unsignedLong": (0, 2**64 - 1),
}
NARROWER = {
    "Int48",
    "UInt40",
    "OneHourRangeType",
    "PerCent",
    "SignedPerCent",
    "PINType",
    "SFDIType",
}
"""Where the text of the standard says less than its schema admits."""


def modules() -> tuple[ModuleType, ...]:
    return (simple, *sep2.MODULES)


def declared(name: str) -> Any:
    """Return what is declared under a name: a class, a Simple, or None."""
    name = DECLARED_AS.get(name, name)
    found = next((vars(module)[name] for module in modules() if name in vars(module)), None)
    return next((arg for arg in get_args(found) if isinstance(arg, Simple)), found)


def test_every_type_is_declared(oracle: Any) -> None:
    missing = set()
    for name in oracle.types:
        kind = declared(name)
        if oracle.is_simple(name):
            known = isinstance(kind, Simple)
        else:
            known = isinstance(kind, type) or is_mere_link(oracle, name)
        if not known:
            missing.add(name)
    assert missing == NOT_SUPPORTED.keys()


def is_mere_link(oracle: Any, name: str) -> bool:
    """Return whether a type adds nothing to Link or ListLink, which stand for it."""
    return oracle.base(name) in LINKS and not any(
        True for _ in oracle.types[name].iter(f"{XS}element", f"{XS}attribute")
    )


def test_every_member_is_declared(oracle: Any) -> None:
    missing = set()
    for name in oracle.types:
        kind = declared(name)
        if isinstance(kind, type) and issubclass(kind, Element):
            ours = {(m.place, m.shapes[0].ns, m.shapes[0].name) for m in members(kind)}
            missing |= {
                f"{name}/{their.name}" for their, _ in oracle.members(name) if their[:3] not in ours
            }
    assert missing == NOT_SUPPORTED.keys()


def test_every_element_that_may_be_a_root_is_declared(oracle: Any, csipaus_folder: Any) -> None:
    roots = {clark(value) for module in modules() for value in classes(module)}
    placed = {
        shape.clark
        for module in modules()
        for value in classes(module)
        for member in members(value)
        for shape in member.shapes
    }
    missing = set()
    for file, ns in (("sep.xsd", NS), ("csipaus-ext.xsd", NS_CSIPAUS)):
        for node in etree.parse(csipaus_folder / file).getroot().iterchildren(f"{XS}element"):
            name = node.get("name", "")
            kind = node.get("type", "").removeprefix("bs:")
            plain = oracle.is_simple(kind) or kind in LINKS or is_mere_link(oracle, kind)
            if f"{{{ns}}}{name}" not in (placed if ns == NS_CSIPAUS else set()) | roots:
                missing |= set() if plain else {name}
    assert missing == NOT_SUPPORTED.keys()


def classes(module: ModuleType) -> Iterator[type[Element]]:
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Element) and value is not Element:
            yield value


def test_every_value_of_an_enumeration_is_declared(oracle: Any) -> None:
    missing = set()
    for name, node in oracle.types.items():
        for value in node.iter(f"{XS}enumeration"):
            if value.get("value") not in declared(name).values:
                missing.add(f"{name}/{value.get('value')}")
    assert missing == NOT_SUPPORTED.keys()


def test_simple_types_admit_what_the_schema_admits(oracle: Any) -> None:
    for name in filter(oracle.is_simple, oracle.types):
        kind, chain = declared(name), oracle.chain(name)
        facets = {
            facet.tag.removeprefix(XS): int(facet.get("value", ""))
            for link in chain
            if link in oracle.types
            for facet in oracle.types[link].iter(f"{XS}maxLength", f"{XS}maxInclusive")
        }
        if chain[-1] not in RANGES:
            assert kind.length == facets.get("maxLength"), name
        elif name in NARROWER:
            low, high = RANGES[chain[-1]]
            assert low <= kind.low < kind.high < facets.get("maxInclusive", high), name
        else:
            low, high = RANGES[chain[-1]]
            assert (kind.low, kind.high) == (low, facets.get("maxInclusive", high)), name


def test_every_exception_has_a_reason() -> None:
    assert all(NOT_SUPPORTED.values())
