"""Readings out of Green Button data, where these are simple: one kind of value, read to the end.

Whatever is not as expected gives none: the feed is kept as it came, and who needs more of it reads
that. Pure; it must not know reports.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from lxml import etree

from schemas.openadr import LIMITS
from schemas.wire import WireError, parse
from server.store.store import Reading

ESPI: Final = "http://naesb.org/espi"
_UNITS: Final = {"72": "Wh", "38": "W", "71": "VAh", "73": "varh", "29": "V", "5": "A", "33": "Hz"}
"""The unit that each number of ESPI's stands for."""
_POWERS: Final = range(-12, 13)
GOOD: Final = "good"


def readings_in(feed: bytes, *, source: str, point: str) -> tuple[Reading, ...]:
    """Return the readings in a feed; none if it has several kinds, or any fault."""
    try:
        root = parse(feed, LIMITS)
        kinds = list(root.iter(f"{{{ESPI}}}ReadingType"))
        if len(kinds) != 1:
            return ()
        unit = _UNITS.get(_text(kinds[0], "uom"), "")
        power = int(_text(kinds[0], "powerOfTenMultiplier") or 0)
        if not unit or power not in _POWERS:
            return ()
        return tuple(
            Reading(source, point, start, span, value * 10.0**power, GOOD, unit)
            for start, span, value in _values(root)
        )
    except (WireError, ValueError, OverflowError):
        return ()


def _values(root: etree._Element) -> Iterator[tuple[datetime, timedelta, int]]:
    for each in root.iter(f"{{{ESPI}}}IntervalReading"):
        start = datetime.fromtimestamp(int(_text(each, "timePeriod/{*}start")), UTC)
        span = timedelta(seconds=int(_text(each, "timePeriod/{*}duration")))
        yield start, span, int(_text(each, "value"))


def _text(parent: etree._Element, path: str) -> str:
    return (parent.findtext(f"{{{ESPI}}}{path}") or "").strip()
