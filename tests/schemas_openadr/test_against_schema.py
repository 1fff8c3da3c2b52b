"""Our declarations and the official schema list the same members, in the same order and number.

The schema is read here as far as the profile uses it: sequences, choices, extensions and
substitution groups. What is left out on purpose stands in `LEFT_OUT` and nowhere else.
"""

from collections.abc import Iterator

import pytest
from lxml import etree

from schemas.declare import Member, members
from schemas.openadr import OadrPayload
from schemas.openadr.namespaces import OADR
from schemas.simple import Simple
from schemas.wire import Element

XS = "{http://www.w3.org/2001/XMLSchema}"
LEFT_OUT = {
    # A signal's payload is a number (OADR 2.0b rule 100), whatever the schema would let stand.
    ("SignalPayload", f"{{{OADR}}}oadrPayloadResourceStatus"),
}
ADDED = {("OadrSignedObject", "Id")}


class Schema:
    """The official schema, by name."""

    def __init__(self, roots: list[etree._Element]) -> None:
        self.elements: dict[str, etree._Element] = {}
        self.types: dict[str, etree._Element] = {}
        self.heirs: dict[str, list[str]] = {}
        for root in roots:
            for node in root.iterchildren(XS + "element"):
                self.elements[self.name(node)] = node
                if node.get("substitutionGroup"):
                    head = self.qname(node, node.get("substitutionGroup"))
                    self.heirs.setdefault(head, []).append(self.name(node))
            for node in root.iterchildren(XS + "complexType"):
                self.types[self.name(node)] = node

    def name(self, node: etree._Element) -> str:
        return f"{{{node.getroottree().getroot().get('targetNamespace')}}}{node.get('name')}"

    def qname(self, node: etree._Element, name: str) -> str:
        prefix, _, local = name.rpartition(":")
        return f"{{{node.nsmap[prefix or None]}}}{local}"

    def resolve(self, node: etree._Element) -> etree._Element:
        return self.elements[self.qname(node, node.get("ref"))] if node.get("ref") else node

    def type_of(self, node: etree._Element) -> etree._Element | None:
        """Return the complex type of an element; None for a simple one."""
        node = self.resolve(node)
        inside = node.find(XS + "complexType")
        if inside is not None or node.get("type") is None:
            return inside
        return self.types.get(self.qname(node, node.get("type")))

    def is_abstract(self, node: etree._Element) -> bool:
        kind = self.type_of(node)
        marked = [node] if kind is None else [node, kind]
        return any(each.get("abstract") == "true" for each in marked)

    def names(self, node: etree._Element) -> frozenset[str]:
        """Return every name that may stand where an element is declared."""
        node = self.resolve(node)
        own = set() if self.is_abstract(node) else {self.name(node)}
        heirs = (self.names(self.elements[heir]) for heir in self.heirs.get(self.name(node), ()))
        return frozenset(own.union(*heirs))

    def particles(self, kind: etree._Element) -> Iterator[tuple[list[etree._Element], bool, bool]]:
        """Yield what a complex type holds: the elements to choose from, required, repeated."""
        extension = kind.find(f"{XS}complexContent/{XS}extension")
        if extension is not None:
            yield from self.particles(self.types[self.qname(extension, extension.get("base"))])
            kind = extension
        restriction = kind.find(f"{XS}complexContent/{XS}restriction")
        if restriction is not None:
            kind = restriction
        choice = kind.find(XS + "choice")
        if choice is not None:
            yield list(choice), True, False
        for node in kind.iterfind(f"{XS}sequence/{XS}element"):
            yield [node], node.get("minOccurs") != "0", node.get("maxOccurs") == "unbounded"

    def attributes(self, kind: etree._Element) -> set[str]:
        """Return the names of a complex type's attributes, those of its bases included."""
        extension = kind.find(f"{XS}complexContent/{XS}extension")
        if extension is not None:
            base = self.types[self.qname(extension, extension.get("base"))]
            return self.attributes(base) | self._own_attributes(extension)
        return self._own_attributes(kind)

    def _own_attributes(self, kind: etree._Element) -> set[str]:
        return {
            self.qname(node, node.get("ref")) if node.get("ref") else self.name(node)
            for node in kind.iterchildren(XS + "attribute")
        }


@pytest.fixture(scope="module")
def schema(oracle_trees) -> Schema:
    return Schema(oracle_trees)


def pairs(
    schema: Schema, cls: type[Element], node: etree._Element, seen: set
) -> Iterator[tuple[type[Element], etree._Element]]:
    """Yield every declared class with the complex type that the schema gives its element."""
    kind = schema.type_of(node)
    if (cls, kind) in seen:
        return
    seen.add((cls, kind))
    yield cls, kind
    if kind is None:
        return
    by_name = {
        name: element
        for elements, _, _ in schema.particles(kind)
        for element in elements
        for name in schema.names(element)
    }
    for member in elements_of(cls):
        for shape in member.shapes:
            if isinstance(shape.type, type):
                inner = by_name[shape.clark]
                inner = inner if len(schema.names(inner)) == 1 else schema.elements[shape.clark]
                yield from pairs(schema, shape.type, inner, seen)


def elements_of(cls: type[Element]) -> list[Member]:
    return [member for member in members(cls) if member.place == "element"]


@pytest.fixture(scope="module")
def declared(schema: Schema) -> list[tuple[type[Element], etree._Element]]:
    root = schema.elements[f"{{{OADR}}}oadrPayload"]
    return list(pairs(schema, OadrPayload, root, set()))


def ours(cls: type[Element]) -> list[tuple[frozenset[str], bool, bool]]:
    return [
        (frozenset(shape.clark for shape in member.shapes), member.required, member.repeated)
        for member in elements_of(cls)
    ]


def theirs(
    schema: Schema, cls: type[Element], kind: etree._Element
) -> list[tuple[frozenset[str], bool, bool]]:
    found = []
    for elements, required, repeated in schema.particles(kind):
        names = frozenset().union(*(schema.names(element) for element in elements))
        kept = frozenset(name for name in names if (cls.__name__, name) not in LEFT_OUT)
        if kept:
            found.append((kept, required, repeated))
    return found


@pytest.mark.interop
def test_every_class_lists_the_members_of_the_official_schema_in_order(schema, declared) -> None:
    wrong = {
        cls.__name__: (ours(cls), theirs(schema, cls, kind))
        for cls, kind in declared
        if kind is not None and ours(cls) != theirs(schema, cls, kind)
    }
    assert wrong == {}


@pytest.mark.interop
def test_every_class_has_the_attributes_of_the_official_schema(schema, declared) -> None:
    for cls, kind in declared:
        attributes = {m.shapes[0].clark for m in members(cls) if m.place == "attribute"}
        added = {name for owner, name in ADDED if owner == cls.__name__}
        assert attributes - added == (set() if kind is None else schema.attributes(kind))


@pytest.mark.interop
def test_every_enumeration_of_the_official_schema_is_ours(schema, declared) -> None:
    """Word lists agree wherever an element's simple type lists words."""
    lists = {}
    for cls, _ in declared:
        for member in members(cls):
            simple = member.shapes[0].type
            if isinstance(simple, Simple) and "" not in simple.values and simple.values:
                lists[member.shapes[0].name] = set(simple.values)
    official = set()
    for element in schema.elements.values():
        root = element.getroottree().getroot()
        for node in root.iterchildren(XS + "simpleType"):
            official.add(frozenset(word.get("value") for word in node.iter(XS + "enumeration")))
    del lists["itemUnits"]  # one element name, several lists, some of them without a name
    assert {name for name, words in lists.items() if words not in official} == set()
    assert len(lists) > 12


@pytest.mark.interop
def test_the_comparison_reaches_every_message(declared) -> None:
    reached = {cls.wire_tag for cls, _ in declared}
    assert len([tag for tag in reached if tag.startswith("oadr")]) > 40
    assert {"oadrPoll", "oadrCreateOpt", "eiEventBaseline", "pulseCount", "Polygon"} <= reached
