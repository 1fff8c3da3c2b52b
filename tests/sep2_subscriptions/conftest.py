"""The house of the 2030.5 tests, and what a client posts to subscribe."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NS = 'xmlns="urn:ieee:std:2030.5:ns"'

_spec = importlib.util.spec_from_file_location(
    "sep2_conftest", ROOT / "tests" / "sep2" / "conftest.py"
)
_shared = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_shared)
for _name in (
    *("certificates", "server_context", "clock", "desk", "serve", "house", "world", "state"),
):
    globals()[_name] = getattr(_shared, _name)


@pytest.fixture
def wish() -> Callable[..., bytes]:
    """Spell a Subscription; members may be left out with None and added by name."""

    def spell(resource: str, extra: str = "", **members: object) -> bytes:
        values = {
            "encoding": 0,
            "level": "+S1",
            "limit": 100,
            "notificationURI": "https://agg.example/notify",
        } | members
        inside = "".join(
            f"<{name}>{value}</{name}>" for name, value in values.items() if value is not None
        )
        return (
            f"<Subscription {NS}><subscribedResource>{resource}</subscribedResource>"
            f"{extra}{inside}</Subscription>"
        ).encode()

    return spell
