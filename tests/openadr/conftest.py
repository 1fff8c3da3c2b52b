"""A VTN on real sockets: store on disk, TLS with both families, a clock that the test moves."""

import asyncio
import ipaddress
import random
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from lxml import etree

from certs.folder import CredentialFiles, Pki, ServerFiles
from certs.issue import Family
from certs.tls import openadr_client_context, openadr_push_context, openadr_server_context
from schemas.openadr import Message, decode_payload, encode_payload, wrap
from schemas.openadr.blocks import DurationProp, EiResponse, QualifiedEventID
from schemas.openadr.event import (
    EiCreatedEvent,
    EiRequestEvent,
    EventResponse,
    EventResponses,
    OadrCreatedEvent,
    OadrRequestEvent,
)
from schemas.openadr.payload import OadrPoll
from schemas.openadr.registration import OadrCreatePartyRegistration
from schemas.openadr.report import (
    OadrCreatedReport,
    OadrPendingReports,
    OadrRegisteredReport,
    OadrRegisterReport,
    OadrReport,
    OadrReportDescription,
    OadrSamplingRate,
)
from schemas.openadr.units import PowerAttributes, PowerReal
from server.clock import SystemClock
from server.core.change import ClientEnrolled, EventCreated, GroupCreated, ProgramCreated
from server.core.command import (
    CancelEvent,
    CreateEvent,
    CreateGroup,
    CreateProgram,
    EnrolClient,
    IntervalDraft,
)
from server.core.model import (
    Client,
    ClientKind,
    Event,
    EventId,
    Fingerprint,
    ProgramId,
    Signal,
)
from server.desk import Desk
from server.net.listener import Listener, listen
from server.openadr.face import OpenAdrFace
from server.openadr.reporting import Reporting
from server.openadr.settings import OpenAdrSettings
from server.openadr.signer import Signing
from server.outbox.courier import Courier
from server.outbox.pusher import Pusher
from server.outbox.settings import OutboxSettings
from server.store.store import Store
from server.tasks import Tasks

ORACLE = Path(__file__).parents[2] / "build" / "oracles" / "openadr" / "oadr_20b.xsd"
SETTINGS = OpenAdrSettings(vtn_id="VTN-1")
SIMPLE = Signal(name="SIMPLE", type="level")
BASE = "/OpenADR2/Simple/2.0b"
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
RATE = OadrSamplingRate(
    oadrMinPeriod=timedelta(seconds=1), oadrMaxPeriod=timedelta(hours=1), oadrOnChange=False
)
POWER = OadrReportDescription(
    rID="power",
    reportType="usage",
    itemBase=PowerReal(
        itemDescription="RealPower",
        itemUnits="W",
        siScaleCode="k",
        powerAttributes=PowerAttributes(hertz=50.0, voltage=230.0, ac=True),
    ),
    readingType="Direct Read",
    oadrSamplingRate=RATE,
)
EI_OK = EiResponse(responseCode="200", responseDescription="OK", requestID="")


class HandClock:
    """Starts at the machine's instant, because OpenSSL judges certificates by that."""

    def __init__(self) -> None:
        self.instant = SystemClock().now().replace(microsecond=0)

    def now(self) -> datetime:
        return self.instant

    def move(self, step: timedelta) -> None:
        self.instant += step


@dataclass
class Ven:
    """A VEN that says exactly what the test makes it say, and checks what it hears."""

    session: aiohttp.ClientSession
    url: str
    ven_id: str
    client: Client
    oracle: etree.XMLSchema | None
    registration_id: str = ""

    async def post(
        self, service: str, body: bytes | str, **headers: str
    ) -> tuple[int, bytes, dict[str, str]]:
        """Post any bytes and return status, body and headers."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named = {"Content-Type": "application/xml"} | named
        url = service if service.startswith("/") else f"{BASE}/{service}"
        async with self.session.post(f"{self.url}{url}", data=body, headers=named) as answer:
            return answer.status, await answer.read(), dict(answer.headers)

    async def say(self, service: str, message: Message) -> Any:
        """Send a message and return the one that comes back, checked against the schema."""
        status, body, headers = await self.post(service, encode_payload(wrap(message)))
        assert status == 200, body
        assert headers["Content-Type"] == "application/xml"
        if self.oracle is not None:
            self.oracle.assertValid(etree.fromstring(body))
        return decode_payload(body).oadrSignedObject.message

    async def register(self, **others: Any) -> Any:
        return await self.say("EiRegisterParty", self.registration(**others))

    def registration(self, **others: Any) -> OadrCreatePartyRegistration:
        known = {
            "requestID": "req-1",
            "oadrProfileName": "2.0b",
            "oadrTransportName": "simpleHttp",
            "oadrReportOnly": False,
            "oadrXmlSignature": False,
            "oadrVenName": self.client.name,
            "oadrHttpPullModel": True,
        }
        return OadrCreatePartyRegistration(**(known | others))

    async def come_up(self) -> None:
        """Register and exchange report offers, as each VEN does first."""
        created = await self.register()
        assert created.eiResponse.responseCode == "200"
        self.registration_id = created.registrationID
        await self.say("EiReport", OadrRegisterReport(requestID="r", venID=self.ven_id))
        assert isinstance(await self.poll(), OadrRegisterReport)
        await self.say("EiReport", OadrRegisteredReport(eiResponse=EI_OK, venID=self.ven_id))

    async def poll(self) -> Any:
        return await self.say("OadrPoll", OadrPoll(venID=self.ven_id))

    async def ask(self, limit: int | None = None) -> Any:
        asked = EiRequestEvent(requestID="ask", venID=self.ven_id, replyLimit=limit)
        return await self.say("EiEvent", OadrRequestEvent(eiRequestEvent=asked))

    async def answer(
        self,
        event_id: str,
        version: int = 0,
        opt: str = "optIn",
        *,
        code: str = "200",
        top: str = "200",
    ) -> Any:
        said = EventResponse(
            responseCode=code,
            responseDescription="as said",
            requestID="d",
            qualifiedEventID=QualifiedEventID(eventID=event_id, modificationNumber=version),
            optType=opt,
        )
        created = EiCreatedEvent(
            eiResponse=replace(EI_OK, responseCode=top),
            eventResponses=EventResponses(eventResponse=(said,)),
            venID=self.ven_id,
        )
        return await self.say("EiEvent", OadrCreatedEvent(eiCreatedEvent=created))


@dataclass
class Papers:
    """One PKI for all tests: making RSA keys takes its time."""

    pki: Pki
    server: ServerFiles
    vens: dict[tuple[str, Family], CredentialFiles] = field(default_factory=dict)

    @cached_property
    def signing(self) -> Signing:
        return Signing.of(rsa=self.server.rsa.load(), ecc=self.server.ecc.load())

    def ven(self, name: str, family: Family, hosts: tuple[str, ...] = ()) -> CredentialFiles:
        if (name, family) not in self.vens:
            now = SystemClock().now()
            self.vens[name, family] = self.pki.issue_ven(name, family, now=now, hosts=hosts)
        return self.vens[name, family]


class World:
    """A VTN behind a TLS listener and a plain one, and the operator's commands."""

    def __init__(self, papers: Papers, path: Path, oracle: etree.XMLSchema | None) -> None:
        self.papers = papers
        self.clock = HandClock()
        self.program_id: ProgramId | None = None
        self._path = path
        self._oracle = oracle
        self._sessions: list[aiohttp.ClientSession] = []

    async def start(self, settings: OpenAdrSettings = SETTINGS) -> None:
        self.store = await Store.open(f"sqlite:///{self._path}")
        self.desk = Desk(self.store, self.clock, random.Random(1), pen=28547)
        await self.desk.open()
        self.settings = settings
        files = self.papers.server
        clients = [(own.chain, own.key) for own in (files.rsa_client, files.ecc_client)]
        self.courier = Courier(
            openadr_push_context(clients, self.papers.pki.openadr_trust),
            OutboxSettings(networks=LOOPBACK, may_be_plain=True, timeout_s=5.0),
        )
        self.reporting = Reporting(self.desk, settings)
        self.face = OpenAdrFace(
            self.desk,
            settings,
            signing=self.papers.signing,
            check_address=self.courier.peer,
            reporting=self.reporting,
        )
        await self.face.open()
        self.plain_face = OpenAdrFace(self.desk, replace(settings, allow_plain=True))
        await self.plain_face.open()
        tls = openadr_server_context(
            [(files.rsa.chain, files.rsa.key), (files.ecc.chain, files.ecc.key)],
            self.papers.pki.openadr_trust,
        )
        self.listener = await listen(self.face.handle, host="127.0.0.1", port=0, tls=tls)
        self.plain = await listen(self.plain_face.handle, host="127.0.0.1", port=0, tls=None)
        self.tasks = Tasks()
        self.pusher = Pusher(
            self.desk, self.tasks, self.face.teller, self.courier, rng=random.Random(1)
        )
        self.pusher.open()

    async def stop(self) -> None:
        for session in self._sessions:
            await session.close()
        self._sessions.clear()
        await self.tasks.stop()
        for listener in (self.listener, self.plain):
            await listener.stop()
        await self.store.close()

    async def restart(self, settings: OpenAdrSettings | None = None) -> None:
        await self.stop()
        await self.start(settings or self.settings)

    def url(self, *, secure: bool = True) -> str:
        listener: Listener = self.listener if secure else self.plain
        return f"{'https' if secure else 'http'}://127.0.0.1:{listener.port}"

    def client_tls(self, name: str, family: Family) -> ssl.SSLContext:
        files = self.papers.ven(name, family)
        return openadr_client_context(files.chain, files.key, self.papers.pki.openadr_trust)

    def connect(self, client: Client, tls: ssl.SSLContext | None) -> Ven:
        """Return a VEN that speaks for a client, on a connection of its own."""
        session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls or False))
        self._sessions.append(session)
        url = self.url(secure=tls is not None)
        return Ven(session, url, client.ven_id or "", client, self._oracle)

    async def pass_time(self, step: timedelta = timedelta(seconds=1)) -> None:
        """Move the clock and let everything be pushed that is due by then."""
        self.clock.move(step)
        self.pusher.wake()
        await self.settle()

    async def settle(self) -> None:
        """Wait until nothing is being pushed."""
        async with asyncio.timeout(10):
            while True:
                await asyncio.sleep(0.001)
                if self.pusher.is_idle:
                    return

    async def enrol(self, name: str, family: Family | None = Family.ECC) -> Client:
        """Enrol a VEN by its certificate, or without one for the plain listener."""
        print_ = None
        if family is not None:
            print_ = Fingerprint(self.papers.ven(name, family).identity.fingerprint)
        command = EnrolClient(kind=ClientKind.VEN, name=name, fingerprint=print_)
        changes = await self.desk.submit(command, actor="test")
        return next(change.client for change in changes if isinstance(change, ClientEnrolled))

    async def ven(self, name: str = "ven-1", family: Family | None = Family.ECC) -> Ven:
        """Return an enrolled VEN with its connection, not registered yet."""
        client = await self.enrol(name, family)
        return self.connect(client, self.client_tls(name, family) if family else None)

    async def program(self) -> ProgramId:
        """Make the program that is for every device, once."""
        if self.program_id is None:
            made = await self.desk.submit(
                CreateGroup(name="all", joins_new_devices=True, members=frozenset(self.devices())),
                actor="test",
            )
            groups = frozenset(c.group.id for c in made if isinstance(c, GroupCreated))
            command = CreateProgram(
                name="peak",
                primacy=1,
                groups=groups,
                market_context="http://utility.example/program/peak",
            )
            (created,) = await self.desk.submit(command, actor="test")
            assert isinstance(created, ProgramCreated)
            self.program_id = created.program.id
        return self.program_id

    def devices(self) -> list[Any]:
        return list(self.desk.book.devices)

    async def event(
        self,
        *,
        after: timedelta = timedelta(hours=1),
        values: tuple[tuple[float, ...], ...] = ((1.0,),),
        signals: tuple[Signal, ...] = (SIMPLE,),
        **others: Any,
    ) -> Event:
        """State an event of half-hour intervals."""
        command = CreateEvent(
            program_id=await self.program(),
            name="event",
            start=self.clock.now() + after,
            intervals=tuple(
                IntervalDraft(duration=timedelta(minutes=30), values=row) for row in values
            ),
            signals=signals,
            supersede=True,
            **others,
        )
        (created,) = await self.desk.submit(command, actor="test")
        assert isinstance(created, EventCreated)
        return created.event

    async def cancel(self, event_id: EventId) -> None:
        await self.desk.submit(CancelEvent(event_id=event_id), actor="test")


@dataclass
class Box:
    """The server of a VEN that is pushed to: it keeps what comes and replies as it is told."""

    papers: Papers
    name: str
    family: Family = Family.ECC
    oracle: etree.XMLSchema | None = None
    got: list[Any] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    replies: dict[type[Any], Callable[[Any], Message | bytes]] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    """What the next requests are answered with; afterwards 200."""
    listener: Listener | None = None
    released: asyncio.Event = field(default_factory=asyncio.Event)
    """Nothing is answered before it is set; it is set at first."""

    def __post_init__(self) -> None:
        self.released.set()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        await self.released.wait()
        if self.statuses and (status := self.statuses.pop(0)) != 200:
            return web.Response(status=status)
        self.requests.append((request.path, dict(request.headers), body))
        message = decode_payload(body).oadrSignedObject.message
        if self.oracle is not None:
            self.oracle.assertValid(etree.fromstring(body))
        self.got.append(message)
        reply = self.replies.get(type(message), lambda _: b"")(message)
        if not isinstance(reply, bytes):
            reply = encode_payload(wrap(reply))
        return web.Response(body=reply, headers={"Content-Type": "application/xml"})

    async def open(self, *, secure: bool = True, port: int = 0) -> None:
        tls = None
        if secure:
            files = self.papers.ven(self.name, self.family, hosts=("127.0.0.1",))
            trust = self.papers.pki.openadr_trust
            tls = openadr_server_context([(files.chain, files.key)], trust)
        self.listener = await listen(self.handle, host="127.0.0.1", port=port, tls=tls)

    async def close(self) -> None:
        self.released.set()
        if self.listener is not None:
            await self.listener.stop()
            self.listener = None

    def address(self, scheme: str = "https") -> str:
        assert self.listener is not None
        return f"{scheme}://127.0.0.1:{self.listener.port}/ven"

    @property
    def kinds(self) -> list[str]:
        """What came since this was asked last, in short."""
        told = [type(message).__name__.removeprefix("Oadr") for message in self.got]
        self.got.clear()
        return told


def pytest_itemcollected(item: pytest.Item) -> None:
    if item.name.startswith("test_rule"):
        item.add_marker(pytest.mark.conformance)


@pytest.fixture(scope="session")
def oracle() -> etree.XMLSchema | None:
    """The official schema; answers are only decoded where it is missing."""
    return etree.XMLSchema(etree.parse(ORACLE)) if ORACLE.exists() else None


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    now = SystemClock().now()
    pki = Pki.create(tmp_path_factory.mktemp("pki") / "pki", now=now)
    return Papers(pki, pki.issue_server(["127.0.0.1", "localhost"], now=now))


@pytest.fixture
async def world(
    papers: Papers, tmp_path: Path, oracle: etree.XMLSchema | None
) -> AsyncIterator[World]:
    world = World(papers, tmp_path / "store.db", oracle)
    await world.start()
    yield world
    await world.stop()


@pytest.fixture
async def ven(world: World) -> Ven:
    """A VEN that has registered and exchanged report offers."""
    ven = await world.ven()
    await ven.come_up()
    return ven


@pytest.fixture
async def box(papers: Papers, oracle: etree.XMLSchema | None) -> AsyncIterator[Box]:
    """The server of the VEN `box`."""
    box = Box(papers, "box", oracle=oracle)
    await box.open()
    yield box
    await box.close()


@pytest.fixture
async def pushed(world: World, box: Box) -> Ven:
    """A VEN that has registered to be pushed to and was pushed our report offer."""
    ven = await world.ven("box")
    created = await ven.register(oadrHttpPullModel=False, oadrTransportAddress=box.address())
    assert created.eiResponse.responseCode == "200", created
    ven.registration_id = created.registrationID
    box.replies[OadrRegisterReport] = lambda _: OadrRegisteredReport(
        eiResponse=EI_OK, venID=ven.ven_id
    )
    await world.pass_time()
    assert box.kinds == ["RegisterReport"]
    return ven


@pytest.fixture
def forged() -> Callable[[Message, str, str], bytes]:
    """Encode a message and replace one piece of its text."""

    def forge(message: Message, old: str, new: str) -> bytes:
        text = encode_payload(wrap(message)).decode()
        assert old in text
        return text.replace(old, new).encode()

    return forge


@pytest.fixture
def other_pki(tmp_path: Path) -> Iterator[Pki]:
    return Pki.create(tmp_path / "other", now=SystemClock().now())


@pytest.fixture
def offer(world: World) -> Callable[..., Any]:
    """Offer reports: one for each name, which is its reportSpecifierID too."""

    async def offer(
        ven: Ven,
        *names: str,
        points: tuple[OadrReportDescription, ...] = (POWER,),
        rate: OadrSamplingRate = RATE,
        duration: timedelta = timedelta(hours=1),
    ) -> Any:
        described = tuple(replace(point, oadrSamplingRate=rate) for point in points)
        reports = tuple(
            OadrReport(
                duration=DurationProp(duration=duration),
                oadrReportDescription=described,
                reportRequestID="0",
                reportSpecifierID=name,
                reportName=f"METADATA_{name}",
                createdDateTime=world.clock.now(),
            )
            for name in names or ("TELEMETRY_USAGE",)
        )
        message = OadrRegisterReport(requestID="r", oadrReport=reports, venID=ven.ven_id)
        return await ven.say("EiReport", message)

    return offer


@pytest.fixture
def confirm() -> Callable[..., Any]:
    """Answer a request for a report."""

    async def confirm(
        ven: Ven, request: str, *, code: str = "200", pending: tuple[str, ...] | None = None
    ) -> Any:
        listed = (request,) if pending is None else pending
        created = OadrCreatedReport(
            eiResponse=replace(EI_OK, responseCode=code, requestID=request),
            oadrPendingReports=OadrPendingReports(reportRequestID=listed),
            venID=ven.ven_id,
        )
        return await ven.say("EiReport", created)

    return confirm
