"""Everything that a run starts, so that nothing is left of it, however the run ends."""

import subprocess
import threading
from collections.abc import Sequence
from typing import Any

PATIENCE_S = 10.0


class Stopped(Exception):  # noqa: N818 - it tells what happened
    """The run is over: nothing is started any more."""


class Processes:
    """The processes of a run, each out of the terminal's reach."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[Any]] = set()
        self._lock = threading.Lock()
        self._is_over = False

    def start(self, command: Sequence[Any], **options: Any) -> subprocess.Popen[Any]:
        """Start a program; Stopped if the run is over."""
        with self._lock:
            if self._is_over:
                raise Stopped
            process = subprocess.Popen(command, start_new_session=True, **options)
            self._running.add(process)
        return process

    def stop(self, process: subprocess.Popen[Any]) -> None:
        """End a program and wait for its end."""
        end([process])
        with self._lock:
            self._running.discard(process)

    def close(self) -> None:
        """End all that runs and start nothing more."""
        with self._lock:
            self._is_over = True
            running = tuple(self._running)
        end(running)


def end(processes: Sequence[subprocess.Popen[Any]]) -> None:
    """Ask processes to end, and end those that do not."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    for process in processes:
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
