"""The signals: what OpenADR's table of well-known signals admits, and nothing else."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.model import Signal
from server.core.signals import TYPES, check_signal, check_value
from server.errors import Invalid

UNITS = (
    None,
    "powerReal",
    "powerApparent",
    "powerReactive",
    "energyReal",
    "energyApparent",
    "energyReactive",
    "currency",
    "currencyPerKWh",
    "currencyPerKW",
)
NAMES = (
    "SIMPLE",
    "ELECTRICITY_PRICE",
    "ENERGY_PRICE",
    "DEMAND_CHARGE",
    "BID_PRICE",
    "BID_LOAD",
    "BID_ENERGY",
    "CHARGE_STATE",
    "LOAD_DISPATCH",
    "LOAD_CONTROL",
)

SIMPLE = Signal(name="SIMPLE", type="level")


def of(name: str, type_: str, unit: str | None = None) -> Signal:
    is_money = unit is not None and unit.startswith("currency")
    return Signal(name=name, type=type_, unit=unit, currency="EUR" if is_money else None)


def is_accepted(signal: Signal) -> bool:
    try:
        check_signal(signal)
    except Invalid:
        return False
    return True


def is_taken(signal: Signal, value: float) -> bool:
    try:
        check_value(signal, value)
    except Invalid:
        return False
    return True


Row = tuple[str, str, str | None]


def rows() -> set[Row]:
    return {
        (name, type_, unit)
        for name in NAMES
        for type_ in TYPES
        for unit in UNITS
        if is_accepted(of(name, type_, unit))
    }


@pytest.mark.conformance
def test_rule_104_the_well_known_signals_are_exactly_those_of_the_table() -> None:
    power, energy = set(UNITS[1:4]), set(UNITS[4:7])
    expected: set[Row] = {("SIMPLE", "level", None), ("LOAD_DISPATCH", "multiplier", None)}
    expected |= {
        (name, type_, unit)
        for name, unit in (
            ("ELECTRICITY_PRICE", "currencyPerKWh"),
            ("ENERGY_PRICE", "currencyPerKWh"),
            ("DEMAND_CHARGE", "currencyPerKW"),
        )
        for type_ in ("price", "priceRelative")
    }
    expected |= {
        (name, "priceMultiplier", None)
        for name in ("ELECTRICITY_PRICE", "ENERGY_PRICE", "DEMAND_CHARGE")
    }
    expected |= {("BID_PRICE", "price", unit) for unit in UNITS[7:]}
    expected |= {("BID_LOAD", "setpoint", unit) for unit in power}
    expected |= {("BID_ENERGY", "setpoint", unit) for unit in energy}
    expected |= {("CHARGE_STATE", type_, u) for type_ in ("setpoint", "delta") for u in energy}
    expected |= {("CHARGE_STATE", "multiplier", None)}
    expected |= {("LOAD_DISPATCH", t, u) for t in ("setpoint", "delta", "level") for u in power}
    expected |= {("LOAD_CONTROL", t, None) for t in TYPES if t.startswith("x-loadControl")}
    assert rows() == expected


@pytest.mark.parametrize("type_", sorted(TYPES))
@pytest.mark.parametrize("unit", UNITS)
def test_a_name_of_ones_own_goes_with_any_type_and_unit(type_: str, unit: str | None) -> None:
    check_signal(of("x-mine", type_, unit))


@pytest.mark.parametrize(
    ("signal", "why"),
    [
        (of("simple", "level"), "no signal is called 'simple'"),
        (of("", "level"), "names of your own begin with x-"),
        (of("x-", "level"), "no signal is called"),
        (of("x-a b", "level"), "no signal is called"),
        (of("x-mine", "x-mine"), "cannot be of type 'x-mine', but delta or level"),
        (of("SIMPLE", "setpoint"), "cannot be of type 'setpoint', but level"),
        (of("x-mine", "level", "volts"), "cannot have the unit volts"),
        (of("SIMPLE", "level", "powerReal"), "cannot have the unit powerReal, but none"),
        (of("BID_LOAD", "setpoint"), "unit none, but powerApparent or powerReactive or powerReal"),
    ],
)
def test_the_refusal_says_what_would_do(signal: Signal, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        check_signal(signal)


@pytest.mark.parametrize("currency", [None, "", "EU", "EURO", "eur", "EUR\n", "ÄÖÜ"])
def test_a_price_needs_a_currency_of_three_upper_case_letters(currency: str | None) -> None:
    price = Signal(name="ELECTRICITY_PRICE", type="price", unit="currencyPerKWh", currency=currency)
    with pytest.raises(Invalid, match="needs a currency"):
        check_signal(price)


def test_a_currency_without_a_unit_of_money_is_refused() -> None:
    with pytest.raises(Invalid, match="has a currency"):
        check_signal(Signal(name="ENERGY_PRICE", type="priceMultiplier", currency="EUR"))


@pytest.mark.conformance
def test_rule_9_simple_takes_the_levels_0_to_3() -> None:
    taken = [value for value in (-1, 0, 0.5, 1, 2, 2.9, 3, 4) if is_taken(SIMPLE, value)]
    assert taken == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("signal", "values", "taken"),
    [
        (of("CHARGE_STATE", "multiplier"), (-0.1, 0, 0.5, 1, 1.1), [0, 0.5, 1]),
        (of("LOAD_CONTROL", "x-loadControlCapacity"), (-0.1, 0, 0.5, 1, 1.1), [0, 0.5, 1]),
        (of("LOAD_CONTROL", "x-loadControlLevelOffset"), (-7, 0.5, 12), [-7, 12]),
        (of("LOAD_DISPATCH", "level", "powerReal"), (-11, -10, 0.5, 10, 11), [-10, 10]),
        (of("LOAD_DISPATCH", "multiplier"), (-1.5, 0, 2.5), [-1.5, 0, 2.5]),
        (of("x-mine", "level"), (-1.5, 99), [-1.5, 99]),
    ],
)
def test_values_are_bounded_where_the_table_bounds_them(
    signal: Signal, values: tuple[float, ...], taken: list[float]
) -> None:
    assert [value for value in values if is_taken(signal, value)] == taken


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("signal", [SIMPLE, of("x-mine", "level")])
def test_no_signal_takes_a_value_that_is_not_finite(signal: Signal, value: float) -> None:
    with pytest.raises(Invalid, match="finite"):
        check_value(signal, value)


@given(st.sampled_from(NAMES) | st.text(max_size=5), st.sampled_from(sorted(TYPES)), st.floats())
def test_a_check_passes_or_refuses_and_never_fails(name: str, type_: str, value: float) -> None:
    signal = of(name, type_)
    is_accepted(signal)
    if is_taken(signal, value):
        assert math.isfinite(value)
