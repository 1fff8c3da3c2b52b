"""Values become words and come back."""

import math
import struct
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.edge.registers import Point, WordOrder, WordType, decode, encode
from server.errors import Invalid

BOUNDS = {
    WordType.U16: (0, 2**16 - 1),
    WordType.I16: (-(2**15), 2**15 - 1),
    WordType.U32: (0, 2**32 - 1),
    WordType.I32: (-(2**31), 2**31 - 1),
    WordType.U64: (0, 2**64 - 1),
    WordType.I64: (-(2**63), 2**63 - 1),
}
ORDERS = st.sampled_from(WordOrder)
SCALES = st.sampled_from([Decimal(s) for s in ("1", "0.1", "0.01", "10", "0.5", "-1")])


def point(type_: WordType, **what: object) -> Point:
    return Point(name="p", address=0, type=type_, **what)


@settings(max_examples=200, deadline=None)
@given(st.data(), st.sampled_from(sorted(BOUNDS)), ORDERS, SCALES)
def test_every_raw_number_of_every_integer_type_comes_back(data, type_, order, scale):
    raw = data.draw(st.integers(*BOUNDS[type_]))
    it = point(type_, word_order=order, scale=scale, offset=Decimal(3))
    words = encode(it, raw * scale + 3)
    assert len(words) == it.size
    assert all(0 <= word <= 0xFFFF for word in words)
    assert decode(it, words) == float(raw * scale + 3)


@settings(max_examples=100, deadline=None)
@given(st.data(), st.sampled_from(sorted(BOUNDS)), st.integers(1, 10**25))
def test_what_no_word_can_carry_is_refused_and_never_clipped(data, type_, beyond):
    low, high = BOUNDS[type_]
    raw = data.draw(st.sampled_from([low - beyond, high + beyond]))
    with pytest.raises(Invalid, match="does not fit") as refusal:
        encode(point(type_), Decimal(raw))
    assert refusal.value.pointer == "p"


@settings(max_examples=100, deadline=None)
@given(st.floats(width=32, allow_nan=False, allow_infinity=False), ORDERS)
def test_a_float_of_32_bits_comes_back(value, order):
    it = point(WordType.F32, word_order=order)
    assert decode(it, encode(it, Decimal(value))) == value


@settings(max_examples=100, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_words_are_big_endian_as_struct_has_them(value):
    words = encode(point(WordType.F64), Decimal(value))
    assert struct.pack(">4H", *words) == struct.pack(">d", value)


@pytest.mark.parametrize(
    ("order", "words"), [(WordOrder.HI_FIRST, (1, 2)), (WordOrder.LO_FIRST, (2, 1))]
)
def test_the_word_order_is_followed(order, words):
    assert encode(point(WordType.U32, word_order=order), Decimal(65538)) == words


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e39"])
def test_a_float_that_is_no_number_or_too_large_is_refused(value):
    with pytest.raises(Invalid):
        encode(point(WordType.F32), Decimal(value))


@pytest.mark.parametrize(
    ("value", "raw"), [("50.004", 5000), ("50.005", 5000), ("50.015", 5002), ("50.006", 5001)]
)
def test_a_value_between_two_steps_goes_to_the_nearest_and_a_tie_to_the_even_one(value, raw):
    assert encode(point(WordType.U16, scale=Decimal("0.01")), Decimal(value)) == (raw,)


@pytest.mark.parametrize("value", ["-0.1", "100.1", "1000"])
def test_the_limits_of_a_point_are_kept(value):
    it = point(WordType.I16, minimum=Decimal(0), maximum=Decimal(100))
    with pytest.raises(Invalid):
        encode(it, Decimal(value))


@pytest.mark.parametrize("value", ["2", "-1", "0.5"])
def test_a_bool_is_0_or_1(value):
    with pytest.raises(Invalid):
        encode(point(WordType.BOOL), Decimal(value))


@pytest.mark.parametrize(
    ("it", "words"),
    [
        (point(WordType.I16, nan=frozenset({0x8000})), (0x8000,)),
        (point(WordType.U32, nan=frozenset({0xFFFFFFFF})), (0xFFFF, 0xFFFF)),
        (point(WordType.F32), struct.unpack(">2H", struct.pack(">f", math.nan))),
    ],
)
def test_not_available_reads_as_none(it, words):
    assert decode(it, words) is None


def test_a_value_that_would_read_as_not_available_is_refused():
    it = point(WordType.I16, nan=frozenset({0x8000}))
    with pytest.raises(Invalid, match="not available"):
        encode(it, Decimal(-32768))
