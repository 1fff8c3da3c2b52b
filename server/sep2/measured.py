"""Posted meter readings, from the wire into sets and readings for the store.

Values are scaled by the power of ten of their ReadingType and get the name of their unit; the sign
is the meter's own (the ReadingType says in which direction it counts). Pure. It must not know HTTP
or what is kept already.
"""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from schemas.sep2.metering import Reading, ReadingType
from schemas.sep2.mirror import MirrorMeterReading, MirrorReadingSet
from server.core.model import DeviceId
from server.errors import Invalid, Unknown
from server.store import values as kept

_START = re.compile("0|-?[1-9][0-9]{0,10}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {
    0: "1",
    5: "A",
    6: "K",
    23: "degC",
    29: "V",
    31: "J",
    33: "Hz",
    38: "W",
    42: "m3",
    61: "VA",
    63: "var",
    65: "cos",
    67: "V2",
    69: "A2",
    71: "VAh",
    72: "Wh",
    73: "varh",
    106: "Ah",
    119: "ft3",
    122: "ft3/h",
    125: "m3/h",
    132: "BTU",
    133: "BTU/h",
    134: "L",
    137: "L/h",
}
_GOOD = "good"
_QUALITIES = (
    "valid",
    "edited",
    "reference-day",
    "interpolated",
    "questionable",
    "derived",
    "projected",
)
"""The bits of qualityFlags, from the lowest."""
_ENCODE = json.JSONEncoder(separators=(",", ":")).encode


class Value(NamedTuple):
    """One value of a set as its device gave it; `start` and `duration` in seconds."""

    start: int
    duration: int
    value: int | None
    local_id: str | None
    block: int | None
    tier: int | None
    flags: str | None


class Meter(NamedTuple):
    """A meter reading as it is known between posts."""

    mrid: str
    description: str | None
    version: int | None
    kind: ReadingType


class Measured(NamedTuple):
    """What posts hold for the store."""

    sets: list[kept.ReadingSet]
    readings: list[kept.Reading]

    def add(self, device_id: DeviceId, meter: Meter, posted: MirrorMeterReading, at: int) -> None:
        """Take in the values of a meter reading; `at` is when a lone one without a time was taken.

        Raises Invalid for a time beyond all time.
        """
        kind = meter.kind
        for of in posted.MirrorReadingSet_:
            period = of.timePeriod
            values = _values(of, kind)
            self.sets.append(
                kept.ReadingSet(
                    device_id=device_id,
                    point=meter.mrid,
                    start=instant(period.start),
                    duration=timedelta(seconds=period.duration),
                    mrid=of.mRID,
                    body=_ENCODE((exponent(kind), of.description, of.version, values)),
                )
            )
            self._add_readings(device_id, meter, values)
        if posted.Reading_ is not None:
            value = _value(posted.Reading_, at, kind.intervalLength or 0)
            self._add_readings(device_id, meter, [value])

    def _add_readings(self, device_id: DeviceId, meter: Meter, values: Sequence[Value]) -> None:
        power, unit = exponent(meter.kind), unit_of(meter.kind.uom)
        for seconds, length, value, _, _, _, flags in values:
            start = instant(seconds)
            if value is not None:
                number, word = scaled(value, power), quality(flags)
                span = timedelta(seconds=length)
                self.readings.append(
                    kept.Reading(device_id, meter.mrid, start, span, number, word, unit)
                )


def _values(of: MirrorReadingSet, kind: ReadingType) -> list[Value]:
    """Return the values of a set; those without a time follow each other from its start."""
    period = of.timePeriod
    length = kind.intervalLength or period.duration // max(1, len(of.Reading_))
    return [
        _value(reading, period.start + number * length, length)
        for number, reading in enumerate(of.Reading_)
    ]


def _value(reading: Reading, start: int, length: int) -> Value:
    period = reading.timePeriod
    return Value(
        start if period is None else period.start,
        length if period is None else period.duration,
        reading.value,
        reading.localID,
        reading.consumptionBlock,
        reading.touTier,
        reading.qualityFlags,
    )


def values_of(of: kept.ReadingSet, kind: ReadingType) -> tuple[Value, ...]:
    """Return the values of a kept set in the order of a ReadingList, in the powers of ten of now.

    A value that these cannot express is left out.
    """
    shift, _, _, rows = json.loads(of.body)
    shift -= exponent(kind)
    values = (Value(*row) for row in rows)
    if shift:
        values = (value._replace(value=_shifted(value.value, shift)) for value in values)
    return tuple(sorted(values, key=_in_list))


def words_of(of: kept.ReadingSet) -> tuple[str | None, int | None, int]:
    """Return a kept set's description and version, and how many values it has."""
    _, description, version, rows = json.loads(of.body)
    return description, version, len(rows)


def _in_list(value: Value) -> tuple[int, int, int, int]:
    local_id = -1 if value.local_id is None else int(value.local_id, 16)
    return local_id, value.block or 0, value.tier or 0, value.start


_MOST = 2**47


def _shifted(value: int | None, shift: int) -> int | None:
    return None if value is None else whole(scaled(value, shift), 0)


def whole(value: float, power: int) -> int | None:
    """Return a value as a number of powers of ten; None if an Int48 cannot hold it."""
    number = round(scaled(value, -power))
    return number if -_MOST <= number < _MOST else None


def scaled(value: float, power: int) -> float:
    """Return a value times a power of ten, without error where the result has none."""
    return value * 10.0**power if power >= 0 else value / 10.0**-power


def exponent(kind: ReadingType) -> int:
    """Return the power of ten that values of a kind are in."""
    return kind.powerOfTenMultiplier or 0


def unit_of(uom: int | None) -> str:
    """Return the unit that a number of IEC 61968-9 stands for; `uom:7` for one without a name."""
    return _UNITS.get(uom or 0) or f"uom:{uom}"


@lru_cache(maxsize=1024)
def quality(flags: str | None) -> str:
    """Return qualityFlags in words; what nothing is said against is good."""
    bits = int(flags or "0", 16)
    words = [word for bit, word in enumerate(_QUALITIES) if bits >> bit & 1]
    return " ".join(words) if bits > 1 and words else _GOOD


def flags_of(words: str) -> str | None:
    """Return the qualityFlags that `quality` gave words to; None if nothing was said."""
    bits = sum(1 << bit for bit, word in enumerate(_QUALITIES) if word in words.split())
    return f"{bits:04X}" if bits else None


@lru_cache(maxsize=4096)
def instant(seconds: int) -> datetime:
    """Return the instant that a TimeType counts; Invalid if there is none."""
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError as fault:
        raise Invalid("no such time", pointer="/timePeriod/start") from fault


def instant_named(name: str) -> datetime:
    """Return when a set starts that stands for it in an href; Unknown if there is no such time."""
    if not _START.fullmatch(name):
        raise Unknown("there is no such resource")
    try:
        return instant(int(name))
    except Invalid as fault:
        raise Unknown("there is no such resource") from fault


def same(kind: ReadingType) -> ReadingType:
    """Return one and the same object for all kinds that are equal: fleets have few."""
    return _same(kind)


@lru_cache(maxsize=1024)
def _same(kind: ReadingType) -> ReadingType:
    return kind
