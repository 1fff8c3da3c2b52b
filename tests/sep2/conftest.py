"""A 2030.5 server with a few clients: real TLS, a real store, a clock that is moved by hand."""

import random
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from lxml import etree

from certs.folder import CredentialFiles, Pki, ServerFiles
from certs.tls import CCM8, sep2_client_context, sep2_server_context
from schemas.sep2 import MEDIA_TYPE, NS
from server.config import InBand
from server.core.command import (
    AddCurve,
    AddDevice,
    Command,
    CreateEvent,
    CreateGroup,
    CreateProgram,
    EnrolClient,
    IntervalDraft,
)
from server.core.curve import CurveKind, CurvePoint, CurveShape, references_of
from server.core.model import ClientKind, Controls, Language, Lfdi
from server.core.publication_commands import Publish
from server.desk import Desk
from server.net.listener import Listener, listen
from server.publications.drafts import from_view
from server.publications.kinds import KINDS, Audience
from server.sep2.face import Sep2Face
from server.sep2.settings import Sep2Settings
from server.store.store import Store

START = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
PEN = 28547
BOSSED = (Lfdi("B055ED0000000000000000000000000000000001"), Lfdi("0A55ED00" + "0" * 31 + "2"))
"""What the aggregator speaks for; the second has the smaller SFDI."""


class HandClock:
    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def move(self, **span: float) -> None:
        self._now += timedelta(**span)

    def set(self, now: datetime) -> None:
        self._now = now


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def xml(self) -> etree._Element:
        return etree.fromstring(self.body)

    @property
    def tag(self) -> str:
        return etree.QName(self.xml).localname

    def all(self, path: str) -> list[etree._Element]:
        """Elements by a path of local names."""
        steps = "/".join(f"*[local-name()='{step}']" for step in path.split("/"))
        return self.xml.xpath(steps)

    def text(self, path: str) -> str:
        (found,) = self.all(path)
        return found.text

    def href(self, path: str) -> str:
        (found,) = self.all(path)
        return found.get("href")


@dataclass
class Peer:
    """A client with its certificate, or none."""

    session: aiohttp.ClientSession
    base: str

    async def ask(self, method: str, path: str, body: bytes | None = None, **headers) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            named.setdefault("Content-Type", MEDIA_TYPE)
        from yarl import URL

        url = URL(self.base + path, encoded=True)
        async with self.session.request(method, url, data=body, headers=named) as response:
            return Answer(response.status, dict(response.headers), await response.read())

    async def get(self, path: str, **headers) -> Answer:
        return await self.ask("GET", path, **headers)

    async def put(self, path: str, body: bytes, **headers) -> Answer:
        return await self.ask("PUT", path, body, **headers)

    async def post(self, path: str, body: bytes, **headers) -> Answer:
        return await self.ask("POST", path, body, **headers)


@dataclass
class House:
    """A running server; `peer` connects as the holder of a certificate."""

    desk: Desk
    face: Sep2Face
    listener: Listener
    certificates: SimpleNamespace
    sessions: list[aiohttp.ClientSession] = field(default_factory=list)

    def peer(self, name: str, ciphers: str = CCM8) -> Peer:
        files: CredentialFiles = getattr(self.certificates, name)
        context = sep2_client_context(
            files.chain, files.key, self.certificates.trust, ciphers=ciphers
        )
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=context), skip_auto_headers=("Accept-Encoding",)
        )
        self.sessions.append(session)
        return Peer(session, f"https://127.0.0.1:{self.listener.port}")

    async def do(self, command: Command):
        return await self.desk.submit(command, actor="test")

    async def stop(self) -> None:
        for session in self.sessions:
            await session.close()
        await self.listener.stop()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory) -> SimpleNamespace:
    long_ago = datetime(2025, 1, 1, tzinfo=UTC)
    pki = Pki.create(tmp_path_factory.mktemp("pki") / "pki", now=long_ago, rng=random.Random(1))
    server: ServerFiles = pki.issue_server(["127.0.0.1"], now=long_ago)
    devices = {
        name: pki.issue_device(name, now=long_ago)
        for name in ("alpha", "bravo", "newcomer", "stranger")
    }
    bosses = {
        name: pki.issue_aggregator(name, ["agg.example"], now=long_ago)
        for name in ("boss", "rival")
    }
    return SimpleNamespace(**devices, **bosses, server=server.sep2, trust=pki.sep2_trust)


@pytest.fixture(scope="session")
def server_context(certificates) -> ssl.SSLContext:
    server = certificates.server
    return sep2_server_context(server.chain, server.key, certificates.trust)


@pytest.fixture
def clock() -> HandClock:
    return HandClock(START)


@pytest.fixture
async def desk(tmp_path: Path, clock: HandClock) -> AsyncIterator[Desk]:
    store = await Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    desk = Desk(store, clock, random.Random(7), pen=PEN)
    await desk.open()
    yield desk
    await store.close()


@pytest.fixture
async def serve(
    desk, certificates, server_context
) -> AsyncIterator[Callable[..., Awaitable[House]]]:
    """Start a server with the given settings."""
    started: list[House] = []

    async def start(**settings) -> House:
        if "in_band" in settings:
            settings["in_band"] = InBand(settings["in_band"])
        face = Sep2Face(desk, Sep2Settings(**settings))
        listener = await listen(face.handle, host="127.0.0.1", port=0, tls=server_context)
        started.append(House(desk, face, listener, certificates))
        return started[-1]

    yield start
    for house in started:
        await house.stop()


@pytest.fixture
async def house(serve) -> House:
    return await serve()


@pytest.fixture
async def world(desk, certificates) -> SimpleNamespace:
    """Two devices, an aggregator with two more, a group for each side and three programs."""

    async def do(command: Command):
        return await desk.submit(command, actor="test")

    async def device(name: str, lfdi: Lfdi, **more) -> str:
        made = AddDevice(name=name, language=Language.SEP2, lfdi=lfdi, pin=111115, **more)
        return (await do(made))[-1].device.id

    async def group(name: str, *members: str) -> str:
        return (await do(CreateGroup(name=name, members=frozenset(members))))[0].group.id

    async def program(name: str, primacy: int, *groups: str, **more) -> str:
        made = CreateProgram(
            name=name,
            primacy=primacy,
            groups=frozenset(groups),
            market_context=f"http://utility.example/{name}",
            **more,
        )
        return (await do(made))[0].program.id

    boss = EnrolClient(
        kind=ClientKind.AGGREGATOR, name="boss", lfdi=Lfdi(certificates.boss.identity.lfdi)
    )
    aggregator = (await do(boss))[0].client.id
    alpha = await device("alpha", Lfdi(certificates.alpha.identity.lfdi), device_category=0x200000)
    bravo = await device("bravo", Lfdi(certificates.bravo.identity.lfdi))
    one = await device("one", BOSSED[0], client_id=aggregator)
    two = await device("two", BOSSED[1], client_id=aggregator)
    everyone = await group("everyone", alpha, bravo, one, two)
    alphas = await group("alphas", alpha)
    return SimpleNamespace(
        do=do,
        desk=desk,
        aggregator=aggregator,
        alpha=alpha,
        bravo=bravo,
        one=one,
        two=two,
        everyone=everyone,
        alphas=alphas,
        common=await program(
            "common", 10, everyone, default=Controls(export_limit_w=5000.0, ramp_s=2.5)
        ),
        special=await program("special", 3, alphas),
        group=group,
        program=program,
    )


@pytest.fixture
def state(world, clock):
    """State an event: offsets and lengths in seconds from now."""

    async def make(
        program: str,
        offset_s: float = 0,
        length_s: float = 600,
        controls: Controls | None = None,
        **more,
    ):
        command = CreateEvent(
            program_id=program,
            name=more.pop("name", "peak"),
            start=clock.now() + timedelta(seconds=offset_s),
            intervals=(
                IntervalDraft(
                    duration=timedelta(seconds=length_s),
                    controls=controls or Controls(export_limit_w=1500.0),
                ),
            ),
            **more,
        )
        return (await world.do(command))[0].event

    return make


@pytest.fixture
def draw_curve(world):
    """Make a curve of a program; of the kind alone there is one that is good."""

    async def make(program: str, kind: CurveKind = CurveKind.VOLT_VAR, **more):
        is_factor = kind is CurveKind.WATT_PF
        point = CurvePoint(x=50.5, y=0.95, is_under_excited=True if is_factor else None)
        name = more.pop("name", kind.value)
        shape = {"points": (point,), "y_reference": references_of(kind)[0], **more}
        added = AddCurve(program_id=program, name=name, shape=CurveShape(kind=kind, **shape))
        return (await world.do(added))[0].curve

    return make


@pytest.fixture
def ns() -> str:
    return NS


XSD = Path(__file__).parents[2] / "build" / "oracles" / "csipaus12" / "csipaus-core.xsd"


@dataclass
class Checked:
    """A client that believes no body which is not valid by the official schema, if it is here."""

    peer: Any
    schema: etree.XMLSchema | None

    async def ask(self, method, path, body=None, **headers):
        data = body.encode() if isinstance(body, str) else body
        answer = await self.peer.ask(method, path, data, **headers)
        is_xml = answer.headers.get("Content-Type") == MEDIA_TYPE
        if answer.body and is_xml and self.schema is not None:
            self.schema.assertValid(answer.xml)
        if answer.status >= 400 and method != "HEAD":
            assert answer.tag == "Error"
        return answer

    async def get(self, path, **headers):
        return await self.ask("GET", path, **headers)

    async def put(self, path, body):
        return await self.ask("PUT", path, body)

    async def post(self, path, body):
        return await self.ask("POST", path, body)

    async def delete(self, path):
        return await self.ask("DELETE", path)


@pytest.fixture(scope="session")
def known_schema() -> etree.XMLSchema | None:
    return etree.XMLSchema(etree.parse(XSD)) if XSD.exists() else None


@pytest.fixture
def meet(world, known_schema):
    """Connect as someone to a house, by the name of the certificate."""
    return lambda house, name: Checked(house.peer(name), known_schema)


@pytest.fixture
async def alpha(house, meet):
    return meet(house, "alpha")


@pytest.fixture
async def bravo(house, meet):
    return meet(house, "bravo")


@pytest.fixture
async def boss(house, meet):
    return meet(house, "boss")


@pytest.fixture
def publish(world):
    """Publish what a JSON view shows: below another, or for all devices, or for one."""

    async def make(kind, view, parent=None, *, groups=(), device=None, supersede=False):
        draft = from_view(KINDS[kind], view)
        if parent is None and device is None:
            groups = groups or (world.everyone,)
        command = Publish(
            kind=kind,
            parent=None if parent is None else parent.id,
            groups=frozenset(groups),
            device_id=device,
            document=draft.document,
            window=draft.window,
            is_only=KINDS[kind].is_only,
            supersede=supersede,
        )
        return (await world.do(command))[0].publication

    return make


@pytest.fixture
def contents(clock):
    """A JSON view of each kind that holds now."""
    interval = {"start": int(clock.now().timestamp()) - 10, "duration": 600}
    credit = {"monetaryUnit": 36, "multiplier": 0, "value": 5}
    power = {"multiplier": 0, "value": 5}
    return {
        "demand_response_program": {"primacy": 2, "description": "summer"},
        "end_device_control": {
            "interval": interval,
            "deviceCategory": "00000001",
            "drProgramMandatory": False,
            "loadShiftForward": True,
            "Offset": {"coolingOffset": 20},
        },
        "messaging_program": {"primacy": 1, "locale": "en"},
        "text_message": {"interval": interval, "priority": 1, "textMessage": "Storm <tonight>"},
        "tariff_profile": {"primacy": 1, "currency": 36, "serviceCategoryKind": 0},
        "rate_component": {"roleFlags": "0004"},
        "tariff_reading_type": {"uom": 72},
        "time_tariff_interval": {"interval": interval, "touTier": 1, "randomizeStart": -30},
        "consumption_tariff_interval": {"consumptionBlock": 0, "price": 250, "startValue": 0},
        "file": {
            "fileURI": "image.bin",
            "mfID": 28547,
            "mfModel": "m",
            "mfVer": "2",
            "size": 8,
            "type": "0000",
        },
        "customer_account": {
            "currency": 36,
            "customerName": "Ada",
            "pricePowerOfTenMultiplier": -2,
        },
        "service_supplier": {"email": "help@utility.example"},
        "customer_agreement": {"serviceLocation": "Roof 1"},
        "billing_period": {"billToDate": 1234, "interval": interval},
        "historical_reading": {"description": "used"},
        "projection_reading": {"description": "expected"},
        "target_reading": {"description": "wished"},
        "billing_reading_type": {"uom": 72},
        "billing_reading_set": {"timePeriod": interval},
        "billing_reading": {
            "timePeriod": interval,
            "value": 9,
            "Charge": [{"kind": 0, "value": 3}],
        },
        "prepayment": {"prepayMode": 0},
        "account_balance": {"availableCredit": credit},
        "prepay_operation_status": {"serviceStatus": 0},
        "supply_interruption_override": {"interval": interval},
        "credit_register": {"creditAmount": credit, "effectiveTime": 5, "token": "T"},
        "flow_reservation_response": {
            "interval": interval,
            "energyAvailable": power,
            "powerAvailable": power,
            "subject": "AB" * 16,
        },
    }


@pytest.fixture
def publish_all(publish, contents):
    """Publish one of each kind, what is for one device alone for a device."""

    async def make(device):
        made = {}
        for kind in KINDS.values():
            parent = made[kind.parents[0]] if kind.parents else None
            of_device = device if kind.audience is Audience.DEVICE else None
            view = contents[kind.name]
            made[kind.name] = await publish(kind.name, view, parent, device=of_device)
        return list(made.values())

    return make
