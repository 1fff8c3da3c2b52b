import asyncio
import json
import os
import signal
import subprocess
import tempfile

import pytest
import typer
from typer.testing import CliRunner

from server.sim.command import demo_command
from server.sim.demo import demo


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Where temporary folders are made; in the end nothing may be left there, and nobody."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []
    assert str(tmp_path) not in _all_commands()


def _all_commands() -> str:
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "args"], capture_output=True, check=True)
    return listed.stdout.decode(errors="replace")


async def test_in_forty_seconds_everybody_follows_the_event(places, tmp_path, paper):
    path = tmp_path / "report.json"
    code = await demo(seconds=40, report=path, keep=None, console=paper.console)
    report = json.loads(path.read_text())
    assert report["missed"] == []
    assert code == 0
    assert report["passed"]
    assert report["expected"] == {"sep2": 20, "openadr": 5, "modbus": 3}
    assert report["sep2"] == {"received": 20, "started": 20, "completed": 20}
    assert report["openadr"] == {"opted_in": 5}
    assert report["modbus"] == {"written": 3, "verified": 3, "restored": 3}
    assert report["devices"]["modbus"] == {"limited": 3, "released": 3}
    assert report["devices"]["openadr"] == {"opted_in": 5, "started": 5, "completed": 5}
    for name, measured in report["latency_s"].items():
        assert measured is not None, name
    assert report["event"]["phase"] == "completed"
    text = paper.text()
    assert text.count("curl -s ") == 3
    assert "limits in registers: 50 %, 50 %, 50 %" in text
    assert "Everything that was expected was seen." in text


async def test_when_it_is_stopped_nothing_is_left(places, paper):
    running = asyncio.gather(demo(seconds=None, report=None, keep=None, console=paper.console))
    async with asyncio.timeout(60):
        while "curl -s" not in paper.text():  # noqa: ASYNC110 - a terminal rings no bell
            await asyncio.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)
        assert await running == [0]


async def test_unattended_and_interrupted_is_no_success(places, tmp_path, paper):
    path = tmp_path / "report.json"
    running = asyncio.gather(demo(seconds=40, report=path, keep=None, console=paper.console))
    async with asyncio.timeout(60):
        while not paper.text():  # noqa: ASYNC110 - a terminal rings no bell
            await asyncio.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)
        assert await running == [130]
    assert not json.loads(path.read_text())["passed"]


async def test_too_short_a_time_is_told_as_missed(places, tmp_path, paper):
    path = tmp_path / "report.json"
    keep = tmp_path / "kept"
    assert await demo(seconds=1, report=path, keep=keep, console=paper.console) == 1
    report = json.loads(path.read_text())
    assert "server sep2 received: 0 of 20" in report["missed"]
    assert "missed: server sep2 received: 0 of 20" in paper.text()
    assert (keep / "pki" / "sep2" / "serca.pem").is_file()


async def test_a_folder_that_holds_something_is_left_alone(places, tmp_path, paper):
    keep = tmp_path / "kept"
    keep.mkdir()
    (keep / "note").write_text("mine")
    path = tmp_path / "report.json"
    assert await demo(seconds=5, report=path, keep=keep, console=paper.console) == 1
    assert json.loads(path.read_text())["missed"] == [f"{keep} is not empty"]
    assert [one.name for one in keep.iterdir()] == ["note"]


async def test_a_server_that_does_not_start_is_told_with_its_last_words(
    places, tmp_path, paper, monkeypatch
):
    code = (
        "import os, sys\n"
        "if 'serve' in sys.orig_argv:\n"
        "    sys.stderr.write('no database here\\n')\n"
        "    sys.stderr.flush()\n"
        "    os._exit(1)\n"
    )
    (tmp_path / "sitecustomize.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert await demo(seconds=30, report=None, keep=None, console=paper.console) == 1
    assert "server ended with 1" in paper.text()
    assert "no database here" in paper.text()


@pytest.mark.parametrize("arguments", [["--for", "0"], ["--for", "soon"], ["--port", "1"]])
def test_the_command_refuses_what_makes_no_sense(arguments):
    app = typer.Typer()
    app.command()(demo_command)
    assert CliRunner().invoke(app, arguments).exit_code == 2
