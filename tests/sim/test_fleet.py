import asyncio
import random
from datetime import timedelta

import pytest

from certs.folder import Pki
from certs.issue import Family
from certs.tls import openadr_server_context, sep2_server_context
from server.clock import SystemClock
from server.core.command import (
    AddDevice,
    CreateEvent,
    CreateGroup,
    CreateProgram,
    EnrolClient,
    IntervalDraft,
)
from server.core.model import ClientKind, Controls, Fingerprint, Language, Lfdi, Signal
from server.desk import Desk
from server.net.listener import listen
from server.openadr.face import OpenAdrFace
from server.openadr.settings import OpenAdrSettings
from server.sep2.face import Sep2Face
from server.sep2.settings import Sep2Settings
from server.sim.child import Child
from server.store.store import Store


@pytest.fixture
async def desk(tmp_path):
    store = await Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    desk = Desk(store, SystemClock(), random.Random(7), pen=28547)
    await desk.open()
    yield desk
    await store.close()


@pytest.fixture
async def ports(desk, pki):
    """Both faces on real sockets, which the fleet reaches from its own process."""
    files = pki.server()
    vtn = OpenAdrFace(desk, OpenAdrSettings(vtn_id="VTN", poll_interval=timedelta(seconds=1)))
    await vtn.open()
    pairs = [(files.rsa.chain, files.rsa.key), (files.ecc.chain, files.ecc.key)]
    faces = {
        "sep2": (
            Sep2Face(desk, Sep2Settings(poll_rate_s=1)).handle,
            sep2_server_context(files.sep2.chain, files.sep2.key, pki.sep2_trust),
        ),
        "openadr": (vtn.handle, openadr_server_context(pairs, pki.openadr_trust)),
    }
    listeners = {
        name: await listen(handle, host="127.0.0.1", port=0, tls=tls)
        for name, (handle, tls) in faces.items()
    }
    yield {name: listener.port for name, listener in listeners.items()}
    for listener in listeners.values():
        await listener.stop()


@pytest.fixture
def pki(tmp_path) -> Pki:
    now = SystemClock().now()
    pki = Pki.create(tmp_path / "pki", now=now)
    pki.issue_server(["127.0.0.1"], now=now)
    return pki


@pytest.fixture
async def enrolled(desk, pki):
    """Two inverters, a load of each family, and a program for all."""
    now = SystemClock().now()

    async def do(command):
        return (await desk.submit(command, actor="test"))[0]

    group = (await do(CreateGroup(name="all", joins_new_devices=True))).group.id
    program = CreateProgram(
        name="p", primacy=1, groups=frozenset({group}), market_context="http://p"
    )
    for name in ("one", "two"):
        lfdi = Lfdi(pki.issue_device(name, now=now).identity.lfdi)
        await do(AddDevice(name=name, language=Language.SEP2, lfdi=lfdi))
    for family in Family:
        made = pki.issue_ven(f"ven-{family}", family, now=now)
        fingerprint = Fingerprint(made.identity.fingerprint)
        await do(EnrolClient(kind=ClientKind.VEN, name=family, fingerprint=fingerprint))
    return (await do(program)).program.id


async def test_a_fleet_in_its_own_process_follows_an_event_and_leaves(
    *, tmp_path, desk, pki, ports, enrolled
):
    lines = []

    def on_line(line) -> None:
        lines.append(line)
        ring.set()

    def count(kind: str) -> int:
        return len({line["who"] for line in lines if line["type"] == kind})

    async def until(kind: str, times: int) -> None:
        while count(kind) < times:
            ring.clear()
            await ring.wait()

    ring = asyncio.Event()
    arguments = ("server.sim.fleet", "--pki", str(pki.folder))
    listeners = ("--sep2", str(ports["sep2"]), "--openadr", str(ports["openadr"]))
    log = tmp_path / "fleet.log"
    child = await Child.start("fleet", (*arguments, *listeners), log=log, on_line=on_line)
    async with asyncio.timeout(60):
        await until("ready", 4)
        start = SystemClock().now().replace(microsecond=0) + timedelta(seconds=3)
        draft = IntervalDraft(
            duration=timedelta(seconds=2), controls=Controls(max_limit_percent=40), values=(2.0,)
        )
        command = CreateEvent(
            program_id=enrolled,
            name="event",
            start=start,
            intervals=(draft,),
            signals=(Signal(name="SIMPLE", type="level"),),
        )
        await desk.submit(command, actor="test")
        await until("completed", 4)
        await child.stop()
    assert count("received") == count("started") == 4
    assert count("deregistered") == 2
    values = {(line["language"], line["value"]) for line in lines if line["type"] == "started"}
    assert values == {("sep2", 40.0), ("openadr", 2.0)}
    assert not [line for line in lines if line["type"] == "failed"]
    assert all(client.registration is None for client in desk.book.clients.values())
    assert log.read_text() == ""
