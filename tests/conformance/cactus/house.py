"""One server under test: its own process, its own state folder, ports that nobody else has."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.conformance.cactus.interpreter import ROOT
from tests.conformance.cactus.processes import Processes

HOST = "127.0.0.1"
PEN = 28547
START_LIMIT_S = 60.0
CONFIG = f"""
[sep2]
port = 0
pen = {PEN}
plain_notifications = true
notification_networks = ["127.0.0.0/8"]
notification_hosts = ["{HOST}"]
[openadr]
port = 0
[admin]
port = 0
"""


class NotServed(Exception):  # noqa: N818 - it tells what happened
    """The server did not become ready."""


class House:
    """A fresh server on a copy of a PKI."""

    def __init__(self, processes: Processes, state: Path, pki: Path, log: Path) -> None:
        self._processes = processes
        self._state = state
        self._log = log
        state.mkdir(mode=0o700)
        shutil.copytree(pki, state / "pki")
        (state / "gridherald.toml").write_text(CONFIG)
        self._process: subprocess.Popen[Any] | None = None
        self._ports: dict[str, int] = {}

    def start(self) -> None:
        """Start it and wait until it is ready; NotServed with the end of its log if it is not."""
        with self._log.open("wb") as log:
            self._process = self._processes.start(
                (sys.executable, "-m", "server", "serve", "--state", str(self._state)),
                cwd=ROOT,
                env=own_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        ports = self._state / "ports.json"
        over = time.monotonic() + START_LIMIT_S
        while not ports.exists():
            if self._process.poll() is not None or time.monotonic() > over:
                raise NotServed("\n".join(self._log.read_text().splitlines()[-20:]))
            time.sleep(0.05)
        self._ports = json.loads(ports.read_text())

    @property
    def start_uri(self) -> str:
        """Return where a 2030.5 client starts."""
        return f"https://{HOST}:{self._ports['sep2']}/dcap"

    def plugin_environment(self) -> dict[str, str]:
        """Return what tells our plug-in which server to set up."""
        return {
            "GRIDHERALD_SERVER": f"http://{HOST}:{self._ports['admin']}",
            "GRIDHERALD_TOKEN": (self._state / "admin.token").read_text().strip(),
        }

    def stop(self) -> None:
        """Stop it, if it runs."""
        if self._process is not None:
            self._processes.stop(self._process)


def own_environment() -> dict[str, str]:
    """Return the environment without settings of a server that is not meant."""
    return {name: v for name, v in os.environ.items() if not name.startswith("GRIDHERALD_")}
