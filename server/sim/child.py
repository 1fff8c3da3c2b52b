"""A child process that tells JSON lines on stdout and may take some on stdin.

Ends with its parent's wish: stdin closed, SIGTERM, after a while SIGKILL; nothing is left behind.
It must not know what the lines mean.
"""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

from server.tasks import Tasks

Line = Mapping[str, Any]

PATIENCE_S: Final = 10.0
_LOG_TAIL: Final = 20
_SETTINGS: Final = "GRIDHERALD_"


class ChildEnded(Exception):  # noqa: N818 - it tells what happened
    """A child that was needed is gone."""


class Child:
    """A running Python module."""

    def __init__(self, name: str, process: Process, log: Path) -> None:
        self.name = name
        self._process = process
        self._log = log
        self._tasks = Tasks()

    @classmethod
    async def start(
        cls,
        name: str,
        arguments: Sequence[str],
        *,
        log: Path,
        on_line: Callable[[Line], None],
    ) -> Self:
        """Run `python -m` with the arguments, out of reach of the terminal; stderr goes to `log`.

        Settings of the environment that start with GRIDHERALD_ are kept from it.
        """
        environment = {k: v for k, v in os.environ.items() if not k.startswith(_SETTINGS)}
        with log.open("ab") as errors:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                *arguments,
                stdin=PIPE,
                stdout=PIPE,
                stderr=errors,
                env=environment,
                start_new_session=True,
            )
        child = cls(name, process, log)
        child._tasks.start(child._listen(on_line), name=f"lines of {name}")
        return child

    def check(self) -> None:
        """Raise ChildEnded, with the end of its log, if it has ended."""
        if self._process.returncode is not None:
            tail = "\n".join(self._log.read_text(errors="replace").splitlines()[-_LOG_TAIL:])
            raise ChildEnded(f"{self.name} ended with {self._process.returncode}\n{tail}")

    def order(self, line: Line) -> None:
        """Write a line to its stdin."""
        if self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(json.dumps(line).encode() + b"\n")

    async def stop(self) -> None:
        """End it and wait for its end."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._process.returncode is None:
            self._process.terminate()
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._tasks.stop()

    async def _listen(self, on_line: Callable[[Line], None]) -> None:
        if self._process.stdout is None:
            return
        while line := await self._process.stdout.readline():
            on_line(json.loads(line))
