"""One row of a register map: cells become a Point, or every cell that is wrong is told.

Numbers are taken in one lexical form only. It must not know other rows or what roles mean.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from server.edge.registers import (
    Persistence,
    Point,
    SafeWord,
    Sign,
    Table,
    WordOrder,
    WordType,
    encode,
)
from server.errors import Invalid

_INTEGER = re.compile(r"[0-9]{1,6}|0x[0-9A-Fa-f]{1,16}", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,15})?([eE][+-]?[0-9]{1,2})?", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_E = TypeVar("_E", bound=StrEnum)


class CellFault(Exception):  # noqa: N818 - the house's word for what is wrong in a map
    """What is wrong in a row: pairs of the cell's number, from 1, and the reason."""

    def __init__(self, reasons: Sequence[tuple[int, str]]) -> None:
        """Take at least one."""
        super().__init__(reasons)
        self.reasons = tuple(reasons)


def _name(text: str) -> str:
    if _NAME.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a name of a-z, 0-9 and _")
    return text


def _integer(text: str) -> int:
    if _INTEGER.fullmatch(text) is None:
        raise ValueError(f"{text!r} is neither a whole number nor 0x and hex digits")
    return int(text, 0) if text.startswith("0x") else int(text)


def _address(text: str) -> int:
    if (address := _integer(text)) > 0xFFFF:
        raise ValueError(f"{text} is above 65535")
    return address


def _decimal(text: str) -> Decimal:
    if _DECIMAL.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a number")
    return Decimal(text)


def _scale(text: str) -> Decimal:
    if not (scale := _decimal(text)):
        raise ValueError("a scale of 0 loses every value")
    return scale


def _safe(text: str) -> Decimal | SafeWord:
    return SafeWord(text) if text in list(SafeWord) else _decimal(text)


def _watchdog(text: str) -> int:
    if not 2 <= (seconds := _integer(text)) <= 0xFFFF:
        raise ValueError(f"{text} is not from 2 to 65535 seconds")
    return seconds


def _flag(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError(f"{text!r} is neither true nor false")
    return text == "true"


def _patterns(text: str) -> frozenset[int]:
    return frozenset(_integer(part.strip()) for part in text.split(";"))


def _write_function(text: str) -> int:
    if text not in {"6", "16"}:
        raise ValueError(f"{text!r} is neither 6 nor 16")
    return int(text)


def _one_of(kind: type[_E]) -> Callable[[str], _E]:
    def convert(text: str) -> _E:
        if text not in list(kind):
            raise ValueError(f"{text!r} is none of {', '.join(kind)}")
        return kind(text)

    return convert


COLUMNS: Mapping[str, tuple[str, Callable[[str], Any]] | None] = {
    "name": ("name", _name),
    "table": ("table", _one_of(Table)),
    "address": ("address", _address),
    "type": ("type", _one_of(WordType)),
    "word_order": ("word_order", _one_of(WordOrder)),
    "scale": ("scale", _scale),
    "offset": ("offset", _decimal),
    "min": ("minimum", _decimal),
    "max": ("maximum", _decimal),
    "unit_si": ("unit_si", str),
    "writable": ("writable", _flag),
    "default": ("default", _decimal),
    "safe": ("safe", _safe),
    "persist": ("persist", _one_of(Persistence)),
    "watchdog": ("watchdog_s", _watchdog),
    "role": ("role", str),
    "sign": ("sign", _one_of(Sign)),
    "nan": ("nan", _patterns),
    "order": ("order", _integer),
    "write_fc": ("write_function", _write_function),
    "notes": None,
}
"""The columns that are known: the field of Point that each becomes and how; notes become none."""
REQUIRED = ("name", "address", "type")


def point_of(header: Sequence[str], cells: Sequence[str]) -> Point:
    """Return the point that a row states, empty cells meaning what Point says of them.

    Raises CellFault.
    """
    if len(cells) > len(header):
        raise CellFault([(len(header) + 1, f"{len(cells)} cells under {len(header)} columns")])
    values, faults = _convert(dict(zip(header, cells, strict=False)))
    _refuse(header, faults)
    point = Point(**values)
    _refuse(header, _contradictions(point))
    return point


def _refuse(header: Sequence[str], faults: Sequence[tuple[str, str]]) -> None:
    """Raise CellFault if there is a fault; in column 1 if the map does without its column."""
    if faults:
        raise CellFault(
            [
                (header.index(title) + 1 if title in header else 1, f"{title}: {reason}")
                for title, reason in faults
            ]
        )


def _convert(row: Mapping[str, str]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the fields that the cells become, and (column name, reason) for what is wrong."""
    values: dict[str, Any] = {}
    faults: list[tuple[str, str]] = []
    for title, text in row.items():
        if (column := COLUMNS.get(title)) is None or not text:
            continue
        field, convert = column
        try:
            values[field] = convert(text)
        except ValueError as fault:
            faults.append((title, str(fault)))
    faults.extend((title, "is empty") for title in REQUIRED if not row.get(title))
    return values, faults


def _contradictions(point: Point) -> list[tuple[str, str]]:
    """Return (column name, reason) for the first thing in which the cells contradict each other."""
    found = [
        (title, reason) for is_wrong, title, reason in _checks(point) if is_wrong
    ] or _value_faults(point)
    return found[:1]


def _checks(point: Point) -> Iterator[tuple[bool, str, str]]:
    is_bool = point.type is WordType.BOOL
    yield point.address + point.size > 0x10000, "address", "ends behind register 65535"
    yield point.writable and point.table is Table.INPUT, "writable", "input registers are not"
    yield is_bool and point.scale != 1, "scale", "a bool has none"
    yield is_bool and point.offset != 0, "offset", "a bool has none"
    if point.watchdog_s is not None:
        yield not point.writable, "watchdog", "it is never written"
        yield point.persist is Persistence.FLASH, "watchdog", "flash wears out"
    yield point.write_function == 6 and point.size > 1, "write_fc", "6 writes one register only"
    yield _is_above(point.minimum, point.maximum), "max", "is below min"
    yield bool(max(point.nan, default=0) >> (16 * point.size)), "nan", f"is no {point.type} pattern"


def _is_above(low: Decimal | None, high: Decimal | None) -> bool:
    return low is not None and high is not None and low > high


def _value_faults(point: Point) -> list[tuple[str, str]]:
    """Return (column name, reason) for a default or safe value that the point cannot say."""
    faults: list[tuple[str, str]] = []
    for title, value in (("default", point.default), ("safe", point.safe)):
        if not isinstance(value, Decimal):
            continue
        try:
            encode(point, value)
        except Invalid as fault:
            faults.append((title, fault.reason))
    return faults
