"""A server whose aggregator has a web hook: real mutual TLS both ways, a clock moved by hand."""

import asyncio
import ipaddress
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiohttp import web
from lxml import etree

from certs.folder import Pki
from certs.tls import sep2_client_context, sep2_server_context
from server.desk import Desk
from server.net.listener import Listener, listen
from server.outbox.courier import Courier
from server.outbox.outbox import Outbox
from server.outbox.settings import OutboxSettings
from server.store.store import Store
from server.tasks import Tasks
from tests.sep2 import conftest as sep2

ROOT = Path(__file__).parents[2]
XSD = ROOT / "build" / "oracles" / "csipaus12" / "csipaus-core.xsd"
clock, desk, serve, world = sep2.clock, sep2.desk, sep2.serve, sep2.world
server_context, state = sep2.server_context, sep2.state
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory) -> SimpleNamespace:
    long_ago = datetime(2025, 1, 1, tzinfo=UTC)
    pki = Pki.create(tmp_path_factory.mktemp("pki") / "pki", now=long_ago, rng=random.Random(1))
    ours = pki.issue_server(["127.0.0.1"], now=long_ago)
    hook = pki.issue_server(["127.0.0.1"], now=long_ago, name="hook")
    devices = {name: pki.issue_device(name, now=long_ago) for name in ("alpha", "bravo")}
    return SimpleNamespace(
        **devices,
        boss=pki.issue_aggregator("boss", ["agg.example"], now=long_ago),
        server=ours.sep2,
        notifier=ours.sep2_notifier,
        hook=hook.sep2,
        trust=pki.sep2_trust,
    )


@pytest.fixture(scope="session")
def schema() -> etree.XMLSchema | None:
    return etree.XMLSchema(etree.parse(XSD)) if XSD.exists() else None


@dataclass
class Notice:
    """A notification that came in."""

    path: str
    media_type: str
    body: bytes
    xml: etree._Element = field(init=False)

    def __post_init__(self) -> None:
        self.xml = etree.fromstring(self.body)

    def text(self, name: str) -> str:
        return self.xml.findtext(f"{{*}}{name}")

    @property
    def status(self) -> str:
        return self.text("status")

    @property
    def resource(self) -> etree._Element | None:
        return self.xml.find("{*}Resource")

    @property
    def kind(self) -> str:
        return self.resource.get("{http://www.w3.org/2001/XMLSchema-instance}type")

    @property
    def items(self) -> list[str]:
        """The names of the items: a description, or the LFDI of what has none."""
        return [node.findtext("{*}description") or node.findtext("{*}lFDI") for node in self.list]

    @property
    def list(self) -> list[etree._Element]:
        return list(self.resource)


@dataclass
class Hook:
    """An aggregator's web hook, which answers as it is told, path by path."""

    schema: etree.XMLSchema | None
    got: list[Notice] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=lambda: defaultdict(lambda: 204))
    headers: dict[str, str] = field(default_factory=dict)
    stuck: set[str] = field(default_factory=set)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    tries: list[str] = field(default_factory=list)
    listener: Listener | None = None

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        self.tries.append(request.path)
        if request.path in self.stuck:
            await self.released.wait()
        status = self.answers[request.path]
        if status < 300:
            notice = Notice(request.path, request.headers["Content-Type"], body)
            is_ours = request.transport.get_extra_info("peercert")
            assert is_ours or request.path == "/plain"
            if self.schema is not None:
                self.schema.assertValid(notice.xml)
            self.got.append(notice)
        return web.Response(status=status, headers=self.headers)

    def uri(self, path: str = "/n") -> str:
        return f"https://127.0.0.1:{self.listener.port}{path}"

    def at(self, path: str) -> list[Notice]:
        return [notice for notice in self.got if notice.path == path]


@pytest.fixture
async def hook(certificates, schema) -> AsyncIterator[Hook]:
    files = certificates.hook
    context = sep2_server_context(files.chain, files.key, certificates.trust)
    hook = Hook(schema)
    hook.listener = await listen(hook.handle, host="127.0.0.1", port=0, tls=context)
    yield hook
    hook.released.set()
    await hook.listener.stop()


@dataclass
class Way:
    """The face and the outbox of one run of the server."""

    house: object
    outbox: Outbox
    tasks: Tasks

    async def rest(self) -> None:
        """Return when nothing is left to do at this instant."""
        async with asyncio.timeout(20):
            while not self.outbox.is_idle:  # noqa: ASYNC110 - lanes come and go
                await asyncio.sleep(0.005)

    async def stop(self) -> None:
        await self.tasks.stop()


@pytest.fixture
def start(certificates, serve, clock) -> Callable[..., Awaitable[Way]]:
    """Start a face and an outbox on a desk."""
    notifier = certificates.notifier
    ways: list[Way] = []

    async def make(
        desk: Desk, networks=LOOPBACK, may_be_plain=False, lifetime=None, **settings
    ) -> Way:
        hosts = {"notification_hosts": frozenset({"127.0.0.1"})}
        house = await serve(**(hosts | settings))
        tls = sep2_client_context(notifier.chain, notifier.key, certificates.trust)
        tasks = Tasks()
        courier = Courier(tls, OutboxSettings(networks=networks, may_be_plain=may_be_plain))
        outbox = Outbox(
            desk, tasks, house.face.notices, courier, rng=random.Random(3), lifetime=lifetime
        )
        await outbox.open()
        ways.append(Way(house, outbox, tasks))
        return ways[-1]

    return make


@pytest.fixture
async def way(start, desk, world) -> AsyncIterator[Way]:
    made = await start(desk)
    yield made
    await made.stop()


@pytest.fixture
def subscribe(way, subscribe_at) -> Callable[..., Awaitable[str]]:
    """Subscribe the aggregator, or a device, to a resource; return where that is found."""
    return partial(subscribe_at, way)


@pytest.fixture
def subscribe_at(world, hook) -> Callable[..., Awaitable[str]]:
    """Do so at one of several servers."""

    async def ask(
        way: Way,
        resource: str,
        path: str = "/n",
        *,
        limit: int = 100,
        who: str = "boss",
        condition: str = "",
    ) -> str:
        home = world.aggregator if who == "boss" else getattr(world, who)
        peer = way.house.peer(who)
        body = (
            '<Subscription xmlns="urn:ieee:std:2030.5:ns">'
            f"<subscribedResource>{resource}</subscribedResource>{condition}"
            "<encoding>0</encoding>"
            f"<level>+S1</level><limit>{limit}</limit>"
            f"<notificationURI>{hook.uri(path)}</notificationURI></Subscription>"
        )
        answer = await peer.post(f"/edev/{home}/sub", body.encode())
        assert answer.status in (201, 204), answer.body
        await way.rest()
        return answer.headers["Location"]

    return ask


@pytest.fixture
def reopen(tmp_path, clock) -> Callable[[], Awaitable[Desk]]:
    """Open the same store once more, as a server that starts again does."""

    async def make() -> Desk:
        store = await Store.open(f"sqlite:///{tmp_path / 'store.db'}")
        desk = Desk(store, clock, random.Random(8), pen=sep2.PEN)
        await desk.open()
        return desk

    return make
