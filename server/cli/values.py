"""Reads what people type for lengths of time, starts, signals and what has several numbers.

Raises UsageError with one line; it must not know commands.
"""

import re
from typing import Any

from server.cli.connection import UsageError

_LENGTH = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", re.ASCII)
_SIGNAL = re.compile(r"([^:=\s]+)((?::[^:=\s]+){0,3})=(\S+)")
_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,12})?", re.ASCII)
_DROOP = (
    "over_dead_band_hz",
    "under_dead_band_hz",
    "over_slope",
    "under_slope",
    "open_loop_s",
)
_EXCITATIONS = {"under": True, "over": False}
_UNITS_S = (86_400, 3600, 60, 1)


def seconds(text: str) -> int:
    """Return a length of time such as 90, 90s, 15m or 1h30m in seconds; it may be negative."""
    sign, bare = (-1, text[1:]) if text.startswith("-") else (1, text)
    if re.fullmatch(r"\d{1,9}", bare, re.ASCII):
        return sign * int(bare)
    found = _LENGTH.fullmatch(bare)
    if not bare or found is None or len(bare) > 20:
        raise UsageError(f"{text!r} is not a length of time, such as 90s, 15m or 1h30m")
    return sign * sum(int(n or 0) * unit for n, unit in zip(found.groups(), _UNITS_S, strict=True))


def start(text: str) -> dict[str, object]:
    """Return the members of an event for a start: `now`, `+30s` or an instant."""
    if text == "now":
        return {"start_in_s": 0}
    if text.startswith("+"):
        return {"start_in_s": seconds(text[1:])}
    return {"start": text}


def signal(text: str) -> tuple[dict[str, Any], float]:
    """Return the signal and the value in NAME[:TYPE[:UNIT[:CURRENCY]]]=VALUE."""
    found = _SIGNAL.fullmatch(text)
    if found is None:
        raise UsageError(f"{text!r} is not a signal: NAME[:TYPE[:UNIT[:CURRENCY]]]=VALUE")
    name, rest, value = found.groups()
    kind, unit, currency = (*rest.split(":")[1:], None, None, None)[:3]
    try:
        number = float(value)
    except ValueError:
        raise UsageError(f"{value!r} is not the value of a signal") from None
    return {"name": name, "type": kind or "level", "unit": unit, "currency": currency}, number


def power_factor(text: str) -> dict[str, Any]:
    """Return the power factor in COSINE:under or COSINE:over."""
    cosine, excitation = _parts(text, "a power factor, such as 0.95:under", least=2, most=2)
    return {"cosine": _number(cosine), "is_under_excited": _excitation(excitation)}


def var_share(text: str) -> dict[str, Any]:
    """Return the share of reactive power in PERCENT:REFERENCE."""
    percent, reference = _parts(text, "reactive power, such as -30:max_var", least=2, most=2)
    return {"percent": _number(percent), "reference": reference}


def droop(text: str) -> dict[str, Any]:
    """Return the frequency droop in OVER_HZ:UNDER_HZ:OVER_SLOPE:UNDER_SLOPE:SECONDS."""
    what = "a frequency droop, such as 0.036:0.036:0.05:0.05:5"
    return dict(zip(_DROOP, map(_number, _parts(text, what, least=5, most=5)), strict=True))


def point(text: str) -> dict[str, Any]:
    """Return the point of a curve in X:Y or X:Y:under or X:Y:over."""
    x, y, *excitation = _parts(text, "a point, such as 92.5:44", least=2, most=3)
    found: dict[str, Any] = {"x": _number(x), "y": _number(y)}
    return {**found, "is_under_excited": _excitation(excitation[0])} if excitation else found


def _parts(text: str, what: str, *, least: int, most: int) -> list[str]:
    parts = text.split(":")
    if not least <= len(parts) <= most:
        raise UsageError(f"{text!r} is not {what}")
    return parts


def _number(text: str) -> float:
    if _NUMBER.fullmatch(text) is None:
        raise UsageError(f"{text!r} is not a number")
    return float(text)


def _excitation(text: str) -> bool:
    if text not in _EXCITATIONS:
        raise UsageError(f"{text!r} is neither under nor over")
    return _EXCITATIONS[text]
