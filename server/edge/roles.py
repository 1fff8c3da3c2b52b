"""What a point of a register map serves: a control, a part of one, a reading, a heartbeat.

A role is the name of a field of Controls, or that and the name of a part. It must not know files,
rows or what is asked.
"""

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal

from server.edge.registers import Point, SafeWord, Sign, encode
from server.errors import Invalid

TELEMETRY_W = "telemetry.w"
HEARTBEAT = "heartbeat"
ENABLE = "enable"
REVERT = "revert"
REVERT_ENABLE = "revert_enable"
REVERT_S = "revert_s"
UNITS_BY_MODE: Mapping[str, frozenset[str]] = {
    "connect": frozenset({""}),
    "energize": frozenset({""}),
    "fixed_w_percent": frozenset({"%", "W"}),
    "max_limit_percent": frozenset({"%", "W"}),
    "target_w": frozenset({"%", "W"}),
    "target_var": frozenset({"var"}),
    "export_limit_w": frozenset({"%", "W"}),
    "import_limit_w": frozenset({"%", "W"}),
    "generation_limit_w": frozenset({"%", "W"}),
    "load_limit_w": frozenset({"%", "W"}),
}
"""The modes that a point can be bound to, and the units that it may then have."""
SIGNED_MODES = frozenset({"fixed_w_percent", "target_w", "target_var"})
_UNITS_BY_PART: Mapping[str, frozenset[str]] = {
    ENABLE: frozenset({""}),
    REVERT_ENABLE: frozenset({""}),
    REVERT_S: frozenset({"s"}),
}
"""The parts of a mode, and their units; that of the reverted value is the value's own."""
_PARTS = frozenset({"", *_UNITS_BY_PART, REVERT})
_SINGLE = {TELEMETRY_W: ("W", False), HEARTBEAT: ("", True)}
"""The roles that are no control: their unit, and whether they are written."""
_SAYABLE = {ENABLE: (0, 1), REVERT_ENABLE: (0, 1), REVERT_S: (0, 60)}
_ENDS = frozenset({"", ENABLE})
_AT_EXPIRY = frozenset({REVERT, REVERT_ENABLE})


def role(mode: str, part: str = "") -> str:
    """Return the role of a mode's part, or of its value."""
    return f"{mode}.{part}" if part else mode


def split(name: str) -> tuple[str, str]:
    """Return the mode that a role is of, and the part; empty if it is the value itself."""
    mode, _, part = name.partition(".")
    return mode, part


def is_control(name: str) -> bool:
    """Tell whether a role belongs to a control."""
    return split(name)[0] in UNITS_BY_MODE


def role_fault(point: Point, bound: Mapping[str, Point]) -> tuple[str, str] | None:
    """Return (column name, reason) if the point cannot serve its role."""
    mode, part = split(point.role)
    if not _is_signed(mode, part) and point.sign is not Sign.GENERATOR:
        return "sign", f"{point.role} has no direction"
    if point.role in _SINGLE:
        return _single_fault(point, *_SINGLE[point.role])
    if mode not in UNITS_BY_MODE or part not in _PARTS:
        return "role", f"{point.role!r} is unknown"
    if mode not in bound:
        return "role", f"no point has the role {mode!r} that this one is a part of"
    return next(_part_faults(point, bound, mode, part), None)


def _single_fault(point: Point, unit: str, is_written: bool) -> tuple[str, str] | None:
    """Return what keeps a point from a role that stands by itself."""
    if point.unit_si != unit:
        return "unit_si", f"{point.role} is in {unit or 'no unit'}"
    return ("writable", f"{point.role} must be writable") if is_written > point.writable else None


def _is_signed(mode: str, part: str) -> bool:
    return role(mode, part) == TELEMETRY_W or (mode in SIGNED_MODES and part in {"", REVERT})


def _part_faults(
    point: Point, bound: Mapping[str, Point], mode: str, part: str
) -> Iterator[tuple[str, str]]:
    """Yield (column name, reason) for what keeps a point from carrying a part of a control."""
    units: Collection[str] = _UNITS_BY_PART.get(part, UNITS_BY_MODE[mode])
    ends = part in _ENDS and point.default is None
    is_alone = part in _AT_EXPIRY and role(mode, REVERT_S) not in bound
    sayable = _SAYABLE.get(part, ())
    checks = (
        (point.unit_si not in units, "unit_si", f"is in {_either(units)}"),
        (not point.writable, "writable", "must be a writable holding register"),
        (ends, "default", "needs the value that ends a control"),
        (not _can_say(point, *sayable), "type", f"must be able to say {sayable}"),
        (
            part == REVERT and not _is_alike(point, bound[mode]),
            "unit_si",
            f"must be as that of {mode}",
        ),
        (bool(part) and point.safe is not None, "safe", f"has none, only {mode} itself"),
        (is_alone, "role", f"needs a point with the role '{role(mode, REVERT_S)}'"),
    )
    return ((title, f"{point.role} {reason}") for is_wrong, title, reason in checks if is_wrong)


def _either(units: Collection[str]) -> str:
    return " or ".join(sorted(units)) or "no unit"


def _is_alike(point: Point, other: Point) -> bool:
    return (point.unit_si, point.sign) == (other.unit_si, other.sign)


def unsafe_timers(bound: Mapping[str, Point]) -> Iterator[tuple[Point, str]]:
    """Yield the timers that must not run out early, as they would end in no limit at all."""
    for name, point in bound.items():
        mode, part = split(name)
        if part != REVERT_S or mode not in bound:
            continue
        if isinstance(bound[mode].safe, SafeWord | None):
            yield point, f"revert_fast needs a safe value of {mode}"
        elif role(mode, REVERT) not in bound:
            yield point, f"revert_fast needs a point with the role {role(mode, REVERT)!r}"


def _can_say(point: Point, *values: int) -> bool:
    try:
        for value in values:
            encode(point, Decimal(value))
    except Invalid:
        return False
    return True
