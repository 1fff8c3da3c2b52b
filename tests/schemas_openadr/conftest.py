"""Sample messages, random instances of the declarations, and the official schema as an oracle."""

import functools
import re
from collections.abc import Callable
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from hypothesis import strategies as st
from lxml import etree

from schemas.declare import Member, members
from schemas.openadr import OadrSignedObject
from schemas.simple import Simple
from schemas.wire import Element

ROOT = Path(__file__).parents[2]
ORACLE = ROOT / "build" / "oracles" / "openadr"

TEXT = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff")
    | st.sampled_from("\t\n\r&<>\"'"),
    max_size=8,
)
BY_NAME = {
    "string": TEXT,
    "boolean": st.booleans(),
    "float": st.floats(allow_nan=False, allow_infinity=False, width=32),
    "decimal": st.integers(-1_000_000, 1_000_000).map(lambda cents: cents / 100),
    "UInt32": st.integers(0, 2**32 - 1),
    "confidence": st.integers(0, 100),
    "anyURI": st.from_regex("http://[a-z]{1,6}\\.example/[a-z0-9]{0,6}", fullmatch=True),
    "dateTime": st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0)),
    "duration": st.integers(-(10**9), 10**9).map(lambda seconds: timedelta(seconds=seconds)),
    "responseCode": st.integers(0, 999).map("{:03}".format),
    "currencyCode": st.sampled_from(["EUR", "USD", "AUD"]),
    "ID": st.uuids().map("id-{}".format),
    "doubleList": st.lists(st.integers(-180, 180), min_size=1, max_size=4).map(
        lambda numbers: " ".join(map(str, numbers))
    ),
}
NEVER_WRITTEN = {(OadrSignedObject, "plainId")}


def _values(simple: Simple) -> st.SearchStrategy:
    return st.sampled_from(simple.values) if simple.values else BY_NAME[simple.name]


@functools.cache
def _instances(cls: type[Element]) -> st.SearchStrategy:
    return st.builds(
        cls,
        **{
            member.field: _member(member)
            for member in members(cls)
            if (cls, member.field) not in NEVER_WRITTEN
        },
    )


def _member(member: Member) -> st.SearchStrategy:
    shapes = [
        _values(shape.type) if isinstance(shape.type, Simple) else _instances(shape.type)
        for shape in member.shapes
    ]
    one = st.one_of(shapes)
    if member.repeated:
        return st.lists(one, min_size=int(member.required), max_size=2).map(tuple)
    return one if member.default is not None else st.none() | one


@pytest.fixture(scope="session")
def instances() -> Callable[[type[Element]], st.SearchStrategy]:
    return _instances


@pytest.fixture(scope="session")
def oracle() -> etree.XMLSchema:
    if not (ORACLE / "oadr_20b.xsd").exists():
        pytest.skip("the official schema is missing: run `python tests/fetch_oracles.py`")
    return etree.XMLSchema(etree.parse(ORACLE / "oadr_20b.xsd"))


@pytest.fixture(scope="session")
def oracle_trees(oracle: etree.XMLSchema) -> list[etree._Element]:
    return [etree.parse(path).getroot() for path in sorted(ORACLE.glob("*.xsd"))]


@pytest.fixture(scope="session")
def sample() -> Callable[[str], str]:
    def read(name: str) -> str:
        return (ROOT / "fixtures" / "openadr" / f"{name}.xml").read_text(encoding="utf-8")

    return read


@pytest.fixture(scope="session")
def respelled() -> Callable[[str, dict[str, str]], str]:
    """Give a document other prefixes, "" for the default namespace (elements only)."""

    def respell(text: str, prefixes: dict[str, str]) -> str:
        for old, new in prefixes.items():
            text = re.sub(rf"xmlns:{old}=", f"xmlns:{new}=" if new else "xmlns=", text)
            text = re.sub(rf"(</?){old}:", rf"\1{new}:" if new else r"\1", text)
            text = text.replace(f" {old}:", f" {new}:")
        return text

    return respell


@pytest.fixture(scope="session")
def valid(oracle: etree.XMLSchema) -> Callable[[bytes], bool]:
    """Tell whether a document is valid; what is wrong stands in the assertion."""

    def validate(data: bytes) -> bool:
        oracle.assertValid(etree.fromstring(data))
        return True

    return validate
