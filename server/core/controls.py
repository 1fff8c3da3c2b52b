"""Checks what is asked of devices: ranges, curves, and demands that contradict each other.

The bounds are those that every wire can carry; what one device can do is not known here.
"""

from collections.abc import Mapping
from math import isfinite

from server.core.curve import Curve, CurveKind, decimals_of
from server.core.inverter import DefaultSettings, FrequencyDroop
from server.core.model import Controls, CurveId, PowerFactor, VarShare
from server.errors import Invalid

POWER_LIMIT_W = 1e12
RAMP_LIMIT_S = 655.35
"""2030.5 carries ramp times as 16 bits of hundredths of a second."""
_LONG_LIMIT_S = 42_949_672.95
"""And others as 32 bits of them."""

_RANGES = {
    "fixed_w_percent": (-100.0, 100.0),
    "max_limit_percent": (0.0, 100.0),
    "target_w": (-POWER_LIMIT_W, POWER_LIMIT_W),
    "target_var": (-POWER_LIMIT_W, POWER_LIMIT_W),
    "export_limit_w": (0.0, POWER_LIMIT_W),
    "import_limit_w": (0.0, POWER_LIMIT_W),
    "generation_limit_w": (0.0, POWER_LIMIT_W),
    "load_limit_w": (0.0, POWER_LIMIT_W),
    "storage_target_w": (-POWER_LIMIT_W, POWER_LIMIT_W),
    "ramp_s": (0.0, RAMP_LIMIT_S),
}

_DROOP = {
    "over_dead_band_hz": (0.0, 1000.0, 3),
    "under_dead_band_hz": (0.0, 1000.0, 3),
    "over_slope": (0.0, 65.535, 3),
    "under_slope": (0.0, 65.535, 3),
    "open_loop_s": (0.0, RAMP_LIMIT_S, 2),
}
"""Range and decimals of each part of a frequency droop."""

_SETTINGS = {
    "enter_service_delay_s": (0.0, _LONG_LIMIT_S),
    "enter_service_random_delay_s": (0.0, _LONG_LIMIT_S),
    "enter_service_ramp_s": (0.0, _LONG_LIMIT_S),
    "enter_service_low_hz": (0.0, 655.35),
    "enter_service_high_hz": (0.0, 655.35),
    "enter_service_low_v_percent": (0.0, 327.67),
    "enter_service_high_v_percent": (0.0, 327.67),
    "ramp_percent_per_s": (0.0, 655.35),
    "soft_start_percent_per_s": (0.0, 655.35),
}
"""Range of each default setting; all have two decimals."""

_EXCLUSIVE = (
    ("fixed_w_percent", "target_w"),
    ("fixed_var", "target_var"),
    ("fixed_var", "fixed_pf_inject"),
    ("fixed_var", "fixed_pf_absorb"),
    ("target_var", "fixed_pf_inject"),
    ("target_var", "fixed_pf_absorb"),
)
"""Pairs that set the same quantity in two ways."""

_HELD_WHILE_OFF = {
    "connect",
    "energize",
    "max_limit_percent",
    "export_limit_w",
    "import_limit_w",
    "generation_limit_w",
    "load_limit_w",
}
"""What a device that is switched off agrees with: it exceeds no limit."""


def curves_in(controls: Controls) -> Mapping[CurveKind, CurveId]:
    """Return the curves that controls ask for."""
    asked = {kind: getattr(controls, kind) for kind in CurveKind}
    return {kind: curve for kind, curve in asked.items() if curve is not None}


def check_controls(controls: Controls, pointer: str, curves: Mapping[CurveId, Curve]) -> None:
    """Refuse controls that are out of range or contradict each other, naming the member.

    `curves` are those that they may ask for: of their program.
    """
    for name, within in _RANGES.items():
        check_number(getattr(controls, name), within, f"{pointer}/{name}")
    _check_droop(controls.freq_droop, f"{pointer}/freq_droop")
    _check_curves(controls, pointer, curves)
    _check_power_factor(controls.fixed_pf_absorb, f"{pointer}/fixed_pf_absorb")
    _check_power_factor(controls.fixed_pf_inject, f"{pointer}/fixed_pf_inject")
    _check_var_share(controls.fixed_var, f"{pointer}/fixed_var")
    _check_contradictions(controls, pointer)


def check_settings(settings: DefaultSettings, pointer: str) -> None:
    """Refuse settings of a default that are out of range or finer than can be told."""
    for name, within in _SETTINGS.items():
        check_number(getattr(settings, name), within, f"{pointer}/{name}", decimals=2)
    for name in ("hz", "v_percent"):
        low = getattr(settings, f"enter_service_low_{name}")
        high = getattr(settings, f"enter_service_high_{name}")
        if None not in (low, high) and low > high:
            raise Invalid(
                f"enter_service_low_{name} is above enter_service_high_{name}",
                pointer=f"{pointer}/enter_service_low_{name}",
            )


def check_number(
    value: float | None,
    within: tuple[float, float],
    pointer: str,
    *,
    decimals: int | None = None,
) -> None:
    """Refuse a number out of range or with more decimals than are told; None is always taken."""
    if value is None:
        return
    name, (least, most) = pointer.rpartition("/")[2], within
    if not (isfinite(value) and least <= value <= most):
        raise Invalid(f"{name} is {least:g} to {most:g}", pointer=pointer)
    if decimals is not None and decimals_of([value]) > decimals:
        raise Invalid(f"{name} has at most {decimals} decimals", pointer=pointer)


def _check_droop(droop: FrequencyDroop | None, pointer: str) -> None:
    if droop is not None:
        for name, (least, most, decimals) in _DROOP.items():
            value = getattr(droop, name)
            check_number(value, (least, most), f"{pointer}/{name}", decimals=decimals)


def _check_curves(controls: Controls, pointer: str, curves: Mapping[CurveId, Curve]) -> None:
    for kind, curve_id in curves_in(controls).items():
        curve = curves.get(curve_id)
        if curve is None:
            raise Invalid(f"the program has no curve {curve_id!r}", pointer=f"{pointer}/{kind}")
        if curve.shape.kind is not kind:
            raise Invalid(
                f"curve {curve_id} is of the kind {curve.shape.kind}", pointer=f"{pointer}/{kind}"
            )


def _check_power_factor(factor: PowerFactor | None, pointer: str) -> None:
    if factor is not None and not (isfinite(factor.cosine) and 0 < factor.cosine <= 1):
        raise Invalid("a power factor is above 0 and at most 1", pointer=f"{pointer}/cosine")


def _check_var_share(share: VarShare | None, pointer: str) -> None:
    if share is not None and not (isfinite(share.percent) and -100 <= share.percent <= 100):
        raise Invalid("percent is -100 to 100", pointer=f"{pointer}/percent")


def _check_contradictions(controls: Controls, pointer: str) -> None:
    asked = controls.modes
    for one, other in _EXCLUSIVE:
        if {one, other} <= asked:
            raise Invalid(f"{one} and {other} contradict each other", pointer=f"{pointer}/{other}")
    if False in (controls.connect, controls.energize) and asked - _HELD_WHILE_OFF:
        raise Invalid("a device that is switched off follows nothing but limits", pointer=pointer)
    if {"max_limit_percent", "fixed_w_percent"} <= asked:
        _check_below_cap(controls, f"{pointer}/fixed_w_percent")


def _check_below_cap(controls: Controls, pointer: str) -> None:
    if (controls.fixed_w_percent or 0.0) > (controls.max_limit_percent or 0.0):
        raise Invalid("fixed_w_percent is above max_limit_percent", pointer=pointer)
