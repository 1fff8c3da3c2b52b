"""`gridherald explain`: why a device follows what it follows, and why a client sees nothing."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from server.cli.output import Columns, Output, print_json, print_line, print_table
from server.cli.session import Session

CANDIDATES: Columns = {
    "event_id": "event",
    "program_id": "program",
    "primacy": "primacy",
    "start": "start",
    "end": "end",
    "rule": "rule",
    "modes": "modes",
    "beaten_by": "beaten by",
}
FALLBACKS: Columns = {
    "program_id": "default of",
    "primacy": "primacy",
    "rule": "rule",
    "modes": "modes",
}
STEPS: Columns = {"path": "path", "resource": "finds", "count": "items", "refusal": "refusal"}

Who = Annotated[
    str, typer.Argument(metavar="WHO", help="A device's id or name, or an LFDI or fingerprint.")
]
At = Annotated[str | None, typer.Option(help="At this instant instead of now.")]


def explain(session: Session, who: Who, at: At = None) -> None:
    """Tell what a device follows and why, what it finds on its way and what is wrong."""
    device_id = _device(session, who)
    if device_id is None:
        answer = session.connection.call("explain_identity", identity=who, query={"at": at})
    else:
        answer = session.connection.call("explain_device", device_id=device_id, query={"at": at})
    if session.output is Output.JSON:
        print_json(answer)
    else:
        _print(answer)


def _device(session: Session, who: str) -> str | None:
    bare = who.replace("-", "").replace(":", "").upper()
    for item in session.connection.items("list_devices"):
        if who in {item["id"], item["name"]} or bare == item["lfdi"]:
            return str(item["id"])
    return None


def _print(answer: Mapping[str, Any]) -> None:
    for found in answer["findings"]:
        print_line(f"! {found['detail']}")
    if not answer["findings"]:
        print_line("nothing is wrong that can be seen from here")
    for event, said in answer.get("opted_out", {}).items():
        print_line(f"event {event}: the device said {said}")
    _print_part(answer.get("candidates", ()), CANDIDATES)
    _print_part(answer.get("fallbacks", ()), FALLBACKS)
    _print_part(answer["walk"], STEPS)


def _print_part(items: Sequence[Mapping[str, Any]], columns: Columns) -> None:
    if items:
        print_line("")
        print_table(items, columns)
