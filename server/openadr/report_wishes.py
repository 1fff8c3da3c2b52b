"""From what an operator wants reported to a request, if the VEN's offer allows it.

Pure: a VEN that is asked for more than it offers may refuse all of it (OADR 2.0b rule 340), so what
does not fit is refused here, with a pointer to the member. It must not know what becomes of it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Final

from server.core.report import (
    FOREVER,
    METADATA,
    OfferedPoint,
    ReportKind,
    ReportOffer,
    ReportRequest,
    ReportWish,
)
from server.errors import Invalid
from server.openadr.report_offers import TELEMETRY

HISTORY: Final = "HISTORY_"
_NONE: Final = timedelta(0)


def new_id() -> str:
    """Return a reportRequestID that no other request has (rule 322)."""
    return f"report-{token_hex(8)}"


def request_for(
    wish: ReportWish,
    offers: Sequence[ReportOffer],
    *,
    usual: timedelta,
    asked_by: str,
    now: datetime,
) -> ReportRequest:
    """Return the request that a wish is; `usual` is the time between reports if it says none.

    Raises Invalid if the VEN does not offer it.
    """
    now = now.replace(microsecond=0)
    if wish.specifier_id == METADATA:
        return replace(_metadata(wish, now), asked_by=asked_by)
    offer = next((each for each in offers if each.specifier_id == wish.specifier_id), None)
    if offer is None:
        raise Invalid("the VEN offers no such report", pointer="/report_specifier_id")
    points = _chosen(offer, wish)
    _check_kind(offer, wish, points)
    every, granularity = _rates(wish, offer, points, usual)
    _check_span(wish, offer, now)
    return ReportRequest(
        id=new_id(),
        specifier_id=offer.specifier_id,
        report_name=offer.report_name,
        points=tuple(each.point for each in points),
        every=every,
        granularity=granularity,
        start=wish.start or now,
        duration=wish.duration,
        kind=wish.kind,
        asked_by=asked_by,
        asked_at=now,
    )


def metadata_request(now: datetime) -> ReportRequest:
    """Return the request for a VEN's whole offer (rules 308 and 327)."""
    return ReportRequest(
        id=new_id(),
        specifier_id=METADATA,
        report_name=METADATA,
        kind=ReportKind.ONCE,
        start=now,
        asked_at=now,
    )


def _metadata(wish: ReportWish, now: datetime) -> ReportRequest:
    if wish.kind not in {ReportKind.ONCE, ReportKind.PERIODIC}:
        raise Invalid("an offer is asked for once or periodically", pointer="/kind")
    if wish.rids or wish.start or wish.duration or wish.granularity:
        raise Invalid("an offer is asked for as a whole, from now on", pointer="/rids")
    if wish.kind is ReportKind.ONCE:
        return metadata_request(now)
    if not wish.every:
        raise Invalid("how often is missing", pointer="/every_s")
    return replace(metadata_request(now), kind=wish.kind, every=wish.every)


def _chosen(offer: ReportOffer, wish: ReportWish) -> tuple[OfferedPoint, ...]:
    """Return the points that are wanted, which must be within the offer (rules 300 and 304)."""
    offered = {each.point.rid: each for each in offer.points}
    if not offered:
        raise Invalid("the VEN offers no points of it", pointer="/report_specifier_id")
    for number, rid in enumerate(wish.rids):
        if rid not in offered:
            raise Invalid(f"the VEN offers no point {rid}", pointer=f"/rids/{number}")
    return tuple(offered[rid] for rid in dict.fromkeys(wish.rids)) or offer.points


def _check_kind(offer: ReportOffer, wish: ReportWish, points: tuple[OfferedPoint, ...]) -> None:
    is_history = wish.kind is ReportKind.HISTORY
    if is_history and offer.report_name.startswith(TELEMETRY):
        raise Invalid("this report has no history", pointer="/kind")
    if not is_history and offer.report_name.startswith(HISTORY):
        raise Invalid("this report has nothing but history", pointer="/kind")
    if wish.kind is ReportKind.ON_CHANGE and not all(each.on_change for each in points):
        raise Invalid("not all of these points are reported on change", pointer="/kind")


def _rates(
    wish: ReportWish, offer: ReportOffer, points: tuple[OfferedPoint, ...], usual: timedelta
) -> tuple[timedelta, timedelta]:
    """Return the times between reports and between values (rules 317 and 324)."""
    if wish.kind in {ReportKind.ONCE, ReportKind.HISTORY}:
        return _no_rates(wish)
    every = wish.every or within_limits(usual, offer, points)
    if offer.buffered and every > offer.buffered:
        raise Invalid("the VEN holds less than that", pointer="/every_s")
    if wish.kind is ReportKind.ON_CHANGE:
        if wish.granularity:
            raise Invalid("changes have no granularity", pointer="/granularity_s")
        return every, _NONE
    return every, _granularity(wish, every, points)


def _no_rates(wish: ReportWish) -> tuple[timedelta, timedelta]:
    if wish.every or wish.granularity:
        raise Invalid("what is reported once has no period", pointer="/every_s")
    return _NONE, _NONE


def _granularity(wish: ReportWish, every: timedelta, points: tuple[OfferedPoint, ...]) -> timedelta:
    shortest = _shortest(points)
    longest = min((each.longest for each in points if each.longest), default=every)
    granularity = wish.granularity or max(shortest, min(every, longest))
    if granularity < shortest:
        raise Invalid("the VEN does not measure so often", pointer="/granularity_s")
    if granularity > every:
        raise Invalid("no report may hold less than one value", pointer="/granularity_s")
    return granularity


def within_limits(
    every: timedelta, offer: ReportOffer, points: Sequence[OfferedPoint]
) -> timedelta:
    """Return how often to ask: not denser, not rarer and not for longer than is offered."""
    longest = [each.longest for each in points if each.longest]
    if offer.buffered:
        longest.append(offer.buffered)
    return max(min([every, *longest]), _shortest(points))


def _shortest(points: Sequence[OfferedPoint]) -> timedelta:
    return max((each.shortest for each in points if each.shortest), default=_NONE)


def _check_span(wish: ReportWish, offer: ReportOffer, now: datetime) -> None:
    """Refuse a span that does not fit the kind (rules 324, 325 and 341)."""
    if wish.kind is ReportKind.ONCE:
        if wish.start is not None or wish.duration != FOREVER:
            raise Invalid("what is so now has neither start nor length", pointer="/start")
    elif wish.kind is ReportKind.HISTORY:
        _check_history(wish, offer, now)
    elif wish.start is not None and wish.start < now:
        raise Invalid("what is to be measured begins now or later", pointer="/start")


def _check_history(wish: ReportWish, offer: ReportOffer, now: datetime) -> None:
    if wish.start is None or wish.start >= now:
        raise Invalid("a history begins in the past", pointer="/start")
    span = wish.duration or now - wish.start
    if wish.start + span > now:
        raise Invalid("a history ends by now", pointer="/duration_s")
    if offer.buffered and span > offer.buffered:
        raise Invalid("the VEN holds less than that", pointer="/duration_s")
