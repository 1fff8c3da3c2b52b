"""Simulated Modbus/TCP inverters: `python -m server.sim.modbus --ports 3 --units 2`.

Tells its ports, each write and each connection as JSON lines on stdout, takes orders as JSON lines
on stdin and ends with it. Serves any map whose points share no register. It must not know who
writes or why.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from server.edge.registermap import RegisterMap, find_map
from server.edge.registers import Point, Sign, decode, encode
from server.edge.roles import (
    ENABLE,
    REVERT,
    REVERT_ENABLE,
    REVERT_S,
    TELEMETRY_W,
    role,
    split,
)

_WRITES = frozenset({6, 16})
_SUN = Decimal("0.8")


class Inverter:
    """One unit: its registers, and the power that follows from them."""

    def __init__(self, register_map: RegisterMap, rated_w: float) -> None:
        self._map = register_map
        self._rated_w = rated_w
        self.registers: dict[int, int] = {}
        self.refusal: ExcCodes | None = None
        self.is_deaf = False
        for point in register_map.points:
            value = Decimal(0) if point.default is None else point.default
            self._put(point, value)
        self._produce()

    def pass_by(self, seconds: int) -> None:
        """Let the timers run down; a mode whose timer ends becomes what it reverts to."""
        for point in self._map.points:
            mode, part = split(point.role)
            if part != REVERT_S or not (left := self._read(point)):
                continue
            self._put(point, max(Decimal(0), Decimal(str(left)) - seconds))
            if left <= seconds:
                self._revert(mode)
        self._produce()

    def _revert(self, mode: str) -> None:
        by_role = self._map.by_role
        for source, target in ((REVERT, ""), (REVERT_ENABLE, ENABLE)):
            if (end := by_role.get(role(mode, target))) is None:
                continue
            begin = by_role.get(role(mode, source))
            value = end.default if begin is None else Decimal(str(self._read(begin) or 0))
            self._put(end, value or Decimal(0))

    def put(self, address: int, words: list[int]) -> None:
        """Take register values, whoever gives them."""
        self.registers.update(enumerate(words, start=address))
        self._produce()

    def take(self, address: int, words: list[int]) -> None:
        """Take what a client writes, unless deaf."""
        if not self.is_deaf:
            self.put(address, words)

    def sim_data(self) -> list[SimData]:
        """Return the registers as the server library wants them."""
        return [
            SimData(
                point.address,
                values=[self.registers[point.address + n] for n in range(point.size)],
                datatype=DataType.REGISTERS,
                readonly=not point.writable,
            )
            for point in self._map.points
        ]

    def _put(self, point: Point, value: Decimal) -> None:
        self.registers.update(enumerate(encode(point, value), start=point.address))

    def _produce(self) -> None:
        """Let the power into the grid follow the registers; the sun gives 80 % of the rating."""
        point = self._map.by_role.get(TELEMETRY_W)
        if point is None:
            return
        power = float(_SUN) * self._rated_w
        if (fixed := self._asked_w("fixed_w_percent")) is not None:
            power = fixed
        if (target := self._asked_w("target_w")) is not None:
            power = target
        if (limit := self._asked_w("max_limit_percent")) is not None:
            power = min(power, limit)
        if self._is_off("connect") or self._is_off("energize"):
            power = 0
        self._put(point, Decimal(round(-power if point.sign is Sign.LOAD else power)))

    def _asked_w(self, mode: str) -> float | None:
        """Return what a mode asks, in watts into the grid; None if it is not bound or enabled."""
        enable = self._map.by_role.get(role(mode, ENABLE))
        point = self._map.by_role.get(mode)
        if point is None or (enable is not None and not self._read(enable)):
            return None
        if (value := self._read(point)) is None:
            return None
        power = self._rated_w * value / 100 if point.unit_si == "%" else value
        return -power if point.sign is Sign.LOAD else power

    def _is_off(self, mode: str) -> bool:
        point = self._map.by_role.get(mode)
        return point is not None and self._read(point) == 0

    def _read(self, point: Point) -> float | None:
        return decode(point, [self.registers[point.address + n] for n in range(point.size)])


class Listener:
    """One port with its units, and the ways in which it may misbehave."""

    def __init__(self, units: Mapping[int, Inverter], tell: Callable[[Any], None]) -> None:
        self.units = units
        self.port = 0
        self._tell = tell
        self._held = frozenset[int]()
        self._released = asyncio.Event()
        self._released.set()
        self._is_silent = False

    async def listen(self, port: int) -> None:
        """Begin to serve; port 0 takes a free one."""
        server = ModbusTcpServer(
            [
                SimDevice(
                    id=unit, simdata=inverter.sim_data(), action=partial(self._act, unit, inverter)
                )
                for unit, inverter in self.units.items()
            ],
            address=("127.0.0.1", port),
            trace_packet=self._pass_on,
            trace_connect=self._count,
        )
        await server.serve_forever(background=True)
        self.port = server.transport.sockets[0].getsockname()[1]  # type: ignore[attr-defined]

    def hold(self, what: str) -> None:
        """Keep `all` requests, or `writes` only, waiting until `nothing` is held."""
        self._held = {"writes": _WRITES, "all": _WRITES | {3, 4}}.get(what, frozenset())
        if self._held:
            self._released.clear()
        else:
            self._released.set()

    def silence(self, *, is_silent: bool) -> None:
        """Answer nothing any more, or again."""
        self._is_silent = is_silent

    def _count(self, is_open: bool) -> None:
        self._tell({"type": "connection", "port": self.port, "is_open": is_open})

    def _pass_on(self, is_sending: bool, data: bytes) -> bytes:
        return b"" if is_sending and self._is_silent else data

    async def _act(  # noqa: PLR0917 - the library's signature
        self,
        unit: int,
        inverter: Inverter,
        function: int,
        first: int,
        address: int,
        count: int,
        image: list[int],
        words: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        """Serve one request: the inverter's registers are the truth, the library's an image."""
        if function in self._held:
            self._tell({"type": "held", "port": self.port, "function": function})
            await self._released.wait()
        refusal = inverter.refusal
        if refusal not in {None, ExcCodes.ACKNOWLEDGE}:
            return refusal
        if words is not None:
            written = [int(word) for word in words]
            inverter.take(address, written)
            told = {"port": self.port, "unit": unit, "address": address, "words": written}
            self._tell({"type": "write", **told})
        for register in range(address, address + count):
            image[register - first] = inverter.registers[register]
        return None if words is None else refusal


def obey(order: Mapping[str, Any], listeners: Mapping[int, Listener]) -> dict[str, Any]:
    """Carry out an order and return what to answer.

    Orders: `pass` (seconds), `dump`, `put` (address, words), `refuse` (code or null; with 5 writes
    are taken all the same) and `deafen` (is_deaf: writes are acknowledged and not taken), each of
    a unit; `hold` (what), `silence` (is_silent) of a port.
    """
    listener = listeners[order["port"]]
    inverter = listener.units.get(order.get("unit", 1))
    match order["do"], inverter:
        case "hold", _:
            listener.hold(order["what"])
        case "silence", _:
            listener.silence(is_silent=order["is_silent"])
        case "put", Inverter():
            inverter.put(order["address"], order["words"])
        case "refuse", Inverter():
            inverter.refusal = None if order["code"] is None else ExcCodes(order["code"])
        case "pass" | "deafen", Inverter():
            _obey_inverter(order, inverter)
        case "dump", Inverter():
            return {"type": "done", "registers": inverter.registers}
        case _:
            return {"type": "unknown-order"}
    return {"type": "done"}


def _obey_inverter(order: Mapping[str, Any], inverter: Inverter) -> None:
    if order["do"] == "pass":
        inverter.pass_by(order["seconds"])
    else:
        inverter.is_deaf = order["is_deaf"]


def _tell(line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


async def serve(arguments: argparse.Namespace) -> None:
    """Listen on all ports, tell them, and obey until stdin ends."""
    register_map = find_map(arguments.map, arguments.maps)
    listeners: dict[int, Listener] = {}
    for number in range(arguments.ports):
        units = range(1, arguments.units + 1)
        listener = Listener(
            {unit: Inverter(register_map, arguments.rated_w) for unit in units}, _tell
        )
        await listener.listen(arguments.port + number if arguments.port else 0)
        listeners[listener.port] = listener
    _tell({"type": "listening", "ports": list(listeners), "units": arguments.units})
    orders = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := await orders.readline():
        _tell(obey(json.loads(line), listeners))


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ports", type=int, default=1, help="how many listeners")
    parser.add_argument("--units", type=int, default=1, help="units 1..N behind each listener")
    parser.add_argument("--port", type=int, default=0, help="the first port; 0 takes free ones")
    parser.add_argument("--map", default="generic-inverter", help="the register map's name")
    parser.add_argument("--maps", type=Path, help="a directory of maps besides the built-in ones")
    parser.add_argument("--rated-w", type=float, default=10_000.0, help="rated power of each unit")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
