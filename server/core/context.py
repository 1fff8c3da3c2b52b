"""What every decision is given beside the book: the instant, randomness and new names.

Also the two questions that all deciders ask first. It must not know any one command.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from server.core.ids import Names
from server.errors import Invalid, Unknown

Key = TypeVar("Key", bound=str)
Thing = TypeVar("Thing")

NAME_LIMIT_BYTES = 32
"""What fits a 2030.5 description."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The circumstances of one decision."""

    now: datetime
    rng: random.Random
    names: Names


def find(things: Mapping[Key, Thing], key: Key, kind: str) -> Thing:
    """Return the thing that a command is about; Unknown if there is none."""
    if key not in things:
        raise Unknown(f"there is no {kind} {key!r}")
    return things[key]


def check_known(things: Mapping[Key, object], keys: Iterable[Key], kind: str, pointer: str) -> None:
    """Refuse as Invalid a command that mentions things which do not exist."""
    for key in sorted(keys):
        if key not in things:
            raise Invalid(f"there is no {kind} {key!r}", pointer=pointer)


def check_name(name: str) -> None:
    """Refuse a name that is empty, unprintable or too long for the wires."""
    if not name.strip() or not name.isprintable():
        raise Invalid("a name needs printable characters", pointer="/name")
    if len(name.encode()) > NAME_LIMIT_BYTES:
        raise Invalid(f"a name has at most {NAME_LIMIT_BYTES} bytes", pointer="/name")
