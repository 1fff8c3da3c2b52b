"""What the demo is made of, small: a ledger, an event as the admin face tells it, a terminal."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from rich.console import Console

from server.edge.registermap import find_map
from server.edge.registers import encode
from server.sim.ledger import Ledger

T0 = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def at() -> Callable[[float], datetime]:
    return lambda seconds: T0 + timedelta(seconds=seconds)


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(find_map("generic-inverter"))


@pytest.fixture
def words(ledger):
    """Make the registers of a device: its limit in percent, or none, and its power."""

    def make(limit: float | None, power_w: int = 8000) -> dict[str, int]:
        values = {
            "max_limit_percent": 100 if limit is None else limit,
            "max_limit_percent.enable": limit is not None,
            "telemetry.w": power_w,
        }
        found = {}
        for role, value in values.items():
            point = ledger.register_map.by_role[role]
            for offset, word in enumerate(encode(point, Decimal(value))):
                found[str(point.address + offset)] = word
        return found

    return make


@pytest.fixture
def line(at):
    """Make a line as the fleet tells it."""

    def make(kind: str, who: str = "inverter-01", language: str = "sep2", when: float = 0, **more):
        told = {"type": kind, "who": who, "language": language, "at": at(when).isoformat()}
        return told | more

    return make


@pytest.fixture
def event(at):
    """Make an event as the admin face tells it, from (language, status, seconds) of followers."""

    def make(*followers: tuple[str, dict[str, float]], phase: str = "completed") -> dict:
        return {
            "id": "e1",
            "phase": phase,
            "start": at(10).isoformat(),
            "end": at(20).isoformat(),
            "followers": [
                {
                    "language": language,
                    "is_targeted": True,
                    "responses": [
                        {"status": status, "received_at": at(when).isoformat()}
                        for status, when in said.items()
                    ],
                }
                for language, said in followers
            ],
        }

    return make


@pytest.fixture
def paper() -> SimpleNamespace:
    """A terminal that is none, and what was written to it."""
    file = io.StringIO()
    return SimpleNamespace(console=Console(file=file, width=200), text=file.getvalue)
