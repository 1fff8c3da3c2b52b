"""The server's time as a 2030.5 client knows it: the client's own clock and an offset.

A Time resource tells whole seconds, so it bounds the offset to an interval of one second and the
way there and back; of that the value nearest to the one before is taken. It must not know sockets.
"""

from datetime import datetime, timedelta

from server.clients.sep2_schedule import EPOCH
from server.clock import Clock

_SECOND = timedelta(seconds=1)


class ServerClock:
    """Tells the server's time; a Clock itself."""

    def __init__(self, own: Clock) -> None:
        self._own = own
        self._offset = timedelta(0)

    def now(self) -> datetime:
        """Return the server's instant, aware and in UTC."""
        return self._own.now() + self._offset

    def own_now(self) -> datetime:
        """Return the client's own instant, by which `heard` is told when an exchange was."""
        return self._own.now()

    def heard(self, current_time_s: int, *, asked_at: datetime, answered_at: datetime) -> None:
        """Take the server's currentTime, told between two instants of the client's own clock.

        Raises OverflowError for a time that no calendar has.
        """
        told = EPOCH + timedelta(seconds=current_time_s)
        least, most = told - answered_at, told + _SECOND - asked_at
        self._offset = min(max(self._offset, least), most)
