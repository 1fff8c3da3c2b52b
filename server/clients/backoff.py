"""How long to wait after a failure: twice as long each time, with jitter, up to a bound.

Truncated binary exponential (OADR 2.0b 9.1.6), for both clients. It must not know what failed.
"""

import random


class Backoff:
    """The pauses of one client."""

    def __init__(self, rng: random.Random, *, first_s: float = 1.0, most_s: float = 60.0) -> None:
        self._rng = rng
        self._first_s = first_s
        self._most_s = most_s
        self._failures = 0

    def failed(self, retry_after_s: float | None = None) -> float:
        """Count a failure and return the seconds to wait: at least what the server asked for."""
        pause_s = min(self._first_s * 2.0 ** min(self._failures, 30), self._most_s)
        self._failures += 1
        jittered_s = pause_s * self._rng.uniform(0.9, 1.1)
        return max(jittered_s, retry_after_s or 0.0)

    def succeeded(self) -> None:
        """Begin again with the shortest pause."""
        self._failures = 0
