"""One point of a device's register map, and its value as 16-bit words and back.

Values are exact decimals in the point's own unit; what a word cannot carry is refused, never
clipped. It must not know what a point is for, nor how words travel.
"""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from server.errors import Invalid

Words = tuple[int, ...]
"""What stands in consecutive registers."""


class Table(StrEnum):
    """Which of the device's register tables."""

    HOLDING = "holding"
    INPUT = "input"


class WordType(StrEnum):
    """How a raw number lies in registers."""

    BOOL = "bool"
    U16 = "u16"
    I16 = "i16"
    U32 = "u32"
    I32 = "i32"
    U64 = "u64"
    I64 = "i64"
    F32 = "f32"
    F64 = "f64"


class WordOrder(StrEnum):
    """Which word of a longer number comes first; the bytes of a word are always big-endian."""

    HI_FIRST = "hi_first"
    LO_FIRST = "lo_first"


class Sign(StrEnum):
    """Which direction of power the device counts as positive."""

    GENERATOR = "generator"
    LOAD = "load"


class SafeWord(StrEnum):
    """What else than a value a point may be left with for safety."""

    HOLD = "hold"
    RELEASE = "release"


class Persistence(StrEnum):
    """Where a device keeps a written value; flash wears out."""

    RAM = "ram"
    FLASH = "flash"


_CODES = {
    WordType.BOOL: "H",
    WordType.U16: "H",
    WordType.I16: "h",
    WordType.U32: "I",
    WordType.I32: "i",
    WordType.U64: "Q",
    WordType.I64: "q",
    WordType.F32: "f",
    WordType.F64: "d",
}
_FLOATS = frozenset({WordType.F32, WordType.F64})


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One value of a device: where it lies and how its raw number is to be read."""

    name: str
    table: Table = Table.HOLDING
    address: int
    """Zero-based, as on the wire."""
    type: WordType
    word_order: WordOrder = WordOrder.HI_FIRST
    scale: Decimal = Decimal(1)
    offset: Decimal = Decimal(0)
    """value = raw * scale + offset."""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    unit_si: str = ""
    writable: bool = False
    default: Decimal | None = None
    """What holds when nothing is asked."""
    safe: Decimal | SafeWord | None = None
    """What holds when nobody is there to ask; None if that is the default."""
    persist: Persistence = Persistence.RAM
    watchdog_s: int | None = None
    """For how long the device keeps a value that is not written again; None if for good."""
    role: str = ""
    sign: Sign = Sign.GENERATOR
    nan: frozenset[int] = frozenset()
    """Raw bit patterns that mean: not available."""
    order: int = 0
    write_function: int = 16

    @property
    def size(self) -> int:
        """Return the number of registers that it takes."""
        return struct.calcsize(f">{_CODES[self.type]}") // 2


def encode(point: Point, value: Decimal) -> Words:
    """Return the words that say a value in the point's unit, rounded to the step of its scale.

    Raises Invalid, with the point's name as pointer, if the value is not within the point's limits
    or the words cannot carry it.
    """
    if not value.is_finite():
        raise Invalid(f"{value} is not a finite number", pointer=point.name)
    _check_limits(point, value)
    words = _pack(point, (value - point.offset) / point.scale)
    if _pattern(point, words) in point.nan:
        raise Invalid(f"{value} would be read as not available", pointer=point.name)
    return words


def decode(point: Point, words: Sequence[int]) -> float | None:
    """Return the value in the point's unit, or None if the words mean not available."""
    pattern = _pattern(point, words)
    if pattern in point.nan:
        return None
    (raw,) = struct.unpack(f">{_CODES[point.type]}", pattern.to_bytes(2 * point.size, "big"))
    if isinstance(raw, float) and not math.isfinite(raw):
        return None
    return float(Decimal(raw) * point.scale + point.offset)


def _check_limits(point: Point, value: Decimal) -> None:
    if point.minimum is not None and value < point.minimum:
        raise Invalid(f"{value} is below the minimum of {point.minimum}", pointer=point.name)
    if point.maximum is not None and value > point.maximum:
        raise Invalid(f"{value} is above the maximum of {point.maximum}", pointer=point.name)


def _pack(point: Point, raw: Decimal) -> Words:
    """Return the words of a raw number in the point's word order."""
    if point.type is WordType.BOOL and raw not in {0, 1}:
        raise Invalid(f"{raw} is neither 0 nor 1", pointer=point.name)
    try:
        packed = struct.pack(f">{_CODES[point.type]}", _number(point, raw))
    except (struct.error, OverflowError):
        raise Invalid(f"raw {raw} does not fit into {point.type}", pointer=point.name) from None
    words = struct.unpack(f">{point.size}H", packed)
    return words if point.word_order is WordOrder.HI_FIRST else words[::-1]


def _number(point: Point, raw: Decimal) -> int | float:
    if point.type in _FLOATS:
        return float(raw)
    return int(raw.to_integral_value(rounding=ROUND_HALF_EVEN))


def _pattern(point: Point, words: Sequence[int]) -> int:
    """Return the words as one unsigned number, the highest word first."""
    ordered = words if point.word_order is WordOrder.HI_FIRST else words[::-1]
    return int.from_bytes(struct.pack(f">{point.size}H", *ordered), "big")
