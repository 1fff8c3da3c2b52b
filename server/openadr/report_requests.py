"""The messages that ask for reports and cancel them, what is asked without an operator's word.

Pure: offers and wishes go in, requests and messages come out. It must not know when they are
delivered, nor what comes of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from schemas.openadr import Message
from schemas.openadr.blocks import Dtstart, DurationProp, Properties
from schemas.openadr.report import (
    OadrCancelReport,
    OadrCreateReport,
    OadrReportRequest,
    ReportInterval,
    ReportSpecifier,
    SpecifierPayload,
)
from server.core.report import (
    FOREVER,
    METADATA,
    ReportKind,
    ReportOffer,
    ReportPhase,
    ReportRequest,
    ReportWish,
)
from server.errors import Invalid
from server.openadr.report_wishes import new_id, request_for, within_limits

CLOSED_KEPT: Final = 20
"""How many requests that are over are shown to operators, for each VEN."""

Requests = tuple[ReportRequest, ...]


def requests_for(
    offers: Iterable[ReportOffer], *, wanted: Sequence[str], every: timedelta, now: datetime
) -> Requests:
    """Return the requests for the wanted ones of the offered reports, in the VEN's order.

    `every` is how often, if the VEN's own limits allow it (rules 317 and 340).
    """
    return tuple(
        ReportRequest(
            id=new_id(),
            specifier_id=offer.specifier_id,
            report_name=offer.report_name,
            points=tuple(each.point for each in offer.points),
            every=within_limits(every, offer, offer.points),
            start=now.replace(microsecond=0),
            asked_at=now,
        )
        for offer in offers
        if offer.report_name in wanted and offer.points
    )


def renewed(
    before: Requests, made: Requests, offers: Sequence[ReportOffer], now: datetime
) -> Requests:
    """Return the requests after a new offer, which drops those before (rule 306).

    What operators still want is asked for anew, if it is still offered; periodic requests for the
    offer itself go on.
    """
    kept: list[ReportRequest] = []
    again: list[ReportRequest] = []
    for request in before:
        if request.closed or (request.specifier_id == METADATA and request.is_repeated):
            kept.append(request)
        elif request.asked_by or request.cancelled_at:
            gone, successor = _dropped(request, offers, now)
            kept.append(gone)
            again.extend(successor)
    return trimmed((*kept, *made, *again))


def _dropped(
    request: ReportRequest, offers: Sequence[ReportOffer], now: datetime
) -> tuple[ReportRequest, Requests]:
    if request.cancelled_at:
        return replace(request, closed=ReportPhase.CANCELLED), ()
    if request.specifier_id == METADATA or (request.end is not None and request.end <= now):
        return replace(request, closed=ReportPhase.ENDED), ()
    gone = replace(request, closed=ReportPhase.DROPPED)
    try:
        wish = _wish_of(request, now)
        usual = request.every
        again = request_for(wish, offers, usual=usual, asked_by=request.asked_by, now=now)
    except Invalid as fault:
        return replace(gone, trouble=fault.reason), ()
    return replace(gone, followed_by=again.id), (again,)


def _wish_of(request: ReportRequest, now: datetime) -> ReportWish:
    """Return what is still wanted of a request."""
    is_history = request.kind is ReportKind.HISTORY
    is_begun = request.start <= now and not is_history
    start = None if is_begun else request.start
    end = request.end
    return ReportWish(
        specifier_id=request.specifier_id,
        kind=request.kind,
        rids=tuple(point.rid for point in request.points),
        every=request.every or None,
        granularity=request.granularity or None,
        start=start,
        duration=request.duration if end is None or not is_begun else end - now,
    )


def trimmed(requests: Requests) -> Requests:
    """Return requests without the oldest of those that are over."""
    over = [request.id for request in requests if request.closed]
    forgotten = set(over[: max(0, len(over) - CLOSED_KEPT)])
    return tuple(request for request in requests if request.id not in forgotten)


def asking(request: ReportRequest, ven_id: str | None) -> Message:
    """Return the message that asks for a report, and nothing else, so that its answer is its own.

    The requestID is the reportRequestID.
    """
    return OadrCreateReport(
        requestID=request.id,
        oadrReportRequest=(
            OadrReportRequest(reportRequestID=request.id, reportSpecifier=_specifier(request)),
        ),
        venID=ven_id,
    )


def _specifier(request: ReportRequest) -> ReportSpecifier:
    """Say what is wanted; without units and with a reading type that says nothing (321, 338)."""
    is_metadata = request.specifier_id == METADATA
    rids = ["0"] if is_metadata else [point.rid for point in request.points]
    granularity = request.every if request.granularity is None else request.granularity
    return ReportSpecifier(
        reportSpecifierID=request.specifier_id,
        granularity=DurationProp(duration=FOREVER if is_metadata else granularity),
        reportBackDuration=DurationProp(duration=request.every),
        reportInterval=None if is_metadata else _interval(request),
        specifierPayload=tuple(
            SpecifierPayload(rID=rid, readingType="x-notApplicable") for rid in rids
        ),
    )


def _interval(request: ReportRequest) -> ReportInterval | None:
    """Return the time that is wanted; what is so now has none (rules 324 and 325)."""
    if request.kind is ReportKind.ONCE:
        return None
    span = DurationProp(duration=request.duration)
    return ReportInterval(
        properties=Properties(dtstart=Dtstart(date_time=request.start), duration=span)
    )


def cancelling(request: ReportRequest, ven_id: str | None) -> Message:
    """Return the message that wants no more of a report, after a last one if wanted (rule 345)."""
    return OadrCancelReport(
        requestID=request.id,
        reportRequestID=(request.id,),
        reportToFollow=request.report_to_follow,
        venID=ven_id,
    )
