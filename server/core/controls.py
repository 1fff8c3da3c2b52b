"""Checks what is asked of devices: ranges, and demands that contradict each other.

The bounds are those that every wire can carry; what one device can do is not known here.
"""

from math import isfinite

from server.core.model import Controls, PowerFactor, VarShare
from server.errors import Invalid

POWER_LIMIT_W = 1e12
RAMP_LIMIT_S = 655.35
"""2030.5 carries ramp times as 16 bits of hundredths of a second."""

_RANGES = {
    "fixed_w_percent": (-100.0, 100.0),
    "max_limit_percent": (0.0, 100.0),
    "target_w": (-POWER_LIMIT_W, POWER_LIMIT_W),
    "target_var": (-POWER_LIMIT_W, POWER_LIMIT_W),
    "export_limit_w": (0.0, POWER_LIMIT_W),
    "import_limit_w": (0.0, POWER_LIMIT_W),
    "generation_limit_w": (0.0, POWER_LIMIT_W),
    "load_limit_w": (0.0, POWER_LIMIT_W),
    "ramp_s": (0.0, RAMP_LIMIT_S),
}

_EXCLUSIVE = (
    ("fixed_w_percent", "target_w"),
    ("fixed_var", "target_var"),
    ("fixed_var", "fixed_pf_inject"),
    ("fixed_var", "fixed_pf_absorb"),
    ("target_var", "fixed_pf_inject"),
    ("target_var", "fixed_pf_absorb"),
)
"""Pairs that set the same quantity in two ways."""


def check_controls(controls: Controls, pointer: str) -> None:
    """Refuse controls that are out of range or contradict each other, naming the member."""
    for name, (least, most) in _RANGES.items():
        value = getattr(controls, name)
        if value is not None and not (isfinite(value) and least <= value <= most):
            raise Invalid(f"{name} is {least:g} to {most:g}", pointer=f"{pointer}/{name}")
    _check_power_factor(controls.fixed_pf_absorb, f"{pointer}/fixed_pf_absorb")
    _check_power_factor(controls.fixed_pf_inject, f"{pointer}/fixed_pf_inject")
    _check_var_share(controls.fixed_var, f"{pointer}/fixed_var")
    _check_contradictions(controls, pointer)


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
    if False in (controls.connect, controls.energize) and asked - {"connect", "energize"}:
        raise Invalid("a device that is switched off follows nothing else", pointer=pointer)
    if {"max_limit_percent", "fixed_w_percent"} <= asked:
        _check_below_cap(controls, f"{pointer}/fixed_w_percent")


def _check_below_cap(controls: Controls, pointer: str) -> None:
    if (controls.fixed_w_percent or 0.0) > (controls.max_limit_percent or 0.0):
        raise Invalid("fixed_w_percent is above max_limit_percent", pointer=pointer)
