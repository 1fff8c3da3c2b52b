"""From the data of a report to readings: when each value holds, in which unit, how good it is.

Pure; whoever calls it knows which request the data belongs to. It must not know where readings go.
"""

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, Final

from schemas.openadr.blocks import (
    Interval,
    OadrLoadControlState,
    OadrLoadControlValues,
    OadrPayloadResourceStatus,
    OadrReportPayload,
    PayloadFloat,
    SignalPayload,
)
from schemas.openadr.greenbutton import OadrGBPayload
from schemas.openadr.report import OadrReport
from server.core.model import DeviceId
from server.core.report import Point
from server.errors import Invalid, Unknown
from server.openadr import green_button
from server.openadr.answer import MISSING, OUT_OF_SEQUENCE, Declined
from server.store.store import Reading

LONGEST: Final = timedelta(days=36525)
GOOD: Final = "good"
"""The quality of a value that nothing is said against."""
_NONE: Final = timedelta(0)
Stretch = tuple[datetime, timedelta]


def readings(report: OadrReport, points: tuple[Point, ...], source: DeviceId) -> list[Reading]:
    """Return the readings in a report, in its order.

    Raises Unknown for an rID that was not asked for (rule 304), Declined for values whose time or
    type cannot be told, and Invalid for values out of range.
    """
    intervals = _intervals(report)
    by_rid = {point.rid: point for point in points}
    found: list[Reading] = []
    for interval, stretch in zip(intervals, _stretches(report, intervals), strict=True):
        for payload in interval.streamPayloadBase:
            if isinstance(payload, OadrReportPayload):
                _read(payload, by_rid, stretch, source, found)
            else:
                found += _other(payload, points, source)
    return found


def _intervals(report: OadrReport) -> tuple[Interval, ...]:
    return report.intervals.interval if report.intervals else ()


def _stretches(report: OadrReport, intervals: tuple[Interval, ...]) -> Iterator[Stretch]:
    """Yield when each interval begins and how long it lasts."""
    _check_forms(intervals)
    due = None if report.dtstart is None else report.dtstart.date_time
    for number, interval in enumerate(intervals):
        at, lasts = interval.dtstart, interval.duration
        start = _following(interval, due, number) if at is None else at.date_time
        span = _NONE if lasts is None else lasts.duration
        due = None if lasts is None else _end(start, span)
        yield start, span


def _other(
    payload: SignalPayload | OadrGBPayload, points: tuple[Point, ...], source: DeviceId
) -> tuple[Reading, ...]:
    """Return the readings in Green Button data, which are all of the one point (rule 331)."""
    if isinstance(payload, SignalPayload) or not points:
        raise Declined(MISSING, "an interval of a report holds oadrReportPayload")
    return green_button.readings_in(payload.feed, source=source, point=points[0].name)


def holds_green_button(report: OadrReport) -> bool:
    """Tell whether a report has Green Button data in it."""
    return any(isinstance(each.streamPayloadBase[0], OadrGBPayload) for each in _intervals(report))


def _check_forms(intervals: tuple[Interval, ...]) -> None:
    """Refuse that some intervals have a dtstart and others none, without need (rule 314).

    There is one if some values are of points in time and others of stretches (rule 342).
    """
    starts = {each.dtstart is None for each in intervals}
    if len(starts) > 1 and len({each.duration is None for each in intervals}) == 1:
        raise Declined(MISSING, "either all intervals have a dtstart or none has")


def _following(interval: Interval, due: datetime | None, number: int) -> datetime:
    """Return when an interval begins that does not say: right after the one before (rule 314)."""
    _check_order(interval, number)
    if due is None:
        raise Declined(MISSING, "an interval without dtstart follows one that has no end")
    return due


def _check_order(interval: Interval, number: int) -> None:
    """Refuse an interval whose place is not the one that its uid tells (rule 316)."""
    if interval.uid is not None and interval.uid.text.strip() != str(number):
        raise Declined(OUT_OF_SEQUENCE, "the uids of intervals without dtstart count up from 0")


def _end(start: datetime, span: timedelta) -> datetime:
    if not _NONE <= span <= LONGEST:
        raise Invalid("no such duration")
    try:
        return start + span
    except OverflowError as fault:
        raise Invalid("an interval ends beyond all time") from fault


def _read(
    payload: OadrReportPayload,
    by_rid: dict[str, Point],
    stretch: Stretch,
    source: DeviceId,
    found: list[Reading],
) -> None:
    """Add what a payload says to what was found."""
    point = by_rid.get(payload.rID)
    if point is None:
        raise Unknown("this rID was not asked for")
    base, quality = payload.payloadBase, payload.oadrDataQuality or GOOD
    if isinstance(base, PayloadFloat):
        value = base.value * point.scale
        start, span = stretch
        found.append(Reading(source, point.name, start, span, value, quality, point.unit))
        return
    found += [
        Reading(source, f"{point.name}/{name}", *stretch, value, quality, "")
        for name, value in _status(base)
    ]


def _status(base: OadrPayloadResourceStatus) -> Iterator[tuple[str, float]]:
    """Return what a resource's status says, each part as a number; yes is 1 (rule 334)."""
    yield "oadrOnline", float(base.oadrOnline)
    yield "oadrManualOverride", float(base.oadrManualOverride)
    if base.oadrLoadControlState is not None:
        yield from _load_control(base.oadrLoadControlState)


def _load_control(state: OadrLoadControlState) -> Iterator[tuple[str, float]]:
    for way in _WAYS:
        values = getattr(state, way)
        for name in _VALUES if values is not None else ():
            value = getattr(values, name)
            if value is not None:
                yield f"{way}/{name}", value


def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind) if each.name.startswith("oadr"))


_WAYS: Final = _names(OadrLoadControlState)
_VALUES: Final = _names(OadrLoadControlValues)
