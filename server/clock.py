"""The only place that reads the time.

Everything else takes `now` as an argument or asks the Clock it was given, so that tests run a
year in seconds.
"""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What tells the time."""

    def now(self) -> datetime:
        """Return the instant, aware and in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the instant, aware and in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one reader of the machine's clock
