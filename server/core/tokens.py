"""Decides on access to the admin face."""

from server.core.book import Book
from server.core.change import Change, TokenIssued, TokenRevoked
from server.core.command import IssueToken, RevokeToken
from server.core.context import Context, check_name, find
from server.core.model import Token, TokenId
from server.errors import Conflict, Invalid


def issue_token(book: Book, command: IssueToken, context: Context) -> tuple[Change, ...]:
    """Give out a token; Invalid if it would be expired at once."""
    check_name(command.name)
    if command.expires_at <= context.now:
        raise Invalid("a token expires in the future", pointer="/expires_at")
    if command.digest in book.token_by_digest:
        raise Conflict("this token exists already")
    token = Token(
        id=TokenId(context.names.id("t")),
        name=command.name,
        role=command.role,
        digest=command.digest,
        expires_at=command.expires_at,
    )
    return (TokenIssued(token=token),)


def revoke_token(book: Book, command: RevokeToken, context: Context) -> tuple[Change, ...]:
    """Take a token back; nothing changes if it was taken back before."""
    token = find(book.tokens, command.token_id, "token")
    return () if token.is_revoked else (TokenRevoked(token_id=token.id),)
