"""Operations on tokens: giving access to this face and taking it back."""

from datetime import datetime, timedelta

from server.admin.access import digest_of, new_secret
from server.admin.call import Call, the
from server.admin.models import PageQuery, TokenIn
from server.admin.paging import page
from server.admin.views import TokenIssued, TokenList, TokenView
from server.core import change
from server.core.command import IssueToken, RevokeToken
from server.core.context import find
from server.core.model import Token, TokenId


async def issue_token(call: Call, *, body: TokenIn) -> TokenIssued:
    """Give somebody access; the secret is told this once."""
    secret = new_secret()
    command = IssueToken(
        name=body.name,
        role=body.role,
        digest=digest_of(secret),
        expires_at=_expiry(body, call.now),
    )
    issued = the(change.TokenIssued, await call.submit(command))
    return TokenIssued(**dict(_view(issued.token)), secret=secret)


async def list_tokens(call: Call, *, query: PageQuery) -> TokenList:
    """List tokens, the oldest first; expired and revoked ones too."""
    found, cursor = page(call.book.tokens.values(), query)
    return TokenList(items=tuple(map(_view, found)), next_cursor=cursor)


async def show_token(call: Call, *, token_id: str) -> TokenView:
    """Show a token."""
    return _view(find(call.book.tokens, TokenId(token_id), "token"))


async def revoke_token(call: Call, *, token_id: str) -> TokenView:
    """Take a token back, from its next use on."""
    await call.submit(RevokeToken(token_id=TokenId(token_id)))
    return _view(call.book.tokens[TokenId(token_id)])


def _expiry(body: TokenIn, now: datetime) -> datetime:
    if body.expires_at is not None:
        return body.expires_at
    return now + timedelta(seconds=body.expires_in_s or 0)


def _view(token: Token) -> TokenView:
    return TokenView(
        id=token.id,
        name=token.name,
        role=token.role,
        expires_at=token.expires_at,
        is_revoked=token.is_revoked,
    )
