"""How many items each list below an EndDevice has: those it keeps, and those published for it.

It must not know what links to a list.
"""

from server.core.model import DeviceId
from server.desk import Desk
from server.sep2.published.shelf import Shelf

GRANTS = "frp"
"""Where flow reservation responses stand below an EndDevice."""


class Counting:
    """Counts the items of a device's list by its place below the EndDevice."""

    def __init__(self, desk: Desk) -> None:
        self._book = desk.book
        self._items = desk.store.items
        self._clock = desk.clock
        self._shelf = Shelf(desk.book)

    def __call__(self, device_id: DeviceId, place: str) -> int:
        """Return how many items there are now."""
        if place != GRANTS:
            return self._items.count(device_id, place)
        device = self._book.devices[device_id]
        now = self._clock.now()
        return len(self._shelf.offered(device, "flow_reservation_response", now))
