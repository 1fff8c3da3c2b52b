"""Validators (RFC 9110, 8.8 and 13): what an answer is known by, and what a request is bound to.

It must not know any one operation.
"""

import re
from collections.abc import Awaitable, Callable
from hashlib import sha256

from server.errors import Malformed, Refusal

ETAG, IF_MATCH, IF_NONE_MATCH = "ETag", "If-Match", "If-None-Match"

_TAG = re.compile(r'(W/)?("[\x21\x23-\x7e]*")')
_TAGS = re.compile(rf"\s*({_TAG.pattern}\s*(,\s*|$))+", re.ASCII)


class Outdated(Refusal):
    """What the request is bound to is not so any more."""

    code = "outdated"


def etag_of(body: bytes) -> str:
    """Return the strong validator of an answer: the same bytes, the same tag."""
    return f'"{sha256(body).hexdigest()[:32]}"'


def is_known(if_none_match: str | None, etag: str) -> bool:
    """Tell whether the client has this answer; the comparison is the weak one."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or etag in (tag for _, tag in _tags(if_none_match))


def holds(if_match: str, etag: str) -> bool:
    """Tell whether a request is bound to what is so; the comparison is the strong one."""
    return if_match.strip() == "*" or ("", etag) in _tags(if_match)


class Bond:
    """What a request is bound to, looked at again right before the book changes, and once then."""

    def __init__(self, if_match: str, current: Callable[[], Awaitable[str]]) -> None:
        """Take the header and what finds out the tag of what is so now."""
        self._if_match = if_match
        self._current = current
        self._is_over = False

    async def check(self) -> None:
        """Raise Outdated if what the request is bound to has changed."""
        if not self._is_over and not holds(self._if_match, await self._current()):
            raise Outdated("this was changed since it was looked at: look again")

    def end(self) -> None:
        """Look no more: from now on it is the request itself that changes things."""
        self._is_over = True


def _tags(header: str) -> list[tuple[str, str]]:
    if _TAGS.fullmatch(header) is None:
        raise Malformed('a list of entity tags is written as "TAG", "TAG" or *')
    return [(weak, tag) for weak, tag in _TAG.findall(header)]
