"""Cuts lists into pages. A cursor names the last thing that was seen, not a position.

So nothing is skipped or told twice when things come and go between two pages. It must not know
what is listed.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from itertools import islice
from typing import Protocol, TypeVar

from server.admin.models import PageQuery
from server.core.ids import number_of
from server.errors import Invalid


class Numbered(Protocol):
    """A thing whose id rises with its age."""

    @property
    def id(self) -> str:
        """Return the id."""
        ...


Item = TypeVar("Item", bound=Numbered)


def page(things: Iterable[Item], query: PageQuery) -> tuple[tuple[Item, ...], str | None]:
    """Return a page of things, which come oldest first, and the cursor of the next one."""
    seen = 0 if query.cursor is None else _read_cursor(query.cursor)
    fresh = (thing for thing in things if number_of(thing.id) > seen)
    found = tuple(islice(fresh, query.limit + 1))
    if len(found) <= query.limit:
        return found, None
    shown = found[: query.limit]
    return shown, _cursor(number_of(shown[-1].id))


def _cursor(number: int) -> str:
    return urlsafe_b64encode(str(number).encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> int:
    try:
        return int(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
    except ValueError:
        raise Invalid(
            "this cursor is not one that was given out", pointer="/query/cursor"
        ) from None
