"""The one counter between faces and state.

Takes a command, lets `decide` judge it against the book, appends the changes to the feed, applies
them and wakes the readers. The device's own words (documents, responses, readings) go past the feed
straight to `store`. It must not know any wire format or who listens.
"""

import asyncio
import gc
import logging
import random
from collections.abc import Awaitable, Callable

from server.clock import Clock
from server.core.apply import apply
from server.core.book import Book
from server.core.change import Change
from server.core.command import Command
from server.core.decide import decide
from server.errors import Refusal
from server.store.store import Entry, HeadMoved, Store

log = logging.getLogger(__name__)

Reader = Callable[[Entry], None]
Check = Callable[[], Awaitable[None]]
"""Raises a Refusal if nothing is to be done any more."""


class Desk:
    """The book of this instance and the way to change it."""

    def __init__(self, store: Store, clock: Clock, rng: random.Random, *, pen: int) -> None:
        self.store = store
        self.clock = clock
        self.book = Book()
        self._rng = rng
        self._pen = pen
        self._readers: list[Reader] = []
        self._turn = asyncio.Lock()

    async def open(self) -> None:
        """Rebuild the book from the feed."""
        # All that is made now stays: looking for garbage in it takes a third of the time.
        gc.disable()
        try:
            await self._catch_up()
        finally:
            gc.enable()

    def listen(self, reader: Reader) -> None:
        """Call `reader` with each entry right after it was applied; it must not block or raise."""
        self._readers.append(reader)

    async def submit(
        self, command: Command, *, actor: str, check: Check | None = None
    ) -> tuple[Change, ...]:
        """Do what a command asks and return the changes once they are on disk.

        Raises a Refusal if the book does not allow it, and what `check` raises: nothing changes
        the book between it and the changes.
        """
        async with self._turn:
            while True:
                if check is not None:
                    await check()
                now = self.clock.now()
                changes = decide(self.book, command, now=now, rng=self._rng, pen=self._pen)
                try:
                    entries = await self.store.append(
                        changes, at=now, actor=actor, expected_head=self.book.head
                    )
                except HeadMoved:
                    await self._catch_up()
                    continue
                self._take(entries)
                return changes

    async def follow(self) -> None:
        """Take in what other instances append, until cancelled; at once over if there are none.

        Raises UnreadableEntry for what a newer version appended: the book must not go on.
        """
        await self.store.follow(self._heed_others)

    async def _heed_others(self) -> None:
        try:
            async with self._turn:
                await self._catch_up()
        except Refusal as refusal:
            log.warning("the feed cannot be followed: %s", refusal)

    async def _catch_up(self) -> None:
        self._take(await self.store.entries(after=self.book.head))

    def _take(self, entries: tuple[Entry, ...]) -> None:
        for entry in entries:
            apply(self.book, entry.change, seq=entry.seq)
            for reader in self._readers:
                reader(entry)
