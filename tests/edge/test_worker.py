"""A connection's queue: who goes first, who is left alone, and that nobody waits for ever."""

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.edge.breaker import Breaker
from server.edge.faults import FaultKind, LinkFault
from server.edge.registers import Table
from server.edge.worker import Priority, Worker
from server.tasks import Tasks


@pytest.fixture
async def tasks():
    running = Tasks()
    yield running
    await running.stop()


class Seconds:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


def worker_to(port: int, tasks: Tasks, *, seconds: Seconds | None = None, **what: float) -> Worker:
    worker = Worker(
        "127.0.0.1",
        port,
        rng=random.Random(3),
        monotonic=(seconds or Seconds()).monotonic,
        on_lost=lambda: None,
        may_write=lambda _: True,
        **({"timeout_s": 60.0} | what),
    )
    tasks.start(worker.run(), name="worker")
    return worker


def kind(outcome: object) -> object:
    return outcome.kind if isinstance(outcome, LinkFault) else outcome


async def test_controls_pass_polls_and_one_poll_passes_after_five_controls(simulate, tasks):
    inverter = await simulate()
    worker = worker_to(inverter.port, tasks)
    await inverter.order("hold", what="all")
    done: list[str] = []

    async def poll(name: str) -> None:
        await worker.read(1, Table.HOLDING, 108, 1, priority=Priority.POLL)
        done.append(name)

    async def control(name: str) -> None:
        await worker.write(1, 110, (1,))
        done.append(name)

    first = tasks.start(poll("first"), name="first")
    await inverter.until(lambda sim: sim.held == 1)
    waiting = [tasks.start(poll(f"poll {n}"), name="p") for n in range(2)]
    waiting += [tasks.start(control(f"control {n}"), name="c") for n in range(7)]
    await asyncio.sleep(0)
    await inverter.order("hold", what="nothing")
    await asyncio.gather(first, *waiting)
    assert done == [
        "first",
        *(f"control {n}" for n in range(5)),
        "poll 0",
        *(f"control {n}" for n in range(5, 7)),
        "poll 1",
    ]


async def test_a_silent_unit_is_left_alone_after_three_timeouts_and_tried_again(mischief, tasks):
    seconds = Seconds()
    worker = worker_to(await mischief("silent"), tasks, seconds=seconds, timeout_s=0.05)

    async def ask() -> object:
        return kind(await worker.read(5, Table.HOLDING, 1, 1, priority=Priority.POLL))

    timeout, resting = FaultKind.TIMEOUT, FaultKind.RESTING
    assert [await ask() for _ in range(4)] == [timeout, timeout, timeout, resting]
    assert 1.6 <= worker.rest_s(5) <= 2.4
    seconds.now += 2.5
    assert [await ask(), await ask()] == [timeout, resting]
    assert 3.2 <= worker.rest_s(5) <= 4.8


async def test_a_resting_unit_costs_its_neighbour_nothing(simulate, tasks):
    gateway = await simulate("--units", "2")
    await gateway.order("refuse", unit=1, code=11)
    worker = worker_to(gateway.port, tasks)

    async def ask(unit: int) -> object:
        return kind(await worker.read(unit, Table.HOLDING, 108, 1, priority=Priority.POLL))

    assert [await ask(1) for _ in range(4)] == [FaultKind.EXCEPTION] * 3 + [FaultKind.RESTING]
    assert await ask(2) == (1,)


async def test_busy_is_no_silence(simulate, tasks):
    inverter = await simulate()
    await inverter.order("refuse", code=6)
    worker = worker_to(inverter.port, tasks)
    for _ in range(5):
        outcome = await worker.write(1, 110, (1,))
        assert outcome is not None
        assert outcome.code == 6
    assert worker.rest_s(1) == 0


async def test_a_dead_connection_is_not_tried_again_at_once(simulate, tasks):
    inverter = await simulate()
    await inverter.kill()
    seconds = Seconds()
    worker = worker_to(inverter.port, tasks, seconds=seconds)
    first = await worker.write(1, 110, (1,))
    second = await worker.write(1, 110, (1,))
    assert (kind(first), kind(second)) == (FaultKind.NOT_CONNECTED, FaultKind.RESTING)
    again = await simulate("--port", str(inverter.port))
    seconds.now += 60
    assert await worker.write(1, 110, (1,)) is None
    assert again.port == inverter.port


async def test_a_request_that_waited_too_long_is_not_sent(simulate, tasks):
    inverter = await simulate()
    worker = worker_to(inverter.port, tasks, longest_wait_s=0.05)
    await inverter.order("hold", what="writes")
    first = tasks.start(worker.write(1, 110, (1,)), name="first")
    await inverter.until(lambda sim: sim.held == 1)
    second = tasks.start(worker.write(1, 110, (2,)), name="second")
    await asyncio.sleep(0.1)
    await inverter.order("hold", what="nothing")
    assert await first is None
    assert kind(await second) is FaultKind.WAITED_TOO_LONG
    await inverter.registers()
    assert inverter.written() == [(110, [1])]


async def test_a_full_queue_refuses(mischief, tasks):
    worker = worker_to(await mischief("silent"), tasks)
    waiting = [tasks.start(worker.write(1, 110, (n,)), name="w") for n in range(300)]
    done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    assert {kind(task.result()) for task in done} == {FaultKind.QUEUE_FULL}


async def test_ending_a_worker_answers_those_who_wait_and_those_who_come_later(mischief):
    tasks = Tasks()
    worker = worker_to(await mischief("silent"), tasks)
    others = Tasks()
    waiting = [others.start(worker.write(1, 110, (n,)), name="w") for n in range(3)]
    await asyncio.sleep(0.05)
    await tasks.stop()
    assert {kind(o) for o in await asyncio.gather(*waiting)} == {FaultKind.NOT_CONNECTED}
    assert kind(await worker.write(1, 110, (9,))) is FaultKind.NOT_CONNECTED


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 50))
def test_a_breaker_rests_longer_each_time_and_never_longer_than_its_longest(seed, failures):
    breaker = Breaker(random.Random(seed), threshold=3, first_s=2, longest_s=60)
    for number in range(1, failures + 1):
        breaker.failed(0.0)
        step = 0 if number < 3 else 2.0 ** min(number - 2, 6)
        assert min(60, 0.8 * step) <= breaker.rest_s(0.0) <= min(60, 1.2 * step)
    assert breaker.rest_s(61.0) == 0
    breaker.succeeded()
    assert breaker.rest_s(0.0) == 0
