"""One request as a handler sees it: who asks, when, and what there is to ask.

No HTTP here, so that a handler is a function from values to a model.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from server.core.book import Book
from server.core.change import Change
from server.core.command import Command
from server.core.model import DeviceId, Role

if TYPE_CHECKING:  # the command line reads the table of operations and needs no store for it
    from server.desk import Desk

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What all requests are answered from."""

    desk: "Desk"
    describe_edge: Callable[[DeviceId], Mapping[str, object]] | None
    """What the edge knows of a Modbus device; None where there is no edge."""
    is_ready: Callable[[], bool]
    maps: Callable[[str], frozenset[str]]
    """The modes that a register map can say; raises a Refusal if there is no such map."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request; `actor` and `role` are those of the token."""

    house: House
    now: datetime
    actor: str
    role: Role | None
    """None if nobody needed to be known."""

    @property
    def book(self) -> Book:
        """Return the book as it is now."""
        return self.house.desk.book

    async def submit(self, command: Command) -> tuple[Change, ...]:
        """Do what a command asks in the name of the caller; raises a Refusal."""
        return await self.house.desk.submit(command, actor=self.actor)


def the(kind: type[Made], changes: Iterable[Change]) -> Made:
    """Return the one change of a kind that a command brought."""
    (found,) = (change for change in changes if isinstance(change, kind))
    return found
