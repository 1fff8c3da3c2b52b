"""The one user of a connection: takes requests for its units in turn, controls before polls.

Leaves a dead connection and silent units alone for a while, so that they cost the others nothing.
It must not know what the registers mean.
"""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import IntEnum

from server.edge.breaker import Breaker
from server.edge.faults import FaultKind, LinkFault
from server.edge.link import ModbusLink
from server.edge.registers import Table, Words
from server.errors import Unavailable

Outcome = Words | LinkFault
_CONTROLS_IN_A_ROW = 5
_QUEUE_LIMIT = 256
_NOT_THE_UNIT = frozenset(
    {
        FaultKind.HUNG_UP,
        FaultKind.NOT_CONNECTED,
        FaultKind.UNSENDABLE,
        FaultKind.READ_ONLY,
    }
)
"""Faults that say nothing of a unit."""
_SILENT_CODES = frozenset({0x04, 0x07, 0x08, 0x0A, 0x0B})
"""Exception codes after which a unit is as good as silent; busy (6) is not among them."""

_GIVEN_UP = LinkFault(kind=FaultKind.NOT_CONNECTED, detail="the connection was given up")


class Priority(IntEnum):
    """What goes first; after five controls in a row one poll is let through."""

    CONTROL = 0
    POLL = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    unit: int
    send: Callable[[], Awaitable[Outcome]]
    answer: asyncio.Future[Outcome]
    waits_until: float


class Worker:
    """A queue in front of one host and port; `run` works it off."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        rng: random.Random,
        monotonic: Callable[[], float],
        timeout_s: float,
        longest_wait_s: float = 10.0,
        on_lost: Callable[[], None],
        may_write: Callable[[int], bool],
        may_act: Callable[[], bool] = lambda: True,
    ) -> None:
        """Take the other end; `monotonic` tells the seconds by which rests are counted.

        A request that was not sent within `longest_wait_s` is given up. `on_lost` is called when
        the other end hangs up; it must not block or raise. Only units of which `may_write` says so
        are ever written to. While `may_act` says no, nothing is sent and requests raise
        Unavailable.
        """
        self._link = ModbusLink(
            host,
            port,
            timeout_s=timeout_s,
            connect_timeout_s=timeout_s,
            on_lost=self._lost,
            may_write=may_write,
        )
        self._rng = rng
        self._monotonic = monotonic
        self._longest_wait_s = longest_wait_s
        self._on_lost = on_lost
        self._may_act = may_act
        self._queues: tuple[deque[_Request], ...] = tuple(deque() for _ in Priority)
        self._filled = asyncio.Event()
        self._is_over = False
        self._controls_in_a_row = 0
        self._connecting = Breaker(rng, threshold=1, first_s=1, longest_s=30, spread=(0, 1))
        self._units: dict[int, Breaker] = {}

    def rest_s(self, unit: int) -> float:
        """Return the seconds for which requests to a unit are answered with a fault unsent."""
        now = self._monotonic()
        rest = self._breaker(unit).rest_s(now)
        return rest if self._link.is_connected else max(rest, self._connecting.rest_s(now))

    async def read(
        self, unit: int, table: Table, address: int, count: int, *, priority: Priority
    ) -> Outcome:
        """Return the words of `count` registers."""
        return await self._request(
            unit, priority, lambda: self._link.read(unit, table, address, count)
        )

    async def write(
        self, unit: int, address: int, words: Words, *, function: int = 16
    ) -> LinkFault | None:
        """Write registers, ahead of all polls."""

        async def send() -> Outcome:
            return await self._link.write(unit, address, words, function=function) or ()

        outcome = await self._request(unit, Priority.CONTROL, send)
        return outcome if isinstance(outcome, LinkFault) else None

    async def run(self) -> None:
        """Serve requests until cancelled; then answer those that wait and hang up."""
        try:
            while True:
                await self._filled.wait()
                await self._serve(self._next())
        finally:
            self._is_over = True
            self._link.close()
            for queue in self._queues:
                while queue:
                    _answer(queue.popleft(), _GIVEN_UP)

    async def _request(
        self, unit: int, priority: Priority, send: Callable[[], Awaitable[Outcome]]
    ) -> Outcome:
        queue = self._queues[priority]
        if self._is_over:
            return _GIVEN_UP
        if len(queue) >= _QUEUE_LIMIT:
            return LinkFault(kind=FaultKind.QUEUE_FULL, detail=f"{_QUEUE_LIMIT} requests wait")
        loop = asyncio.get_running_loop()
        request = _Request(
            unit=unit,
            send=send,
            answer=loop.create_future(),
            waits_until=loop.time() + self._longest_wait_s,
        )
        queue.append(request)
        self._filled.set()
        return await request.answer

    def _next(self) -> _Request:
        """Take a request out of the queues, which must not all be empty."""
        controls, polls = self._queues
        is_poll = not controls or (bool(polls) and self._controls_in_a_row >= _CONTROLS_IN_A_ROW)
        self._controls_in_a_row = 0 if is_poll else self._controls_in_a_row + 1
        request = (polls if is_poll else controls).popleft()
        if not any(self._queues):
            self._filled.clear()
        return request

    async def _serve(self, request: _Request) -> None:
        """Answer a request; a bug in sending is the asker's to see and does not stop the rest."""
        try:
            outcome = await self._outcome(request)
        except asyncio.CancelledError:
            _answer(request, _GIVEN_UP)
            raise
        except Exception as fault:
            if not request.answer.done():
                request.answer.set_exception(fault)
        else:
            _answer(request, outcome)

    async def _outcome(self, request: _Request) -> Outcome:
        if request.answer.done() or asyncio.get_running_loop().time() > request.waits_until:
            return LinkFault(kind=FaultKind.WAITED_TOO_LONG, detail="others were served first")
        if (rest := self.rest_s(request.unit)) > 0:
            return LinkFault(
                kind=FaultKind.RESTING, detail=f"silent, left alone for {rest:.0f} s more"
            )
        if not self._link.is_connected and (fault := await self._link.connect()) is not None:
            self._connecting.failed(self._monotonic())
            return fault
        if not self._may_act():
            raise Unavailable("another instance may do this now")
        outcome = await request.send()
        self._learn(request.unit, outcome)
        return outcome

    def _learn(self, unit: int, outcome: Outcome) -> None:
        """Note whether a unit and its connection are worth the next request."""
        if isinstance(outcome, LinkFault):
            if outcome.kind in _NOT_THE_UNIT:
                return
            if outcome.kind is not FaultKind.EXCEPTION or outcome.code in _SILENT_CODES:
                self._breaker(unit).failed(self._monotonic())
                return
        self._breaker(unit).succeeded()
        self._connecting.succeeded()

    def _breaker(self, unit: int) -> Breaker:
        return self._units.setdefault(
            unit, Breaker(self._rng, threshold=3, first_s=2, longest_s=60)
        )

    def _lost(self) -> None:
        self._connecting.failed(self._monotonic())
        self._on_lost()


def _answer(request: _Request, outcome: Outcome) -> None:
    if not request.answer.done():
        request.answer.set_result(outcome)
