"""Random instances: valid, repeatable, and of every degree of fullness."""

from random import Random

import pytest

from schemas.declare import members
from schemas.describe import STANDARDS
from schemas.sep2.der import DERCapability, DERControlBase, DERCurve
from schemas.simple import Simple
from schemas.wire import Element
from tests.instances import random_instance, random_value

TYPES = [cls for standard in STANDARDS.values() for cls in standard.types]


def test_the_same_seed_makes_the_same_instance() -> None:
    one, same, other = (random_instance(DERCapability, Random(seed)) for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_the_share_of_optional_members_goes_from_none_to_all() -> None:
    empty = random_instance(DERControlBase, Random(1), share=0)
    assert empty == DERControlBase()
    full = random_instance(DERControlBase, Random(1), share=1)
    assert all(getattr(full, member.field) is not None for member in members(DERControlBase))


def test_a_field_may_be_left_out() -> None:
    made = random_instance(DERControlBase, Random(1), share=1, without=frozenset({"rampTms"}))
    assert made.rampTms is None


def test_repeated_members_keep_within_their_number() -> None:
    counts = {len(random_instance(DERCurve, Random(seed)).CurveData_) for seed in range(20)}
    assert counts == {1, 2}


@pytest.mark.parametrize("cls", TYPES, ids=lambda cls: cls.__name__)
def test_every_simple_type_has_values_that_it_takes_itself(cls: type[Element]) -> None:
    for member in members(cls):
        kind = member.shapes[0].type
        if isinstance(kind, Simple):
            for seed in range(5):
                kind.dump(random_value(kind, Random(seed)))
