"""The well-known OpenADR signals: which names, types, units and values go together.

The table is that of OADR 2.0b rule 104. Names that begin with `x-` are the user's own, but types
are not: the schema closes their list. It must not know messages or events.
"""

import math
import re
from collections.abc import Callable

from server.core.model import Signal
from server.errors import Invalid

TYPES: frozenset[str] = frozenset(
    {
        "delta",
        "level",
        "multiplier",
        "price",
        "priceMultiplier",
        "priceRelative",
        "setpoint",
        "x-loadControlCapacity",
        "x-loadControlLevelOffset",
        "x-loadControlPercentOffset",
        "x-loadControlSetpoint",
    }
)

DEVICE_CLASSES: frozenset[str] = frozenset(
    {
        "Thermostat",
        "Strip_Heater",
        "Baseboard_Heater",
        "Water_Heater",
        "Pool_Pump",
        "Sauna",
        "Hot_tub",
        "Smart_Appliance",
        "Irrigation_Pump",
        "Managed_Commercial_and_Industrial_Loads",
        "Simple_Residential_On_Off_Loads",
        "Exterior_Lighting",
        "Interior_Lighting",
        "Electric_Vehicle",
        "Generation_Systems",
        "Load_Control_Switch",
        "Smart_Inverter",
        "EVSE",
        "RESU",
        "Energy_Management_System",
        "Smart_Energy_Module",
        "Storage",
    }
)

Units = frozenset[str | None]

_NONE: Units = frozenset({None})
_POWER: Units = frozenset({"powerReal", "powerApparent", "powerReactive"})
_ENERGY: Units = frozenset({"energyReal", "energyApparent", "energyReactive"})
_MONEY: Units = frozenset({"currency", "currencyPerKWh", "currencyPerKW"})
_PER_KWH: Units = frozenset({"currencyPerKWh"})
_PER_KW: Units = frozenset({"currencyPerKW"})
UNITS: Units = _NONE | _POWER | _ENERGY | _MONEY
"""All that a value may be counted in."""

_WELL_KNOWN: dict[str, dict[str, Units]] = {
    "SIMPLE": {"level": _NONE},
    "ELECTRICITY_PRICE": {"price": _PER_KWH, "priceRelative": _PER_KWH, "priceMultiplier": _NONE},
    "ENERGY_PRICE": {"price": _PER_KWH, "priceRelative": _PER_KWH, "priceMultiplier": _NONE},
    "DEMAND_CHARGE": {"price": _PER_KW, "priceRelative": _PER_KW, "priceMultiplier": _NONE},
    "BID_PRICE": {"price": _MONEY},
    "BID_LOAD": {"setpoint": _POWER},
    "BID_ENERGY": {"setpoint": _ENERGY},
    "CHARGE_STATE": {"setpoint": _ENERGY, "delta": _ENERGY, "multiplier": _NONE},
    "LOAD_DISPATCH": {"setpoint": _POWER, "delta": _POWER, "multiplier": _NONE, "level": _POWER},
    "LOAD_CONTROL": {
        "x-loadControlCapacity": _NONE,
        "x-loadControlLevelOffset": _NONE,
        "x-loadControlSetpoint": _NONE,
        "x-loadControlPercentOffset": _NONE,
    },
}


def _is_share(value: float) -> bool:
    return 0 <= value <= 1


_VALUES: dict[tuple[str, str], tuple[Callable[[float], bool], str]] = {
    ("SIMPLE", "level"): (lambda value: value in {0, 1, 2, 3}, "0, 1, 2 or 3"),
    ("CHARGE_STATE", "multiplier"): (_is_share, "between 0 and 1"),
    ("LOAD_CONTROL", "x-loadControlCapacity"): (_is_share, "between 0 and 1"),
    ("LOAD_CONTROL", "x-loadControlLevelOffset"): (
        lambda value: value.is_integer(),
        "a whole number",
    ),
    ("LOAD_DISPATCH", "level"): (
        lambda value: value.is_integer() and -10 <= value <= 10,
        "a whole number between -10 and 10",
    ),
}


def check_signal(signal: Signal) -> None:
    """Raise Invalid if a signal's name, type, unit and currency do not go together.

    OADR 2.0b rules 104 and 116.
    """
    units = _units(signal)
    if signal.unit not in units:
        wanted = " or ".join(sorted(unit or "none" for unit in units))
        raise Invalid(
            f"signal {signal.name} of type {signal.type} cannot have the unit"
            f" {signal.unit or 'none'}, but {wanted}"
        )
    check_currency(signal)
    _check_classes(signal)


def check_value(signal: Signal, value: float) -> None:
    """Raise Invalid if a value is not one that the signal can have (OADR 2.0b rules 9 and 104)."""
    if not math.isfinite(value):
        raise Invalid(f"a value of signal {signal.name} must be a finite number")
    is_fit, what = _VALUES.get((signal.name, signal.type), (None, ""))
    if is_fit is not None and not is_fit(float(value)):
        raise Invalid(f"a value of signal {signal.name} of type {signal.type} must be {what}")


def check_currency(signal: Signal) -> None:
    """Raise Invalid for money without a currency, or a currency without money."""
    if signal.unit not in _MONEY:
        if signal.currency is not None:
            raise Invalid(f"signal {signal.name} has a currency, but no unit of money")
    elif not re.fullmatch("[A-Z]{3}", signal.currency or ""):
        raise Invalid(f"signal {signal.name} needs a currency of three upper-case letters")


def _check_classes(signal: Signal) -> None:
    """Refuse a class of devices that is neither listed nor the user's own (OADR 2.0b rule 111)."""
    for name in signal.device_classes:
        if name not in DEVICE_CLASSES and not re.fullmatch(r"x-\S+", name):
            raise Invalid(f"no class of devices is called {name!r}; your own begin with x-")


def _units(signal: Signal) -> Units:
    """Return the units that go with a signal's name and type."""
    if re.fullmatch(r"x-\S+", signal.name):
        types = dict.fromkeys(TYPES, UNITS)
    elif signal.name in _WELL_KNOWN:
        types = _WELL_KNOWN[signal.name]
    else:
        raise Invalid(f"no signal is called {signal.name!r}; names of your own begin with x-")
    if signal.type not in types:
        wanted = " or ".join(sorted(types))
        raise Invalid(f"signal {signal.name} cannot be of type {signal.type!r}, but {wanted}")
    return types[signal.type]
