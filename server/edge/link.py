"""One Modbus/TCP connection with the checks that pymodbus leaves to its caller.

The only importer of pymodbus in the edge. What goes wrong on a line is a value, because on a line
it is normal. It must not know maps, devices or when to try again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from pymodbus import ModbusException
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.pdu import ModbusPDU

from server.edge.faults import FaultKind, LinkFault
from server.edge.registers import Table, Words

logging.getLogger("pymodbus").setLevel(logging.CRITICAL)  # its faults are told as values here

_READ_FUNCTIONS = {Table.HOLDING: 3, Table.INPUT: 4}
_MAX_READ = 125
_MAX_WRITE = 123
_MAX_SILENCES = 3
_EXCEPTIONS = {
    0x01: "illegal function",
    0x02: "illegal address",
    0x03: "illegal value",
    0x04: "device failure",
    0x05: "acknowledged, still working",
    0x06: "busy",
    0x07: "negative acknowledge",
    0x08: "memory parity error",
    0x0A: "gateway path unavailable",
    0x0B: "gateway target does not answer",
}


_Reply = ModbusPDU | LinkFault


class ModbusLink:
    """A connection to one host and port; one call at a time.

    `on_lost` is called when the other end hangs up; it must not block or raise. A write to a unit
    of which `may_write` does not say so is a fault and never leaves.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        timeout_s: float,
        connect_timeout_s: float,
        on_lost: Callable[[], None],
        may_write: Callable[[int], bool],
    ) -> None:
        self._host = host
        self._port = port
        self._timeout_s = timeout_s
        self._connect_timeout_s = connect_timeout_s
        self._on_lost = on_lost
        self._may_write = may_write
        self._client: AsyncModbusTcpClient | None = None
        self._is_up = False
        self._deadline: asyncio.Timeout | None = None
        self._silences = 0
        self._transaction = 0

    @property
    def is_connected(self) -> bool:
        """Tell whether calls can be made."""
        return self._client is not None

    async def connect(self) -> LinkFault | None:
        """Open the connection anew."""
        self.close()
        client = AsyncModbusTcpClient(
            self._host,
            port=self._port,
            timeout=2 * max(self._timeout_s, self._connect_timeout_s),
            retries=0,
            reconnect_delay=0,
            trace_connect=self._note,
            trace_pdu=self._note_request,
        )
        self._silences = 0
        self._is_up = False
        try:
            async with asyncio.timeout(self._connect_timeout_s):
                await client.connect()
        except TimeoutError:
            self._is_up = False
        # The library holds a connection that was lost before connect returned for a good one.
        if not self._is_up:
            client.close()
            return self._not_connected()
        self._client = client
        return None

    async def read(self, unit: int, table: Table, address: int, count: int) -> Words | LinkFault:
        """Return the words of `count` registers, 1..125."""
        if (client := self._client) is None:
            return self._not_connected()
        if not _is_sendable(unit, address, count, _MAX_READ):
            return _unsendable(unit, address, count)
        if table is Table.HOLDING:
            call = client.read_holding_registers(address, count=count, device_id=unit)
        else:
            call = client.read_input_registers(address, count=count, device_id=unit)
        reply = await self._ask(_READ_FUNCTIONS[table], call)
        if isinstance(reply, LinkFault):
            return reply
        words = tuple(reply.registers)
        return words if len(words) == count else _wrong(f"{len(words)} registers, not {count}")

    async def write(
        self, unit: int, address: int, words: Sequence[int], *, function: int = 16
    ) -> LinkFault | None:
        """Write up to 123 registers with function 16, or a single one with function 6."""
        if not self._may_write(unit):
            return LinkFault(kind=FaultKind.READ_ONLY, detail=f"unit {unit} is never written to")
        is_single = function == 6
        if (client := self._client) is None:
            return self._not_connected()
        if not _is_sendable(unit, address, len(words), 1 if is_single else _MAX_WRITE):
            return _unsendable(unit, address, len(words))
        if is_single:
            call = client.write_register(address, words[0], device_id=unit)
        else:
            call = client.write_registers(address, list(words), device_id=unit)
        reply = await self._ask(function, call)
        if isinstance(reply, LinkFault):
            return reply
        return _check_echo(reply, address, list(words), is_single=is_single)

    def close(self) -> None:
        """Close the connection, if there is one."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _note(self, is_connected: bool) -> None:
        """Fail the call in flight at once when the other end hangs up, and tell of it."""
        self._is_up = is_connected
        if is_connected:
            return
        self._client = None
        if self._deadline is not None and not self._deadline.expired():
            self._deadline.reschedule(0)
        self._on_lost()

    def _note_request(self, is_sending: bool, pdu: ModbusPDU) -> ModbusPDU:
        if is_sending:
            self._transaction = pdu.transaction_id
        return pdu

    async def _ask(self, function: int, call: Awaitable[ModbusPDU]) -> _Reply:
        """Await one reply of the right function."""
        try:
            async with asyncio.timeout(self._timeout_s) as self._deadline:
                reply = await call
        except (TimeoutError, ModbusException) as fault:
            return self._no_reply(str(fault))
        finally:
            self._deadline = None
        # The library takes a transaction of 0 for the one that it waits for.
        if reply.transaction_id != self._transaction:
            return _wrong(f"a reply to transaction {reply.transaction_id}")
        self._silences = 0
        if reply.function_code == function | 0x80:
            code = reply.exception_code
            detail = f"0x{code:02X} {_EXCEPTIONS.get(code, 'unknown exception')}"
            return LinkFault(kind=FaultKind.EXCEPTION, detail=detail, code=code)
        if reply.function_code != function:
            return _wrong(f"asked with function {function}, got {reply.function_code}")
        return reply

    def _no_reply(self, why: str) -> LinkFault:
        if self._client is None:
            return LinkFault(kind=FaultKind.HUNG_UP, detail="the connection was closed")
        self._silences += 1
        if self._silences >= _MAX_SILENCES:
            self.close()  # the other end may be gone without a word
        return LinkFault(kind=FaultKind.TIMEOUT, detail=why or f"no reply in {self._timeout_s} s")

    def _not_connected(self) -> LinkFault:
        detail = f"no connection to {self._host}:{self._port}"
        return LinkFault(kind=FaultKind.NOT_CONNECTED, detail=detail)


def _wrong(detail: str) -> LinkFault:
    return LinkFault(kind=FaultKind.WRONG_REPLY, detail=detail)


def _check_echo(
    reply: ModbusPDU, address: int, words: list[int], *, is_single: bool
) -> LinkFault | None:
    """Return a fault if the reply to a write does not repeat what was written, or how much."""
    sent = (address, words if is_single else len(words))
    echo = (reply.address, list(reply.registers) if is_single else reply.count)
    return None if echo == sent else _wrong(f"the echo {echo} of a write {sent}")


def _is_sendable(unit: int, address: int, count: int, most: int) -> bool:
    return 0 <= unit <= 0xFF and 1 <= count <= most and 0 <= address <= 0x10000 - count


def _unsendable(unit: int, address: int, count: int) -> LinkFault:
    detail = f"no request can carry {count} registers at {address} of unit {unit}"
    return LinkFault(kind=FaultKind.UNSENDABLE, detail=detail)
