"""What a subscribed resource says, part by part.

A part is an item of a list, or the whole of what is no list; its version changes with what a
reader would find new in it, the counts of other lists apart. It must not know any one resource.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from schemas.sep2.base import Resource

WHOLE = ""
"""The key of what is no list, and of a list without its items."""
STATIC = "1"
"""The version of what never changes while it is there."""
QUIET = ""
"""The version of what its client does not want to be told of."""


class Part(NamedTuple):
    """A part of a resource; `make` projects it."""

    key: str
    version: str
    make: Callable[[], Any]


class Content(NamedTuple):
    """What a resource says; `frame` makes the list that holds some of the items, if it is one."""

    parts: Sequence[Part]
    frame: Callable[[Sequence[Any]], Resource] | None = None
    frame_version: str = STATIC

    @property
    def versions(self) -> Mapping[str, str]:
        """Return the version of each part, in the order of the list."""
        found = {part.key: part.version for part in self.parts}
        return found if self.frame is None else {WHOLE: self.frame_version, **found}

    def resource(self, keys: Collection[str], limit: int) -> Resource | None:
        """Return the list with the items of those keys, or the whole; None for none of it."""
        if self.frame is None:
            made: Resource | None = self.parts[0].make() if limit and self.parts else None
            return made
        return self.frame([part.make() for part in self.parts if part.key in keys][:limit])
