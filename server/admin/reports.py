"""Operations on the reports of VENs: what they offer, what they are asked for, how far that is."""

from dataclasses import asdict
from datetime import timedelta

from server.admin.call import Call, Reporting
from server.admin.models import PageQuery
from server.admin.paging import page_by_name
from server.admin.reportmodels import (
    CancelReportIn,
    GapView,
    NamesQuery,
    OfferedPointView,
    OfferList,
    OfferView,
    ReportIn,
    ReportRequestDetail,
    ReportRequestList,
    ReportRequestView,
)
from server.core.model import ClientId
from server.core.report import FOREVER, OfferedPoint, ReportOffer, ReportWish, Standing
from server.errors import Conflict


async def list_report_offers(call: Call, *, client_id: str, query: NamesQuery) -> OfferList:
    """List the reports that a VEN offers."""
    offers = await _reporting(call).offers(ClientId(client_id))
    found, cursor = page_by_name(offers, query, lambda offer: offer.specifier_id)
    return OfferList(items=tuple(map(_offer, found)), next_cursor=cursor)


async def request_report(call: Call, *, client_id: str, body: ReportIn) -> ReportRequestDetail:
    """Ask a VEN for a report, if it offers it; it hears so when it is next told."""
    wish = ReportWish(
        specifier_id=body.report_specifier_id,
        kind=body.kind,
        rids=body.rids,
        every=_span(body.every_s),
        granularity=_span(body.granularity_s),
        start=body.start,
        duration=_span(body.duration_s) or FOREVER,
    )
    return _detail(await _reporting(call).ask(ClientId(client_id), wish, actor=call.actor))


async def list_report_requests(
    call: Call, *, client_id: str, query: PageQuery
) -> ReportRequestList:
    """List what a VEN is asked to report, and the last of what it was asked; oldest first."""
    standings = await _reporting(call).standings(ClientId(client_id))
    found, cursor = page_by_name(standings, query, _place)
    items = tuple(ReportRequestView.model_validate(_facts(each)) for each in found)
    return ReportRequestList(items=items, next_cursor=cursor)


async def show_report_request(
    call: Call, *, client_id: str, request_id: str
) -> ReportRequestDetail:
    """Show what a VEN was asked to report, and what is missing of it."""
    return _detail(await _reporting(call).standing(ClientId(client_id), request_id))


async def cancel_report_request(
    call: Call, *, client_id: str, request_id: str, body: CancelReportIn
) -> ReportRequestDetail:
    """Ask a VEN to report no more; what all VENs are asked for comes again with its next offer."""
    standing = await _reporting(call).cancel(
        ClientId(client_id), request_id, report_to_follow=body.report_to_follow
    )
    return _detail(standing)


def _reporting(call: Call) -> Reporting:
    if call.house.reporting is None:
        raise Conflict("no VENs are served here")
    return call.house.reporting


def _span(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _offer(offer: ReportOffer) -> OfferView:
    return OfferView(
        report_specifier_id=offer.specifier_id,
        report_name=offer.report_name,
        buffered_s=offer.buffered.total_seconds(),
        rids=tuple(each.point.rid for each in offer.points),
        points=tuple(map(_point, offer.points)),
        remarks=offer.remarks,
    )


def _point(offered: OfferedPoint) -> OfferedPointView:
    point, shortest, longest = offered.point, offered.shortest, offered.longest
    return OfferedPointView(
        rid=point.rid,
        point=point.name,
        unit=point.unit,
        report_type=offered.report_type,
        reading_type=offered.reading_type,
        shortest_s=None if shortest is None else shortest.total_seconds(),
        longest_s=None if longest is None else longest.total_seconds(),
        on_change=offered.on_change,
    )


def _place(standing: Standing) -> str:
    """Return what requests are ordered by: when they were made."""
    request = standing.request
    asked_at = request.asked_at or request.start
    return f"{int(asked_at.timestamp()):012d}{request.id[-16:]}"


def _detail(standing: Standing) -> ReportRequestDetail:
    gaps = tuple(GapView(**asdict(gap)) for gap in standing.gaps)
    facts = {**_facts(standing), "last_reading": standing.last_reading, "gaps": gaps}
    return ReportRequestDetail.model_validate(facts)


def _facts(standing: Standing) -> dict[str, object]:
    request = standing.request
    granularity = request.every if request.granularity is None else request.granularity
    return {
        **{name: getattr(request, name) for name in _AS_IN_THE_CORE},
        "report_specifier_id": request.specifier_id,
        "rids": tuple(point.rid for point in request.points),
        "every_s": request.every.total_seconds(),
        "granularity_s": granularity.total_seconds(),
        "asked_at": request.asked_at or request.start,
        "phase": standing.phase,
        "heard_at": standing.heard_at,
    }


_AS_IN_THE_CORE = (
    "id",
    "report_name",
    "kind",
    "start",
    "end",
    "asked_by",
    "cancelled_at",
    "report_to_follow",
    "followed_by",
    "trouble",
)
