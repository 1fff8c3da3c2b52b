"""What the README tells a newcomer to type works as it stands there."""

import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
START_LIMIT_S = 60.0
FREE_PORTS = {f"GRIDHERALD_{face}__PORT": "0" for face in ("SEP2", "OPENADR", "ADMIN")}


def commands() -> list[list[str]]:
    text = (ROOT / "README.md").read_text().replace("\\\n", " ")
    blocks = re.findall(r"^```\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines()]
    return [shlex.split(line) for line in lines if line.startswith("gridherald ")]


def start(folder: Path, command: list[str]) -> subprocess.Popen[bytes]:
    server = subprocess.Popen(
        [sys.executable, "-m", "server", *command[1:]],
        cwd=folder,
        env=os.environ | FREE_PORTS,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    over = time.monotonic() + START_LIMIT_S
    while not (folder / "state" / "ports.json").exists():
        assert server.poll() is None
        assert time.monotonic() < over, "the server did not become ready"
        time.sleep(0.05)
    return server


def test_the_commands_of_the_readme_work_as_they_stand_there(tmp_path):
    server = None
    try:
        for command in commands():
            if command[1] == "serve":
                server = start(tmp_path, command)
                continue
            done = subprocess.run(
                [sys.executable, "-m", "server", *command[1:]],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, (command, done.stdout, done.stderr)
        assert server is not None
        assert "peak" in done.stdout
    finally:
        if server is not None:
            server.terminate()
            server.wait(timeout=20)
