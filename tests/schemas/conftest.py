"""The official schemas as oracles, and random instances of whatever is declared."""

import functools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from lxml import etree

from schemas.declare import Member, Shape, members
from schemas.simple import Simple
from schemas.wire import Element

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
def csipaus_xsd(csipaus_folder: Path) -> etree.XMLSchema:
    """The global elements of CSIP-AUS."""
    return etree.XMLSchema(etree.parse(csipaus_folder / "csipaus-ext.xsd"))


@pytest.fixture(scope="session")
def openadr_xsd() -> etree.XMLSchema:
    """OpenADR 2.0b."""
    return etree.XMLSchema(etree.parse(_oracle("openadr/oadr_20b.xsd")))


@pytest.fixture(scope="session")
def instances() -> Callable[..., st.SearchStrategy[Any]]:
    """A function from a wire type (and members to always fill) to the strategy of its instances."""
    return _instances


@functools.cache
def _instances(cls: type[Element], always: tuple[str, ...] = ()) -> st.SearchStrategy[Element]:
    return st.deferred(
        lambda: st.builds(
            cls,
            **{member.field: _values(member, member.field in always) for member in members(cls)},
        )
    )


def _values(member: Member, always: bool) -> st.SearchStrategy[Any]:
    one = st.one_of([_of(shape) for shape in member.shapes])
    if member.repeated:
        most = min(member.at_most or 2, 2)
        return st.lists(one, min_size=1 if member.required else 0, max_size=most).map(tuple)
    return one if always or member.required else st.none() | one


def _of(shape: Shape) -> st.SearchStrategy[Any]:
    return _simple(shape.type) if isinstance(shape.type, Simple) else _instances(shape.type)


def _simple(simple: Simple) -> st.SearchStrategy[Any]:
    if simple.values:
        return st.sampled_from(simple.values)
    if simple.name in _BY_NAME:
        return _BY_NAME[simple.name]
    if isinstance(simple.low, int):
        return st.integers(simple.low, simple.high)
    if simple.name.startswith("Hex"):
        return st.binary(min_size=1, max_size=simple.length).map(lambda data: data.hex().upper())
    return st.text(_CHARACTERS, max_size=min(simple.length or 12, 12))


_CHARACTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff") | (
    st.sampled_from("\t\n\r&<>\"']")
)
_SECONDS = st.integers(-(10**9), 4 * 10**9)
_BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "anyURI": st.builds(
        "{}/{}{}".format,
        st.sampled_from(["", "/a", "https://a.example", "http://[::1]:8443"]),
        st.text("abc019_.-~", max_size=8),
        st.sampled_from(["", "/", "?s=0&l=255", "#x"]),
    ),
    "float": st.floats(-3.4e38, 3.4e38),
    "double": st.floats(allow_nan=False, allow_infinity=False),
    "dateTime": _SECONDS.map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    "duration": st.integers(-(10**9), 10**9).map(lambda seconds: timedelta(seconds=seconds)),
}
