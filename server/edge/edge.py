"""The edge as the house sees it: keeps all Modbus devices of the book at what it asks of them.

One worker per connection, one reconciler per device; both come and go with the book. It must not
know why a device should follow something, nor what registers mean.
"""

import asyncio
import logging
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from server.core.model import Device, DeviceId, ModbusEndpoint
from server.desk import Desk
from server.duty import ALWAYS, Duty
from server.edge.reconciler import Reconciler
from server.edge.registermap import RegisterMap, find_map
from server.edge.status import DeviceStatus
from server.edge.worker import Worker
from server.errors import Unavailable, Unknown
from server.tasks import Tasks

log = logging.getLogger(__name__)
_SLICE = 32
"""Devices woken in one turn of the loop, so that a thousand of them do not hold it up."""


@dataclass(frozen=True, slots=True)
class _Line:
    worker: Worker
    task: asyncio.Task[None]


@dataclass(frozen=True, slots=True)
class _Kept:
    reconciler: Reconciler
    task: asyncio.Task[None]


class Edge:
    """The Modbus devices of the book, each followed on its own."""

    def __init__(
        self,
        desk: Desk,
        tasks: Tasks,
        *,
        rng: random.Random,
        timeout_s: float = 1.0,
        poll_s: float = 10.0,
        maps: Path | None = None,
        stop_limit_s: float = 5.0,
        monotonic: Callable[[], float] | None = None,
        duty: Duty = ALWAYS,
    ) -> None:
        """Take the desk and how patient to be.

        `timeout_s` bounds a connect and a reply, `stop_limit_s` what is written in a stop; `poll_s`
        is how often a device is looked at while nothing changes, `maps` is a directory of register
        maps besides the built-in ones, and `monotonic` tells the seconds by which rests and polls
        are counted, the loop's by default.
        """
        self._desk = desk
        self._duty = duty
        self._tasks = tasks
        self._rng = rng
        self._timeout_s = timeout_s
        self._poll_s = poll_s
        self._maps = maps
        self._stop_limit_s = stop_limit_s
        self._monotonic = monotonic or asyncio.get_running_loop().time
        self._known_maps: dict[str, RegisterMap] = {}
        self._lines: dict[tuple[str, int], _Line] = {}
        self._kept: dict[DeviceId, _Kept] = {}
        self._leaving: set[Reconciler] = set()
        self._units: dict[tuple[str, int, int], set[Reconciler]] = defaultdict(set)
        self._woken = asyncio.Event()
        self._synced_head = -1
        self._follower: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to follow the book; the first look at devices is made when woken."""
        self._follower = self._tasks.start(self._follow(), name="edge")
        self._duty.listen(self.wake)

    async def stop(self) -> None:
        """Stop looking, leave each device as its map says of a stop, and hang up."""
        if self._follower is not None:
            self._follower.cancel()
        try:
            async with asyncio.timeout(self._stop_limit_s):
                await asyncio.gather(*(kept.reconciler.stop() for kept in self._kept.values()))
        except (TimeoutError, Unavailable):
            log.warning("some devices were not left as their maps say of a stop")
        running = [kept.task for kept in self._kept.values()]
        running += [line.task for line in self._lines.values()]
        running += [self._follower] if self._follower else []
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def wake(self) -> None:
        """Compare book and devices soon; to be called on each feed entry and about every second."""
        self._woken.set()

    def next_change(self) -> datetime | None:
        """Return when time alone may next change what any device should follow."""
        changes = (kept.reconciler.next_change() for kept in self._kept.values())
        return min((at for at in changes if at is not None), default=None)

    async def reconcile_all(self) -> None:
        """Look at each device now, bring it to what it should follow, and return when all is done.

        A device that does not answer costs its timeouts and no more.
        """
        self._sync()
        await asyncio.gather(*(kept.reconciler.reconcile() for kept in self._kept.values()))

    async def refresh_due(self) -> None:
        """Look at each device that is due now, and return when all of them are done."""
        self._sync()
        due = (kept.reconciler for kept in self._kept.values())
        await asyncio.gather(*(reconciler.reconcile(only_if_due=True) for reconciler in due))

    def status(self, device_id: DeviceId) -> DeviceStatus:
        """Return what is known of a device; raises Unknown if it is none of ours."""
        if (kept := self._kept.get(device_id)) is None:
            raise Unknown(f"the edge has no device {device_id}")
        return kept.reconciler.status

    async def _follow(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            try:
                self._sync()
                await self._wake_due()
            except Exception:
                log.exception("the edge could not follow the book")

    async def _wake_due(self) -> None:
        for number, kept in enumerate(tuple(self._kept.values()), start=1):
            _wake_if_due(kept.reconciler)
            if number % _SLICE == 0:
                await asyncio.sleep(0)

    def _sync(self) -> None:
        """Have a reconciler for each Modbus device of the book and for no other."""
        if not self._duty.is_held:
            self._withdraw()
        elif (head := self._desk.book.head) != self._synced_head:
            self._synced_head = head
            self._adopt()

    def _adopt(self) -> None:
        devices = self._desk.book.devices
        for device_id, kept in tuple(self._kept.items()):
            device = devices.get(device_id)
            if device is None or device.modbus != kept.reconciler.endpoint:
                self._dismiss(device_id)
            else:
                kept.reconciler.device = device
        for device in devices.values():
            if device.modbus is not None and device.id not in self._kept:
                self._keep(device, device.modbus)

    def _withdraw(self) -> None:
        """Leave all devices as they are to another instance."""
        tasks = [kept.task for kept in self._kept.values()]
        tasks += [line.task for line in self._lines.values()]
        for task in tasks:
            task.cancel()
        for known in (self._kept, self._lines, self._leaving, self._units):
            known.clear()
        self._synced_head = -1

    def _keep(self, device: Device, endpoint: ModbusEndpoint) -> None:
        reconciler = Reconciler(
            device,
            endpoint,
            self._line(endpoint).worker,
            desk=self._desk,
            find_map=self._find_map,
            rng=self._rng,
            monotonic=self._monotonic,
            poll_s=self._poll_s,
        )
        self._units[_unit(endpoint)].add(reconciler)
        task = self._tasks.start(reconciler.run(), name=f"edge device {device.id}")
        self._kept[device.id] = _Kept(reconciler, task)

    def _dismiss(self, device_id: DeviceId) -> None:
        kept = self._kept.pop(device_id)
        kept.task.cancel()
        self._leaving.add(kept.reconciler)
        self._tasks.start(self._release(kept.reconciler), name=f"edge leaves {device_id}")

    async def _release(self, reconciler: Reconciler) -> None:
        """Leave a device with its defaults unless another one took its place; hang up if last."""
        try:
            unit = _unit(reconciler.endpoint)
            if all(_unit(kept.reconciler.endpoint) != unit for kept in self._kept.values()):
                await reconciler.release()
        finally:
            self._leaving.discard(reconciler)
            self._units[_unit(reconciler.endpoint)].discard(reconciler)
            self._hang_up_unused()

    def _line(self, endpoint: ModbusEndpoint) -> _Line:
        """Return the one connection to an endpoint's host and port."""
        place = _place(endpoint)
        if place not in self._lines:
            host, port = place
            worker = Worker(
                host,
                port,
                rng=self._rng,
                monotonic=self._monotonic,
                timeout_s=self._timeout_s,
                on_lost=lambda: self._lost(place),
                may_act=lambda: self._duty.is_held,
                may_write=lambda unit: self._may_write((host, port, unit)),
            )
            task = self._tasks.start(worker.run(), name=f"edge line {host}:{port}")
            self._lines[place] = _Line(worker, task)
        return self._lines[place]

    def _may_write(self, unit: tuple[str, int, int]) -> bool:
        """Tell whether a unit is one of ours and no device that it is must be left alone."""
        here = self._units.get(unit, set())
        return bool(here) and not any(reconciler.is_read_only for reconciler in here)

    def _hang_up_unused(self) -> None:
        used = {_place(kept.reconciler.endpoint) for kept in self._kept.values()}
        used |= {_place(reconciler.endpoint) for reconciler in self._leaving}
        for place in self._lines.keys() - used:
            self._lines.pop(place).task.cancel()

    def _lost(self, place: tuple[str, int]) -> None:
        for kept in self._kept.values():
            if _place(kept.reconciler.endpoint) == place:
                kept.reconciler.forget()
        self.wake()

    def _find_map(self, name: str) -> RegisterMap:
        if name not in self._known_maps:
            self._known_maps[name] = found = find_map(name, self._maps)
            for warning in found.warnings:
                log.warning("register map %s: %s", name, warning)
        return self._known_maps[name]


def _place(endpoint: ModbusEndpoint) -> tuple[str, int]:
    return endpoint.host, endpoint.port


def _unit(endpoint: ModbusEndpoint) -> tuple[str, int, int]:
    return endpoint.host, endpoint.port, endpoint.unit


def _wake_if_due(reconciler: Reconciler) -> None:
    """Wake a reconciler; one whose need cannot be told is woken, so that it meets the fault."""
    try:
        is_due = reconciler.is_due()
    except Exception:
        log.exception("whether device %s is due cannot be told", reconciler.device.id)
        is_due = True
    if is_due:
        reconciler.wake()
