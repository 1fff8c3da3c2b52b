"""What a client posts to subscribe."""

from collections.abc import Callable

import pytest

NS = 'xmlns="urn:ieee:std:2030.5:ns"'


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
