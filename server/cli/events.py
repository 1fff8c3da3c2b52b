"""`gridherald event`: what is asked of devices."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from server.cli import values
from server.cli.asks import Asks
from server.cli.for_vens import ForVens
from server.cli.output import (
    Columns,
    Output,
    cell,
    print_facts,
    print_json,
    print_line,
    print_table,
)
from server.cli.session import Session, command
from server.core.model import ResponsePolicy
from server.core.timeline import Phase

app = typer.Typer(help="State events, follow them and call them off.", no_args_is_help=True)

LISTED: Columns = {
    "id": "id",
    "name": "name",
    "program_id": "program",
    "phase": "phase",
    "start": "start",
    "end": "end",
    "asks": "asks",
}
SHOWN: Columns = {
    **LISTED,
    "targets": "targets",
    "randomize_start_s": "random start s",
    "randomize_duration_s": "random duration s",
    "is_test": "test",
    "for_vens.comment": "comment",
    "version": "version",
    "cancelled_at": "cancelled at",
}
FORESEEN: Columns = {
    "start": "start",
    "end": "end",
    "targeted": "targeted",
    "devices": "devices",
}
INTERVALS: Columns = {
    "mrid": "mRID",
    "start": "start",
    "duration_s": "seconds",
    "controls": "controls",
    "values": "values",
    "standings": "devices see it",
}
RESTS: Columns = {"id": "id", "name": "name", "start": "start", "end": "end", "targets": "targets"}
TOLD: Columns = {"device_id": "device", "language": "language", "what": "is not told", "why": "why"}
MET: Columns = {"event_id": "event", "devices": "devices"}
OUT: Columns = {
    "device_id": "device",
    "stance": "is",
    "resources": "resources",
    "is_skipped": "is skipped",
}
FOLLOWED: Columns = {
    "device_id": "device",
    "name": "name",
    "language": "language",
    "opt.opt_type": "opt",
    "opt.source": "by",
    "said": "said, newest first",
}

Event = Annotated[str, typer.Argument(metavar="EVENT", help="Id or name.")]
Random = Annotated[str, typer.Option(help="Up to this much later; earlier if negative.")]
Only = list[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The options that make up an event, but for what it asks."""

    program: Annotated[str, typer.Option(help="Id or name.")]
    duration: Annotated[str, typer.Option(help="How long: 90s, 15m, 1h30m; open has no end.")]
    start: Annotated[str, typer.Option(help="now, +30s or 2026-06-01T12:00:00Z.")] = "now"
    name: Annotated[str, typer.Option(help="What to call it.")] = "event"
    signal: Annotated[
        list[str] | None,
        typer.Option(help="For VENs: NAME[:TYPE[:UNIT[:CURRENCY]]]=VALUE; repeatable."),
    ] = None
    group: Annotated[Only, typer.Option(help="Only this one, id or name; repeatable.")] = None
    device: Annotated[Only, typer.Option(help="Only this one, id or name; repeatable.")] = None
    priority: Annotated[int, typer.Option(help="For VENs: lower comes first; 0 is none.")] = 0
    randomize_start: Random = "0"
    randomize_duration: Random = "0"
    response: Annotated[ResponsePolicy, typer.Option(help="Whether VENs are to answer.")] = (
        ResponsePolicy.ALWAYS
    )
    test: Annotated[bool, typer.Option("--test", help="Say that it is a test.")] = False
    supersede: Annotated[
        bool, typer.Option("--supersede", help="Take the place of events that ask the same.")
    ] = False
    resume_after: Annotated[
        bool,
        typer.Option("--resume-after", help="With --supersede: what it replaces goes on after it."),
    ] = False

    def body(self, session: Session, asks: Asks, for_vens: ForVens) -> dict[str, object]:
        """Return the event as the server takes it; the server is asked for names last."""
        controls = asks.controls()
        signals = [values.signal(text) for text in self.signal or ()]
        interval: dict[str, object] = {
            "duration_s": None if self.duration == "open" else values.seconds(self.duration),
            "values": [value for _, value in signals],
        }
        said = {
            "name": self.name,
            **values.start(self.start),
            "intervals": [interval],
            "signals": [signal for signal, _ in signals],
            "priority": self.priority,
            "randomize_start_s": values.seconds(self.randomize_start),
            "randomize_duration_s": values.seconds(self.randomize_duration),
            "response_policy": self.response.value,
            "is_test": self.test,
            "for_vens": for_vens.body(),
            "supersede": self.supersede,
            "resume_after": self.resume_after,
        }
        program_id = session.resolve("program", self.program)
        if controls | (curves := asks.curves(session, program_id)):
            interval["controls"] = {**controls, **curves}
        return {
            **said,
            "program_id": program_id,
            "targets": {
                "groups": session.resolve_all("group", self.group),
                "devices": session.resolve_all("device", self.device),
            },
        }


@command(app, "create")
def create(
    session: Session,
    wish: Wish,
    asks: Asks,
    for_vens: ForVens,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell whom it would reach; change nothing.")
    ] = False,
) -> None:
    """State an event; tell whom it reaches and what cannot be told to whom."""
    body = wish.body(session, asks, for_vens)
    answer = session.connection.call("create_event", query={"dry_run": dry_run}, body=body)
    if session.output is Output.JSON:
        print_json(answer)
        return
    if dry_run:
        print_facts(answer, FORESEEN)
    else:
        print_facts(row(answer["event"]), SHOWN)
        print_facts(answer, {"targeted": "targeted"})
    _print_rests(answer["rests"])
    _print_opted_out(answer["opted_out"])
    print_reached(answer)


@command(app, "list")
def list_events(
    session: Session,
    program: Annotated[str | None, typer.Option(help="Only of this one, id or name.")] = None,
    phase: Annotated[Phase | None, typer.Option(help="Only those that stand here now.")] = None,
) -> None:
    """List events."""
    program_id = None if program is None else session.resolve("program", program)
    items = list(session.connection.items("list_events", program_id=program_id, phase=phase))
    if session.output is Output.JSON:
        print_json(items)
    else:
        print_table(map(row, items), LISTED)


@command(app, "show")
def show(session: Session, event: Event) -> None:
    """Show an event, where it stands now and what devices answered."""
    event_id = session.resolve("event", event)
    answer = session.connection.call("show_event", event_id=event_id)
    if session.output is Output.JSON:
        print_json(answer)
        return
    print_facts(row(answer), SHOWN)
    print_facts(answer, {"participation": "participation"})
    for title, rows, columns in (
        ("Intervals", answer["intervals"], INTERVALS),
        ("Devices", map(_followed, answer["followers"]), FOLLOWED),
    ):
        print_line(f"\n{title}")
        print_table(rows, columns)
    _print_unsaid(answer["unsaid"])


@command(app, "cancel")
def cancel(
    session: Session,
    event: Event,
    at_random: Annotated[
        bool, typer.Option("--at-random", help="Devices end at a random time, not at once.")
    ] = False,
) -> None:
    """Call an event off; it stays known to the end of its window."""
    event_id = session.resolve("event", event)
    body = {"at_random": at_random}
    answer = session.connection.call("cancel_event", event_id=event_id, body=body)
    session.show(answer if session.output is Output.JSON else row(answer), SHOWN)


@command(app, "cancel-all")
def cancel_all(
    session: Session,
    program: Annotated[str | None, typer.Option(help="Those of this one, id or name.")] = None,
    device: Annotated[str | None, typer.Option(help="Or those for this one, id or name.")] = None,
) -> None:
    """Call off all events of a program, or for a device, that are not over."""
    body = {
        "program_id": None if program is None else session.resolve("program", program),
        "device_id": None if device is None else session.resolve("device", device),
    }
    answer = session.connection.call("cancel_events", body=body)
    if session.output is Output.JSON:
        print_json(answer["items"])
    else:
        print_table(map(row, answer["items"]), LISTED)


def print_reached(answer: Mapping[str, Any]) -> None:
    """Print what meets an event at VENs, and what of it does not reach everyone."""
    if answer["overlaps"]:
        print_line("\nOther events of these VENs at the same time; what they make of both is open")
        print_table(answer["overlaps"], MET)
    _print_unsaid(answer["unsaid"])


def row(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event with what its intervals ask in one line."""
    return {**event, "asks": "; ".join(dict.fromkeys(map(_asked, _intervals(event))))}


def _intervals(event: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    """Yield what each interval asks, controls and signals side by side."""
    names = [signal["name"] for signal in event["signals"]]
    for interval in event["intervals"]:
        yield {
            **(interval["controls"] or {}),
            **dict(zip(names, interval["values"], strict=True)),
        }


def _asked(interval: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={cell(value)}" for name, value in interval.items())


def _followed(follower: Mapping[str, Any]) -> dict[str, Any]:
    said = [response["status"] for response in follower["responses"]]
    return {**follower, "said": list(dict.fromkeys(said))}


def _print_rests(rests: list[dict[str, Any]]) -> None:
    if rests:
        print_line("\nWhat goes on after it")
        print_table(rests, RESTS)


def _print_opted_out(opted_out: list[dict[str, Any]]) -> None:
    if opted_out:
        print_line("\nVENs that have opted out of its window")
        print_table(opted_out, OUT)


def _print_unsaid(unsaid: list[dict[str, Any]]) -> None:
    if unsaid:
        print_line("\nNot everything reaches everyone")
        print_table(unsaid, TOLD)
