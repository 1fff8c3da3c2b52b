"""The house of the 2030.5 tests, with clients whose every answer is checked against the schema."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import pytest
from lxml import etree

ROOT = Path(__file__).parents[2]
XSD = ROOT / "build" / "oracles" / "csipaus12" / "csipaus-core.xsd"
SITE = "0A" * 12 + "00028547"
POWER = "A1" * 12 + "00028547"
VOLTAGE = "B2" * 12 + "00028547"
SET = "C3" * 12 + "00028547"
NS = 'xmlns="urn:ieee:std:2030.5:ns"'
WATTS = "<powerOfTenMultiplier>1</powerOfTenMultiplier><uom>38</uom>"
VOLTS = "<powerOfTenMultiplier>-1</powerOfTenMultiplier><uom>29</uom>"
START = 1767225600

_spec = importlib.util.spec_from_file_location(
    "sep2_conftest", ROOT / "tests" / "sep2" / "conftest.py"
)
_shared = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_shared)
for _name in ("certificates", "server_context", "clock", "desk", "serve", "house", "world"):
    globals()[_name] = getattr(_shared, _name)


@dataclass
class Checked:
    """A client that believes no body which is not valid by the official schema, if it is here."""

    peer: object
    schema: etree.XMLSchema | None

    async def ask(self, method, path, body=None, **headers):
        data = body.encode() if isinstance(body, str) else body
        answer = await self.peer.ask(method, path, data, **headers)
        if answer.body and self.schema is not None:
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
def schema() -> etree.XMLSchema | None:
    return etree.XMLSchema(etree.parse(XSD)) if XSD.exists() else None


@pytest.fixture
def meet(world, schema):
    """Connect as someone to a house."""
    return lambda house, name: Checked(house.peer(name), schema)


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
def lfdi(desk, world):
    """Tell the LFDI of a device by its name."""
    return lambda name: desk.book.devices[getattr(world, name)].lfdi


def reading(value, start=None, *, length=60, local_id=None, more="", tail="") -> str:
    period = ""
    if start is not None:
        period = f"<timePeriod><duration>{length}</duration><start>{start}</start></timePeriod>"
    local = "" if local_id is None else f"<localID>{local_id}</localID>"
    number = "" if value is None else f"<value>{value}</value>"
    return f"<Reading>{more}{period}{tail}{number}{local}</Reading>"


def reading_set(*readings, start=START, length=300, mrid=SET, words="") -> str:
    return (
        f"<MirrorReadingSet><mRID>{mrid}</mRID>{words}<timePeriod><duration>{length}</duration>"
        f"<start>{start}</start></timePeriod>{''.join(readings)}</MirrorReadingSet>"
    )


def meter(*sets, mrid=POWER, kind=WATTS, words="", lone="", at="") -> str:
    last = f"<lastUpdateTime>{at}</lastUpdateTime>" if at else ""
    said = "" if kind is None else f"<ReadingType>{kind}</ReadingType>"
    return (
        f"<MirrorMeterReading {NS}><mRID>{mrid}</mRID>{words}{last}"
        f"{''.join(sets)}{lone}{said}</MirrorMeterReading>"
    )


def several(*meters) -> str:
    return (
        f'<MirrorMeterReadingList {NS} all="{len(meters)}" results="{len(meters)}">'
        f"{''.join(meters)}</MirrorMeterReadingList>"
    )


def usage_point(lfdi, *meters, mrid=SITE, flags="0003", status=1, rate=None, words="") -> str:
    post_rate = "" if rate is None else f"<postRate>{rate}</postRate>"
    return (
        f"<MirrorUsagePoint {NS}><mRID>{mrid}</mRID>{words}<roleFlags>{flags}</roleFlags>"
        f"<serviceCategoryKind>0</serviceCategoryKind><status>{status}</status>"
        f"<deviceLFDI>{lfdi}</deviceLFDI>{''.join(meters)}{post_rate}</MirrorUsagePoint>"
    )


@pytest.fixture
def said():
    """How clients spell what they post."""
    from types import SimpleNamespace

    return SimpleNamespace(
        reading=reading,
        reading_set=reading_set,
        meter=meter,
        several=several,
        usage_point=usage_point,
        SITE=SITE,
        POWER=POWER,
        VOLTAGE=VOLTAGE,
        SET=SET,
        WATTS=WATTS,
        VOLTS=VOLTS,
        START=START,
        NS=NS,
    )


@pytest.fixture
async def site(alpha, lfdi) -> str:
    """A usage point of alpha with one meter reading; its path."""
    made = await alpha.post("/mup", usage_point(lfdi("alpha"), meter()))
    assert made.status == 201
    return made.headers["Location"]


@pytest.fixture
def series(desk, world):
    """Read what the store keeps of a point."""
    from datetime import UTC, datetime

    async def read(point=POWER, device=None):
        return await desk.store.readings(
            source=device or world.alpha,
            point=point,
            since=datetime(1970, 1, 1, tzinfo=UTC),
            until=datetime(2100, 1, 1, tzinfo=UTC),
        )

    return read
