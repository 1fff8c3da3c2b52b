"""The simple types of both standards: text on the wire, a plain value in Python.

Each alias (`UInt8`, `HexBinary160`, `DateTime` ...) is an ordinary type with a `Simple` attached,
which knows the lexical form, the bounds and the name that an error message needs. Loading is as
strict as XSD: ASCII digits, XSD white space. It must not know elements or namespaces.
"""

import functools
import math
import re
from binascii import unhexlify
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

BLANK = " \t\r\n"
_UNSIGNED = "[0-9]+"
SIGNED = re.compile("[+-]?[0-9]+")
_REAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
UNNAMED = "token"
"""The name of the lists of words that have none of their own."""
EXTENSION = re.compile(r"x-[^ \t\r\n].*")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z?")
_DURATION = re.compile(
    r"([+-])?P(?:([0-9]+)Y)?(?:([0-9]+)M)?(?:([0-9]+)W)?(?:([0-9]+)D)?"
    r"(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)S)?)?|([0-9]+)W"
)
_PART = r"(?:[^\x00-\x20%/?#:@\[\]]++|%[0-9A-Fa-f]{2})"
_URI_FORM = re.compile(
    rf"(?:(?:[A-Za-z][A-Za-z0-9+.-]*+:)?//(?:(?:{_PART}|:)*+@)?(?:\[[^\x00-\x20\[\]]*+\]|{_PART}*+)"
    rf"(?::[0-9]*+)?(?:/(?:{_PART}|[:@/])*+)?"
    rf"|[A-Za-z][A-Za-z0-9+.-]*+:(?!//)(?:{_PART}|[:@/])*+"
    rf"|(?!//)(?:{_PART}|@)*+(?:/(?:{_PART}|[:@/])*+)?)"
    rf"(?:\?(?:{_PART}|[:@/?])*+)?(?:#(?:{_PART}|[:@/?\[\]])*+)?"
)
_is_plain_uri = re.compile("[A-Za-z0-9/._~-]+").fullmatch
_MARKUP = re.compile('[\x00-\x1f&<>"\ud800-\udfff\ufffe\uffff]')
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
    | {"\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Simple:
    """One simple type: how to read and write it, and what it admits.

    `load` and `dump` raise ValueError for anything outside the type; `dump` returns text that is
    already escaped. `low`/`high` bound numbers, `length` bounds characters (or bytes, of hex),
    `values` lists an enumeration, which `extensible` opens for `x-` words; `pattern` is a regular
    expression of the text. `base` is the type of XSD that all this narrows.
    """

    name: str
    load: Callable[[str], Any]
    dump: Callable[[Any], str]
    base: str = "string"
    low: float | None = None
    high: float | None = None
    length: int | None = None
    values: tuple[str, ...] = ()
    extensible: bool = False
    pattern: str = ""


def escape(text: str) -> str:
    """Return text fit for content and attributes alike; ValueError for what XML 1.0 forbids."""
    if not _MARKUP.search(text):
        return text
    if _FORBIDDEN.search(text):
        raise ValueError(text)
    return text.translate(_ESCAPES)


def collapse(text: str) -> str:
    """Return text with XSD white space collapsed (and no other white space touched)."""
    text = text.replace("\t", " ").replace("\n", " ").replace("\r", " ")
    return " ".join([word for word in text.split(" ") if word])


_USUAL = {str(value): value for value in range(1024)}
"""Most numbers on the wire are among these, which need no check then."""


def whole(name: str, low: int, high: int) -> Simple:
    """Return the type of the whole numbers from low to high."""
    usual = {text: value for text, value in _USUAL.items() if low <= value <= high}.get

    def load(text: str) -> int:
        found = usual(text)
        if found is not None:
            return found
        if not (text.isdigit() and text.isascii()):
            text = text.strip(BLANK)
            if not (SIGNED.fullmatch(text) if low < 0 else text.isdigit() and text.isascii()):
                raise ValueError(text)
        value = int(text)
        if low <= value <= high:
            return value
        raise ValueError(text)

    def dump(value: int) -> str:
        if isinstance(value, int) and low <= value <= high:
            return int.__repr__(value)
        raise ValueError(value)

    return Simple(
        name=name,
        load=load,
        dump=dump,
        base="integer",
        low=low,
        high=high,
        pattern="" if low < 0 else _UNSIGNED,
    )


def hexadecimal(name: str, length: int) -> Simple:
    """Return the type of one to `length` bytes, held as upper-case hexadecimal digits."""

    def load(text: str) -> str:
        text = text.strip(BLANK)
        if 0 < len(unhexlify(text)) <= length:
            return text.upper()
        raise ValueError(text)

    return Simple(name=name, load=load, dump=load, base="hexBinary", length=length)


def string(name: str, length: int | None = None) -> Simple:
    """Return the type of any text of at most `length` characters, white space kept."""
    most = math.inf if length is None else length

    def load(text: str) -> str:
        if len(text) <= most:
            return text
        raise ValueError(text)

    def dump(text: str) -> str:
        return escape(load(text))

    return Simple(name=name, load=load, dump=dump, length=length)


def Token(*values: str, name: str = UNNAMED, extensible: bool = False) -> Simple:  # noqa: N802
    """Return the type of the listed words; `extensible` admits `x-` words of other parties."""
    words = frozenset(values)

    def load(text: str) -> str:
        if text in words:
            return text
        text = collapse(text)
        if text in words or (extensible and EXTENSION.fullmatch(text)):
            return text
        raise ValueError(text)

    def dump(text: str) -> str:
        return escape(load(text))

    return Simple(
        name=name, load=load, dump=dump, base="token", values=values, extensible=extensible
    )


def real(name: str, most: float) -> Simple:
    """Return the type of the finite numbers up to `most` either side, written without exponent."""

    def load(text: str) -> float:
        is_plain = text.isascii() and text.replace(".", "", 1).isdigit()
        if is_plain or _REAL.fullmatch(text.strip(BLANK)):
            return check(float(text))
        raise ValueError(text)

    def check(value: float) -> float:
        if -most <= value <= most:
            return value
        raise ValueError(value)

    def dump(value: float) -> str:
        text = repr(float(check(value)))
        return format(Decimal(text), "f") if "e" in text else text

    return Simple(name=name, load=load, dump=dump, base=name, low=-most, high=most)


_TRUTH = {"true": True, "1": True, "false": False, "0": False}


def _load_boolean(text: str) -> bool:
    value = _TRUTH.get(text.strip(BLANK))
    if value is None:
        raise ValueError(text)
    return value


def _dump_boolean(value: bool) -> str:
    return "true" if value else "false"


def _load_uri(text: str) -> str:
    if _is_plain_uri(text):
        return text
    text = text.strip(BLANK)
    if _URI_FORM.fullmatch(text):
        return text
    raise ValueError(text)


def _dump_uri(text: str) -> str:
    return escape(_load_uri(text))


def _load_moment(text: str) -> datetime:
    if not _MOMENT.fullmatch(text):
        text = text.strip(BLANK)
        if not _MOMENT.fullmatch(text):
            raise ValueError(text)
    value = datetime.fromisoformat(text)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _dump_moment(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError(value)
    return value.astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00") + "Z"


def _load_duration(text: str) -> timedelta:
    text = text.strip(BLANK)
    return _common_span(text) if len(text) < 16 else _span(text)


def _span(text: str) -> timedelta:
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(text)
    sign, *digits = match.groups("0")
    years, months, weeks, days, hours, minutes, seconds, bare = map(int, digits)
    try:
        span = timedelta(
            days=365 * years + 30 * months + days,
            weeks=weeks + bare,
            seconds=3600 * hours + 60 * minutes + seconds,
        )
    except OverflowError:
        raise ValueError(text) from None
    return -span if sign == "-" else span


_common_span = functools.lru_cache(maxsize=256)(_span)


def _dump_duration(value: timedelta) -> str:
    left = abs(value)
    minutes, seconds = divmod(left.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    counts = (hours, "H"), (minutes, "M"), (seconds, "S")
    time = "".join([f"{count}{unit}" for count, unit in counts if count])
    if not left.days and not time:
        return "PT0S"
    sign = "-" if value.days < 0 else ""
    return f"{sign}P{f'{left.days}D' if left.days else ''}{f'T{time}' if time else ''}"


_BOOLEAN = Simple(name="boolean", load=_load_boolean, dump=_dump_boolean, base="boolean")
_URI = Simple(name="anyURI", load=_load_uri, dump=_dump_uri, base="anyURI")
_DATE_TIME = Simple(
    name="dateTime",
    load=_load_moment,
    dump=_dump_moment,
    base="dateTime",
    pattern=_MOMENT.pattern,
)
_DURATION_TYPE = Simple(
    name="duration",
    load=_load_duration,
    dump=_dump_duration,
    base="token",
    pattern=_DURATION.pattern,
)

Boolean = Annotated[bool, _BOOLEAN]
Int8 = Annotated[int, whole("Int8", -(2**7), 2**7 - 1)]
Int16 = Annotated[int, whole("Int16", -(2**15), 2**15 - 1)]
Int32 = Annotated[int, whole("Int32", -(2**31), 2**31 - 1)]
Int48 = Annotated[int, whole("Int48", -(2**47), 2**47 - 1)]
Int64 = Annotated[int, whole("Int64", -(2**63), 2**63 - 1)]
UInt8 = Annotated[int, whole("UInt8", 0, 2**8 - 1)]
UInt16 = Annotated[int, whole("UInt16", 0, 2**16 - 1)]
UInt32 = Annotated[int, whole("UInt32", 0, 2**32 - 1)]
UInt40 = Annotated[int, whole("UInt40", 0, 2**40 - 1)]
UInt48 = Annotated[int, whole("UInt48", 0, 2**48 - 1)]
UInt64 = Annotated[int, whole("UInt64", 0, 2**64 - 1)]
HexBinary8 = Annotated[str, hexadecimal("HexBinary8", 1)]
HexBinary16 = Annotated[str, hexadecimal("HexBinary16", 2)]
HexBinary32 = Annotated[str, hexadecimal("HexBinary32", 4)]
HexBinary48 = Annotated[str, hexadecimal("HexBinary48", 6)]
HexBinary64 = Annotated[str, hexadecimal("HexBinary64", 8)]
HexBinary128 = Annotated[str, hexadecimal("HexBinary128", 16)]
HexBinary160 = Annotated[str, hexadecimal("HexBinary160", 20)]
String = Annotated[str, string("string")]
String6 = Annotated[str, string("String6", 6)]
String16 = Annotated[str, string("String16", 16)]
String20 = Annotated[str, string("String20", 20)]
String32 = Annotated[str, string("String32", 32)]
String42 = Annotated[str, string("String42", 42)]
String192 = Annotated[str, string("String192", 192)]
AnyURI = Annotated[str, _URI]
Float = Annotated[float, real("float", 3.4028234663852886e38)]
Double = Annotated[float, real("double", 1.7976931348623157e308)]

TimeType = Annotated[int, whole("TimeType", -(2**63), 2**63 - 1)]
"""Seconds since 1970-01-01T00:00:00Z."""
TimeOffsetType = Annotated[int, whole("TimeOffsetType", -(2**31), 2**31 - 1)]
"""Seconds; west is negative."""
OneHourRangeType = Annotated[int, whole("OneHourRangeType", -3600, 3600)]
"""Seconds."""
PerCent = Annotated[int, whole("PerCent", 0, 10_000)]
"""Hundredths of a percent."""
SignedPerCent = Annotated[int, whole("SignedPerCent", -10_000, 10_000)]
"""Hundredths of a percent."""
PINType = Annotated[int, whole("PINType", 0, 999_999)]
SFDIType = Annotated[int, whole("SFDIType", 0, 687_194_767_359)]
"""36 bits and a check digit."""
VersionType = UInt16
PrimacyType = UInt8

DateTime = Annotated[datetime, _DATE_TIME]
"""An aware UTC instant, written in whole seconds; read with fraction and with or without `Z`."""
Duration = Annotated[timedelta, _DURATION_TYPE]
"""A span, written in whole seconds; a month read counts 30 days, a year 365."""
