"""The alarm clock: wakes those who act when time has come, and once a second anyway.

APScheduler rings; nothing is lost when it does not, because whoever is woken compares what should
be with what is. So its jobs live in memory only, and a late job still runs. It must not know what
is done at the ring.
"""

from collections.abc import Callable
from datetime import datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler

TICK_S = 1
_NEXT = "next"


class Alarm:
    """Calls `ring` at the instant that `due` names, and every second."""

    def __init__(
        self,
        *,
        due: Callable[[], datetime | None],
        ring: Callable[[], None],
    ) -> None:
        self._due = due
        self._ring = ring
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True}
        )

    def start(self) -> None:
        """Begin to ring; needs a running loop."""
        self._scheduler.add_job(self._wake, "interval", seconds=TICK_S)
        self._scheduler.start()
        self.arm()

    def stop(self) -> None:
        """Ring no more."""
        self._scheduler.shutdown(wait=False)

    def arm(self) -> None:
        """Ask anew when to ring next; to be called when what is due may have changed."""
        due = self._due()
        if due is not None:
            self._scheduler.add_job(
                self._wake, "date", run_date=due, id=_NEXT, replace_existing=True
            )

    async def _wake(self) -> None:
        self._ring()
        self.arm()
