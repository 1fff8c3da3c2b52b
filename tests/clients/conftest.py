"""Both real faces over real TLS, a gate before them that can misbehave, a clock moved by hand."""

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiohttp import StreamReader, web

from certs.folder import CredentialFiles, Pki
from certs.issue import Family
from certs.tls import (
    openadr_client_context,
    openadr_server_context,
    sep2_client_context,
    sep2_server_context,
)
from schemas.openadr import Message, decode_payload, encode_payload, wrap
from schemas.openadr.blocks import DurationProp, EiResponse
from schemas.openadr.event import OadrDistributeEvent, OadrRequestEvent
from schemas.openadr.payload import OadrPoll, OadrResponse
from schemas.openadr.registration import (
    OadrCanceledPartyRegistration,
    OadrCancelPartyRegistration,
    OadrCreatedPartyRegistration,
    OadrCreatePartyRegistration,
    OadrProfile,
    OadrProfiles,
    OadrQueryRegistration,
    OadrTransport,
    OadrTransports,
)
from schemas.openadr.report import (
    OadrRegisteredReport,
    OadrRegisterReport,
    OadrUpdatedReport,
    OadrUpdateReport,
)
from server.clients.notice import Kind, Notice
from server.clients.peer import Peer
from server.clients.sep2 import Sep2Client
from server.clients.ven import Ven
from server.clock import SystemClock
from server.core.command import (
    AddDevice,
    CreateEvent,
    CreateGroup,
    CreateProgram,
    EnrolClient,
    IntervalDraft,
)
from server.core.model import (
    ClientKind,
    Controls,
    Fingerprint,
    Language,
    Lfdi,
    Signal,
)
from server.desk import Desk
from server.net.listener import listen
from server.openadr.face import OpenAdrFace
from server.openadr.settings import OpenAdrSettings
from server.sep2.face import Sep2Face
from server.sep2.settings import InBand, Sep2Settings
from server.store.store import Store
from server.tasks import Tasks

START = SystemClock().now().replace(microsecond=0)
"""TLS goes by the machine's clock whatever the hand clock says, and VENs' certificates end."""


class HandClock:
    def __init__(self, now: datetime = START) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def move(self, **span: float) -> None:
        self._now += timedelta(**span)


@dataclass
class Gate:
    """Passes requests on to a face and keeps what went through; misbehaves when told to."""

    face: Callable
    seen: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    fails: dict[str, int] = field(default_factory=dict)
    """HTTP status for each request whose path ends so, or 0 to answer and hang up at once."""
    headers: dict[str, str] = field(default_factory=dict)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.seen.append((request.method, request.raw_path))
        path = request.path
        status = next((s for end, s in self.fails.items() if path.endswith(end)), None)
        if status:
            return web.Response(status=status, headers=self.headers)
        self.bodies.append(await request.read())
        request._payload = _stream(request, self.bodies[-1])
        answer = await self.face(request)
        self.told.append(f"{answer.headers} {answer.body!r}")
        if status == 0:
            assert request.transport is not None
            request.transport.abort()
        return answer

    def count(self, method: str, end: str) -> int:
        return sum(m == method and p.partition("?")[0].endswith(end) for m, p in self.seen)


def _stream(request: web.BaseRequest, body: bytes) -> StreamReader:
    """A body to be read once more."""
    reader = StreamReader(request.protocol, 2**16, loop=asyncio.get_running_loop())
    reader.feed_data(body)
    reader.feed_eof()
    return reader


class Notices(list[Notice]):
    """What a client told; calling it adds one."""

    def __init__(self) -> None:
        self._added = asyncio.Event()

    def __call__(self, notice: Notice) -> None:
        self.append(notice)
        self._added.set()

    async def until(self, kind: Kind, times: int = 1) -> None:
        async with asyncio.timeout(20):
            while self.kinds().count(kind) < times:
                self._added.clear()
                await self._added.wait()

    def kinds(self, *but: Kind) -> list[Kind]:
        return [notice.kind for notice in self if notice.kind not in but]


@pytest.fixture(scope="session")
def pki(tmp_path_factory) -> SimpleNamespace:
    made = Pki.create(tmp_path_factory.mktemp("pki") / "pki", now=START, rng=random.Random(1))
    return SimpleNamespace(
        made=made,
        server=made.issue_server(["127.0.0.1", "localhost"], now=START),
        alpha=made.issue_device("alpha", now=START),
        bravo=made.issue_device("bravo", now=START),
        boss=made.issue_aggregator("boss", ["agg.example"], now=START),
        rsa=made.issue_ven("ven-rsa", Family.RSA, now=START),
        ecc=made.issue_ven("ven-ecc", Family.ECC, now=START),
        sep2_tls=lambda files: sep2_client_context(files.chain, files.key, made.sep2_trust),
        ven_tls=lambda files: openadr_client_context(files.chain, files.key, made.openadr_trust),
    )


@pytest.fixture(scope="session")
def sep2_server_tls(pki):
    return sep2_server_context(pki.server.sep2.chain, pki.server.sep2.key, pki.made.sep2_trust)


@pytest.fixture(scope="session")
def vtn_server_tls(pki):
    pairs = [(one.chain, one.key) for one in (pki.server.rsa, pki.server.ecc)]
    return openadr_server_context(pairs, pki.made.openadr_trust)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def notices() -> Notices:
    return Notices()


@pytest.fixture
async def tasks() -> AsyncIterator[Tasks]:
    tasks = Tasks()
    yield tasks
    await tasks.stop()


@pytest.fixture
async def desk(tmp_path: Path, clock) -> AsyncIterator[Desk]:
    store = await Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    desk = Desk(store, clock, random.Random(7), pen=28547)
    await desk.open()
    yield desk
    await store.close()


@pytest.fixture
async def serve() -> AsyncIterator[Callable]:
    """Listen with a handler; returns the origin."""
    listeners = []

    async def start(handler, tls) -> str:
        listener = await listen(handler, host="127.0.0.1", port=0, tls=tls)
        listeners.append(listener)
        return f"https://127.0.0.1:{listener.port}"

    yield start
    for listener in listeners:
        await listener.stop()


@pytest.fixture
async def peer() -> AsyncIterator[Callable[..., Peer]]:
    """Make peers that hang up in the end."""
    made: list[Peer] = []

    def make(base: str, tls, **options) -> Peer:
        made.append(Peer(base, tls, **options))
        return made[-1]

    yield make
    for one in made:
        await one.close()


@pytest.fixture
async def world(desk) -> SimpleNamespace:
    """A group that all join, and a program for it."""

    async def do(command):
        return await desk.submit(command, actor="test")

    group = (await do(CreateGroup(name="all", joins_new_devices=True)))[0].group.id
    program = (
        await do(
            CreateProgram(
                name="limits",
                primacy=10,
                groups=frozenset({group}),
                market_context="http://utility.example/limits",
                default=Controls(max_limit_percent=100.0),
            )
        )
    )[0].program.id

    async def state(start_s: float = 60, length_s: float = 60, **more):
        command = CreateEvent(
            program_id=program,
            name="state",
            start=desk.clock.now() + timedelta(seconds=start_s),
            intervals=(
                IntervalDraft(
                    duration=timedelta(seconds=length_s),
                    controls=Controls(max_limit_percent=50.0),
                    values=(1.0,),
                ),
            ),
            signals=(Signal(name="SIMPLE", type="level"),),
            **more,
        )
        return (await do(command))[0].event

    async def add(files: CredentialFiles):
        lfdi = Lfdi(files.identity.lfdi)
        added = await do(AddDevice(name=files.chain.stem, language=Language.SEP2, lfdi=lfdi))
        return added[-1].device.id

    async def enrol(files: CredentialFiles):
        command = EnrolClient(
            kind=ClientKind.VEN,
            name=files.chain.stem,
            fingerprint=Fingerprint(files.identity.fingerprint),
        )
        return (await do(command))[0].client

    async def said(event, language=None):
        rows = await desk.store.responses(event_id=event.id)
        return [response.status for _, response in reversed(rows)]

    return SimpleNamespace(
        do=do, group=group, program=program, state=state, add=add, enrol=enrol, said=said
    )


@pytest.fixture
async def sep2(desk, serve, sep2_server_tls) -> Gate:
    face = Sep2Face(desk, Sep2Settings(in_band=InBand.OPEN, poll_rate_s=30))
    gate = Gate(face.handle)
    gate.base = await serve(gate.handle, sep2_server_tls)
    return gate


@pytest.fixture
async def vtn(desk, serve, vtn_server_tls) -> Gate:
    settings = OpenAdrSettings(vtn_id="VTN", poll_interval=timedelta(seconds=2))
    face = OpenAdrFace(desk, settings)
    await face.open()
    gate = Gate(face.handle)
    gate.base = await serve(gate.handle, vtn_server_tls)
    return gate


@pytest.fixture
def client(sep2, pki, clock, notices, peer) -> Callable[..., Sep2Client]:
    """Make a 2030.5 client; by default it is alpha and tells `notices`."""

    def make(files: CredentialFiles = pki.alpha, **options) -> Sep2Client:
        options = {
            "lfdi": files.identity.lfdi,
            "clock": clock,
            "rng": random.Random(3),
            "notify": notices,
        } | options
        return Sep2Client(peer(sep2.base, pki.sep2_tls(files)), **options)

    return make


@pytest.fixture
def ven(vtn, pki, clock, notices, peer) -> Callable[..., Ven]:
    """Make a VEN; by default it has the ECC certificate and tells `notices`."""

    def make(files: CredentialFiles = pki.ecc, **options) -> Ven:
        options = {
            "name": files.chain.stem,
            "clock": clock,
            "rng": random.Random(3),
            "notify": notices,
        } | options
        return Ven(peer(options.pop("base", vtn.base), pki.ven_tls(files)), **options)

    return make


@dataclass
class ScriptedVtn:
    """A VTN that says to polls what is in its script, and keeps what it is told."""

    answers: dict[type, Message]
    idle: Message
    script: deque[Message] = field(default_factory=deque)
    heard: list[Message] = field(default_factory=list)
    base: str = ""

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        message = decode_payload(await request.read()).oadrSignedObject.message
        self.heard.append(message)
        answer = self.answers.get(type(message), self.idle)
        if isinstance(message, OadrPoll) and self.script:
            answer = self.script.popleft()
        body = encode_payload(wrap(answer))
        return web.Response(body=body, headers={"Content-Type": "application/xml"})

    def of(self, kind: type) -> list[Message]:
        return [message for message in self.heard if isinstance(message, kind)]


@pytest.fixture
async def scripted(serve, vtn_server_tls) -> ScriptedVtn:
    """A VTN that registers anybody as `v1` and has nothing to say but its script."""
    fine = EiResponse(responseCode="200", requestID="")
    transports = OadrTransports(oadrTransport=(OadrTransport(oadrTransportName="simpleHttp"),))
    profile = OadrProfile(oadrProfileName="2.0b", oadrTransports=transports)
    registered = OadrCreatedPartyRegistration(
        eiResponse=fine,
        registrationID="g1",
        venID="v1",
        vtnID="VTN",
        oadrProfiles=OadrProfiles(oadrProfile=(profile,)),
        oadrRequestedOadrPollFreq=DurationProp(duration=timedelta(seconds=2)),
    )
    vtn = ScriptedVtn(
        answers={
            OadrQueryRegistration: registered,
            OadrCreatePartyRegistration: registered,
            OadrCancelPartyRegistration: OadrCanceledPartyRegistration(
                eiResponse=fine, registrationID="g1", venID="v1"
            ),
            OadrRequestEvent: OadrDistributeEvent(eiResponse=fine, requestID="r", vtnID="VTN"),
            OadrRegisterReport: OadrRegisteredReport(eiResponse=fine, venID="v1"),
            OadrUpdateReport: OadrUpdatedReport(eiResponse=fine, venID="v1"),
        },
        idle=OadrResponse(eiResponse=fine, venID="v1"),
    )
    vtn.base = await serve(vtn.handle, vtn_server_tls)
    return vtn
