"""The official schemas as oracles, and what is declared of IEEE 2030.5."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
from lxml import etree

from schemas import sep2
from schemas.declare import Member, members
from schemas.sep2 import NS, NS_CSIPAUS, Profile
from schemas.sep2.base import Resource
from schemas.sep2.der import DERCapability
from schemas.wire import Element
from tests.instances import random_instance

XS = "{http://www.w3.org/2001/XMLSchema}"
ONLY_13 = {"CombinedTimeTariffIntervalList", "ConsumptionTariffIntervalListSummary"}
OPTIONAL_HERE = {"doeModesSupported"}  # one profile's demand, not the standard's
ORACLES = Path(__file__).parents[2] / "build" / "oracles"


def _oracle(name: str) -> Path:
    path = ORACLES / name
    if not path.exists():
        pytest.skip(f"{path} is missing: run python tests/fetch_oracles.py build/oracles")
    return path


@pytest.fixture(scope="session")
def csipaus_folder() -> Path:
    """The folder of sep.xsd, csipaus-core.xsd and csipaus-ext.xsd."""
    return _oracle("csipaus12/sep.xsd").parent


@pytest.fixture(scope="session")
def sep2_xsd(csipaus_folder: Path) -> etree.XMLSchema:
    """IEEE 2030.5-2018 with the CSIP-AUS additions."""
    return etree.XMLSchema(etree.parse(csipaus_folder / "csipaus-core.xsd"))


@pytest.fixture(scope="session")
def plain_xsd(csipaus_folder: Path) -> etree.XMLSchema:
    """IEEE 2030.5-2018 alone."""
    return etree.XMLSchema(etree.parse(csipaus_folder / "sep.xsd"))


@pytest.fixture(scope="session")
def csipaus_xsd(csipaus_folder: Path) -> etree.XMLSchema:
    """The global elements of CSIP-AUS."""
    return etree.XMLSchema(etree.parse(csipaus_folder / "csipaus-ext.xsd"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test for every declared type, for those of CSIP-AUS 1.2, or for every resource."""
    declared = _declared()
    older = [cls for cls in declared if cls.__name__ not in ONLY_13]
    resources = [cls for cls in older if issubclass(cls, Resource) and cls.wire_ns == NS]
    sets = {"sep2_class": declared, "class_of_12": older, "resource_class": resources}
    for name in sets.keys() & set(metafunc.fixturenames):
        metafunc.parametrize(name, sets[name], ids=lambda cls: cls.__name__)


def _declared() -> list[type[Element]]:
    found = [
        value
        for module in sep2.MODULES
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Element)
        if value.__module__ == module.__name__
    ]
    return sorted(found, key=lambda cls: cls.__name__)


@pytest.fixture(scope="session")
def draw() -> Callable[..., Iterator[Any]]:
    """A function from a type and a count to random instances, always the same ones."""
    return _draw


def _draw(cls: type[Element], count: int) -> Iterator[Element]:
    rng = Random(cls.__name__)
    for _ in range(count):
        element = random_instance(cls, rng, share=rng.random())
        if isinstance(element, DERCapability):  # one profile's demand, not the standard's
            element = replace(element, doeModesSupported="0F")
        yield element


@pytest.fixture(scope="session")
def carried() -> Callable[[Any, Profile], Any]:
    """A function from an instance to what is left of it in a profile that knows fewer members."""
    return _carried


def _carried(value: Any, profile: Profile) -> Any:
    if isinstance(value, tuple):
        return tuple(_carried(item, profile) for item in value)
    if not isinstance(value, Element):
        return value
    known = {member.field for member in profile.ns_map.view(type(value))}
    return type(value)(
        **{
            member.field: _carried(getattr(value, member.field), profile)
            if member.field in known
            else member.default
            for member in members(type(value))
        }
    )


class Stated(NamedTuple):
    """What schema and declaration say of one member."""

    place: str
    ns: str | None
    name: str
    required: bool
    most: int | None


class Oracle:
    """The types of the official schemas, the redefinitions of CSIP-AUS applied."""

    def __init__(self, folder: Path) -> None:
        self.types: dict[str, etree._Element] = {}
        self.added: dict[str, etree._Element] = {}
        self.elements: dict[str, str] = {}
        for name in ("sep.xsd", "csipaus-ext.xsd"):
            for node in etree.parse(folder / name).getroot():
                if node.tag in (f"{XS}complexType", f"{XS}simpleType"):
                    self.types[node.get("name", "")] = node
                elif node.tag == f"{XS}element":
                    self.elements[node.get("name", "")] = node.get("type", "").removeprefix("bs:")
        for node in etree.parse(folder / "csipaus-core.xsd").iter(f"{XS}complexType"):
            self.added[node.get("name", "")] = node

    def base(self, name: str) -> str | None:
        for tag in (f"{XS}extension", f"{XS}restriction"):
            for node in self.types[name].iter(tag):
                return node.get("base", "").removeprefix("bs:")
        return None

    def chain(self, name: str) -> list[str]:
        """The names of a type and of all that it is derived from."""
        base = self.base(name) if name in self.types else None
        return [name, *(self.chain(base) if base else [])]

    def is_simple(self, name: str) -> bool:
        return self.chain(name)[-1].startswith("xs:")

    def members(self, name: str) -> Iterator[tuple[Stated, str]]:
        """The members of a type, those of its bases first, each with the name of its type."""
        base = self.base(name)
        if base and not base.startswith("xs:"):
            yield from self.members(base)
        for node in (self.types[name], self.added.get(name)):
            for item in () if node is None else node.iter(f"{XS}element", f"{XS}attribute"):
                yield self._stated(item, name)

    def _stated(self, item: etree._Element, owner: str) -> tuple[Stated, str]:
        name, kind = item.get("name"), item.get("type", "")
        if item.tag == f"{XS}attribute":
            return Stated("attribute", None, name, item.get("use") == "required", 1), kind
        ns = NS_CSIPAUS if owner == "ConnectionPointType" else NS
        if name is None:
            name = item.get("ref", "").removeprefix("csipaus:")
            ns, kind = NS_CSIPAUS, self.elements[name]
        most = item.get("maxOccurs", "1")
        return Stated(
            "element",
            ns,
            name,
            item.get("minOccurs", "1") != "0" and name not in OPTIONAL_HERE,
            None if most == "unbounded" else int(most),
        ), kind.removeprefix("bs:")


@pytest.fixture(scope="session")
def oracle(csipaus_folder: Path) -> Oracle:
    return Oracle(csipaus_folder)


@pytest.fixture(scope="session")
def stated() -> Callable[[Member], Any]:
    """A function from a declared member to what it states, in the oracle's terms."""

    def state(member: Member) -> Stated:
        shape = member.shapes[0]
        most = member.at_most if member.repeated else 1
        return Stated(member.place, shape.ns, shape.name, member.required, most)

    return state
