"""A real admin face on loopback and the command line run against it, in a thread of its own."""

import asyncio
import json
import os
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from server.admin.access import digest_of
from server.admin.face import AdminFace
from server.cli.app import app
from server.core.command import IssueToken, RegisterVen
from server.core.model import ClientId, Role
from server.desk import Desk
from server.edge.registermap import find_map
from server.net.listener import listen
from server.openadr.opting import Opting
from server.openadr.reporting import Reporting
from server.openadr.settings import OpenAdrSettings
from server.store.store import Store

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


class TestClock:
    """A clock that the test moves."""

    __test__ = False

    def __init__(self):
        self.instant = NOON

    def now(self):
        return self.instant


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    """Nothing of the environment may tell the command line where a server is."""
    for name in ("GRIDHERALD_SERVER", "GRIDHERALD_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    # Proxies must not stand between the command line and the server that it was told.
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")


@pytest.fixture
def clock():
    return TestClock()


@pytest.fixture
async def desk(tmp_path, clock):
    store = await Store.open(f"sqlite:///{tmp_path / 'store' / 'store.db'}")
    opened = Desk(store, clock, random.Random(1), pen=28547)
    await opened.open()
    for role in Role:
        issue = IssueToken(
            name=role.value,
            role=role,
            digest=digest_of(f"secret-{role}"),
            expires_at=NOON + timedelta(days=30),
        )
        await opened.submit(issue, actor="test")
    yield opened
    await store.close()


@pytest.fixture
def reporting(desk):
    """What asks VENs for reports."""
    return Reporting(desk, OpenAdrSettings(vtn_id="VTN-1"))


@pytest.fixture
async def server(desk, reporting):
    face = AdminFace(
        desk,
        describe_edge=None,
        is_ready=lambda: True,
        maps=lambda name: find_map(name).modes,
        opting=Opting(desk),
        reporting=reporting,
    )
    listener = await listen(face.handle, host="127.0.0.1", port=0, tls=None)
    yield SimpleNamespace(port=listener.port, url=f"http://127.0.0.1:{listener.port}")
    await listener.stop()


@pytest.fixture
def state(tmp_path, server):
    folder = tmp_path / "state"
    folder.mkdir()
    (folder / "ports.json").write_text(json.dumps({"admin": server.port}))
    (folder / "admin.token").write_text("secret-admin\n")
    return folder


@pytest.fixture
def typed():
    """Run the command line with what was typed and nothing else."""

    async def run(*arguments):
        texts = [str(one) for one in arguments]
        result = await asyncio.to_thread(CliRunner().invoke, app, texts)
        assert "Traceback" not in result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return SimpleNamespace(
            code=result.exit_code, out=result.stdout, err=result.stderr.splitlines()
        )

    return run


@pytest.fixture
def run(typed, state):
    """Run a command on the state folder."""

    async def with_state(*arguments):
        return await typed(*arguments, "--state", state)

    return with_state


@pytest.fixture
def told(run):
    """Run a command that must succeed and return its answer."""

    async def answered(*arguments):
        result = await run(*arguments, "-o", "json")
        assert (result.code, result.err) == (0, [])
        return json.loads(result.out) if result.out else None

    return answered


@pytest.fixture
def spawned():
    """Run the command line as a process of its own."""

    async def run(*arguments, **environment):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "server",
            *map(str, arguments),
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return SimpleNamespace(
            code=process.returncode, out=out.decode(), err=err.decode().splitlines()
        )

    return run


@pytest.fixture
async def world(told):
    """One device of each language in a group and a program for the group."""
    group = await told("group", "create", "all", "--joins-new-devices")
    program = await told("program", "create", "limits", "--group", "all", "--primacy", 5)
    sep2 = await told("device", "add", "--name", "inverter", "--lfdi", "3E" * 20)
    ven = await told("ven", "enrol", "--name", "house", "--fingerprint", "AB" * 32)
    place = ("--host", "127.0.0.1", "--port", 1502, "--map", "generic-inverter")
    modbus = await told("device", "add-modbus", "--name", "old", *place, "--rated-w", 5000)
    return SimpleNamespace(
        group=group["id"],
        program=program["id"],
        sep2=sep2["id"],
        ven=ven["devices"][0],
        modbus=modbus["id"],
    )


@pytest.fixture
def register(desk):
    """Registers an enrolled VEN, as it would by itself."""

    async def registered(client_id: str) -> None:
        command = RegisterVen(
            client_id=ClientId(client_id),
            ven_name="mill",
            profile="2.0b",
            pull=True,
            transport_address="",
            report_only=False,
            xml_signature=False,
        )
        await desk.submit(command, actor="test")

    return registered
