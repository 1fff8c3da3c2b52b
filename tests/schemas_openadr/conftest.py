"""Sample messages, random instances of the declarations, and the official schema as an oracle."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import strategies as st
from lxml import etree

from schemas.wire import Element
from tests.instances import random_instance

ROOT = Path(__file__).parents[2]
ORACLE = ROOT / "build" / "oracles" / "openadr"

NEVER_WRITTEN = frozenset({"plainId"})


@pytest.fixture(scope="session")
def instances() -> Callable[[type[Element]], st.SearchStrategy]:
    """A function from a wire type to the strategy of its instances."""

    def strategy(cls: type[Element]) -> st.SearchStrategy:
        drawn = st.randoms(use_true_random=False)
        return drawn.map(lambda rng: random_instance(cls, rng, without=NEVER_WRITTEN))

    return strategy


@pytest.fixture(scope="session")
def some() -> Callable[[type[Element], int], Iterator[Element]]:
    """A function from a wire type and a number to so many random instances of it."""

    def make(cls: type[Element], count: int) -> Iterator[Element]:
        for seed in range(count):
            yield random_instance(cls, Random(seed), without=NEVER_WRITTEN)

    return make


@pytest.fixture(scope="session")
def oracle_folder() -> Path:
    if not (ORACLE / "oadr_20b.xsd").exists():
        pytest.skip("the official schema is missing: run `python tests/fetch_oracles.py`")
    return ORACLE


@pytest.fixture(scope="session")
def oracle(oracle_folder: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(oracle_folder / "oadr_20b.xsd"))


@pytest.fixture(scope="session")
def oracle_trees(oracle_folder: Path) -> list[etree._Element]:
    return [etree.parse(path).getroot() for path in sorted(oracle_folder.glob("*.xsd"))]


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
