"""Programs, their controls and defaults as 2030.5 spells them.

The border of units: watts become value and multiplier, percent become hundredths, seconds become
hundredths of a second. Positive is into the grid on both sides. Pure; it must not know HTTP.
"""

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

from schemas.sep2.base import DateTimeInterval, EventStatus, Link, ListLink
from schemas.sep2.der import (
    DefaultDERControl,
    DERControl,
    DERControlBase,
    DERProgram,
    DERProgramList,
)
from schemas.sep2.units import ActivePower, FixedVar, PowerFactorWithExcitation, ReactivePower
from server.core.model import Controls, PowerFactor, Program, VarReference, VarShare
from server.core.timeline import Control, Standing
from server.sep2.project_device import SUBSCRIBABLE
from server.sep2.routes import href
from server.sep2.settings import Sep2Settings

RESPONSE_REQUIRED = "03"
"""That the message came, and what becomes of it (2030.5 responseRequired bits 0 and 1)."""

_VALUE_LIMIT = 32767
_LEAST_MULTIPLIER = -3
_FACTOR_DIGITS = 4
_REFERENCES = {
    VarReference.MAX_W: 1,
    VarReference.MAX_VAR: 2,
    VarReference.AVAILABLE_VAR: 3,
}
"""2030.5 DERUnitRefType."""


def program(of: Program, scope: str, *, controls: int, active: int) -> DERProgram:
    """Return a program as an EndDevice sees it, with the counts of its two lists."""
    at = {"e": scope, "p": of.id}
    return DERProgram(
        href=href("program", **at),
        subscribable=SUBSCRIBABLE,
        mRID=of.mrid,
        description=of.name,
        version=of.version,
        ActiveDERControlListLink=ListLink(href=href("active_controls", **at), all=active),
        DefaultDERControlLink=Link(href=href("default_control", **at)),
        DERControlListLink=ListLink(href=href("controls", **at), all=controls),
        primacy=of.primacy,
    )


def program_list(
    path: str, programs: Sequence[DERProgram], settings: Sep2Settings, *, total: int
) -> DERProgramList:
    """Return some of the `total` programs of the list at a path."""
    return DERProgramList(
        href=path,
        subscribable=SUBSCRIBABLE,
        pollRate=settings.poll_rate("DERProgramList"),
        all=total,
        results=len(programs),
        DERProgram_=tuple(programs),
    )


def default_control(of: Program, scope: str, *, csip_aus: bool) -> DefaultDERControl:
    """Return a program's default; an empty one asks nothing."""
    return DefaultDERControl(
        href=href("default_control", e=scope, p=of.id),
        subscribable=SUBSCRIBABLE,
        mRID=of.default_mrid,
        description=of.name,
        version=of.default_version,
        DERControlBase_=control_base(of.default, csip_aus=csip_aus),
    )


def control(of: Control, standing: Standing, scope: str, *, csip_aus: bool) -> DERControl:
    """Return an interval of an event as a DERControl that stands so."""
    event = of.event
    return DERControl(
        href=href("control", e=scope, p=of.program_id, c=of.mrid),
        subscribable=SUBSCRIBABLE,
        replyTo=href("responses", e=scope, p=of.program_id),
        responseRequired=RESPONSE_REQUIRED,
        mRID=of.mrid,
        description=event.name,
        version=event.version,
        creationTime=int(event.created_at.timestamp()),
        EventStatus_=_event_status(standing),
        interval=DateTimeInterval(
            duration=int(of.interval.duration.total_seconds()), start=int(of.start.timestamp())
        ),
        randomizeDuration=int(event.randomize_duration.total_seconds()) or None,
        randomizeStart=int(event.randomize_start.total_seconds()) or None,
        DERControlBase_=control_base(of.controls, csip_aus=csip_aus),
    )


def _event_status(standing: Standing) -> EventStatus:
    doubted_since = standing.potentially_superseded_since
    return EventStatus(
        currentStatus=int(standing.status),
        dateTime=int(standing.since.timestamp()),
        potentiallySuperseded=standing.potentially_superseded,
        potentiallySupersededTime=None if doubted_since is None else int(doubted_since.timestamp()),
    )


def control_base(of: Controls, *, csip_aus: bool) -> DERControlBase:
    """Return what is asked, mode by mode; without `csip_aus` its four limits are left out."""
    limits = of if csip_aus else Controls()
    return DERControlBase(
        opModConnect=of.connect,
        opModEnergize=of.energize,
        opModFixedPFAbsorbW=_power_factor(of.fixed_pf_absorb),
        opModFixedPFInjectW=_power_factor(of.fixed_pf_inject),
        opModFixedVar=_fixed_var(of.fixed_var),
        opModFixedW=_hundredths(of.fixed_w_percent),
        opModMaxLimW=_hundredths(of.max_limit_percent),
        opModTargetVar=_reactive_power(of.target_var),
        opModTargetW=_target(of.target_w),
        rampTms=_hundredths(of.ramp_s),
        opModImpLimW=_limit(limits.import_limit_w),
        opModExpLimW=_limit(limits.export_limit_w),
        opModGenLimW=_limit(limits.generation_limit_w),
        opModLoadLimW=_limit(limits.load_limit_w),
    )


def scaled(number: float, *, rounding: str = ROUND_HALF_EVEN) -> tuple[int, int]:
    """Return value and power of ten of a number: value within 16 bits, as exact as that allows.

    Whole numbers that fit keep the multiplier 0.
    """
    exact = Decimal(repr(float(number)))
    multiplier = 0
    while multiplier > _LEAST_MULTIPLIER and exact.scaleb(-multiplier) % 1:
        multiplier -= 1
    while True:
        value = int(exact.scaleb(-multiplier).to_integral_value(rounding))
        if abs(value) <= _VALUE_LIMIT:
            return value, multiplier
        multiplier += 1


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


def _hundredths(number: float | None) -> int | None:
    return None if number is None else round(number * 100)


def _power_factor(factor: PowerFactor | None) -> PowerFactorWithExcitation | None:
    if factor is None:
        return None
    return PowerFactorWithExcitation(
        displacement=round(factor.cosine * 10**_FACTOR_DIGITS),
        excitation=factor.is_under_excited,
        multiplier=-_FACTOR_DIGITS,
    )


def _fixed_var(share: VarShare | None) -> FixedVar | None:
    if share is None:
        return None
    return FixedVar(refType=_REFERENCES[share.reference], value=round(share.percent * 100))
