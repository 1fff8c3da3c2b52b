"""`gridherald event change` and `event extend`: what is another in an event that was stated."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from server.cli import values
from server.cli.connection import UsageError
from server.cli.events import SHOWN, Event, print_reached, row
from server.cli.for_vens import ForVens
from server.cli.output import Output, print_facts, print_json
from server.cli.session import Session, command

DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell what it would be; change nothing.")]
Supersede = Annotated[
    bool, typer.Option("--supersede", help="Take the place of events that ask the same.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be another in an event; None stays."""

    name: Annotated[str | None, typer.Option(help="What to call it from now on.")] = None
    priority: Annotated[int | None, typer.Option(help="For VENs: lower comes first.")] = None
    start: Annotated[str | None, typer.Option(help="An instant: 2026-06-01T12:00:00Z.")] = None
    end: Annotated[str | None, typer.Option(help="When it is to end, an instant.")] = None
    intervals: Annotated[
        str | None, typer.Option(help="All of them, as JSON or as @FILE with JSON.")
    ] = None
    supersede: Supersede = False


def add_to(app: typer.Typer) -> None:
    """Make both commands of `app`."""
    command(app, "change")(change)
    command(app, "extend")(extend)


def change(
    session: Session,
    event: Event,
    for_vens: ForVens,
    wish: Wish,
    dry_run: DryRun = False,
) -> None:
    """Change an event as far as it lies ahead; what is not said stays."""
    body = {**asdict(wish), "for_vens": for_vens.body() or None}
    if wish.intervals is not None:
        body["intervals"] = _json(wish.intervals)
    _send(session, event, body, dry_run=dry_run)


def extend(
    session: Session,
    event: Event,
    by: Annotated[str, typer.Option(help="How much longer: 30m; shorter if negative.")],
    supersede: Supersede = False,
    dry_run: DryRun = False,
) -> None:
    """Move the end of an event; devices that follow it go on without a gap."""
    body: dict[str, object] = {"extend_by_s": values.seconds(by), "supersede": supersede}
    _send(session, event, body, dry_run=dry_run)


def _send(session: Session, event: str, body: dict[str, object], *, dry_run: bool) -> None:
    event_id = session.resolve("event", event)
    query = {"dry_run": dry_run}
    answer = session.connection.call("change_event", event_id=event_id, query=query, body=body)
    if session.output is Output.JSON:
        print_json(answer)
        return
    print_facts(row(answer["event"]), SHOWN)
    print_facts(answer, {"renewed": "renewed controls", "targeted": "targeted"})
    print_reached(answer)


def _json(text: str) -> Any:
    try:
        return json.loads(Path(text[1:]).read_text() if text.startswith("@") else text)
    except (OSError, ValueError) as fault:
        raise UsageError(f"--intervals holds no JSON: {fault}") from None
