"""`gridherald publication`: what 2030.5 clients are told beside events: prices, messages, bills."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from server.cli.connection import UsageError
from server.cli.output import Columns, Output, print_line
from server.cli.session import Session, command

app = typer.Typer(
    help="Publish load control, prices, messages, files and bills.", no_args_is_help=True
)

LISTED: Columns = {
    "id": "id",
    "kind": "kind",
    "parent": "below",
    "groups": "groups",
    "device_id": "device",
    "status": "status",
    "start": "start",
    "end": "end",
}
SHOWN: Columns = {
    **LISTED,
    "mrid": "mRID",
    "version": "version",
    "created_at": "created",
    "cancelled_at": "cancelled",
    "content": "content",
}

Publication = Annotated[str, typer.Argument(metavar="PUBLICATION", help="Its id, as u12.")]
Document = Annotated[
    str,
    typer.Argument(help="JSON, or @FILE with JSON or, by its name's end .xml, with XML."),
]
Random = Annotated[
    bool, typer.Option("--at-random", help="Let devices end at a random time instead of at once.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The options that say where a document is to stand."""

    below: Annotated[str | None, typer.Option(help="The publication that it stands below.")] = None
    group: Annotated[
        list[str] | None, typer.Option(help="Group it is for, id or name; repeatable.")
    ] = None
    device: Annotated[str | None, typer.Option(help="The one device it is for.")] = None
    supersede: Annotated[
        bool, typer.Option("--supersede", help="Take the place of what asks the same.")
    ] = False


@command(app, "publish")
def publish(
    session: Session,
    kind: Annotated[str, typer.Argument(help="Such as text_message or tariff_profile.")],
    document: Document,
    place: Place,
) -> None:
    """Publish a document: below another, or for groups, or for one device."""
    body = {
        "kind": kind,
        **_document(document),
        "parent": place.below,
        "groups": session.resolve_all("group", place.group),
        "device_id": None if place.device is None else session.resolve("device", place.device),
        "supersede": place.supersede,
    }
    session.show(session.connection.call("publish", body=body), SHOWN)


@command(app, "list")
def list_publications(
    session: Session,
    kind: Annotated[str | None, typer.Option(help="Only of this kind.")] = None,
    below: Annotated[str | None, typer.Option(help="Only what stands right below this.")] = None,
) -> None:
    """List publications."""
    session.show_list(LISTED, "list_publications", kind=kind, parent=below)


@command(app, "show")
def show(session: Session, publication: Publication) -> None:
    """Show a publication and what devices answered to it."""
    answer = session.connection.call("show_publication", publication_id=publication)
    session.show(answer, {**SHOWN, "responses": "responses"})


@command(app, "revise")
def revise(session: Session, publication: Publication, document: Document) -> None:
    """Replace the document of what does not hold for a span of time."""
    answer = session.connection.call(
        "revise_publication", publication_id=publication, body=_document(document)
    )
    session.show(answer, SHOWN)


@command(app, "cancel")
def cancel(session: Session, publication: Publication, at_random: Random = False) -> None:
    """Call off what holds for a span of time."""
    answer = session.connection.call(
        "cancel_publication", publication_id=publication, body={"at_random": at_random}
    )
    session.show(answer, SHOWN)


@command(app, "withdraw")
def withdraw(session: Session, publication: Publication) -> None:
    """Take a publication back, with all that stands below it."""
    session.connection.call("withdraw_publication", publication_id=publication)
    if session.output is Output.TABLE:
        print_line(f"withdrew {publication}")


def _document(text: str) -> dict[str, object]:
    """Return a document as the server takes it."""
    if text.startswith("@"):
        path = Path(text[1:])
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as fault:
            raise UsageError(f"{path} cannot be read: {fault}") from fault
        if path.suffix == ".xml":
            return {"xml": text}
    try:
        return {"content": json.loads(text)}
    except json.JSONDecodeError as fault:
        raise UsageError(f"this is no JSON: {fault}") from fault
