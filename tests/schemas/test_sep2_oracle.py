"""Every declared type of IEEE 2030.5 against the official schema: members, validity, round trip."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from schemas import sep2
from schemas.declare import Member, members, type_name
from schemas.sep2.device import ConnectionPoint
from schemas.simple import Simple
from schemas.wire import Element

pytestmark = pytest.mark.interop
XS = "{http://www.w3.org/2001/XMLSchema}"
XSD_NAMES = {"boolean": "xs:boolean", "anyURI": "xs:anyURI"}
OPTIONAL_HERE = {"doeModesSupported"}  # one profile's demand, not the standard's


def declared() -> list[type[Element]]:
    found: dict[str, type[Element]] = {}
    for info in pkgutil.iter_modules(sep2.__path__, "schemas.sep2."):
        for value in vars(importlib.import_module(info.name)).values():
            if isinstance(value, type) and issubclass(value, Element) and value is not Element:
                found[value.__name__] = value
    return [found[name] for name in sorted(found)]


class Stated(NamedTuple):
    """What schema and declaration say of one member."""

    place: str
    ns: str | None
    name: str
    required: bool
    most: int | None


class Oracle:
    """The complex types of the official schemas, redefinitions applied."""

    def __init__(self, folder: Path) -> None:
        self.types: dict[str, etree._Element] = {}
        self.added: dict[str, etree._Element] = {}
        self.elements: dict[str, str] = {}
        for name in ("sep.xsd", "csipaus-ext.xsd"):
            root = etree.parse(folder / name).getroot()
            for node in root:
                if node.tag in (f"{XS}complexType", f"{XS}simpleType"):
                    self.types[node.get("name", "")] = node
                elif node.tag == f"{XS}element" and name == "csipaus-ext.xsd":
                    self.elements[node.get("name", "")] = node.get("type", "").removeprefix("bs:")
        for node in etree.parse(folder / "csipaus-core.xsd").iter(f"{XS}complexType"):
            self.added[node.get("name", "")] = node

    def base(self, name: str) -> str | None:
        for tag in (f"{XS}extension", f"{XS}restriction"):
            for node in self.types[name].iter(tag):
                return node.get("base", "").removeprefix("bs:")
        return None

    def chain(self, name: str) -> Iterator[str]:
        step: str | None = name
        while step:
            yield step
            step = self.base(step) if step in self.types else None

    def members(self, name: str) -> Iterator[tuple[Stated, str]]:
        base = self.base(name)
        if base and not base.startswith("xs:"):
            yield from self.members(base)
        for node in (self.types[name], self.added.get(name)):
            for item in () if node is None else node.iter(f"{XS}element", f"{XS}attribute"):
                yield self.stated(item, name)

    def stated(self, item: etree._Element, owner: str) -> tuple[Stated, str]:
        name, kind = item.get("name"), item.get("type", "")
        if item.tag == f"{XS}attribute":
            return Stated("attribute", None, name, item.get("use") == "required", 1), kind
        ns = sep2.NS_CSIPAUS if owner == "ConnectionPointType" else sep2.NS
        if name is None:
            name = item.get("ref", "").removeprefix("csipaus:")
            ns, kind = sep2.NS_CSIPAUS, self.elements[name]
        most = item.get("maxOccurs", "1")
        return Stated(
            "element",
            ns,
            name,
            item.get("minOccurs", "1") != "0" and name not in OPTIONAL_HERE,
            None if most == "unbounded" else int(most),
        ), kind.removeprefix("bs:")


def own(member: Member) -> tuple[Stated, str]:
    shape = member.shapes[0]
    most = member.at_most if member.repeated else 1
    kind = shape.type.name if isinstance(shape.type, Simple) else type_name(shape.type)
    return Stated(member.place, shape.ns, shape.name, member.required, most), kind


@pytest.fixture(scope="module")
def oracle(csipaus_folder: Path) -> Oracle:
    return Oracle(csipaus_folder)


@pytest.mark.parametrize("cls", declared(), ids=lambda cls: cls.__name__)
def test_a_declaration_has_the_members_of_the_schema_in_its_order(
    cls: type[Element], oracle: Oracle
) -> None:
    theirs = list(oracle.members("ConnectionPointType" if cls is ConnectionPoint else cls.__name__))
    ours = [own(member) for member in members(cls)]
    for place in ("element", "attribute"):
        assert [stated for stated, _ in ours if stated.place == place] == [
            stated for stated, _ in theirs if stated.place == place
        ]
    kinds = {stated.name: kind for stated, kind in theirs}
    for stated, kind in ours:
        assert XSD_NAMES.get(kind, kind) in oracle.chain(kinds[stated.name])


@pytest.mark.parametrize("cls", declared(), ids=lambda cls: cls.__name__)
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_what_is_written_is_valid_and_reads_back_equal(
    cls: type[Element],
    data: st.DataObject,
    instances: Callable[..., st.SearchStrategy[Any]],
    sep2_xsd: etree.XMLSchema,
    csipaus_xsd: etree.XMLSchema,
) -> None:
    element = data.draw(instances(cls, always=("doeModesSupported",)))
    body = sep2.encode(element)
    schema = csipaus_xsd if cls is ConnectionPoint else sep2_xsd
    schema.assertValid(etree.fromstring(body))
    assert sep2.decode(cls, body) == element
