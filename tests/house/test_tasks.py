import asyncio
import logging

from server.clock import SystemClock
from server.tasks import Tasks


async def test_a_task_that_fails_is_reported_at_once(caplog):
    async def fail() -> None:
        raise RuntimeError("broken")

    tasks = Tasks()
    task = tasks.start(fail(), name="doomed")
    await asyncio.wait([task])
    await asyncio.sleep(0)
    assert "task doomed failed" in caplog.text
    assert "RuntimeError: broken" in caplog.text


async def test_what_still_runs_is_cancelled_and_waited_for(caplog):
    ended = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    tasks = Tasks()
    tasks.start(wait(), name="waiting")
    await asyncio.sleep(0)
    with caplog.at_level(logging.ERROR):
        await tasks.stop()
    assert ended == [True]
    assert not caplog.records


def test_the_machines_clock_is_aware():
    assert SystemClock().now().utcoffset().total_seconds() == 0
