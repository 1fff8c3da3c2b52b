"""Bodies that are asked for again and again, kept while what they were made of stands.

Whoever keeps one says by a stamp what it was made of: with another stamp it is made anew. Bounded
by count. It must not know what a body says.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable


class Memo:
    """The bodies last asked for, each with its stamp."""

    def __init__(self, limit: int) -> None:
        """Keep `limit` bodies at most; the one that was not asked for longest goes first."""
        self._limit = limit
        self._kept: OrderedDict[Hashable, tuple[Hashable, bytes]] = OrderedDict()

    def body(self, key: Hashable, stamp: Hashable, make: Callable[[], bytes]) -> bytes:
        """Return what is kept under a key, made now unless it carries the stamp."""
        kept = self._kept.get(key)
        if kept is not None and kept[0] == stamp:
            self._kept.move_to_end(key)
            return kept[1]
        body = make()
        self._kept[key] = stamp, body
        if len(self._kept) > self._limit:
            self._kept.popitem(last=False)
        return body
