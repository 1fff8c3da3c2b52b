"""Reads what people type for lengths of time, starts and signals.

Raises UsageError with one line; it must not know commands.
"""

import re
from typing import Any

from server.cli.connection import UsageError

_LENGTH = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", re.ASCII)
_SIGNAL = re.compile(r"([^:=\s]+)((?::[^:=\s]+){0,3})=(\S+)")
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
