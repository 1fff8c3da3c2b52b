"""openleadr's VEN against a served state folder: it must sign, and takes nothing unsigned of us."""

import asyncio
import json
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from certs.issue import Family

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-openleadr" / "bin" / "python"
DRIVER = ROOT / "tests" / "openadr" / "openleadr_ven.py"

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(
        not PYTHON.exists(),
        reason="openleadr is missing: run `make test`, which makes .venv-openleadr",
    ),
]


@asynccontextmanager
async def openleadr(told):
    """Run the VEN; what is given is a function that waits for a line of a kind."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        PYTHON, "-u", DRIVER, json.dumps(told), stdin=pipe, stdout=pipe
    )
    lines = []

    async def sees(kind):
        async with asyncio.timeout(60):
            while raw := await process.stdout.readline():
                lines.append(json.loads(raw))
                if lines[-1]["saw"] == kind:
                    return lines[-1]
        raise AssertionError(f"the VEN ended without {kind}: {lines}")

    try:
        yield sees
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def is_opted_in(house, event_id):
    """Return once the VEN's answer to an event is known to the operator."""
    async with asyncio.timeout(20):
        while True:
            if house.admin("GET", f"/events/{event_id}")["participation"]["opted_in"] == 1:
                return
            await asyncio.sleep(0.2)


async def test_signatures_hold_both_ways_between_openleadr_and_a_served_state_folder(house):
    files = house.pki.issue_ven("leadr", Family.ECC, now=house.now)
    enrolled = {"kind": "ven", "name": "leadr", "certificate": files.chain.read_text()}
    client = house.admin("POST", "/clients", enrolled)
    house.admin("PUT", f"/clients/{client['id']}/ven-settings", SIGNED)
    told = {
        "name": "leadr",
        "url": f"https://127.0.0.1:{house.ports['openadr']}/OpenADR2/Simple/2.0b",
        "cert": str(files.chain),
        "key": str(files.key),
        "ca": str(house.pki.openadr_trust),
        "vtn_fingerprint": house.pki.server().ecc.identity.openadr_fingerprint,
    }
    async with openleadr(told) as sees:
        registered = await sees("registered")
        assert registered["ven_id"] == client["ven_id"]
        event = house.admin("POST", "/events", simple_event(house.program()))["event"]
        assert (await sees("event"))["id"] == event["id"]
        await is_opted_in(house, event["id"])
    assert "refused for its signature" not in (house.state / "server.log").read_text()


SIGNED = {"signatures": "require", "poll_interval_s": 1}


def simple_event(program_id):
    return {
        "program_id": program_id,
        "name": "peak",
        "start_in_s": 60,
        "intervals": [{"duration_s": 60, "values": [1]}],
        "signals": [{"name": "SIMPLE", "type": "level"}],
    }
