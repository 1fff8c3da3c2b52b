"""What to write so that a device does what is asked: controls become absolute register values.

Pure. A mode that nothing asks of gets its point's default, which is how a control ends. What a map
cannot say is told as a value and never clipped. It must not know links, events or time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from server.core.model import Controls
from server.edge.failsafe import (
    NO_OUTLOOK,
    NO_TIMER,
    Outlook,
    Timer,
    refresh_s,
    safe_values,
    timer,
    timer_words,
)
from server.edge.registermap import RegisterMap
from server.edge.registers import Persistence, Point, SafeWord, Sign, Words, decode, encode
from server.edge.roles import ENABLE, REVERT_S, is_control, role, split
from server.errors import Invalid

_PERCENT_MODES = frozenset({"max_limit_percent", "fixed_w_percent"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One register value that a device is to have."""

    point: Point
    words: Words
    mode: str
    is_latch: bool = False
    """True if devices may take a new value of the mode only when this is written again."""
    is_timer: bool = False
    """True if it runs down once written, so that less than was written is as good."""

    @property
    def goes_along(self) -> bool:
        """Tell whether it is written again whenever something of its mode is."""
        return self.is_latch or self.is_timer

    def is_met_by(self, words: Words) -> bool:
        """Tell whether the words seen at the point are what the device is to have."""
        if not self.is_timer or words == self.words:
            return words == self.words
        left, whole = decode(self.point, words), decode(self.point, self.words)
        return left is not None and whole is not None and 0 < left <= whole

    def __str__(self) -> str:
        """Return point, address and raw words, for operators."""
        raw = " ".join(f"{word:04X}" for word in self.words)
        return f"{self.point.name}@{self.point.address}={raw}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsaid:
    """Something asked that cannot be said to the device."""

    mode: str
    reason: str
    point: str = ""

    def __str__(self) -> str:
        """Return it as one clause, for operators."""
        return (
            f"{self.mode} at {self.point}: {self.reason}"
            if self.point
            else (f"{self.mode}: {self.reason}")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All register values that a device is to have, in the order of writing."""

    writes: tuple[Write, ...]
    unsaid: tuple[Unsaid, ...] = ()
    refresh_s: float | None = None
    """How soon some of it is to be written again, changed or not; None if it keeps."""
    refreshed: frozenset[str] = frozenset()
    """The modes that are then written again."""


def plan(
    register_map: RegisterMap,
    controls: Controls,
    rated_w: float | None,
    outlook: Outlook = NO_OUTLOOK,
) -> Plan:
    """Return what a device of this map is to have in its registers while `controls` hold.

    A mode whose value is refused gets its default, as if it had not been asked. `outlook` is what
    the device's own timers are wound up by.
    """
    said, unsaid = say(register_map, controls, rated_w)
    fallback, _ = say(register_map, outlook.fallback, rated_w)
    timers = {
        mode: timer(register_map, mode, fallback.get(mode), outlook.remaining_s[mode])
        for mode in sorted(said.keys() & outlook.remaining_s.keys())
        if role(mode, REVERT_S) in register_map.by_role
    }
    refreshes = _refreshes(register_map, said, timers)
    return Plan(
        writes=_writes(register_map, said, timers),
        unsaid=unsaid,
        refresh_s=min(refreshes.values(), default=None),
        refreshed=frozenset(refreshes),
    )


def plan_safe(register_map: RegisterMap, fallback: Controls, rated_w: float | None) -> Plan:
    """Return what a device is to be left with when nobody is there to ask: what its map calls safe.

    Where it says nothing, the programs' default; a value that is to be held is in no write.
    """
    said, unsaid = say(register_map, fallback, rated_w)
    held: set[str] = set()
    for mode, safe in safe_values(register_map).items():
        said.pop(mode, None)
        if safe is SafeWord.HOLD:
            held.add(mode)
        elif not isinstance(safe, SafeWord):
            said[mode] = safe
    writes = _writes(register_map, said, {})
    return Plan(writes=tuple(w for w in writes if w.mode not in held), unsaid=unsaid)


def say(
    register_map: RegisterMap, controls: Controls, rated_w: float | None
) -> tuple[dict[str, Words], tuple[Unsaid, ...]]:
    """Return the words of each mode's value, and what of the controls has none."""
    reason = "the register map has no point for it"
    if register_map.settings.read_only:
        reason = "the register map is marked as read-only"
    unsaid = [
        Unsaid(mode=mode, reason=reason) for mode in sorted(controls.modes - register_map.modes)
    ]
    if controls.ramp_s is not None:
        unsaid.append(Unsaid(mode="ramp_s", reason="the register map has no point for it"))
    said: dict[str, Words] = {}
    for mode in sorted(controls.modes & register_map.modes):
        point = register_map.by_role[mode]
        try:
            said[mode] = encode(point, _value(point, getattr(controls, mode), rated_w))
        except Invalid as refusal:
            unsaid.append(Unsaid(mode=mode, point=point.name, reason=refusal.reason))
    return said, tuple(unsaid)


def compare(wanted: Plan, observed: Mapping[str, Words], *, is_refresh: bool = False) -> Plan:
    """Return what is still to be written, given the words seen at each point by its name.

    A point that reads as not available is absent: it is not written, and its mode is unsaid. Where
    a mode's value differs, its timers and what latches it are written again. In a refresh all is
    written of the modes that do not keep, except what wears the device out.
    """
    absent = _absent(wanted, observed)
    refreshed = wanted.refreshed if is_refresh else frozenset[str]()
    differing = _differing(wanted.writes, observed, refreshed)
    changed = {write.mode for write in differing} - absent.keys()
    writes = (write for write in wanted.writes if write.mode in changed)
    due = (write for write in writes if write.goes_along or write in differing)
    return Plan(writes=tuple(due), unsaid=tuple(absent.values()))


def _differing(
    writes: Iterable[Write], observed: Mapping[str, Words], refreshed: frozenset[str]
) -> set[Write]:
    """Return the values that are to be written for their own sake."""
    return {write for write in writes if _differs(write, observed[write.point.name], refreshed)}


def _differs(write: Write, seen: Words, refreshed: frozenset[str]) -> bool:
    """Tell whether a value is to be written for its own sake."""
    is_worth_it = write.mode in refreshed and write.point.persist is Persistence.RAM
    return is_worth_it or not write.is_met_by(seen)


def _absent(wanted: Plan, observed: Mapping[str, Words]) -> dict[str, Unsaid]:
    """Return the modes with a point that reads as not available."""
    return {
        write.mode: Unsaid(
            mode=write.mode, point=write.point.name, reason="the device does not have it"
        )
        for write in wanted.writes
        if decode(write.point, observed[write.point.name]) is None
    }


def _writes(
    register_map: RegisterMap, said: Mapping[str, Words], timers: Mapping[str, Timer]
) -> tuple[Write, ...]:
    """Return the value of each bound point, in the order of writing."""
    if register_map.settings.read_only:
        return ()
    writes = [_write(point, said, timers) for point in register_map.by_role.values()]
    return tuple(sorted((w for w in writes if w), key=lambda write: write.point.order))


def _write(point: Point, said: Mapping[str, Words], timers: Mapping[str, Timer]) -> Write | None:
    """Return the value of a bound point: what was asked, or its default; None if left alone."""
    mode, part = split(point.role)
    if not is_control(point.role):
        return None
    if part not in {"", ENABLE}:
        return _timer_write(point, timers.get(mode, NO_TIMER))
    if point.default is None:
        return None
    default = encode(point, point.default)
    if not part:
        return Write(point=point, words=said.get(mode, default), mode=mode)
    if mode in said:
        return Write(point=point, words=encode(point, Decimal(1)), mode=mode, is_latch=True)
    return Write(point=point, words=default, mode=mode)


def _timer_write(point: Point, wound: Timer) -> Write | None:
    mode, part = split(point.role)
    if (words := timer_words(point, part, wound)) is None:
        return None
    is_timer = part == REVERT_S and wound.seconds > 0
    return Write(point=point, words=words, mode=mode, is_timer=is_timer)


def _refreshes(
    register_map: RegisterMap, said: Mapping[str, Words], timers: Mapping[str, Timer]
) -> dict[str, float]:
    """Return how soon each mode that does not keep is to be written again, in seconds."""
    followed = {
        mode
        for mode in register_map.modes
        if mode in said or role(mode, ENABLE) not in register_map.by_role
    }
    periods = {m: refresh_s(register_map, m, timers.get(m, NO_TIMER)) for m in followed}
    return {mode: period for mode, period in periods.items() if period is not None}


def _value(point: Point, asked: bool | float, rated_w: float | None) -> Decimal:
    """Return what is asked in the unit and direction of a point.

    Raises Invalid if the rated power is needed and unknown.
    """
    if isinstance(asked, bool):
        return Decimal(asked)
    value = Decimal(str(asked))
    is_percent = point.role in _PERCENT_MODES
    if is_percent and point.unit_si == "W":
        value = value * _rating(rated_w) / 100
    elif not is_percent and point.unit_si == "%":
        value = value * 100 / _rating(rated_w)
    return -value if point.sign is Sign.LOAD else value


def _rating(rated_w: float | None) -> Decimal:
    if rated_w is None or rated_w <= 0:
        raise Invalid("the device's rated power is unknown")
    return Decimal(str(rated_w))
