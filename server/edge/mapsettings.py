"""What holds for a whole register map: whether it may be written to, and what ends without us.

Stated as rows `#name,value` above a map's header. It must not know points, devices or events.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class OnStop(StrEnum):
    """What a device is left with when we stop in good order."""

    LEAVE = "leave"
    SAFE = "safe"
    RELEASE = "release"


class OnGatewayLoss(StrEnum):
    """What a device's own timers do when we are gone without a word."""

    FINISH_EVENT = "finish_event"
    REVERT_FAST = "revert_fast"


@dataclass(frozen=True, slots=True, kw_only=True)
class MapSettings:
    """What a map says of its devices as a whole."""

    read_only: bool = False
    """True if nothing is ever written."""
    on_stop: OnStop = OnStop.LEAVE
    on_gateway_loss: OnGatewayLoss = OnGatewayLoss.FINISH_EVENT
    refresh_s: float = 20.0
    """How often timers are wound up again where they are short; they are set to three times it."""
    heartbeat_s: float = 1.0
    """How often the heartbeat point counts up."""


def _flag(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError(f"{text!r} is neither true nor false")
    return text == "true"


def _seconds(text: str) -> float:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 3600:
        raise ValueError(f"{text!r} is not a whole number of seconds from 1 to 3600")
    return float(text)


def _word(kind: type[StrEnum]) -> Callable[[str], StrEnum]:
    def convert(text: str) -> StrEnum:
        if text not in list(kind):
            raise ValueError(f"{text!r} is none of {', '.join(kind)}")
        return kind(text)

    return convert


_SETTINGS: Mapping[str, Callable[[str], Any]] = {
    "read_only": _flag,
    "on_stop": _word(OnStop),
    "on_gateway_loss": _word(OnGatewayLoss),
    "refresh_s": _seconds,
    "heartbeat_s": _seconds,
}


def setting(name: str, text: str, *, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return one setting by its name; raises ValueError if it is unknown, wrong or stands twice."""
    if (convert := _SETTINGS.get(name)) is None:
        raise ValueError(f"there is no setting {name!r}")
    if name in known:
        raise ValueError(f"the setting {name!r} stands twice")
    return {name: convert(text)}
