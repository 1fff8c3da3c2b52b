"""From the data of a report to readings: when each value holds, in which unit, how good it is.

Pure; whoever calls it knows which request the data belongs to. It must not know where readings go.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from functools import partial
from typing import Final, NamedTuple

from schemas.openadr.blocks import (
    Interval,
    OadrLoadControlState,
    OadrPayloadResourceStatus,
    OadrReportPayload,
    PayloadFloat,
)
from schemas.openadr.report import OadrReport
from server.core.model import DeviceId
from server.errors import Invalid, Unknown
from server.openadr.answer import MISSING, OUT_OF_SEQUENCE, Declined
from server.openadr.report_requests import Point
from server.store.store import Reading

LONGEST: Final = timedelta(days=36525)
GOOD: Final = "good"
"""The quality of a value that nothing is said against."""
_NONE: Final = timedelta(0)


class _Stretch(NamedTuple):
    start: datetime
    duration: timedelta


def readings(
    report: OadrReport, points: Mapping[str, Point], source: DeviceId
) -> Iterator[Reading]:
    """Return the readings in a report, in its order.

    Raises Unknown for an rID that was not asked for (rule 304), Declined for values whose time or
    type cannot be told, and Invalid for values out of range.
    """
    intervals = report.intervals.interval if report.intervals else ()
    stretches = _stretches(report, intervals)
    for interval, stretch in zip(intervals, stretches, strict=True):
        for payload in interval.streamPayloadBase:
            if not isinstance(payload, OadrReportPayload):
                raise Declined(MISSING, "an interval of a report holds oadrReportPayload")
            point = points.get(payload.rID)
            if point is None:
                raise Unknown("this rID was not asked for")
            yield from _values(payload, point, stretch, source)


def _stretches(report: OadrReport, intervals: Iterable[Interval]) -> Iterator[_Stretch]:
    """Return when each interval is: by its own word or right after the one before (rule 314)."""
    due = None if report.dtstart is None else report.dtstart.date_time
    for number, interval in enumerate(intervals):
        start = _start(interval, due, number)
        span = None if interval.duration is None else interval.duration.duration
        due = None if span is None else _end(start, span)
        yield _Stretch(start, span or _NONE)


def _start(interval: Interval, due: datetime | None, number: int) -> datetime:
    if interval.dtstart is not None:
        return interval.dtstart.date_time
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


def _values(
    payload: OadrReportPayload, point: Point, stretch: _Stretch, source: DeviceId
) -> Iterator[Reading]:
    base = payload.payloadBase
    make = partial(
        Reading,
        source=source,
        start=stretch.start,
        duration=stretch.duration,
        quality=payload.oadrDataQuality or GOOD,
    )
    if isinstance(base, PayloadFloat):
        yield make(point=point.name, value=base.value * point.scale, unit=point.unit)
        return
    for name, value in _status(base):
        yield make(point=f"{point.name}/{name}", value=value, unit="")


def _status(base: OadrPayloadResourceStatus) -> Iterator[tuple[str, float]]:
    """Return what a resource's status says, each part as a number; yes is 1 (rule 334)."""
    yield "oadrOnline", float(base.oadrOnline)
    yield "oadrManualOverride", float(base.oadrManualOverride)
    if base.oadrLoadControlState is not None:
        yield from _load_control(base.oadrLoadControlState)


def _load_control(state: OadrLoadControlState) -> Iterator[tuple[str, float]]:
    for way in _names(state):
        values = getattr(state, way)
        for name in _names(values) if values is not None else ():
            value = getattr(values, name)
            if value is not None:
                yield f"{way}/{name}", value


def _names(part: object) -> Iterator[str]:
    return (each.name for each in fields(part) if each.name.startswith("oadr"))  # type: ignore[arg-type]
