"""`gridherald token`: access to the admin face."""

from typing import Annotated

import typer

from server.cli.output import Columns
from server.cli.session import Session, command
from server.cli.values import seconds
from server.core.model import Role

app = typer.Typer(help="Give access to the admin face and take it back.", no_args_is_help=True)

LISTED: Columns = {
    "id": "id",
    "name": "name",
    "role": "role",
    "expires_at": "expires",
    "is_revoked": "revoked",
}


@command(app, "issue")
def issue(
    session: Session,
    name: Annotated[str, typer.Argument(help="Whom it is for; stands in the audit trail.")],
    role: Annotated[Role, typer.Option(help="What its holder may do.")],
    expires_in: Annotated[str, typer.Option(help="How long it is good for.")] = "90d",
) -> None:
    """Issue a token; its secret is shown this once."""
    body = {"name": name, "role": role.value, "expires_in_s": seconds(expires_in)}
    session.show(session.connection.call("issue_token", body=body), {**LISTED, "secret": "secret"})


@command(app, "list")
def list_tokens(session: Session) -> None:
    """List tokens; expired and revoked ones too."""
    session.show_list(LISTED, "list_tokens")


@command(app, "revoke")
def revoke(
    session: Session, token: Annotated[str, typer.Argument(metavar="TOKEN", help="Id or name.")]
) -> None:
    """Take a token back, from its next use on."""
    token_id = session.resolve("token", token)
    session.show(session.connection.call("revoke_token", token_id=token_id), LISTED)
