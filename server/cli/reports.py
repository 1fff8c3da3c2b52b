"""`gridherald report` and `gridherald reading`: what VENs are to report, and what was measured."""

from dataclasses import dataclass
from typing import Annotated

import typer

from server.cli.output import Columns
from server.cli.session import Session, command
from server.cli.values import seconds
from server.core.report import ReportKind

app = typer.Typer(help="Ask VENs for reports, and see what comes of it.", no_args_is_help=True)
reading_app = typer.Typer(help="Show what devices measured.", no_args_is_help=True)

OFFERED: Columns = {
    "report_specifier_id": "report",
    "report_name": "name",
    "buffered_s": "buffered s",
    "rids": "points",
    "remarks": "remarks",
}
LISTED: Columns = {
    "id": "id",
    "report_name": "name",
    "kind": "kind",
    "every_s": "every s",
    "phase": "phase",
    "heard_at": "heard",
    "trouble": "trouble",
}
SHOWN: Columns = {
    **LISTED,
    "report_specifier_id": "report",
    "rids": "points",
    "granularity_s": "granularity s",
    "start": "start",
    "end": "end",
    "asked_by": "asked by",
    "asked_at": "asked",
    "cancelled_at": "cancelled",
    "followed_by": "followed by",
    "last_reading": "last reading",
    "gaps": "gaps",
}
POINTS: Columns = {
    "point": "point",
    "latest.start": "latest",
    "latest.value": "value",
    "latest.unit": "unit",
    "latest.quality": "quality",
}
READINGS: Columns = {
    "start": "start",
    "duration_s": "lasts s",
    "value": "value",
    "unit": "unit",
    "quality": "quality",
}

Ven = Annotated[str, typer.Argument(metavar="VEN", help="Id or name.")]
Request = Annotated[str, typer.Argument(metavar="REQUEST", help="Id of the request.")]
Device = Annotated[str, typer.Argument(metavar="DEVICE", help="Id or name.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How often and for which time a report is wanted."""

    kind: Annotated[ReportKind, typer.Option(help="The manner of reporting.")] = ReportKind.PERIODIC
    rid: Annotated[
        list[str] | None, typer.Option(help="A point that is wanted; else all. Can be repeated.")
    ] = None
    every: Annotated[
        str | None, typer.Option(metavar="LENGTH", help="Time between reports, as 15m.")
    ] = None
    granularity: Annotated[
        str | None, typer.Option(metavar="LENGTH", help="Time between values, as 1m.")
    ] = None
    start: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="As 2026-06-01T12:00:00Z; else now.")
    ] = None
    duration: Annotated[
        str | None, typer.Option(metavar="LENGTH", help="How long, as 1d; else for ever.")
    ] = None


@command(app, "offers")
def list_offers(session: Session, ven: Ven) -> None:
    """List the reports that a VEN offers."""
    session.show_list(OFFERED, "list_report_offers", _within(session, ven))


@command(app, "request")
def request(
    session: Session,
    ven: Ven,
    report: Annotated[
        str, typer.Argument(metavar="REPORT", help="What `offers` lists, or METADATA.")
    ],
    manner: Manner,
) -> None:
    """Ask a VEN for a report."""
    body = {
        "report_specifier_id": report,
        "kind": manner.kind.value,
        "rids": manner.rid or [],
        "every_s": _seconds(manner.every),
        "granularity_s": _seconds(manner.granularity),
        "start": manner.start,
        "duration_s": _seconds(manner.duration),
    }
    within = _within(session, ven)
    session.show(session.connection.ask("request_report", within, body=body), SHOWN)


@command(app, "list")
def list_requests(session: Session, ven: Ven) -> None:
    """List what a VEN is asked to report, and was."""
    session.show_list(LISTED, "list_report_requests", _within(session, ven))


@command(app, "show")
def show(session: Session, ven: Ven, request_id: Request) -> None:
    """Show what a VEN was asked to report, and what is missing of it."""
    variables = {**_within(session, ven), "request_id": request_id}
    session.show(session.connection.ask("show_report_request", variables), SHOWN)


@command(app, "cancel")
def cancel(
    session: Session,
    ven: Ven,
    request_id: Request,
    *,
    last: Annotated[bool, typer.Option("--last", help="After a last report.")] = False,
) -> None:
    """Ask a VEN to report no more."""
    variables = {**_within(session, ven), "request_id": request_id}
    body = {"report_to_follow": last}
    session.show(session.connection.ask("cancel_report_request", variables, body=body), SHOWN)


@command(reading_app, "points")
def list_points(session: Session, device: Device) -> None:
    """List the points of a device that there are readings of."""
    within = {"device_id": session.resolve("device", device)}
    session.show_list(POINTS, "list_points", within)


@command(reading_app, "list")
def list_readings(
    session: Session,
    device: Device,
    point: Annotated[str, typer.Argument(metavar="POINT", help="What `points` lists.")],
    since: Annotated[str | None, typer.Option(metavar="INSTANT")] = None,
    until: Annotated[str | None, typer.Option(metavar="INSTANT")] = None,
) -> None:
    """List the readings of a point, the oldest first."""
    source = session.resolve("device", device)
    session.show_list(
        READINGS, "list_readings", source=source, point=point, since=since, until=until
    )


def _within(session: Session, ven: str) -> dict[str, str]:
    return {"client_id": session.resolve("client", ven)}


def _seconds(length: str | None) -> int | None:
    return None if length is None else seconds(length)
