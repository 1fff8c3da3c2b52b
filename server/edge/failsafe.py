"""What a device falls back to by itself: how its own timers are wound up, and what is safe.

Pure. A timer is wound up only if its end is something that was asked for, never the absence of any
limit. It must not know links, events or clocks.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from server.core.book import Book
from server.core.model import Controls, DeviceId, Mrid
from server.edge.mapsettings import OnGatewayLoss
from server.edge.registermap import RegisterMap
from server.edge.registers import Point, SafeWord, Words, encode
from server.edge.roles import REVERT, REVERT_ENABLE, REVERT_S, role
from server.errors import Invalid

_SHORTEST_TIMER_S = 30
_LONGEST_REFRESH_S = 60.0
_SHORTEST_REFRESH_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is known of the time after the controls that hold now."""

    fallback: Controls = field(default_factory=Controls)
    """What the device's programs ask by default."""
    remaining_s: Mapping[str, float | None] = field(default_factory=dict)
    """For how long what an event asks of a mode goes on; None if there is no end to it."""


NO_OUTLOOK = Outlook()


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """How a mode's timer is wound up."""

    seconds: int
    """0 is not at all."""
    value: Words | None = None
    """What the mode's value becomes when it has run out; None if the point keeps its own."""
    is_enabled: bool = False
    """Whether the mode is then followed."""


NO_TIMER = Timer(seconds=0)


def fallback_of(book: Book, device_id: DeviceId) -> Controls:
    """Return what a device's programs ask by default, the strongest first."""
    values: dict[str, object] = {}
    for program in book.programs_of(device_id):
        for mode in program.default.modes - values.keys():
            values[mode] = getattr(program.default, mode)
    return Controls(**values)  # type: ignore[arg-type]


def remaining_s(book: Book, mrid: Mrid, now: datetime) -> float | None:
    """Return for how long a control may go on at most; None if there is no end to it."""
    event_id, index = book.event_by_mrid[mrid]
    event = book.events[event_id]
    if event.is_open_ended:
        return None
    later = abs(event.randomize_start) + abs(event.randomize_duration)
    return max(0.0, (event.published[index].end + later - now).total_seconds())


def timer(
    register_map: RegisterMap, mode: str, fallback: Words | None, remaining_s: float | None
) -> Timer:
    """Return how a mode's timer is wound up, given the words of its default in the programs.

    What is short runs out before its time, so it must end in a default or in what the map calls
    safe; what lasts as long as what holds now may end as that does.
    """
    clock = register_map.by_role[role(mode, REVERT_S)]
    seconds, is_whole = _length(register_map, clock, remaining_s)
    value = fallback or _safe_words(register_map.by_role[mode])
    if role(mode, REVERT) not in register_map.by_role:
        return Timer(seconds=seconds) if is_whole and value is None else NO_TIMER
    if value is not None:
        return Timer(seconds=seconds, value=value, is_enabled=True)
    return Timer(seconds=seconds) if is_whole else NO_TIMER


def timer_words(point: Point, part: str, wound: Timer) -> Words | None:
    """Return what a part of a timer is to have in its registers; None if it is left alone."""
    if part == REVERT_S:
        return encode(point, Decimal(wound.seconds))
    if not wound.seconds:
        return None
    if part == REVERT:
        return wound.value or (None if point.default is None else encode(point, point.default))
    return encode(point, Decimal(wound.is_enabled)) if part == REVERT_ENABLE else None


def refresh_s(register_map: RegisterMap, mode: str, wound: Timer) -> float | None:
    """Return how soon what was written of a mode is to be written again; None if it keeps."""
    ends = [wound.seconds] if wound.seconds else []
    watchdog_s = register_map.by_role[mode].watchdog_s
    ends += [watchdog_s] if watchdog_s is not None else []
    if not ends:
        return None
    return max(min(min(ends) / 2, _LONGEST_REFRESH_S), _SHORTEST_REFRESH_S)


def safe_values(register_map: RegisterMap) -> Mapping[str, SafeWord | Words]:
    """Return what a map calls safe, mode by mode."""
    points = ((mode, register_map.by_role[mode]) for mode in register_map.modes)
    return {
        mode: point.safe if isinstance(point.safe, SafeWord) else encode(point, point.safe)
        for mode, point in points
        if point.safe is not None
    }


def _safe_words(point: Point) -> Words | None:
    return None if isinstance(point.safe, SafeWord | None) else encode(point, point.safe)


def _length(register_map: RegisterMap, clock: Point, remaining_s: float | None) -> tuple[int, bool]:
    """Return the seconds that a timer is set to, and whether that is all of what remains."""
    settings = register_map.settings
    remaining = None if remaining_s is None else max(1, math.ceil(remaining_s))
    longest = remaining
    if settings.on_gateway_loss is OnGatewayLoss.REVERT_FAST:
        short = max(_SHORTEST_TIMER_S, math.ceil(3 * settings.refresh_s))
        longest = short if remaining is None else min(short, remaining)
    seconds = _most(clock) if longest is None else min(longest, _most(clock))
    return seconds, seconds == remaining


def _most(clock: Point) -> int:
    """Return the longest time that a timer's register can say, a day at most."""
    for seconds in (86_400, 65_534, 32_766, 3600, 600, 254):
        try:
            encode(clock, Decimal(seconds))
        except Invalid:
            continue
        return seconds
    return 60
