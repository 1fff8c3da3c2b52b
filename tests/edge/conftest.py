"""Modbus peers in other processes, and a house with a clock moved by hand."""

import asyncio
import json
import random
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from server.core.command import AddDevice, CreateEvent, CreateGroup, CreateProgram, IntervalDraft
from server.core.model import (
    Controls,
    DeviceId,
    EventId,
    GroupId,
    Language,
    ModbusEndpoint,
    ProgramId,
)
from server.desk import Desk
from server.edge.edge import Edge
from server.store.store import Store
from server.tasks import Tasks

HERE = Path(__file__).parent


class Simulator:
    """The simulated inverters in another process, and what they say."""

    def __init__(self, process: asyncio.subprocess.Process, ports: list[int]) -> None:
        self.process = process
        self.ports = ports
        self.port = ports[0]
        self.writes: list[dict[str, Any]] = []
        self.held = 0
        self.connections = 0
        self._done: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._heard = asyncio.Condition()

    async def listen(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            said = json.loads(line)
            if said["type"] == "write":
                self.writes.append(said)
            elif said["type"] == "held":
                self.held += 1
            elif said["type"] == "connection":
                self.connections += 1 if said["is_open"] else -1
            else:
                self._done.put_nowait(said)
            async with self._heard:
                self._heard.notify_all()

    async def order(self, do: str, **what: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        order = {"do": do, "port": self.port, "unit": 1, **what}
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        return await self._done.get()

    async def registers(self, **where: int) -> dict[int, int]:
        """Return all registers; each write before it has then been told, too."""
        said = await self.order("dump", **where)
        return {int(address): word for address, word in said["registers"].items()}

    async def until(self, is_so: Callable[["Simulator"], bool]) -> None:
        async with self._heard:
            await self._heard.wait_for(lambda: is_so(self))

    async def changed(self, **where: int) -> dict[int, int]:
        """Return what is not as the built-in map's defaults say, telemetry left out."""
        default = {108: 1, 109: 1, 110: 10000}
        registers = await self.registers(**where)
        return {a: w for a, w in registers.items() if a >= 100 and w != default.get(a, 0)}

    def written(self, unit: int = 1, port: int | None = None) -> list[tuple[int, list[int]]]:
        return [
            (w["address"], w["words"])
            for w in self.writes
            if w["unit"] == unit and w["port"] == (port or self.port)
        ]

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()


@pytest.fixture
async def simulate() -> AsyncIterator[Callable[..., Awaitable[Simulator]]]:
    running: list[tuple[Simulator, asyncio.Task[None]]] = []

    async def start(*arguments: str) -> Simulator:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "server.sim.modbus", *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        simulator = Simulator(process, json.loads(await process.stdout.readline())["ports"])
        running.append((simulator, tasks.start(simulator.listen(), name="simulator")))
        return simulator

    tasks = Tasks()
    yield start
    for simulator, listening in running:
        if simulator.process.returncode is None:
            simulator.process.kill()
        await simulator.process.wait()
        await listening
        assert simulator.process.stdin is not None
        simulator.process.stdin.close()


@pytest.fixture
async def mischief() -> AsyncIterator[Callable[[str], Awaitable[int]]]:
    """Start a raw peer that misbehaves, and return its port."""
    running: list[asyncio.subprocess.Process] = []

    async def start(kind: str) -> int:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *(str(HERE / "modbus_peer.py"), kind),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        running.append(process)
        assert process.stdout is not None
        return int(await process.stdout.readline())

    yield start
    for process in running:
        process.kill()
        await process.communicate()


class HandClock:
    """Wall clock and monotonic seconds, moved by hand."""

    def __init__(self) -> None:
        self._now = datetime(2030, 6, 1, 12, 0, tzinfo=UTC)
        self.seconds = 1000.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self.seconds

    def pass_by(self, **time: float) -> None:
        self._now += timedelta(**time)
        self.seconds += timedelta(**time).total_seconds()


class House:
    """A desk over a store on disk, and an edge; one group and one program offered to it."""

    def __init__(self, desk: Desk, clock: HandClock, maps: Path) -> None:
        self.desk = desk
        self.clock = clock
        self.maps = maps
        self.tasks = Tasks()
        self.edge = self.new_edge()
        self.group = GroupId("")
        self.program = ProgramId("")

    def new_edge(self, **options: Any) -> Edge:
        usual = {"timeout_s": 30.0, "rng": random.Random(7), "maps": self.maps}
        return Edge(self.desk, self.tasks, monotonic=self.clock.monotonic, **(usual | options))

    async def do(self, command: Any) -> Any:
        (change, *_) = await self.desk.submit(command, actor="test")
        return change

    async def furnish(self, default: Controls) -> None:
        group = await self.do(CreateGroup(name="all", joins_new_devices=True))
        self.group = group.group.id
        program = await self.do(
            CreateProgram(
                name="limits",
                primacy=1,
                groups=frozenset({self.group}),
                market_context="https://example.org/limits",
                default=default,
            )
        )
        self.program = program.program.id

    async def add(
        self, port: int, *, unit: int = 1, register_map: str = "generic-inverter", **what: Any
    ) -> DeviceId:
        endpoint = ModbusEndpoint(host="127.0.0.1", port=port, unit=unit, register_map=register_map)
        change = await self.do(
            AddDevice(
                name=f"inverter {port} {unit}",
                language=Language.MODBUS,
                modbus=endpoint,
                **({"rated_w": 10_000.0} | what),
            )
        )
        return change.device.id

    async def event(self, *controls: Controls, minutes: int = 10, **what: Any) -> EventId:
        change = await self.do(
            CreateEvent(
                program_id=self.program,
                name="less",
                start=what.pop("start", self.clock.now()),
                intervals=tuple(
                    IntervalDraft(duration=timedelta(minutes=minutes), controls=each)
                    for each in controls
                ),
                **what,
            )
        )
        return change.event.id

    async def said(self, device_id: DeviceId) -> list[str]:
        responses = await self.desk.store.responses(device_id=device_id)
        return [response.status.value for _, response in reversed(responses)]

    async def power(self, device_id: DeviceId) -> list[tuple[float, str]]:
        day = timedelta(days=1)
        readings = await self.desk.store.readings(
            source=device_id,
            point="active_power",
            since=self.clock.now() - day,
            until=self.clock.now() + day,
        )
        return [(reading.value, reading.unit) for reading in readings]

    async def details(self, device_id: DeviceId, status: str) -> list[str]:
        responses = await self.desk.store.responses(device_id=device_id)
        return [r.detail for _, r in reversed(responses) if r.status == status]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    store = await Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    clock = HandClock()
    desk = Desk(store, clock, random.Random(1), pen=37244)
    await desk.open()
    home = House(desk, clock, tmp_path)
    await home.furnish(Controls())
    yield home
    await home.edge.stop()
    await home.tasks.stop()
    await store.close()
