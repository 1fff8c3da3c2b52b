"""How long an answer is waited for, counted in polls, and how often a message is said again.

It must not know what was said.
"""


class Patience:
    """The waiting for one answer."""

    def __init__(self, *, repeat_after_polls: int, repeat_limit: int) -> None:
        self._repeat_after_polls = repeat_after_polls
        self._repeat_limit = repeat_limit
        self._repeats_left = repeat_limit
        self._polls_left = 0

    def wait(self, *, anew: bool) -> None:
        """Count polls from here until what was just said is said again, if it may be."""
        self._repeats_left = self._repeat_limit if anew else self._repeats_left - 1
        self._polls_left = self._repeat_after_polls

    def stop(self) -> None:
        """Wait no more: the answer came."""
        self._polls_left = 0

    def count_poll(self) -> bool:
        """Count a poll; True at the one that ends the waiting."""
        if self._polls_left == 0:
            return False
        self._polls_left -= 1
        return self._polls_left == 0

    @property
    def is_waiting(self) -> bool:
        """Whether polls are being counted."""
        return self._polls_left > 0

    @property
    def may_repeat(self) -> bool:
        """Whether something unanswered may be said once more."""
        return self._repeats_left > 0
