"""How long to leave something alone that does not answer.

Pure: the time is an argument in monotonic seconds, the jitter comes from the given generator. It
must not know what is being left alone.
"""

import random


class Breaker:
    """Opens after several failures in a row, for times that double up to a longest one."""

    def __init__(
        self,
        rng: random.Random,
        *,
        threshold: int,
        first_s: float,
        longest_s: float,
        spread: tuple[float, float] = (0.8, 1.2),
    ) -> None:
        """Take how often it may fail and the rest, jittered by a factor drawn from `spread`."""
        self._rng = rng
        self._threshold = threshold
        self._first_s = first_s
        self._longest_s = longest_s
        self._spread = spread
        self._failures = 0
        self._rests_until = 0.0

    def rest_s(self, now: float) -> float:
        """Return the seconds until the next try is allowed; 0 if it is."""
        return max(0.0, self._rests_until - now)

    def failed(self, now: float) -> None:
        """Note one more failure."""
        self._failures += 1
        doublings = self._failures - self._threshold
        if doublings < 0:
            return
        rest = self._first_s * 2 ** min(doublings, 30) * self._rng.uniform(*self._spread)
        self._rests_until = now + min(rest, self._longest_s)

    def succeeded(self) -> None:
        """Forget the failures."""
        self._failures = 0
        self._rests_until = 0.0
