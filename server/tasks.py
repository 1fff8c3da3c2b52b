"""Background tasks that are kept, reported and ended: the only caller of `asyncio.create_task`.

A task that dies of an exception is logged with its traceback at once, not when it is collected.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger(__name__)


class Tasks:
    """A set of running tasks that end together."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Any], *, name: str) -> asyncio.Task[Any]:
        """Run `work` in the background until it ends or `stop` is called."""
        task = asyncio.create_task(work, name=name)  # noqa: TID251 - the one place
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.error("task %s failed", task.get_name(), exc_info=fault)

    async def stop(self) -> None:
        """Cancel what still runs and wait for its end."""
        running = tuple(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
