"""What is asked of a device as 2030.5 spells it, mode by mode.

The border of units: watts become value and multiplier, percent become hundredths, seconds become
hundredths of a second. Positive is into the grid on both sides. Pure; it must not know HTTP.
"""

from decimal import ROUND_DOWN
from typing import Any

from schemas.sep2.der import DERControlBase
from schemas.sep2.units import (
    ActivePower,
    FixedVar,
    FreqDroopType,
    PowerFactorWithExcitation,
    ReactivePower,
)
from server.core.inverter import FrequencyDroop
from server.core.model import Controls, PowerFactor, VarReference, VarShare
from server.sep2.numbers import hundredths, scaled, shifted
from server.sep2.project_curve import links

_FACTOR_DIGITS = 4
_REFERENCES = {
    VarReference.MAX_W: 1,
    VarReference.MAX_VAR: 2,
    VarReference.AVAILABLE_VAR: 3,
}
"""2030.5 DERUnitRefType."""


def control_base(of: Controls, scope: str, program_id: str) -> DERControlBase:
    """Return what a program asks of an EndDevice."""
    curves: dict[str, Any] = links(of, scope, program_id)
    return DERControlBase(
        opModConnect=of.connect,
        opModEnergize=of.energize,
        opModFixedPFAbsorbW=_power_factor(of.fixed_pf_absorb),
        opModFixedPFInjectW=_power_factor(of.fixed_pf_inject),
        opModFixedVar=_fixed_var(of.fixed_var),
        opModFixedW=hundredths(of.fixed_w_percent),
        opModFreqDroop=_droop(of.freq_droop),
        opModMaxLimW=hundredths(of.max_limit_percent, rounding=ROUND_DOWN),
        opModTargetVar=_reactive_power(of.target_var),
        opModTargetW=_target(of.target_w),
        rampTms=hundredths(of.ramp_s),
        opModImpLimW=_limit(of.import_limit_w),
        opModExpLimW=_limit(of.export_limit_w),
        opModGenLimW=_limit(of.generation_limit_w),
        opModLoadLimW=_limit(of.load_limit_w),
        opModStorageTargetW=_target(of.storage_target_w),
        **curves,
    )


def _target(power_w: float | None) -> ActivePower | None:
    if power_w is None:
        return None
    value, multiplier = scaled(power_w)
    return ActivePower(multiplier=multiplier, value=value)


def _limit(power_w: float | None) -> ActivePower | None:
    """Spell a limit, rounded down where it must be: never more than what is allowed."""
    if power_w is None:
        return None
    value, multiplier = scaled(power_w, rounding=ROUND_DOWN)
    return ActivePower(multiplier=multiplier, value=value)


def _reactive_power(power_var: float | None) -> ReactivePower | None:
    if power_var is None:
        return None
    value, multiplier = scaled(power_var)
    return ReactivePower(multiplier=multiplier, value=value)


def _power_factor(factor: PowerFactor | None) -> PowerFactorWithExcitation | None:
    if factor is None:
        return None
    return PowerFactorWithExcitation(
        displacement=shifted(factor.cosine, _FACTOR_DIGITS),
        excitation=factor.is_under_excited,
        multiplier=-_FACTOR_DIGITS,
    )


def _fixed_var(share: VarShare | None) -> FixedVar | None:
    if share is None:
        return None
    return FixedVar(refType=_REFERENCES[share.reference], value=shifted(share.percent, 2))


def _droop(droop: FrequencyDroop | None) -> FreqDroopType | None:
    if droop is None:
        return None
    return FreqDroopType(
        dBOF=shifted(droop.over_dead_band_hz, 3),
        dBUF=shifted(droop.under_dead_band_hz, 3),
        kOF=shifted(droop.over_slope, 3),
        kUF=shifted(droop.under_slope, 3),
        openLoopTms=shifted(droop.open_loop_s, 2),
    )
