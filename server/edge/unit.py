"""One Modbus unit: its registers are seen, brought to a plan, and seen again.

An echo proves nothing: devices acknowledge writes that they then ignore. It must not know events,
time or who hears of the outcome.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from server.edge.faults import FaultKind, LinkFault
from server.edge.plan import Plan, Unsaid, Write, compare
from server.edge.registermap import RegisterMap
from server.edge.registers import Point, Table, Words
from server.edge.roles import is_control
from server.edge.worker import Priority, Worker

_MAX_READ = 125
_ACKNOWLEDGE = 0x05
"""The exception that means: taken, and not done yet. Reading back tells."""
Observed = Mapping[str, Words]
"""The words seen at each point, by its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A unit that has in its registers what was planned."""

    observed: Observed
    written: tuple[Write, ...]
    """What had to be written for it; empty if it was so already."""
    unsaid: tuple[Unsaid, ...]
    """What was not planned because the device has no such point, or not written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """A unit that has not been brought to the plan."""

    written: tuple[Write, ...]
    """What it has acknowledged before the fault."""
    fault: LinkFault


class Unit:
    """A unit behind a connection, with the map that describes it."""

    def __init__(self, worker: Worker, unit: int, register_map: RegisterMap) -> None:
        self._worker = worker
        self._unit = unit
        points = register_map.by_role.values()
        self._controls = tuple(_blocks(p for p in points if is_control(p.role)))

    async def bring(
        self, wanted: Plan, *, priority: Priority, is_refresh: bool = False
    ) -> Brought | Stuck:
        """Write what differs from a plan and read it back, raw words against raw words.

        Only the first look has the given priority; what follows is a control. A refresh writes
        what the device does not keep by itself, too.
        """
        observed = await self._observe(self._controls, priority)
        if isinstance(observed, LinkFault):
            return Stuck(written=(), fault=observed)
        todo = compare(wanted, observed, is_refresh=is_refresh)
        if todo.writes:
            for number, write in enumerate(todo.writes):
                if (fault := await self._write(write)) is not None:
                    return Stuck(written=todo.writes[:number], fault=fault)
            observed = await self._observe(self._controls, Priority.CONTROL)
            if isinstance(observed, LinkFault):
                return Stuck(written=todo.writes, fault=observed)
            if left := compare(wanted, observed).writes:
                return Stuck(written=todo.writes, fault=_not_taken(left, observed))
        return Brought(observed=observed, written=todo.writes, unsaid=wanted.unsaid + todo.unsaid)

    async def measure(self, point: Point) -> Words | LinkFault:
        """Return what stands at one point, behind all controls."""
        return await self._worker.read(
            self._unit, point.table, point.address, point.size, priority=Priority.POLL
        )

    async def _write(self, write: Write) -> LinkFault | None:
        point = write.point
        fault = await self._worker.write(
            self._unit, point.address, write.words, function=point.write_function
        )
        if fault is None or fault.code == _ACKNOWLEDGE:
            return None
        return _at(fault, f"writing {write}")

    async def _observe(
        self, blocks: Iterable[Sequence[Point]], priority: Priority
    ) -> Observed | LinkFault:
        observed: dict[str, Words] = {}
        for block in blocks:
            first, last = block[0], block[-1]
            count = last.address + last.size - first.address
            words = await self._worker.read(
                self._unit, first.table, first.address, count, priority=priority
            )
            if isinstance(words, LinkFault):
                return _at(words, f"reading {count} registers at {first.address}")
            for point in block:
                start = point.address - first.address
                observed[point.name] = words[start : start + point.size]
        return observed


def _blocks(points: Iterable[Point]) -> Iterator[list[Point]]:
    """Group points that can be read in one request without a register that is not a point's."""
    block: list[Point] = []
    for point in sorted(points, key=_place):
        if block and not _continues(block, point):
            yield block
            block = []
        block.append(point)
    if block:
        yield block


def _place(point: Point) -> tuple[Table, int]:
    return point.table, point.address


def _continues(block: Sequence[Point], point: Point) -> bool:
    first, last = block[0], block[-1]
    return (
        point.table is last.table
        and point.address == last.address + last.size
        and point.address + point.size - first.address <= _MAX_READ
    )


def _at(fault: LinkFault, what: str) -> LinkFault:
    return LinkFault(kind=fault.kind, detail=f"{fault.detail}, {what}", code=fault.code)


def _not_taken(left: Sequence[Write], observed: Observed) -> LinkFault:
    seen = "; ".join(
        f"{write} reads {' '.join(f'{word:04X}' for word in observed[write.point.name])}"
        for write in left
    )
    return LinkFault(kind=FaultKind.NOT_TAKEN, detail=seen)
