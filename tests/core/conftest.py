import random
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from server.core.apply import apply
from server.core.book import Book
from server.core.change import Change
from server.core.command import Command
from server.core.decide import decide

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
PEN = 28547


class World:
    """A book with commands done to it, at an instant that the test moves."""

    def __init__(self) -> None:
        self.book = Book()
        self.now = NOON
        self.rng = random.Random(1)
        self.feed: list[Change] = []

    def do(self, command: Command) -> tuple[Change, ...]:
        changes = decide(self.book, command, now=self.now, rng=self.rng, pen=PEN)
        for change in changes:
            self.feed.append(change)
            apply(self.book, change, seq=len(self.feed))
        return changes


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(scope="session")
def new_world() -> Callable[[], World]:
    return World
