"""Demand response and load control: programs, controls, and what could be shed.

What a control asks of an appliance is not decided here.
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
    SubscribableList,
)
from schemas.sep2.names import NS
from schemas.sep2.units import ActivePower
from schemas.simple import Boolean, Int16, PerCent, PrimacyType, UInt8, UInt16, UInt32
from schemas.wire import ATTR, Element

UnitType = UInt8
"""Of a target reduction: 0 kWh, 1 kW, 2 W, then volumes, pressures and heat."""
ApplianceLoadReductionType = UInt8
"""0 delay, 1 temporary reduction."""


class ApplianceLoadReduction(Element, ns=NS):
    """Which kind of reduction is asked of an appliance, or was chosen."""

    type: ApplianceLoadReductionType


class DutyCycle(Element, ns=NS):
    """A duty cycle in percent."""

    normalValue: UInt8


class Offset(Element, ns=NS):
    """By how much a set temperature is moved (1/10 K), or a load (1/100 %)."""

    coolingOffset: UInt8 | None = None
    heatingOffset: UInt8 | None = None
    loadAdjustmentPercentageOffset: PerCent | None = None


class SetPoint(Element, ns=NS):
    """Set temperatures (1/100 degree Celsius)."""

    coolingSetpoint: Int16 | None = None
    heatingSetpoint: Int16 | None = None


class TargetReduction(Element, ns=NS):
    """How much is to be saved, and in which unit."""

    type: UnitType
    value: UInt16


class EndDeviceControl(RandomizableEvent):
    """A timed request to an appliance; the override in seconds."""

    ApplianceLoadReduction_: ApplianceLoadReduction | None = None
    deviceCategory: DeviceCategoryType
    drProgramMandatory: Boolean
    DutyCycle_: DutyCycle | None = None
    loadShiftForward: Boolean
    Offset_: Offset | None = None
    overrideDuration: UInt16 | None = None
    SetPoint_: SetPoint | None = None
    TargetReduction_: TargetReduction | None = None


class EndDeviceControlList(SubscribableList):
    """The controls of a program."""

    EndDeviceControl_: tuple[EndDeviceControl, ...] = ()


class DemandResponseProgram(IdentifiedObject):
    """A source of controls; the lower primacy wins."""

    ActiveEndDeviceControlListLink: ListLink | None = None
    availabilityUpdatePercentChangeThreshold: PerCent | None = None
    availabilityUpdatePowerChangeThreshold: ActivePower | None = None
    EndDeviceControlListLink: ListLink | None = None
    primacy: PrimacyType


class DemandResponseProgramList(SubscribableList):
    """The programs of a function set assignment."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    DemandResponseProgram_: tuple[DemandResponseProgram, ...] = ()


class LoadShedAvailability(Resource):
    """What could be shed now, and for how many seconds."""

    availabilityDuration: UInt32 | None = None
    DemandResponseProgramLink: Link | None = None
    sheddablePercent: PerCent | None = None
    sheddablePower: ActivePower | None = None


class LoadShedAvailabilityList(List):
    """What a device could shed."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    LoadShedAvailability_: tuple[LoadShedAvailability, ...] = ()
