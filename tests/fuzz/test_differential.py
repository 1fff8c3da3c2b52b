"""A fixed share of the differential fuzzing; `make fuzz` runs more of it."""

from dataclasses import replace

import pytest

from tests.fuzz.differential import ARENAS, Arena, run

pytestmark = pytest.mark.interop
COUNT = 5_000


@pytest.fixture(scope="module", params=sorted(ARENAS))
def arena(request: pytest.FixtureRequest) -> Arena:
    try:
        return ARENAS[request.param]()
    except FileNotFoundError as missing:
        pytest.skip(f"{missing} is missing: run python tests/fetch_oracles.py build/oracles")


def test_we_and_the_schemas_disagree_on_nothing_but_what_is_known(arena: Arena) -> None:
    tally = run(arena, COUNT, seed=0)
    assert tally.unknown == []
    assert tally.judged == COUNT
    assert COUNT / 10 < tally.accepted < COUNT * 9 / 10


def test_a_decoder_that_takes_everything_is_found_out(arena: Arena) -> None:
    careless = replace(arena, decode=lambda cls, data: None)
    assert run(careless, 100, seed=0).unknown
