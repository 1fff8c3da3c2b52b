import asyncio
import time

import pytest

from server.sim import child as module
from server.sim.child import Child, ChildEnded


@pytest.fixture
async def start(tmp_path, monkeypatch):
    """Run a piece of Python as a child; its lines gather in a list."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    started: list[Child] = []

    async def run(code: str) -> tuple[Child, list, asyncio.Event]:
        (tmp_path / "toy.py").write_text(code)
        lines: list = []
        told = asyncio.Event()

        def on_line(line) -> None:
            lines.append(line)
            told.set()

        log = tmp_path / "toy.log"
        started.append(await Child.start("toy", ("toy",), log=log, on_line=on_line))
        return started[-1], lines, told

    yield run
    for one in started:
        await one.stop()


async def checked_until_it_ends(child: Child) -> None:
    async with asyncio.timeout(20):
        while True:
            child.check()
            await asyncio.sleep(0.01)


async def test_its_lines_arrive_and_orders_reach_it(start):
    child, lines, told = await start(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    print(json.dumps({'got': json.loads(line)}), flush=True)\n"
    )
    child.order({"do": "dump"})
    async with asyncio.timeout(20):
        await told.wait()
    assert lines == [{"got": {"do": "dump"}}]
    child.check()


async def test_the_end_of_one_that_is_needed_is_told_with_its_last_words(start):
    child, _, _ = await start("import sys\nsys.exit('no port is free')\n")
    with pytest.raises(ChildEnded, match=r"(?s)toy ended with 1.*no port is free"):
        await checked_until_it_ends(child)


async def test_one_that_does_not_want_to_end_is_ended(start, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE_S", 0.2)
    child, _, told = await start(
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('{}', flush=True)\n"
        "time.sleep(600)\n"
    )
    async with asyncio.timeout(20):
        await told.wait()
        await child.stop()
    with pytest.raises(ChildEnded, match="ended with -9"):
        child.check()


async def test_settings_of_the_environment_are_kept_from_it(start, monkeypatch):
    monkeypatch.setenv("GRIDHERALD_ADMIN__PORT", "1")
    _, lines, told = await start(
        "import json, os\n"
        "found = [name for name in os.environ if name.startswith('GRIDHERALD')]\n"
        "print(json.dumps(found), flush=True)\n"
    )
    async with asyncio.timeout(20):
        await told.wait()
    assert lines == [[]]


async def test_stopping_twice_is_no_trouble(start):
    child, _, _ = await start("import time\ntime.sleep(600)\n")
    began = time.monotonic()
    await child.stop()
    await child.stop()
    assert time.monotonic() - began < module.PATIENCE_S
