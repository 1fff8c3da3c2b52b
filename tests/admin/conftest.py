"""A real server on loopback with a real store, and a client that holds every answer against the
OpenAPI document."""

import asyncio
import json
import random
import re
import shutil
import ssl
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from schemas.openadr.blocks import DurationProp
from schemas.openadr.report import OadrReport, OadrReportDescription, OadrSamplingRate
from schemas.openadr.units import Voltage
from server.admin.access import digest_of
from server.admin.face import AdminFace
from server.admin.openapi import document
from server.admin.operation import Routes
from server.admin.operations import OPERATIONS
from server.core.command import IssueToken, RegisterVen, RevokeToken, SetPollRate, Subscribe
from server.core.model import Condition, Role, Subject
from server.desk import Desk
from server.edge.registermap import find_map
from server.errors import Refusal, Unknown
from server.net.listener import listen
from server.openadr.opting import Opting
from server.openadr.report_offers import offers_in
from server.openadr.reporting import Reporting
from server.openadr.settings import OpenAdrSettings
from server.outbox.courier import Courier
from server.outbox.outbox import Outbox
from server.outbox.settings import OutboxSettings
from server.sep2.face import Sep2Face
from server.sep2.settings import Sep2Settings
from server.store.store import Store
from server.tasks import Tasks
from server.walk import Walk

NOON = datetime(2026, 6, 1, 12, 0, 0, 250_000, tzinfo=UTC)
ADMIN = "admin"
TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


class TestClock:
    """A clock that the test moves."""

    __test__ = False

    def __init__(self) -> None:
        self.instant = NOON + timedelta(hours=1)

    def now(self) -> datetime:
        return self.instant


class Checker:
    """Holds values against the schemas of a document; knows the words that pydantic uses."""

    def __init__(self, root: dict[str, Any]) -> None:
        self.root = root

    def resolve(self, ref: str) -> dict[str, Any]:
        found: Any = self.root
        for step in ref.removeprefix("#/").split("/"):
            found = found[step]
        return found

    def faults(self, value: Any, schema: dict[str, Any], at: str = "") -> list[str]:
        if "$ref" in schema:
            return self.faults(value, self.resolve(schema["$ref"]), at)
        if "anyOf" in schema:
            tried = [self.faults(value, one, at) for one in schema["anyOf"]]
            return [] if not all(tried) else [fault for one in tried for fault in one]
        wanted = schema.get("type")
        is_bool_for_number = isinstance(value, bool) and wanted in {"integer", "number"}
        if wanted and (not isinstance(value, TYPES[wanted]) or is_bool_for_number):
            return [f"{at}: {value!r} is no {wanted}"]
        return [*self._of_value(value, schema, at), *self._of_parts(value, schema, at)]

    def _of_value(self, value: Any, schema: dict[str, Any], at: str) -> list[str]:
        faults = []
        if "enum" in schema and value not in schema["enum"]:
            faults.append(f"{at}: {value!r} is not of {schema['enum']}")
        if schema.get("format") == "date-time" and not re.fullmatch(
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value
        ):
            faults.append(f"{at}: {value!r} is no instant in UTC")
        if "minimum" in schema and value < schema["minimum"]:
            faults.append(f"{at}: {value!r} is too small")
        return faults

    def _of_parts(self, value: Any, schema: dict[str, Any], at: str) -> list[str]:
        if isinstance(value, list):
            items = schema.get("items", {})
            return [f for i, one in enumerate(value) for f in self.faults(one, items, f"{at}/{i}")]
        if not isinstance(value, dict):
            return []
        known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        faults = [
            f"{at}: {name} is missing" for name in schema.get("required", ()) if name not in value
        ]
        for name, one in value.items():
            if name not in known and others is False:
                faults.append(f"{at}: {name} is not declared")
            part = known.get(name, others if isinstance(others, dict) else {})
            faults += self.faults(one, part, f"{at}/{name}")
            faults += self.faults(name, schema.get("propertyNames", {}), f"{at}/{name}")
        return faults


class Api:
    """Sends requests and checks that each answer is one that the document tells of."""

    def __init__(self, session, url, openapi) -> None:
        self.session, self.url, self.tokens = session, url, dict(SECRETS)
        self.routes, self.openapi, self.checker = Routes(OPERATIONS), openapi, Checker(openapi)
        self.seen: set[tuple[str, int]] = set()

    async def raw(self, method, path, *, token=ADMIN, headers=None, data=None):
        given = {} if token is None else {"Authorization": f"Bearer {self.tokens[token]}"}
        async with self.session.request(
            method, self.url + path, headers={**given, **(headers or {})}, data=data
        ) as response:
            body = await response.read()
        answer = SimpleNamespace(
            status=response.status,
            headers=response.headers,
            raw=body,
            json=json.loads(body) if body else None,
        )
        self.check(method, path.partition("?")[0], answer)
        return answer

    async def ask(self, method, path, body=None, *, token=ADMIN, **query):
        headers = {} if body is None else {"Content-Type": "application/json"}
        data = None if body is None else json.dumps(body)
        tail = "&".join(f"{name}={value}" for name, value in query.items())
        return await self.raw(
            method, f"{path}{'?' * bool(tail)}{tail}", token=token, headers=headers, data=data
        )

    async def get(self, path, **options):
        return await self.ask("GET", f"/api/v1{path}", **options)

    async def post(self, path, body=None, **options):
        return await self.ask("POST", f"/api/v1{path}", body, **options)

    async def made(self, path, body, **options):
        answer = await self.post(path, body, **options)
        assert answer.status == 201, answer.json
        return answer.json

    def check(self, method, path, answer) -> None:
        try:
            operation, _ = self.routes.match(method, path)
        except Refusal:
            schema = {"$ref": "#/components/schemas/Problem"}
        else:
            self.seen.add((operation.name, answer.status))
            entry = self.openapi["paths"][operation.path][method.lower()]
            told = entry["responses"][str(answer.status)]
            if "content" not in told:
                assert answer.raw == b""
                return
            ((kind, content),) = told["content"].items()
            assert answer.headers["Content-Type"].split(";")[0] == kind
            schema = content["schema"]
        assert self.checker.faults(answer.json, schema) == []


@pytest.fixture
def clock():
    return TestClock()


SECRETS = {kind: f"secret-{kind}" for kind in (*Role, "expired", "revoked", "unknown")}


async def issue_tokens(path):
    """Make a store with tokens of every role and, of full rights, one expired and one revoked."""
    store = await Store.open(f"sqlite:///{path}")
    clock = TestClock()
    clock.instant = NOON
    desk = Desk(store, clock, random.Random(1), pen=28547)
    for kind in (*Role, "expired", "revoked"):
        issue = IssueToken(
            name=f"{kind} of tests",
            role=kind if kind in set(Role) else Role.ADMIN,
            digest=digest_of(SECRETS[kind]),
            expires_at=NOON + timedelta(minutes=1 if kind == "expired" else 999_999),
        )
        (issued,) = await desk.submit(issue, actor="test")
    await desk.submit(RevokeToken(token_id=issued.token.id), actor="test")
    await store.close()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """A database that each test gets a copy of: to make one takes longer than most tests."""
    path = tmp_path_factory.mktemp("prepared") / "store.db"
    asyncio.run(issue_tokens(path))
    return path


@pytest.fixture
async def store(tmp_path, prepared):
    opened = await Store.open(f"sqlite:///{shutil.copy(prepared, tmp_path)}")
    yield opened
    await opened.close()


@pytest.fixture
async def desk(store, clock):
    opened = Desk(store, clock, random.Random(1), pen=28547)
    await opened.open()
    return opened


@pytest.fixture
def edge():
    """What the edge says of devices, by id; the test fills it."""
    return {}


@pytest.fixture
def readiness():
    return {"is_ready": True}


@pytest.fixture
async def telling(desk):
    """What tells subscribers; it may reach no private address."""
    tasks = Tasks()
    renderer = Sep2Face(desk, Sep2Settings()).notices
    courier = Courier(ssl.create_default_context(), OutboxSettings())
    made = Outbox(desk, tasks, renderer, courier, rng=random.Random(1))
    await made.open()
    yield made
    await tasks.stop()


@pytest.fixture
def outbox(request):
    """What the face has of it: nothing, unless the test wants it."""
    return request.getfixturevalue("telling") if "telling" in request.fixturenames else None


@pytest.fixture
async def dead_letter(desk, world, telling):
    """The id of a subscription whose notification was given up."""
    client_id = desk.book.devices[world.sep2].client_id
    ask = Subscribe(
        client_id=client_id,
        home=world.sep2,
        resource="/edev",
        subject=Subject(topic="end_devices"),
        level="+S1",
        limit=9,
        notification_uri="https://127.0.0.1:1/n",
        condition=Condition(lower=1, upper=2),
    )
    (made,) = await desk.submit(ask, actor="test")
    await desk.submit(SetPollRate(resource="EndDeviceList", rate_s=30), actor="test")
    async with asyncio.timeout(10):
        while not telling.dead_letters():  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.01)
    return made.subscription.id


@pytest.fixture
def opting(desk):
    return Opting(desk)


@pytest.fixture
def reporting(desk):
    """What asks VENs for reports."""
    return Reporting(desk, OpenAdrSettings(vtn_id="VTN-1"))


@pytest.fixture
def face(desk, edge, readiness, opting, *, outbox, reporting):
    def describe(device_id):
        if device_id not in edge:
            raise Unknown("the edge has no such device")
        if isinstance(edge[device_id], Exception):
            raise edge[device_id]
        return edge[device_id]

    return AdminFace(
        desk,
        describe_edge=describe,
        is_ready=lambda: readiness["is_ready"],
        maps=lambda name: find_map(name).modes,
        outbox=outbox,
        opting=opting,
        reporting=reporting,
        walk=Walk(Sep2Face(desk, Sep2Settings()).look),
    )


@pytest.fixture(scope="session")
def openapi():
    return document(OPERATIONS)


@pytest.fixture
async def api(face, openapi):
    listener = await listen(face.handle, host="127.0.0.1", port=0, tls=None)
    url = f"http://127.0.0.1:{listener.port}"
    async with aiohttp.ClientSession() as session:
        yield Api(session, url, openapi)
    await listener.stop()


@pytest.fixture
async def world(api):
    """One device of each language in a group, a program for the group, and an event in an hour."""
    group = await api.made("/groups", {"name": "all", "joins_new_devices": True})
    program = await api.made(
        "/programs",
        {
            "name": "limits",
            "primacy": 5,
            "groups": [group["id"]],
            "market_context": "urn:limits",
            "default": {"max_limit_percent": 90},
        },
    )
    sep2 = await api.made("/devices", {"name": "inverter", "lfdi": "3E" * 20})
    ven = await api.made("/clients", {"kind": "ven", "name": "ven", "fingerprint": "AB" * 32})
    endpoint = {"host": "127.0.0.1", "port": 1502, "unit": 1, "register_map": "generic-inverter"}
    modbus = await api.made("/devices", {"name": "old", "modbus": endpoint, "rated_w": 5000})
    event = (await api.made("/events", wish(program["id"])))["event"]
    return SimpleNamespace(
        group=group["id"],
        program=program["id"],
        sep2=sep2["id"],
        client=sep2["client_id"],
        ven=ven["devices"][0],
        ven_client=ven["id"],
        modbus=modbus["id"],
        event=event["id"],
    )


@pytest.fixture
async def registered(desk, world):
    """The id of the VEN, which has registered."""
    command = RegisterVen(
        client_id=world.ven_client,
        ven_name="mill",
        profile="2.0b",
        pull=True,
        transport_address="",
        report_only=False,
        xml_signature=False,
    )
    await desk.submit(command, actor=world.ven_client)
    return world.ven_client


def wish(program_id, /, **members):
    return {
        "program_id": program_id,
        "name": "peak",
        "start_in_s": 3600,
        "intervals": [{"duration_s": 900, "controls": {"max_limit_percent": 40}}],
        **members,
    }


@pytest.fixture(scope="session")
def event_body():
    return wish


@pytest.fixture(scope="session")
def certificate():
    """A certificate in PEM and its SHA-256 in hex."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOON)
        .not_valid_after(NOON + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM).decode()
    return SimpleNamespace(pem=pem, sha256=made.fingerprint(hashes.SHA256()).hex().upper())


MINUTE = timedelta(minutes=1)
RATE = OadrSamplingRate(oadrMinPeriod=MINUTE, oadrMaxPeriod=60 * MINUTE, oadrOnChange=True)
VOLTS = OadrReportDescription(
    rID="volts",
    reportType="usage",
    itemBase=Voltage(itemDescription="Voltage", itemUnits="V", siScaleCode="none"),
    readingType="Direct Read",
    oadrSamplingRate=RATE,
)


@pytest.fixture
async def offered(api, reporting, registered, desk):
    """The path of a VEN that offers its usage."""
    report = OadrReport(
        duration=DurationProp(duration=60 * MINUTE),
        oadrReportDescription=(VOLTS,),
        reportRequestID="0",
        reportSpecifierID="usage",
        reportName="METADATA_TELEMETRY_USAGE",
        createdDateTime=desk.clock.now(),
    )
    offers = offers_in([report])
    await reporting.asker.keep_offers(desk.book.clients[registered], offers)
    return f"/clients/{registered}"
