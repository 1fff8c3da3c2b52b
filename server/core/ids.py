"""Names for new things: short ids in order of creation, and mRIDs that carry our PEN.

An id says its kind by its first letter (`e12` is an event). Both come out of what `decide` was
given, so two instances that decide the same at the same head name it alike.
"""

import random

from server.core.book import Book
from server.core.model import Mrid


class Names:
    """Draws the ids of one decision."""

    def __init__(self, book: Book, rng: random.Random, pen: int) -> None:
        self._next = book.next_number
        self._rng = rng
        self._pen = pen

    def id(self, letter: str) -> str:
        """Return the next id for the kind of thing that `letter` stands for."""
        number, self._next = self._next, self._next + 1
        return f"{letter}{number}"

    def mrid(self) -> Mrid:
        """Return a new mRID: 96 random bits, then the PEN as eight decimal digits."""
        return Mrid(f"{self._rng.getrandbits(96):024X}{self._pen:08d}")

    def opaque(self) -> str:
        """Return a name that cannot be guessed from others."""
        return f"{self._rng.getrandbits(80):020x}"


def number_of(name: str) -> int:
    """Return the number in an id that `Names.id` made."""
    return int(name[1:])
