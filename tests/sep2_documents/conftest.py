"""The house of the 2030.5 tests, with clients whose every answer is checked against the schema."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import pytest
from lxml import etree

ROOT = Path(__file__).parents[2]
XSD = ROOT / "build" / "oracles" / "csipaus12" / "csipaus-core.xsd"

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

    async def ask(self, method, path, body=None):
        data = body.encode() if isinstance(body, str) else body
        answer = await self.peer.ask(method, path, data)
        if answer.body and self.schema is not None:
            self.schema.assertValid(answer.xml)
        return answer

    async def get(self, path):
        return await self.ask("GET", path)

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
def peer_of(schema):
    """Return a client of a house by its certificate's name."""
    return lambda house, name: Checked(house.peer(name), schema)


@pytest.fixture
async def alpha(house, world, peer_of):
    return peer_of(house, "alpha")


@pytest.fixture
async def bravo(house, world, peer_of):
    return peer_of(house, "bravo")


@pytest.fixture
async def boss(house, world, peer_of):
    return peer_of(house, "boss")
