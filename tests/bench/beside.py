"""Keeps xsdata and pydantic-xml at hand for the codec's comparison, in a process of their own.

Their environment (`tests/peers.lock`) is made at the first run. Where it cannot be made, or the
official schemas are not there, the comparison goes on without them.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import locked_env

Round = dict[str, dict[str, float]]
Ask = Callable[[str], Round]
LOCK, ENVIRONMENT = Path("tests/peers.lock"), Path(".venv-peers")
ORACLES, GENERATED = Path("build/oracles"), Path("build/peers")


@contextmanager
def peers(samples: Path) -> Iterator[Ask]:
    """Yield what times one round of a message that lies in the folder, by peer and step."""
    try:
        locked_env.make(LOCK, ENVIRONMENT)
    except (OSError, subprocess.CalledProcessError) as error:
        yield _without(f"their environment cannot be made: {error}")
        return
    script = Path(__file__).with_name("peers.py")
    command = [ENVIRONMENT / "bin/python", script, samples, ORACLES, GENERATED]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield _first(_asking(process), samples)
        finally:
            process.terminate()


def _asking(process: subprocess.Popen[str]) -> Ask:
    def ask(name: str) -> Round:
        assert process.stdin
        assert process.stdout
        process.stdin.write(name + "\n")
        process.stdin.flush()
        told: Round = json.loads(process.stdout.readline())
        return told

    return ask


def _first(ask: Ask, samples: Path) -> Ask:
    """Return the asking if it works, tried once with any message."""
    try:
        ask(next(samples.glob("*.xml")).stem)
    except (OSError, ValueError):
        return _without("it needs the official schemas in build/oracles")
    return ask


def _without(why: str) -> Ask:
    sys.stderr.write(f"Not compared with xsdata and pydantic-xml: {why}\n")
    return lambda name: {}
