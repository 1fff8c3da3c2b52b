"""One Modbus device: what it should follow and what it does are compared until they are equal.

Level-triggered. It keeps no plan of what to do next, so that nothing is lost with a timer, a line
or this process: each pass starts from the book and from the device's own registers.
"""

import asyncio
import logging
import math
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from server.core.model import Controls, Device, ModbusEndpoint, Mrid
from server.core.setpoint import Setpoint, setpoint
from server.desk import Desk
from server.edge.account import Account
from server.edge.breaker import Breaker
from server.edge.failsafe import Outlook, fallback_of, remaining_s
from server.edge.faults import FaultKind, LinkFault
from server.edge.heart import Heart
from server.edge.mapsettings import OnStop
from server.edge.plan import Plan, Unsaid, plan, plan_safe
from server.edge.registermap import RegisterMap
from server.edge.registers import Point, Sign, decode
from server.edge.roles import TELEMETRY_W
from server.edge.status import DevicePhase, DeviceStatus
from server.edge.unit import Observed, Stuck, Unit
from server.edge.worker import Priority, Worker
from server.errors import Refusal, Unavailable
from server.store.store import Reading

log = logging.getLogger(__name__)
READING_POINT = "active_power"
"""The point under which a device's power is kept among the readings."""
_Demand = tuple[Controls, Mapping[str, Mrid]]
_OURS_TO_SLOW = frozenset(
    {
        FaultKind.EXCEPTION,
        FaultKind.NOT_TAKEN,
        FaultKind.BAD_MAP,
        FaultKind.UNSENDABLE,
    }
)
"""Faults of a device that answers; how long a silent one rests is its worker's matter."""


class Reconciler:
    """Keeps one device at what the book asks of it."""

    def __init__(
        self,
        device: Device,
        endpoint: ModbusEndpoint,
        worker: Worker,
        *,
        desk: Desk,
        find_map: Callable[[str], RegisterMap],
        rng: random.Random,
        monotonic: Callable[[], float],
        poll_s: float,
    ) -> None:
        """Take the device and the worker of its connection.

        `find_map` raises a Refusal for a map that cannot be used; `poll_s` is how often the device
        is looked at while nothing changes.
        """
        self.device = device
        self.endpoint = endpoint
        self.status = DeviceStatus()
        self._worker = worker
        self._desk = desk
        self._find_map = find_map
        self._monotonic = monotonic
        self._poll_s = poll_s
        self._account = Account(desk, device.id)
        self._retry = Breaker(rng, threshold=1, first_s=2, longest_s=60)
        self._woken = asyncio.Event()
        self._turn = asyncio.Lock()
        self._setpoint: Setpoint | None = None
        self._setpoint_at = (0, desk.clock.now())
        self._tried: _Demand | None = None
        self._settled: _Demand | None = None
        self._looked_at = 0.0
        self._refresh_at = math.inf
        self._heart = Heart(worker, endpoint.unit, monotonic)

    def wake(self) -> None:
        """Have `run` make a pass if one is due."""
        self._woken.set()

    def forget(self) -> None:
        """Take nothing for granted any more, because the device may have restarted."""
        self._settled = None

    @property
    def is_read_only(self) -> bool:
        """Tell whether the device must never be written to."""
        try:
            register_map = self._find_map(self.endpoint.register_map)
        except Refusal:
            return True
        return self.endpoint.read_only or register_map.settings.read_only

    def is_due(self) -> bool:
        """Tell whether a pass or a beat would serve anything now."""
        return self._heart.is_due() or self._is_pass_due()

    def _is_pass_due(self) -> bool:
        now = self._monotonic()
        demand = _demand(self._wanted())
        if demand != self._tried:
            return True
        if max(self._retry.rest_s(now), self._worker.rest_s(self.endpoint.unit)) > 0:
            return False
        next_look = min(self._looked_at + self._poll_s, self._refresh_at)
        return demand != self._settled or now >= next_look

    def next_change(self) -> datetime | None:
        """Return when time alone may next change what the device should follow."""
        return self._wanted().until

    async def run(self) -> None:
        """Make a pass whenever woken while one is due, until cancelled."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            await self.reconcile(only_if_due=True)

    async def reconcile(self, *, only_if_due: bool = False) -> None:
        """Make one pass: look, write what differs, look again, tell.

        Never raises: a device that meets a bug of ours must not stay as it is for good.
        """
        async with self._turn:
            try:
                if self._is_pass_due() or not only_if_due:
                    await self._pass()
                await self._heart.beat()
            except Unavailable as refusal:
                log.warning("device %s is left alone: %s", self.device.id, refusal)
            except Exception:
                self._retry.failed(self._monotonic())
                log.exception("device %s could not be reconciled", self.device.id)

    async def release(self) -> None:
        """Try once to leave the device with its defaults, for when it is ours no longer."""
        async with self._turn:
            try:
                register_map = self._find_map(self.endpoint.register_map)
            except Refusal:
                return
            await self._leave(register_map, plan(register_map, Controls(), self.device.rated_w))

    async def stop(self) -> None:
        """Leave the device as its map says for the time when nobody is there to ask."""
        try:
            register_map = self._find_map(self.endpoint.register_map)
        except Refusal:
            return
        rated_w = self.device.rated_w
        match register_map.settings.on_stop:
            case OnStop.SAFE:
                fallback = fallback_of(self._desk.book, self.device.id)
                wanted = plan_safe(register_map, fallback, rated_w)
            case OnStop.RELEASE:
                wanted = plan(register_map, Controls(), rated_w)
            case OnStop.LEAVE:
                return
        async with self._turn:
            await self._leave(register_map, wanted)

    async def _leave(self, register_map: RegisterMap, wanted: Plan) -> None:
        if self.is_read_only:
            return
        unit = Unit(self._worker, self.endpoint.unit, register_map)
        outcome = await unit.bring(wanted, priority=Priority.CONTROL)
        if isinstance(outcome, Stuck):
            log.warning("device %s left as it was: %s", self.device.id, outcome.fault)

    def _wanted(self) -> Setpoint:
        """Return what the device should follow now, computed only when it may differ."""
        now, head = self._desk.clock.now(), self._desk.book.head
        known_head, known_at = self._setpoint_at
        known = self._setpoint
        if (
            known is None
            or known_head != head
            or now < known_at
            or (known.until is not None and now >= known.until)
        ):
            known = self._setpoint = setpoint(self._desk.book, self.device.id, now)
            self._setpoint_at = (head, now)
        return known

    async def _pass(self) -> None:
        wanted = self._wanted()
        demand = _demand(wanted)
        if demand != self._tried:
            self._tried = demand
            self._retry.succeeded()
        if demand != self._settled:
            self._note(phase=DevicePhase.MOVING, wanted=wanted.controls)
        try:
            register_map = self._find_map(self.endpoint.register_map)
        except Refusal as refusal:
            self._stuck(wanted, LinkFault(kind=FaultKind.BAD_MAP, detail=refusal.reason))
            await self._account.send()
            return
        self._heart.follow(None if self.is_read_only else register_map)
        unit = Unit(self._worker, self.endpoint.unit, register_map)
        is_so = await self._bring(unit, register_map, wanted)
        await self._account.send()
        if is_so and (point := register_map.by_role.get(TELEMETRY_W)) is not None:
            await self._measure(unit, point)

    async def _bring(self, unit: Unit, register_map: RegisterMap, wanted: Setpoint) -> bool:
        """Bring the device to what is wanted, say what came of it and whether it is so."""
        is_news = _demand(wanted) != self._settled
        wish = self._wish(register_map, wanted)
        now = self._monotonic()
        is_refresh = is_news or now >= self._refresh_at
        priority = Priority.CONTROL if is_refresh else Priority.POLL
        outcome = await unit.bring(wish, priority=priority, is_refresh=is_refresh)
        self._looked_at = self._monotonic()
        await self._account.recall()
        self._account.written(wanted.sources, outcome.written, wish.unsaid)
        if isinstance(outcome, Stuck):
            self._stuck(wanted, outcome.fault)
            return False
        if is_refresh:
            self._refresh_at = math.inf if wish.refresh_s is None else now + wish.refresh_s
        elif outcome.written:
            self._note(drifts=self.status.drifts + 1)
            log.warning("somebody else had changed device %s", self.device.id)
        self._settle(register_map, wanted, outcome.observed)
        self._account.verified(wanted.sources, wish.writes, outcome.unsaid)
        return True

    def _wish(self, register_map: RegisterMap, wanted: Setpoint) -> Plan:
        """Return what the device is to have; nothing may be written to a read-only one."""
        if self.endpoint.read_only:
            unsaid = (
                Unsaid(mode=mode, reason="the device is read-only")
                for mode in sorted(wanted.controls.modes)
            )
            return Plan(writes=(), unsaid=tuple(unsaid))
        book, now = self._desk.book, self._desk.clock.now()
        remaining = {mode: remaining_s(book, mrid, now) for mode, mrid in wanted.sources.items()}
        outlook = Outlook(fallback=fallback_of(book, self.device.id), remaining_s=remaining)
        return plan(register_map, wanted.controls, self.device.rated_w, outlook)

    async def _measure(self, unit: Unit, point: Point) -> None:
        """Keep the device's power, positive into the grid; controls do not depend on it."""
        words = await unit.measure(point)
        if isinstance(words, LinkFault):
            log.info("device %s tells no power: %s", self.device.id, words)
            return
        value = decode(point, words)
        self._note(observed={**self.status.observed, point.name: value})
        if value is None:
            return
        reading = Reading(
            source=self.device.id,
            point=READING_POINT,
            start=self._desk.clock.now(),
            duration=timedelta(0),
            value=-value if point.sign is Sign.LOAD else value,
            quality="good",
            unit="W",
        )
        try:
            await self._desk.store.write_readings([reading])
        except Refusal as refusal:
            log.warning("a reading of device %s is lost: %s", self.device.id, refusal.reason)

    def _settle(self, register_map: RegisterMap, wanted: Setpoint, observed: Observed) -> None:
        self._settled = _demand(wanted)
        self._retry.succeeded()
        self._note(
            phase=DevicePhase.HELD if wanted.sources else DevicePhase.IDLE,
            wanted=wanted.controls,
            observed={
                point.name: decode(point, observed[point.name])
                for point in register_map.points
                if point.name in observed
            },
            observed_at=self._desk.clock.now(),
            fault=None,
        )

    def _stuck(self, wanted: Setpoint, fault: LinkFault) -> None:
        self._settled = None
        if fault.kind in _OURS_TO_SLOW:
            self._retry.failed(self._monotonic())
        known = self.status.fault
        if known is not None and fault.kind is FaultKind.RESTING:
            fault = known
        if known is None or known.kind is not fault.kind:
            log.warning("device %s does not follow: %s", self.device.id, fault)
        self._note(phase=DevicePhase.FAILING, fault=fault)
        self._account.failed(wanted.sources, f"{fault.kind} {fault.code}", str(fault))

    def _note(self, **news: Any) -> None:
        self.status = replace(self.status, **news)


def _demand(wanted: Setpoint) -> _Demand:
    return wanted.controls, wanted.sources
