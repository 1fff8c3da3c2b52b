"""Checks what is said to VENs alone: ramps, comments, baselines and places.

The bounds are those that every VEN can read; whom the words reach is not known here.
"""

from collections.abc import Iterable
from dataclasses import fields
from datetime import timedelta
from math import isfinite

from server.core.book import Book
from server.core.for_vens import Baseline, ForVens, Places
from server.core.model import Event, Language, Signal
from server.core.signals import UNITS, check_currency
from server.errors import Invalid

SPAN_LIMIT = timedelta(days=366)
COMMENT_LIMIT = 1000
NAME_LIMIT = 255
ENTRIES_LIMIT = 1000
BASELINE_LIMIT = 1000
_NONE = timedelta(0)
_WITHIN = {"ramp_up": -SPAN_LIMIT, "recovery": -SPAN_LIMIT, "notification": _NONE}
_OUTLINES = ("areas", "locations")


def check_for_vens(said: ForVens) -> None:
    """Raise Invalid, naming the member, for what no VEN could read."""
    for name, least in _WITHIN.items():
        span = getattr(said, name)
        _check_span(span, f"/for_vens/{name}")
        if not least <= span <= SPAN_LIMIT:
            raise Invalid(f"{name} is too far off", pointer=f"/for_vens/{name}")
    if len(said.comment) > COMMENT_LIMIT or not _is_text(said.comment):
        raise Invalid(
            f"a comment has at most {COMMENT_LIMIT} printable characters",
            pointer="/for_vens/comment",
        )
    if said.baseline is not None:
        _check_baseline(said.baseline)
    _check_places(said.places)


def check_reach(book: Book, event: Event) -> None:
    """Refuse parts of a VEN in an event that others hear too: what a VEN has is nobody else's."""
    baseline, places = event.for_vens.baseline, event.for_vens.places
    parts = (places.resources, places.meters, places.delivery_points)
    if not any((*parts, baseline and baseline.resources)):
        return
    reached = book.targeted_devices(event)
    vens = [device.id for device in reached if device.language is Language.OPENADR]
    if len(vens) != 1 or vens[0] not in event.targets.devices:
        raise Invalid(
            "an event that names resources, meters or delivery points is for one VEN by name",
            pointer="/for_vens/places",
        )


def _check_span(span: timedelta, pointer: str) -> None:
    if span.microseconds:
        raise Invalid("lengths of time are whole seconds", pointer=pointer)


def _check_baseline(baseline: Baseline) -> None:
    """Refuse a baseline that is no line of values (OADR 2.0b rules 100 to 103)."""
    pointer = "/for_vens/baseline"
    _check_names((baseline.name,), f"{pointer}/name")
    _check_names(baseline.resources, f"{pointer}/resources")
    if baseline.start.microsecond:
        raise Invalid("a baseline starts at a whole second", pointer=f"{pointer}/start")
    if not 1 <= len(baseline.intervals) <= BASELINE_LIMIT:
        raise Invalid(f"a baseline has 1 to {BASELINE_LIMIT} intervals", pointer=pointer)
    for index, interval in enumerate(baseline.intervals):
        _check_span(interval.duration, f"{pointer}/intervals/{index}")
        if not _NONE < interval.duration <= SPAN_LIMIT or not isfinite(interval.value):
            raise Invalid(
                "an interval lasts longer than nothing and has a finite value",
                pointer=f"{pointer}/intervals/{index}",
            )
    if baseline.unit not in UNITS:
        raise Invalid(f"no unit is called {baseline.unit!r}", pointer=f"{pointer}/unit")
    as_signal = Signal(name="baseline", type="", unit=baseline.unit, currency=baseline.currency)
    check_currency(as_signal)


def _check_places(places: Places) -> None:
    for one in fields(places):
        entries, pointer = getattr(places, one.name), f"/for_vens/places/{one.name}"
        if len(entries) > ENTRIES_LIMIT:
            raise Invalid(f"at most {ENTRIES_LIMIT} are named", pointer=pointer)
        if one.name in _OUTLINES:
            for outline in entries:
                _check_outline(outline, pointer)
        elif one.name == "transports":
            _check_names((end for ends in entries for end in ends), pointer)
        else:
            _check_names(entries, pointer)


def _check_names(names: Iterable[str], pointer: str) -> None:
    for name in names:
        if not name.strip() or len(name) > NAME_LIMIT or not name.isprintable():
            raise Invalid(
                f"a name has 1 to {NAME_LIMIT} printable characters, not only blanks",
                pointer=pointer,
            )


def _check_outline(corners: tuple[tuple[float, float], ...], pointer: str) -> None:
    """Refuse an outline that does not come back to where it began, or leaves the globe."""
    if len(corners) < 4 or corners[0] != corners[-1]:
        raise Invalid(
            "an outline has three corners or more and the first one again", pointer=pointer
        )
    if not all(abs(latitude) <= 90 and abs(longitude) <= 180 for latitude, longitude in corners):
        raise Invalid("a corner is a latitude and a longitude in degrees", pointer=pointer)


def _is_text(text: str) -> bool:
    return all(character.isprintable() or character == "\n" for character in text)
