"""How a DER says it does: DERStatus and its parts, each with the moment it took that value.

Numbers and bits are kept as they came; their meaning is the 2030.5 face's matter.
"""

from schemas.sep2.base import SubscribableResource
from schemas.sep2.names import NS
from schemas.simple import HexBinary8, HexBinary32, PerCent, String6, TimeType, UInt8
from schemas.wire import Element


class ConnectStatusType(Element, ns=NS):
    """Bits: 0 connected, 1 available, 2 operating, 3 test, 4 fault."""

    dateTime: TimeType
    value: HexBinary8


class InverterStatusType(Element, ns=NS):
    """State of the inverter, 0 to 10."""

    dateTime: TimeType
    value: UInt8


class LocalControlModeStatusType(Element, ns=NS):
    """0 local, 1 remote."""

    dateTime: TimeType
    value: UInt8


class ManufacturerStatusType(Element, ns=NS):
    """A word of the maker's own."""

    dateTime: TimeType
    value: String6


class OperationalModeStatusType(Element, ns=NS):
    """0 not applicable, 1 off, 2 operational, 3 test."""

    dateTime: TimeType
    value: UInt8


class StateOfChargeStatusType(Element, ns=NS):
    """Hundredths of a percent."""

    dateTime: TimeType
    value: PerCent


class StorageModeStatusType(Element, ns=NS):
    """0 charging, 1 discharging, 2 holding."""

    dateTime: TimeType
    value: UInt8


class DERStatus(SubscribableResource):
    """How a DER does now."""

    alarmStatus: HexBinary32 | None = None
    genConnectStatus: ConnectStatusType | None = None
    inverterStatus: InverterStatusType | None = None
    localControlModeStatus: LocalControlModeStatusType | None = None
    manufacturerStatus: ManufacturerStatusType | None = None
    operationalModeStatus: OperationalModeStatusType | None = None
    readingTime: TimeType
    stateOfChargeStatus: StateOfChargeStatusType | None = None
    storageModeStatus: StorageModeStatusType | None = None
    storConnectStatus: ConnectStatusType | None = None
