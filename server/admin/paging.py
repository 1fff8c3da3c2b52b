"""Cuts lists into pages. A cursor names the last thing that was seen, not a position.

So nothing is skipped or told twice when things come and go between two pages. It must not know
what is listed.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable
from datetime import datetime
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
Named = TypeVar("Named")


def page(things: Iterable[Item], query: PageQuery) -> tuple[tuple[Item, ...], str | None]:
    """Return a page of things, which come oldest first, and the cursor of the next one."""
    seen = 0 if query.cursor is None else read_number(query.cursor)
    fresh = (thing for thing in things if number_of(thing.id) > seen)
    found = tuple(islice(fresh, query.limit + 1))
    if len(found) <= query.limit:
        return found, None
    shown = found[: query.limit]
    return shown, number_cursor(number_of(shown[-1].id))


def page_by_name(
    things: Iterable[Named], query: PageQuery, name_of: Callable[[Named], str]
) -> tuple[tuple[Named, ...], str | None]:
    """Return a page of things by their names, and the cursor of the next one."""
    seen = "" if query.cursor is None else _decoded(query.cursor)
    fresh = sorted((one for one in things if name_of(one) > seen), key=name_of)
    found = tuple(fresh[: query.limit])
    return found, _encoded(name_of(found[-1])) if len(fresh) > len(found) else None


def instant_cursor(instant: datetime) -> str:
    """Return the cursor of a page after an instant."""
    return _encoded(instant.isoformat())


def read_instant(cursor: str) -> datetime:
    """Return the instant after which a page begins."""
    try:
        instant = datetime.fromisoformat(_decoded(cursor))
    except ValueError:
        raise _not_ours() from None
    if instant.tzinfo is None:
        raise _not_ours()
    return instant


def number_cursor(number: int) -> str:
    """Return the cursor of a page after a number."""
    return _encoded(str(number))


def read_number(cursor: str) -> int:
    """Return the number after which a page begins."""
    try:
        return int(_decoded(cursor))
    except ValueError:
        raise _not_ours() from None


def _encoded(name: str) -> str:
    return urlsafe_b64encode(name.encode()).decode().rstrip("=")


def _decoded(cursor: str) -> str:
    try:
        return urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode()
    except ValueError:
        raise _not_ours() from None


def _not_ours() -> Invalid:
    return Invalid("this cursor is not one that was given out", pointer="/query/cursor")
