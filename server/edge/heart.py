"""The heartbeat of a device that wants to see us alive: a number that counts up.

It goes on whatever else is asked of the device. It must not know controls or events.
"""

from collections.abc import Callable
from decimal import Decimal

from server.edge.faults import LinkFault
from server.edge.registermap import RegisterMap
from server.edge.registers import Point, Words, encode
from server.edge.roles import HEARTBEAT
from server.edge.worker import Worker
from server.errors import Invalid


class Heart:
    """One device's heartbeat."""

    def __init__(self, worker: Worker, unit: int, monotonic: Callable[[], float]) -> None:
        self._worker = worker
        self._unit = unit
        self._monotonic = monotonic
        self._point: Point | None = None
        self._period_s = 1.0
        self._count = 0
        self._beats_at = 0.0

    def follow(self, register_map: RegisterMap | None) -> None:
        """Beat where a map says; None is not at all."""
        self._point = None if register_map is None else register_map.by_role.get(HEARTBEAT)
        if register_map is not None:
            self._period_s = register_map.settings.heartbeat_s

    def is_due(self) -> bool:
        """Tell whether it is time for a beat."""
        return (
            self._point is not None
            and self._monotonic() >= self._beats_at
            and self._worker.rest_s(self._unit) <= 0
        )

    async def beat(self) -> LinkFault | None:
        """Count up, if it is time; what the device makes of it is its matter."""
        if (point := self._point) is None or not self.is_due():
            return None
        self._beats_at = self._monotonic() + self._period_s
        self._count += 1
        return await self._worker.write(
            self._unit, point.address, self._words(point), function=point.write_function
        )

    def _words(self, point: Point) -> Words:
        """Return the count, begun anew where the point can say no more."""
        try:
            return encode(point, Decimal(self._count))
        except Invalid:
            self._count = 0
            return encode(point, Decimal(0))
