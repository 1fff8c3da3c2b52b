"""`gridherald serve`: runs the server in this process.

Imported when it is asked for, because it brings the whole house along. It must not know what the
server is made of.
"""

import asyncio
import logging
import sys
from collections.abc import Callable
from pathlib import Path

from certs.errors import CertError
from server.app import run
from server.cli.connection import RefusedError
from server.config import ConfigError
from server.errors import Refusal
from server.store.migrations import SchemaMismatch

if sys.platform != "win32":
    import uvloop

_TOLD = (CertError, ConfigError, OSError, Refusal, SchemaMismatch)
"""What an operator can do something about: one line is better than a traceback."""
_TALKATIVE = ("apscheduler", "alembic", "pymodbus")


def serve_state(state: Path) -> None:
    """Serve a state folder until SIGTERM or SIGINT; RefusedError if it cannot be served."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    # It logs each stranger's broken HTTP with a traceback; what a face fails at, the face logs.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    # It reports each look at its clock, and there is one every second.
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(run(state))
    except _TOLD as fault:
        raise RefusedError(str(fault)) from fault


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    return None if sys.platform == "win32" else uvloop.new_event_loop
