"""The demo as it runs: starts the processes, enrols everybody, states one event and watches it.

What it knows of the event comes from the server's admin face and from the devices' own lines; the
processes live in the stack it is given and end with it. It must not know files or the terminal.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from server.clock import Clock
from server.edge.registermap import find_map
from server.sim.child import Child, Line
from server.sim.display import Display, Picture
from server.sim.ledger import Ledger
from server.sim.operator import Json, NotDone, Operator
from server.sim.outcome import Stated, report
from server.sim.scene import HOST, REGISTER_MAP, Scene, curl_lines, enrolments

LIMIT_PERCENT: Final = 50.0
LEVEL: Final = 1.0
EVENT_START_S: Final = 6
EVENT_LENGTH_S: Final = 12
EVENT_LEAST_S: Final = 3
AFTERMATH_S: Final = 5
"""What devices are given to say that they are done before the play ends."""
_PATIENCE_S: Final = 60.0
_LOOK_S: Final = 0.5
_WAIT_S: Final = 0.1
_UNIT: Final = 1


class Curtain(Exception):  # noqa: N818 - it tells what happened
    """The time is up, or somebody wants the play to end."""


class PlayFailed(Exception):  # noqa: N818 - it tells what happened
    """The play cannot go on."""


@dataclass(slots=True, kw_only=True)
class Stage:
    """What a play needs: where its children live, when it ends and how many devices it has."""

    stack: AsyncExitStack
    over: asyncio.Event
    """Set when the play is to end."""
    deadline: float | None
    """The loop's time at which it ends by itself."""
    expected: Mapping[str, int]
    display: Display
    clock: Clock


@dataclass(slots=True)
class Play:
    """One run of the demo."""

    scene: Scene
    stage: Stage
    ledger: Ledger = field(default_factory=lambda: Ledger(find_map(REGISTER_MAP)))
    children: list[Child] = field(default_factory=list)
    event: Json | None = None
    stated: Stated | None = None
    timing: dict[str, float] = field(default_factory=dict)
    _asked: deque[int] = field(default_factory=deque)
    _modbus_ports: list[int] = field(default_factory=list)

    async def run(self) -> dict[str, Any]:
        """Play to the end and return the report.

        Raises ChildEnded, NotDone or PlayFailed if it cannot go on.
        """
        began = self._time()
        operator: Operator | None = None
        try:
            modbus = await self._open_modbus()
            ports, operator = await self._open_server()
            self.timing["server_ready"] = round(self._time() - began, 3)
            await self._cast(ports, operator)
            self.timing["devices_ready"] = round(self._time() - began, 3)
            await self._state_event(operator)
            await self._watch(operator, modbus)
        except Curtain:
            pass
        if operator is not None and self.stated is not None:
            await self._look(operator)
        outcome = report(self.event, self.ledger, self.stated, self.stage.expected)
        return {**outcome, "timing_s": self.timing}

    async def _open_server(self) -> tuple[dict[str, int], Operator]:
        arguments = ("server", "serve", "--state", str(self.scene.state))
        await self._start("server", arguments, lambda line: None)
        await self._until(self.scene.ports.is_file, "the server tells its ports")
        ports: dict[str, int] = json.loads(self.scene.ports.read_text())
        token = self.scene.token.read_text().strip()
        operator = Operator(f"http://{HOST}:{ports['admin']}", token)
        await self.stage.stack.enter_async_context(operator)
        while not await operator.is_ready():
            await self._pause(_WAIT_S)
        return ports, operator

    async def _open_modbus(self) -> Child:
        count = str(self.stage.expected["modbus"])
        arguments = ("server.sim.modbus", "--ports", count)
        return await self._start("modbus", arguments, self._take_modbus)

    async def _cast(self, ports: Mapping[str, int], operator: Operator) -> None:
        """Enrol the devices, start the fleet and wait until it has found the server."""
        await self._until(lambda: bool(self._modbus_ports), "the Modbus devices listen")
        for path, body in enrolments(self.scene, self._modbus_ports):
            await operator.post(path, body)
        self._introduce(ports, operator)
        pki = str(self.scene.pki.folder)
        listeners = ("--sep2", str(ports["sep2"]), "--openadr", str(ports["openadr"]))
        await self._start(
            "fleet", ("server.sim.fleet", "--pki", pki, *listeners), self.ledger.take_fleet
        )
        await self._until(self._is_fleet_ready, "the fleet finds the server")

    def _introduce(self, ports: Mapping[str, int], operator: Operator) -> None:
        expected = self.stage.expected
        self.stage.display.say(
            f"Gridherald demo: {expected['sep2']} inverters (IEEE 2030.5), {expected['openadr']} "
            f"VENs (OpenADR 2.0b), {expected['modbus']} Modbus devices. While it runs, try:\n"
        )
        for line in curl_lines(self.scene, ports["sep2"], operator.base):
            self.stage.display.say(f"{line}\n")

    def _is_fleet_ready(self) -> bool:
        return all(
            self.ledger.count(language, "ready") >= self.stage.expected[language]
            for language in ("sep2", "openadr")
        )

    async def _state_event(self, operator: Operator) -> None:
        """State one event for everybody: half of the rated power, and a level for loads."""
        group_id = await _only(operator, "/groups", "all")
        program_id = await _only(operator, "/programs", "default")
        interval = {
            "duration_s": self._length_s(),
            "controls": {"max_limit_percent": LIMIT_PERCENT},
            "values": [LEVEL],
        }
        posted_at = self.stage.clock.now()
        created = await operator.post(
            "/events",
            {
                "program_id": program_id,
                "name": "demo",
                "start_in_s": EVENT_START_S,
                "intervals": [interval],
                "signals": [{"name": "SIMPLE", "type": "level"}],
                "targets": {"groups": [group_id]},
            },
        )
        event = created["event"]
        self.stated = Stated(
            event_id=event["id"],
            posted_at=posted_at,
            accepted_at=self.stage.clock.now(),
            start=datetime.fromisoformat(event["start"]),
            end=datetime.fromisoformat(event["end"]),
        )

    def _length_s(self) -> int:
        """Return how long the event lasts: less than it should if the play would end before it."""
        if self.stage.deadline is None:
            return EVENT_LENGTH_S
        left_s = int(self.stage.deadline - self._time()) - EVENT_START_S - AFTERMATH_S
        return max(EVENT_LEAST_S, min(left_s, EVENT_LENGTH_S))

    async def _watch(self, operator: Operator, modbus: Child) -> None:
        """Look at the event and at the registers again and again until the curtain falls."""
        while True:
            for port in self._modbus_ports:
                self._asked.append(port)
                modbus.order({"do": "dump", "port": port, "unit": _UNIT})
            await self._look(operator)
            self.stage.display.draw(Picture(self.event, self.ledger, self.stage.expected))
            await self._pause(_LOOK_S)

    async def _look(self, operator: Operator) -> None:
        """Take the server's account of the event; one that fails is looked at again."""
        if self.stated is None:
            return
        try:
            self.event = await operator.get(f"/events/{self.stated.event_id}")
        except NotDone as fault:
            self.ledger.faults.append(f"server: {fault}")

    def _take_modbus(self, line: Line) -> None:
        if line["type"] == "listening":
            self._modbus_ports = list(line["ports"])
        elif line["type"] == "done" and self._asked:
            at = self.stage.clock.now()
            self.ledger.take_dump(self._asked.popleft(), line["registers"], at)

    async def _start(
        self, name: str, arguments: tuple[str, ...], on_line: Callable[[Line], None]
    ) -> Child:
        """Start a child that ends with the stack."""
        log = self.scene.state / f"{name}.log"
        child = await Child.start(name, arguments, log=log, on_line=on_line)
        self.stage.stack.push_async_callback(child.stop)
        self.children.append(child)
        return child

    async def _until(self, is_so: Callable[[], bool], what: str) -> None:
        """Wait until something is so; raises PlayFailed if that takes too long."""
        limit = self._time() + _PATIENCE_S
        while not is_so():
            if self._time() > limit:
                raise PlayFailed(f"waited {_PATIENCE_S:g} s in vain until {what}")
            await self._pause(_WAIT_S)

    async def _pause(self, seconds: float) -> None:
        """Rest while the children live; raises Curtain when the play is to end."""
        for child in self.children:
            child.check()
        deadline = self.stage.deadline
        left_s = seconds if deadline is None else min(seconds, deadline - self._time())
        try:
            async with asyncio.timeout(max(left_s, 0.0)):
                await self.stage.over.wait()
        except TimeoutError:
            if deadline is None or self._time() < deadline:
                return
        raise Curtain

    def _time(self) -> float:
        return asyncio.get_running_loop().time()


async def _only(operator: Operator, path: str, name: str) -> str:
    """Return the id of what has a name."""
    found = await operator.get(path)
    for item in found["items"]:
        if item["name"] == name:
            return str(item["id"])
    raise PlayFailed(f"the server has no {name!r} among {path}")
