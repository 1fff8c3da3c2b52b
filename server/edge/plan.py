"""What to write so that a device does what is asked: controls become absolute register values.

Pure. A mode that nothing asks of gets its point's default, which is how a control ends. What a map
cannot say is told as a value and never clipped. It must not know links, events or time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from server.core.model import Controls
from server.edge.registermap import ENABLE, TELEMETRY_W, RegisterMap
from server.edge.registers import Point, Sign, Words, decode, encode
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


def plan(register_map: RegisterMap, controls: Controls, rated_w: float | None) -> Plan:
    """Return what a device of this map is to have in its registers while `controls` hold.

    A mode whose value is refused gets its default, as if it had not been asked.
    """
    unsaid = [
        Unsaid(mode=mode, reason="the register map has no point for it")
        for mode in sorted(controls.modes - register_map.modes)
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
    writes = [_write(role, point, said) for role, point in register_map.by_role.items()]
    ordered = sorted((write for write in writes if write), key=lambda write: write.point.order)
    return Plan(writes=tuple(ordered), unsaid=tuple(unsaid))


def compare(wanted: Plan, observed: Mapping[str, Words]) -> Plan:
    """Return what is still to be written, given the words seen at each point by its name.

    A point that reads as not available is absent: it is not written, and its mode is unsaid. Where
    a mode's value differs, what latches it is written again.
    """
    absent = _absent(wanted, observed)
    differing = [write for write in wanted.writes if observed[write.point.name] != write.words]
    changed = {write.mode for write in differing} - absent.keys()
    return Plan(
        writes=tuple(
            write
            for write in wanted.writes
            if write.mode in changed and (write.is_latch or write in differing)
        ),
        unsaid=tuple(absent.values()),
    )


def _absent(wanted: Plan, observed: Mapping[str, Words]) -> dict[str, Unsaid]:
    """Return the modes with a point that reads as not available."""
    return {
        write.mode: Unsaid(
            mode=write.mode, point=write.point.name, reason="the device does not have it"
        )
        for write in wanted.writes
        if decode(write.point, observed[write.point.name]) is None
    }


def _write(role: str, point: Point, said: Mapping[str, Words]) -> Write | None:
    """Return the value of a bound point: what was asked, or its default; None for telemetry."""
    if role == TELEMETRY_W or point.default is None:
        return None
    mode = role.removesuffix(ENABLE)
    default = encode(point, point.default)
    if role == mode:
        return Write(point=point, words=said.get(mode, default), mode=mode)
    if mode in said:
        return Write(point=point, words=encode(point, Decimal(1)), mode=mode, is_latch=True)
    return Write(point=point, words=default, mode=mode)


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
