"""The VEN of openleadr 0.5.36, in a process and an environment of its own, against our VTN.

openleadr checks every answer against the official schema, signs what it sends over TLS, and says
so if anything does not suit it.
"""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from certs.issue import Family
from server.clock import SystemClock
from server.config import SignaturePolicy
from server.core.event_commands import ChangeEvent
from server.core.model import Signal
from server.core.response import ResponseStatus
from server.openadr.settings import OpenAdrSettings

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-openleadr" / "bin" / "python"
DRIVER = Path(__file__).with_name("openleadr_ven.py")
QUICK = OpenAdrSettings(vtn_id="VTN-1", poll_interval=timedelta(seconds=1))
COMPLAINTS = ("WARNING", "ERROR", "CRITICAL")
OF_ITS_OWN = "does not support reports in this direction"

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(
        not PYTHON.exists(),
        reason="openleadr is missing: run `make test`, which makes .venv-openleadr",
    ),
]


class WallClock:
    """Goes on by itself, because openleadr takes no signature that is older than 5 s."""

    def now(self):
        return SystemClock().now().replace(microsecond=0)


class Foreign:
    """The running VEN and what it has told so far."""

    def __init__(self, process):
        self._process = process
        self.lines = []

    async def sees(self, wanted):
        """Return the first line from here on that is wanted."""
        async with asyncio.timeout(60):
            while raw := await self._process.stdout.readline():
                line = json.loads(raw)
                self.lines.append(line)
                if wanted(line):
                    return line
        raise AssertionError(f"the VEN ended without a word of it: {self.lines}")

    async def finish(self):
        """Let the VEN cancel its registration and end."""
        self._process.stdin.close()
        line = await self.sees(lambda line: line["saw"] == "cancelled")
        await self._process.wait()
        return line

    @property
    def complaints(self):
        return [
            line["text"]
            for line in self.lines
            if line.get("level") in COMPLAINTS and OF_ITS_OWN not in line["text"]
        ]


@asynccontextmanager
async def openleadr(world, name, family, **others):
    told = {"name": name, "url": world.url(secure=family is not None) + "/OpenADR2/Simple/2.0b"}
    if family is not None:
        files = world.papers.ven(name, family)
        told |= {"cert": str(files.chain), "key": str(files.key)}
        told |= {"ca": str(world.papers.pki.openadr_trust)}
    told |= others
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        PYTHON, "-u", DRIVER, json.dumps(told), stdin=pipe, stdout=pipe
    )
    try:
        yield Foreign(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def answers(world, event, count):
    """Wait until so many answers to an event are kept."""
    for _ in range(400):
        if len(await world.store.responses(event_id=event.id)) >= count:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the VEN did not answer")


@pytest.mark.parametrize("family", [None, Family.RSA, Family.ECC])
async def test_openleadr_registers_opts_in_and_sees_the_event_start_change_and_be_called_off(
    world, family
):
    await world.restart(QUICK)
    client = await world.enrol("leadr", family)
    device = world.desk.book.devices_of(client.id)[0]
    async with openleadr(world, "leadr", family) as ven:
        registered = await ven.sees(lambda line: line["saw"] == "registered")
        assert registered["ven_id"] == client.ven_id
        offer = await world.store.document(device.id, "oadrRegisterReport")
        assert b"METADATA_TELEMETRY_USAGE" in offer.body

        world.clock.move(SystemClock().now().replace(microsecond=0) - world.clock.now())
        event = await world.event(
            after=timedelta(seconds=8),
            values=((2.0, 1500.0), (1.0, 500.0)),
            signals=(
                Signal(name="SIMPLE", type="level"),
                Signal(name="LOAD_DISPATCH", type="setpoint", unit="powerReal"),
            ),
        )
        seen = await ven.sees(lambda line: line["saw"] == "event")
        assert (seen["id"], seen["version"], seen["status"]) == (event.id, 0, "far")
        assert seen["context"] == "http://utility.example/program/peak"
        assert (seen["signal"], seen["values"]) == ("SIMPLE", [2.0, 1.0])
        await ven.sees(lambda line: "has new status: active" in line.get("text", ""))
        ((_, said),) = await world.store.responses(event_id=event.id)
        assert (said.device_id, said.status) == (device.id, ResponseStatus.OPTED_IN)

        world.clock.move(SystemClock().now().replace(microsecond=0) - world.clock.now())
        stretch = ChangeEvent(event_id=event.id, extend_by=timedelta(minutes=30))
        await world.desk.submit(stretch, actor="test")
        changed = await ven.sees(lambda line: line["saw"] == "event")
        assert (changed["version"], changed["status"]) == (1, "active")
        assert (changed["values"], changed["duration"]) == ([2.0, 1.0], "1:30:00")
        await answers(world, event, 2)

        await world.cancel(event.id)
        withdrawn = await ven.sees(lambda line: line["saw"] == "event")
        assert (withdrawn["version"], withdrawn["status"]) == (2, "cancelled")
        ended = await ven.finish()
        assert ended["registration_id"] is None
        assert ven.complaints == []
    assert world.desk.book.clients[client.id].registration is None
    versions = {said.version for _, said in await world.store.responses(event_id=event.id)}
    assert versions == {0, 1, 2}


@pytest.mark.parametrize("family", Family)
async def test_openleadr_takes_our_signatures_and_we_take_its(world, family, caplog):
    world.clock = WallClock()
    await world.restart(replace(QUICK, signatures=SignaturePolicy.REQUIRE))
    client = await world.enrol("leadr", family)
    files = world.papers.server
    vtn = (files.rsa if family is Family.RSA else files.ecc).identity
    print_ = {"vtn_fingerprint": vtn.openadr_fingerprint}
    async with openleadr(world, "leadr", family, **print_) as ven:
        registered = await ven.sees(lambda line: line["saw"] == "registered")
        assert registered["ven_id"] == client.ven_id
        event = await world.event(after=timedelta(seconds=6))
        seen = await ven.sees(lambda line: line["saw"] == "event")
        assert seen["id"] == event.id
        await ven.sees(lambda line: "has new status: active" in line.get("text", ""))
        ((_, said),) = await world.store.responses(event_id=event.id)
        assert said.status == ResponseStatus.OPTED_IN
        await ven.finish()
        assert ven.complaints == []
    assert "refused for its signature" not in caplog.text


async def test_openleadr_reports_what_it_is_asked_for(world):
    await world.restart(QUICK)
    client = await world.enrol("leadr", Family.ECC)
    device = world.desk.book.devices_of(client.id)[0]
    async with openleadr(world, "leadr", Family.ECC, sampling_s=1, scale="k") as ven:
        await ven.sees(lambda line: line["saw"] == "registered")
        readings = await _readings(world, device, at_least=2)
        assert {(each.value, each.unit, each.quality) for each in readings} == {
            (1500.0, "W", "good")
        }
        requests = await world.store.document(device.id, "reportRequests")
        assert [each["is_answered"] for each in json.loads(requests.body)] == [True]
        await ven.finish()
        assert ven.complaints == []


async def _readings(world, device, *, at_least):
    """Return the readings of the point that is asked for, once there are so many."""
    async with asyncio.timeout(60):
        while True:
            requests = await world.store.document(device.id, "reportRequests")
            for request in json.loads(requests.body) if requests else ():
                found = await world.store.readings(
                    source=device.id,
                    point=request["points"][0]["name"],
                    since=world.clock.now() - timedelta(hours=1),
                    until=world.clock.now() + timedelta(hours=1),
                )
                if len(found) >= at_least:
                    return found
            await asyncio.sleep(0.2)
