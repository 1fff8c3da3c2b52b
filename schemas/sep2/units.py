"""Quantities of IEEE 2030.5: a number and a power of ten.

Nothing here converts: watts as the core counts them are made and read at the 2030.5 face.
"""

from schemas.sep2.names import NS
from schemas.simple import (
    Boolean,
    Int8,
    Int16,
    Int32,
    Int48,
    SignedPerCent,
    UInt8,
    UInt16,
    UInt32,
    UInt48,
)
from schemas.wire import Element

PowerOfTenMultiplierType = Int8
DERUnitRefType = UInt8
UomType = UInt8
"""IEC 61968-9: 5 A, 29 V, 33 Hz, 38 W, 61 VA, 63 var, 65 cos phi, 72 Wh."""


class FixedPointType(Element, ns=NS):
    """A signed number without unit."""

    multiplier: PowerOfTenMultiplierType
    value: Int16


class UnsignedFixedPointType(Element, ns=NS):
    """An unsigned number without unit."""

    multiplier: PowerOfTenMultiplierType
    value: UInt16


class UnitValueType(Element, ns=NS):
    """A number with its unit."""

    multiplier: PowerOfTenMultiplierType
    unit: UomType
    value: Int32


class RealEnergy(Element, ns=NS):
    """Watt-hours."""

    multiplier: PowerOfTenMultiplierType
    value: UInt48


class SignedRealEnergy(Element, ns=NS):
    """Watt-hours, in either direction."""

    multiplier: PowerOfTenMultiplierType
    value: Int48


class ActivePower(Element, ns=NS):
    """Watts: value times ten to the multiplier."""

    multiplier: PowerOfTenMultiplierType
    value: Int16


class ReactivePower(Element, ns=NS):
    """Volt-amperes reactive."""

    multiplier: PowerOfTenMultiplierType
    value: Int16


class ApparentPower(Element, ns=NS):
    """Volt-amperes."""

    multiplier: PowerOfTenMultiplierType
    value: UInt16


class CurrentRMS(Element, ns=NS):
    """Amperes."""

    multiplier: PowerOfTenMultiplierType
    value: UInt16


class VoltageRMS(Element, ns=NS):
    """Volts."""

    multiplier: PowerOfTenMultiplierType
    value: UInt16


class AmpereHour(Element, ns=NS):
    """Ampere-hours."""

    multiplier: PowerOfTenMultiplierType
    value: UInt16


class WattHour(Element, ns=NS):
    """Watt-hours."""

    multiplier: PowerOfTenMultiplierType
    value: UInt16


class ReactiveSusceptance(Element, ns=NS):
    """Siemens."""

    multiplier: PowerOfTenMultiplierType
    value: UInt16


class PowerFactor(Element, ns=NS):
    """A displacement power factor."""

    displacement: UInt16
    multiplier: PowerOfTenMultiplierType


class PowerFactorWithExcitation(Element, ns=NS):
    """A displacement power factor; excitation true means under-excited."""

    displacement: UInt16
    excitation: Boolean
    multiplier: PowerOfTenMultiplierType


class FixedVar(Element, ns=NS):
    """A share of reactive power (hundredths of a percent) and of what it is a share."""

    refType: DERUnitRefType
    value: SignedPerCent


class FreqDroopType(Element, ns=NS):
    """A frequency droop: dead bands (mHz), slopes and response time (1/100 s)."""

    dBOF: UInt32
    dBUF: UInt32
    kOF: UInt16
    kUF: UInt16
    openLoopTms: UInt16
