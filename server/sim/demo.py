"""The demo: a server with its own PKI and its devices in a temporary folder, and one event.

Owns the folder, the signals and the exit code; what happens in between is `play`. Whatever way it
ends, no process and no folder is left behind, unless the folder is to be kept.
"""

import asyncio
import json
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from certs.errors import CertError
from server.clock import Clock, SystemClock
from server.sim.child import ChildEnded
from server.sim.display import Display
from server.sim.operator import NotDone
from server.sim.play import Play, PlayFailed, Stage
from server.sim.scene import build

INVERTERS: Final = 20
RSA_VENS: Final = 3
ECC_VENS: Final = 2
MODBUS_DEVICES: Final = 3
EXPECTED: Final = {
    "sep2": INVERTERS,
    "openadr": RSA_VENS + ECC_VENS,
    "modbus": MODBUS_DEVICES,
}
_MISSED, _INTERRUPTED = 1, 130
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


async def demo(
    *,
    seconds: float | None,
    report: Path | None,
    keep: Path | None,
    console: Console | None = None,
    clock: Clock | None = None,
) -> int:
    """Run the demo and return the exit code.

    Runs for so many seconds or until SIGINT or SIGTERM, writes what was measured to `report`, and
    works in `keep` (new or empty) if that is given. With `seconds` the code is 1 if anything was
    missed and 130 if it was interrupted before.
    """
    loop = asyncio.get_running_loop()
    deadline = None if seconds is None else loop.time() + seconds
    display = Display(console or Console())
    over = asyncio.Event()
    for number in _SIGNALS:
        loop.add_signal_handler(number, over.set)
    try:
        async with AsyncExitStack() as stack:
            stage = Stage(
                stack=stack,
                over=over,
                deadline=deadline,
                expected=EXPECTED,
                display=display,
                clock=clock or SystemClock(),
            )
            outcome = await _play(stage, keep)
    except (ChildEnded, NotDone, PlayFailed, CertError, OSError) as fault:
        outcome = {"passed": False, "missed": [str(fault)]}
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
    _write(outcome, report)
    return _conclude(outcome, display, is_attended=seconds is None, was_interrupted=over.is_set())


async def _play(stage: Stage, keep: Path | None) -> dict[str, Any]:
    state = stage.stack.enter_context(_state_folder(keep))
    stage.display.say("Making certificates and starting the server ...")
    scene = build(
        state,
        inverters=INVERTERS,
        rsa_vens=RSA_VENS,
        ecc_vens=ECC_VENS,
        now=stage.clock.now(),
    )
    with stage.display.open():
        return await Play(scene, stage).run()


@contextmanager
def _state_folder(keep: Path | None) -> Iterator[Path]:
    """Give a private folder that is removed afterwards, or the one that is kept.

    Raises FileExistsError if that one holds something.
    """
    if keep is not None:
        keep.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(keep.iterdir()):
            raise FileExistsError(f"{keep} is not empty")
        yield keep
        return
    folder = Path(tempfile.mkdtemp(prefix="gridherald-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _write(outcome: Mapping[str, Any], report: Path | None) -> None:
    if report is not None:
        report.write_text(json.dumps(outcome, indent=2) + "\n")


def _conclude(
    outcome: Mapping[str, Any], display: Display, *, is_attended: bool, was_interrupted: bool
) -> int:
    if is_attended and was_interrupted:
        return 0
    if was_interrupted:
        return _INTERRUPTED
    if outcome["passed"]:
        display.say("Everything that was expected was seen.")
        return 0
    for missed in outcome["missed"]:
        display.say(f"missed: {missed}")
    return _MISSED
