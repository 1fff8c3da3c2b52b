"""The DER function set: resources, programs, controls and curves.

The members in the CSIP-AUS namespace come last; all of them are optional here, whatever one profile
demands of one type. Which modes fit a device is not decided here.
"""

from typing import Annotated

from schemas.sep2.base import (
    DeviceCategoryType,
    IdentifiedObject,
    Link,
    List,
    ListLink,
    RandomizableEvent,
    Resource,
    SubscribableIdentifiedObject,
    SubscribableList,
    SubscribableResource,
)
from schemas.sep2.names import NS, NS_CSIPAUS
from schemas.sep2.units import (
    ActivePower,
    AmpereHour,
    ApparentPower,
    CurrentRMS,
    DERUnitRefType,
    FixedVar,
    FreqDroopType,
    PowerFactor,
    PowerFactorWithExcitation,
    PowerOfTenMultiplierType,
    ReactivePower,
    ReactiveSusceptance,
    VoltageRMS,
    WattHour,
)
from schemas.simple import (
    Boolean,
    HexBinary8,
    HexBinary32,
    Int16,
    Int32,
    PerCent,
    PrimacyType,
    SignedPerCent,
    TimeType,
    UInt8,
    UInt16,
    UInt32,
)
from schemas.wire import ATTR, AtMost, Element, In

DERControlType = HexBinary32
DERCurveType = UInt8
DERType = UInt8
DOEControlType = HexBinary8
"""Bits: 0 export, 1 import, 2 generation, 3 load limit."""
VPPControlType = HexBinary8
"""Bit 0: storage target."""


class DER(SubscribableResource):
    """One resource of a device, and where its particulars stand."""

    AssociatedDERProgramListLink: ListLink | None = None
    AssociatedUsagePointLink: Link | None = None
    CurrentDERProgramLink: Link | None = None
    DERAvailabilityLink: Link | None = None
    DERCapabilityLink: Link | None = None
    DERSettingsLink: Link | None = None
    DERStatusLink: Link | None = None


class DERList(List):
    """The resources of a device."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    DER_: tuple[DER, ...] = ()


class DERCapability(Resource):
    """What the nameplate says."""

    modesSupported: DERControlType
    rtgAbnormalCategory: UInt8 | None = None
    rtgMaxA: CurrentRMS | None = None
    rtgMaxAh: AmpereHour | None = None
    rtgMaxChargeRateVA: ApparentPower | None = None
    rtgMaxChargeRateW: ActivePower | None = None
    rtgMaxDischargeRateVA: ApparentPower | None = None
    rtgMaxDischargeRateW: ActivePower | None = None
    rtgMaxV: VoltageRMS | None = None
    rtgMaxVA: ApparentPower | None = None
    rtgMaxVar: ReactivePower | None = None
    rtgMaxVarNeg: ReactivePower | None = None
    rtgMaxW: ActivePower
    rtgMaxWh: WattHour | None = None
    rtgMinPFOverExcited: PowerFactor | None = None
    rtgMinPFUnderExcited: PowerFactor | None = None
    rtgMinV: VoltageRMS | None = None
    rtgNormalCategory: UInt8 | None = None
    rtgOverExcitedPF: PowerFactor | None = None
    rtgOverExcitedW: ActivePower | None = None
    rtgReactiveSusceptance: ReactiveSusceptance | None = None
    rtgUnderExcitedPF: PowerFactor | None = None
    rtgUnderExcitedW: ActivePower | None = None
    rtgVNom: VoltageRMS | None = None
    type: DERType
    doeModesSupported: Annotated[DOEControlType | None, In(NS_CSIPAUS)] = None
    vppModesSupported: Annotated[VPPControlType | None, In(NS_CSIPAUS)] = None


class DERSettings(SubscribableResource):
    """What the owner or installer set."""

    modesEnabled: DERControlType | None = None
    setESDelay: UInt32 | None = None
    setESHighFreq: UInt16 | None = None
    setESHighVolt: Int16 | None = None
    setESLowFreq: UInt16 | None = None
    setESLowVolt: Int16 | None = None
    setESRampTms: UInt32 | None = None
    setESRandomDelay: UInt32 | None = None
    setGradW: UInt16
    setMaxA: CurrentRMS | None = None
    setMaxAh: AmpereHour | None = None
    setMaxChargeRateVA: ApparentPower | None = None
    setMaxChargeRateW: ActivePower | None = None
    setMaxDischargeRateVA: ApparentPower | None = None
    setMaxDischargeRateW: ActivePower | None = None
    setMaxV: VoltageRMS | None = None
    setMaxVA: ApparentPower | None = None
    setMaxVar: ReactivePower | None = None
    setMaxVarNeg: ReactivePower | None = None
    setMaxW: ActivePower
    setMaxWh: WattHour | None = None
    setMinPFOverExcited: PowerFactor | None = None
    setMinPFUnderExcited: PowerFactor | None = None
    setMinV: VoltageRMS | None = None
    setSoftGradW: UInt16 | None = None
    setVNom: VoltageRMS | None = None
    setVRef: VoltageRMS | None = None
    setVRefOfs: VoltageRMS | None = None
    updatedTime: TimeType
    doeModesEnabled: Annotated[DOEControlType | None, In(NS_CSIPAUS)] = None
    vppModesEnabled: Annotated[VPPControlType | None, In(NS_CSIPAUS)] = None
    setMinWh: Annotated[WattHour | None, In(NS_CSIPAUS)] = None


class DERAvailability(SubscribableResource):
    """What could be had now; durations in seconds."""

    availabilityDuration: UInt32 | None = None
    maxChargeDuration: UInt32 | None = None
    readingTime: TimeType
    reserveChargePercent: PerCent | None = None
    reservePercent: PerCent | None = None
    statVarAvail: ReactivePower | None = None
    statWAvail: ActivePower | None = None


class DERControlBase(Element, ns=NS):
    """The modes of a control, each set or left alone; times in 1/100 s."""

    opModConnect: Boolean | None = None
    opModEnergize: Boolean | None = None
    opModFixedPFAbsorbW: PowerFactorWithExcitation | None = None
    opModFixedPFInjectW: PowerFactorWithExcitation | None = None
    opModFixedVar: FixedVar | None = None
    opModFixedW: SignedPerCent | None = None
    opModFreqDroop: FreqDroopType | None = None
    opModFreqWatt: Link | None = None
    opModHFRTMayTrip: Link | None = None
    opModHFRTMustTrip: Link | None = None
    opModHVRTMayTrip: Link | None = None
    opModHVRTMomentaryCessation: Link | None = None
    opModHVRTMustTrip: Link | None = None
    opModLFRTMayTrip: Link | None = None
    opModLFRTMustTrip: Link | None = None
    opModLVRTMayTrip: Link | None = None
    opModLVRTMomentaryCessation: Link | None = None
    opModLVRTMustTrip: Link | None = None
    opModMaxLimW: PerCent | None = None
    opModTargetVar: ReactivePower | None = None
    opModTargetW: ActivePower | None = None
    opModVoltVar: Link | None = None
    opModVoltWatt: Link | None = None
    opModWattPF: Link | None = None
    opModWattVar: Link | None = None
    rampTms: UInt16 | None = None
    opModImpLimW: Annotated[ActivePower | None, In(NS_CSIPAUS)] = None
    opModExpLimW: Annotated[ActivePower | None, In(NS_CSIPAUS)] = None
    opModGenLimW: Annotated[ActivePower | None, In(NS_CSIPAUS)] = None
    opModLoadLimW: Annotated[ActivePower | None, In(NS_CSIPAUS)] = None
    opModStorageTargetW: Annotated[ActivePower | None, In(NS_CSIPAUS)] = None


class DERControl(RandomizableEvent):
    """A timed request to a DER."""

    DERControlBase_: DERControlBase
    deviceCategory: DeviceCategoryType | None = None


class DERControlList(SubscribableList):
    """The controls of a program."""

    DERControl_: tuple[DERControl, ...] = ()


class DefaultDERControl(SubscribableIdentifiedObject):
    """What holds in a program while no control does."""

    DERControlBase_: DERControlBase
    setESDelay: UInt32 | None = None
    setESHighFreq: UInt16 | None = None
    setESHighVolt: Int16 | None = None
    setESLowFreq: UInt16 | None = None
    setESLowVolt: Int16 | None = None
    setESRampTms: UInt32 | None = None
    setESRandomDelay: UInt32 | None = None
    setGradW: UInt16 | None = None
    setSoftGradW: UInt16 | None = None


class CurveData(Element, ns=NS):
    """One point of a curve; excitation only where y is a power factor (true: under-excited)."""

    excitation: Boolean | None = None
    xvalue: Int32
    yvalue: Int32


class DERCurve(IdentifiedObject):
    """A curve that controls refer to."""

    autonomousVRefEnable: Boolean | None = None
    autonomousVRefTimeConstant: UInt32 | None = None
    creationTime: TimeType
    CurveData_: Annotated[tuple[CurveData, ...], AtMost(10)]
    curveType: DERCurveType
    openLoopTms: UInt16 | None = None
    rampDecTms: UInt16 | None = None
    rampIncTms: UInt16 | None = None
    rampPT1Tms: UInt16 | None = None
    vRef: PerCent | None = None
    xMultiplier: PowerOfTenMultiplierType
    yMultiplier: PowerOfTenMultiplierType
    yRefType: DERUnitRefType


class DERCurveList(List):
    """The curves of a program."""

    DERCurve_: tuple[DERCurve, ...] = ()


class DERProgram(SubscribableIdentifiedObject):
    """A source of controls; the lower primacy wins."""

    ActiveDERControlListLink: ListLink | None = None
    DefaultDERControlLink: Link | None = None
    DERControlListLink: ListLink | None = None
    DERCurveListLink: ListLink | None = None
    primacy: PrimacyType


class DERProgramList(SubscribableList):
    """The programs of a function set assignment."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    DERProgram_: tuple[DERProgram, ...] = ()
