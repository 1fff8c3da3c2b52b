"""Which of the things that hold for a time may still be shown, so that old ones cost nothing."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Protocol, TypeVar

KEPT_AFTER_END = timedelta(hours=2)
"""How long at least a control is served by its own href when its list has dropped it."""


class Spanning(Protocol):
    """What has a nominal window."""

    @property
    def start(self) -> datetime:
        """Return the nominal start."""

    @property
    def end(self) -> datetime:
        """Return the nominal end, the first instant outside."""


S = TypeVar("S", bound=Spanning)


def relevant(
    things: Iterable[S], now: datetime, latest_end: Callable[[S], datetime]
) -> tuple[S, ...]:
    """Return what may still be shown, and all that overlaps it, however indirectly.

    What is over still matters while something that it superseded is listed. `latest_end` tells
    when the last device has ended.
    """
    kept: list[S] = []
    chain: list[S] = []
    chain_end: datetime | None = None
    for thing in sorted(things, key=attrgetter("start")):
        if chain_end is not None and thing.start >= chain_end:
            kept += _if_recent(chain, now, latest_end)
            chain, chain_end = [], None
        chain.append(thing)
        chain_end = thing.end if chain_end is None else max(chain_end, thing.end)
    return (*kept, *_if_recent(chain, now, latest_end))


def _if_recent(chain: list[S], now: datetime, latest_end: Callable[[S], datetime]) -> list[S]:
    is_recent = any(latest_end(thing) + KEPT_AFTER_END > now for thing in chain)
    return chain if is_recent else []
