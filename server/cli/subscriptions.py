"""`gridherald subscription` and `gridherald dead-letter`: whom 2030.5 notifications go to."""

from typing import Annotated

import typer

from server.cli.output import Columns, Output, print_line
from server.cli.session import Session, command

app = typer.Typer(help="Show and end 2030.5 subscriptions.", no_args_is_help=True)
dead_app = typer.Typer(
    help="Show notifications that were given up, and try them again.", no_args_is_help=True
)

LISTED: Columns = {
    "id": "id",
    "client_id": "client",
    "resource": "resource",
    "notification_uri": "notified at",
    "renewed_at": "renewed",
}
SHOWN: Columns = {
    **LISTED,
    "level": "level",
    "limit": "limit",
    "condition": "condition",
    "created_at": "created",
    "delivery": "delivery",
}
DEAD: Columns = {
    "id": "id",
    "client_id": "client",
    "resource": "resource",
    "delivery.attempts": "attempts",
    "delivery.failure": "failure",
}

Subscription = Annotated[str, typer.Argument(metavar="SUBSCRIPTION", help="Id.")]


@command(app, "list")
def list_subscriptions(
    session: Session,
    client: Annotated[str | None, typer.Option(help="Only of this client, id or name.")] = None,
) -> None:
    """List subscriptions."""
    client_id = None if client is None else session.resolve("client", client)
    session.show_list(LISTED, "list_subscriptions", client_id=client_id)


@command(app, "show")
def show(session: Session, subscription: Subscription) -> None:
    """Show a subscription and how far its telling is."""
    answer = session.connection.call("show_subscription", subscription_id=subscription)
    session.show(answer, SHOWN)


@command(app, "end")
def end(session: Session, subscription: Subscription) -> None:
    """End a subscription; its client is told so by a last notification."""
    session.connection.call("end_subscription", subscription_id=subscription)
    if session.output is Output.TABLE:
        print_line(f"ended {subscription}")


@command(dead_app, "list")
def list_dead_letters(session: Session) -> None:
    """List the subscriptions whose notification was given up."""
    session.show_list(DEAD, "list_dead_letters")


@command(dead_app, "replay")
def replay(session: Session, subscription: Subscription) -> None:
    """Try again; the latest is told."""
    answer = session.connection.call("replay_dead_letter", subscription_id=subscription)
    session.show(answer, SHOWN)
