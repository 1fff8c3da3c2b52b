"""The command line as a process of its own: exit codes, terminals, serving."""

import asyncio
import json
import os
import pty
import sys
from datetime import UTC, datetime
from pathlib import Path

from certs.folder import Pki

ROOT = Path(__file__).parents[2]


async def test_a_process_does_asks_and_fails_as_told(spawned, state, world, unused_tcp_port):
    made = await spawned(
        *("event", "create", "--program", "limits", "--start", "now", "--duration", "15m"),
        *("--max-limit-percent", "40", "--state", state),
    )
    assert (made.code, made.err) == (0, [])
    assert "max_limit_percent=40" in made.out
    refused = await spawned("event", "show", "none", "--state", state)
    assert (refused.code, refused.err) == (1, ["there is no event 'none'"])
    assert (await spawned("event", "burn")).code == 2
    url = f"http://127.0.0.1:{unused_tcp_port}"
    away = await spawned("event", "list", GRIDHERALD_SERVER=url)
    assert away.code == 3
    assert "Traceback" not in "".join(away.err)


async def test_a_terminal_gets_a_table_with_rules(state, world):
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server", "device", "list", "--state", str(state)),
        cwd=ROOT,
        stdout=theirs,
        env={**os.environ, "COLUMNS": "200", "TERM": "xterm"},
    )
    os.close(theirs)
    shown = b""
    while chunk := await asyncio.to_thread(_read, ours):
        shown += chunk
    os.close(ours)
    assert await process.wait() == 0
    text = shown.decode()
    assert "┏" in text
    assert "inverter" in text


def _read(descriptor):
    try:
        return os.read(descriptor, 65_536)
    except OSError:  # how Linux says that the other end was closed
        return b""


async def test_a_state_folder_that_cannot_be_served_is_told_without_a_trace(spawned, tmp_path):
    (tmp_path / "gridherald.toml").write_text("colour = 'red'\n[admin]\nport = 99999\n")
    result = await spawned("serve", "--state", tmp_path)
    assert result.code == 1
    assert "colour" in "\n".join(result.err)
    assert "admin.port" in "\n".join(result.err)
    assert "Traceback" not in "\n".join(result.err)
    file = tmp_path / "file"
    file.touch()
    result = await spawned("serve", "--state", file)
    assert (result.code, "Traceback" in "\n".join(result.err)) == (1, False)


async def test_a_server_serves_its_state_folder_until_it_is_told_to_stop(spawned, tmp_path):
    now = datetime.now(UTC)  # noqa: TID251 - OpenSSL holds lifetimes against the machine's clock
    Pki.create(tmp_path / "pki", now=now).issue_server(["127.0.0.1"], now=now)
    free = "[admin]\nport = 0\n[sep2]\nport = 0\n[openadr]\nport = 0\n"
    (tmp_path / "gridherald.toml").write_text(free)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server", "serve", "--state", str(tmp_path)),
        cwd=ROOT,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(60):
            while not (tmp_path / "ports.json").exists():
                assert process.returncode is None
                await asyncio.sleep(0.1)
        issued = await spawned(
            *("token", "issue", "guest", "--role", "viewer", "-o", "json", "--state", tmp_path)
        )
        token = json.loads(issued.out)["secret"]
        port = json.loads((tmp_path / "ports.json").read_text())["admin"]
        where = {"GRIDHERALD_SERVER": f"http://127.0.0.1:{port}", "GRIDHERALD_TOKEN": token}
        assert (await spawned("event", "list", **where)).code == 0
    finally:
        process.terminate()
        assert await process.wait() == 0
    assert (await spawned("event", "list", "--state", tmp_path)).code == 3
