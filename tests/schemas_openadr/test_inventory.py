"""The reverse inventory: what the official schema names is declared, or left out for a reason."""

from collections.abc import Iterator

import pytest
from lxml import etree

from schemas.declare import Member, members
from schemas.describe.catalog import STANDARDS
from schemas.openadr.namespaces import ATOM, DS, EI, EMIX, OADR, POWER, STRM, XCAL
from schemas.simple import Simple

pytestmark = pytest.mark.interop
XS = "{http://www.w3.org/2001/XMLSchema}"
OPAQUE = {
    ATOM: "a Green Button feed is carried as it stands",
    "http://naesb.org/espi": "stands only inside a Green Button feed",
    DS: "a signature is checked on the XML and carried as it stands",
    "http://www.w3.org/2009/xmldsig11#": "stands only inside a signature",
    "http://www.w3.org/XML/1998/namespace": "its attributes stand only inside a feed",
}
CURRENCIES = "urn:un:unece:uncefact:codelist:standard:5:ISO42173A:2010-04-07"
ABSTRACT = "abstract: only what may stand in its place is met"
UNUSED = "no message of the profile refers to it"
LEFT_OUT = {
    (EMIX, "itemBase"): ABSTRACT,
    (POWER, "energyItem"): "its type is abstract and the element itself never stands",
    (POWER, "powerItem"): "its type is abstract and the element itself never stands",
    (EI, "payloadBase"): ABSTRACT,
    (EI, "uid"): ABSTRACT,
    (EI, "refID"): "head of the group of registrationID; no message refers to it",
    (STRM, "streamPayloadBase"): ABSTRACT,
    (STRM, "streamBase"): ABSTRACT,
    (EI, "SignalNameEnumerated"): UNUSED,
    (EI, "optReasonEnumerated"): UNUSED,
    (EI, "reportEnumerated"): UNUSED,
    (EI, "readingTypeEnumerated"): UNUSED,
    (EI, "responses"): UNUSED,
    (EI, "response"): UNUSED,
    (EI, "statusDateTime"): UNUSED,
    (EI, "numDataSources"): UNUSED,
    (XCAL, "dtend"): UNUSED,
    (CURRENCIES, "ISO3AlphaCurrencyCode"): UNUSED,
    (XCAL, "interval"): UNUSED,
}
NO_LIST = {
    "ISO3AlphaCurrencyCodeContentType": "any three letters are taken: the list is that of 2010",
}


TYPES = STANDARDS["openadr"].types


@pytest.fixture(scope="module")
def ours() -> list[Member]:
    return [member for cls in TYPES for member in members(cls)]


@pytest.fixture(scope="module")
def met(oracle_trees) -> list[etree._Element]:
    """The schemas whose inside our declarations cover."""
    return [root for root in oracle_trees if root.get("targetNamespace") not in OPAQUE]


def names(roots: list[etree._Element], tag: str) -> set[tuple[str, str]]:
    return {
        (root.get("targetNamespace"), node.get("name"))
        for root in roots
        for node in root.iter(XS + tag)
        if node.get("name")
    }


def test_every_element_is_declared_or_left_out_for_a_reason(ours, met) -> None:
    stand = {(shape.ns, shape.name) for member in ours for shape in member.shapes}
    roots = {(cls.wire_ns, cls.wire_tag) for cls in TYPES}
    official = names(met, "element")
    assert official - stand - roots == set(LEFT_OUT)
    assert len(official) > 150


def test_every_attribute_is_declared(ours, met) -> None:
    stand = {m.shapes[0].name for m in ours if m.place == "attribute"}
    assert {name for _, name in names(met, "attribute")} <= stand


def test_every_word_of_every_list_is_declared(ours, met) -> None:
    lists = {frozenset(simple.values) - {""} for simple in simples(ours)}
    for root in met:
        for node in root.iter(XS + "simpleType"):
            words = frozenset(word.get("value") for word in node.iter(XS + "enumeration"))
            if words and node.get("name") not in NO_LIST:
                assert words in lists, node.get("name")


def test_every_fixed_text_is_declared(ours, met) -> None:
    words = {word for simple in simples(ours) for word in simple.values}
    for root in met:
        for node in root.iter(XS + "element"):
            assert node.get("fixed", "") in words | {""}


def simples(ours: list[Member]) -> Iterator[Simple]:
    for member in ours:
        if isinstance(member.shapes[0].type, Simple):
            yield member.shapes[0].type


def test_the_schemas_that_are_met_are_these(met) -> None:
    assert OADR in {root.get("targetNamespace") for root in met}
    assert len(met) == 11
