"""Who asks: bearer tokens, looked up by their digest, and what each role may do.

The secret itself is known to its holder only; a look-up by digest tells nothing by its duration.
It must not know operations.
"""

import re
from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe

from server.core.book import Book
from server.core.model import Role, Token
from server.errors import Forbidden, Unauthenticated

_BEARER = re.compile(r"Bearer +([!-~]{1,512}) *", re.ASCII | re.IGNORECASE)
_RANK = {role: rank for rank, role in enumerate(Role)}


class WrongToken(Unauthenticated):
    """A token was given and is not, or no longer, one of ours."""


def new_secret() -> str:
    """Draw the secret of a new token."""
    return f"ghd_{token_urlsafe(32)}"


def digest_of(secret: str) -> str:
    """Return the digest by which the book knows a token: SHA-256 in hex."""
    return sha256(secret.encode()).hexdigest()


def token_of(authorization: str | None, book: Book, now: datetime) -> Token:
    """Return the token behind an Authorization header; Unauthenticated says what is wrong."""
    if authorization is None:
        raise Unauthenticated("a token is needed: Authorization: Bearer TOKEN")
    found = _BEARER.fullmatch(authorization)
    if found is None:
        raise Unauthenticated("only bearer tokens are taken: Authorization: Bearer TOKEN")
    token_id = book.token_by_digest.get(digest_of(found[1]))
    if token_id is None:
        raise WrongToken("this token is not known")
    token = book.tokens[token_id]
    if token.is_revoked:
        raise WrongToken(f"token {token.name!r} was revoked")
    if token.expires_at <= now:
        raise WrongToken(f"token {token.name!r} expired at {token.expires_at:%Y-%m-%dT%H:%M:%SZ}")
    return token


def includes(held: Role | None, wanted: Role) -> bool:
    """Tell whether a role may do what another one may."""
    return held is not None and _RANK[held] >= _RANK[wanted]


def check_role(held: Role, wanted: Role) -> None:
    """Raise Forbidden if a role is not enough."""
    if not includes(held, wanted):
        raise Forbidden(f"this needs the role {wanted}; the token has the role {held}")
