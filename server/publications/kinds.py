"""The kinds of publications, one line each: what each is on the wire and where it may stand.

A kind whose type is an Event holds for a span of time and takes the course of one. It must not
know paths, nor who asks.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from schemas.sep2.base import Event
from schemas.sep2.billing import (
    BillingPeriod,
    BillingReading,
    BillingReadingSet,
    CustomerAccount,
    CustomerAgreement,
    HistoricalReading,
    ProjectionReading,
    ServiceSupplier,
    TargetReading,
)
from schemas.sep2.drlc import DemandResponseProgram, EndDeviceControl
from schemas.sep2.file import File
from schemas.sep2.flow import FlowReservationResponse
from schemas.sep2.messaging import MessagingProgram, TextMessage
from schemas.sep2.metering import ReadingType
from schemas.sep2.prepayment import (
    AccountBalance,
    CreditRegister,
    Prepayment,
    PrepayOperationStatus,
    SupplyInterruptionOverride,
)
from schemas.sep2.pricing import (
    ConsumptionTariffInterval,
    RateComponent,
    TariffProfile,
    TimeTariffInterval,
)
from schemas.wire import Element
from server.errors import Invalid

Modes = Callable[[Any], frozenset[str]]
"""Returns what an event asks, by name."""


class Audience(Enum):
    """For whom a publication is."""

    GROUPS = "the devices of groups"
    DEVICE = "one device"
    EITHER = "the devices of groups or one device"
    ABOVE = "those that what it stands below is for"


def asks_nothing(_: Any) -> frozenset[str]:
    """Return that nothing is asked: what asks nothing supersedes nothing."""
    return frozenset()


def admits_all(_: Any) -> None:
    """Refuse nothing that the type admits."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of publication; `type` is its element, `parents` are the kinds it may stand below.

    With `is_only` each parent has at most one of it. `check` raises Invalid for what the type
    admits and sense does not.
    """

    name: str
    type: type[Element]
    audience: Audience = Audience.ABOVE
    parents: tuple[str, ...] = ()
    modes: Modes = asks_nothing
    is_only: bool = False
    check: Callable[[Any], None] = admits_all

    @property
    def is_event(self) -> bool:
        """Tell whether it holds for a span of time and takes the course of an event."""
        return issubclass(self.type, Event)


def _load_modes(control: EndDeviceControl) -> frozenset[str]:
    """Return what a control asks of which device categories."""
    asked = [
        *_given(control, ("ApplianceLoadReduction_", "DutyCycle_", "TargetReduction_")),
        *_given(control.Offset_, _OFFSETS),
        *_given(control.SetPoint_, _SET_POINTS),
    ]
    mask = int(control.deviceCategory, 16)
    categories = [bit for bit in range(mask.bit_length()) if mask >> bit & 1]
    return frozenset(f"{name}@{category}" for name in asked for category in categories)


def _given(parts: Any, names: Iterable[str]) -> Iterator[str]:
    return (name for name in names if getattr(parts, name, None) is not None)


_OFFSETS = ("coolingOffset", "heatingOffset", "loadAdjustmentPercentageOffset")
_SET_POINTS = ("coolingSetpoint", "heatingSetpoint")


def _price_modes(_: Any) -> frozenset[str]:
    """Return that a price is asked: of two at a time the newer one holds."""
    return frozenset({"price"})


def _flow_modes(granted: FlowReservationResponse) -> frozenset[str]:
    """Return which request is answered: the newer answer to one holds."""
    return frozenset({granted.subject})


def _check_file(file: File) -> None:
    """Refuse a place of the content that is neither a URI nor the name of a file of ours."""
    if not _FILE_NAME.fullmatch(file.fileURI) and "://" not in file.fileURI:
        raise Invalid("fileURI is a URI or a plain name", pointer="/content/fileURI")


_FILE_NAME = re.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")
_BILLED = ("historical_reading", "projection_reading", "target_reading")
_AGREED = ("customer_agreement",)

_ALL = (
    Kind("demand_response_program", DemandResponseProgram, Audience.GROUPS),
    Kind(
        "end_device_control",
        EndDeviceControl,
        parents=("demand_response_program",),
        modes=_load_modes,
    ),
    Kind("messaging_program", MessagingProgram, Audience.GROUPS),
    Kind("text_message", TextMessage, parents=("messaging_program",)),
    Kind("tariff_profile", TariffProfile, Audience.GROUPS),
    Kind("rate_component", RateComponent, parents=("tariff_profile",)),
    Kind("tariff_reading_type", ReadingType, parents=("rate_component",), is_only=True),
    Kind(
        "time_tariff_interval",
        TimeTariffInterval,
        parents=("rate_component",),
        modes=_price_modes,
    ),
    Kind(
        "consumption_tariff_interval",
        ConsumptionTariffInterval,
        parents=("time_tariff_interval",),
    ),
    Kind("file", File, Audience.EITHER, check=_check_file),
    Kind("customer_account", CustomerAccount, Audience.DEVICE),
    Kind("service_supplier", ServiceSupplier, parents=("customer_account",), is_only=True),
    Kind("customer_agreement", CustomerAgreement, parents=("customer_account",)),
    Kind("billing_period", BillingPeriod, parents=_AGREED),
    Kind("historical_reading", HistoricalReading, parents=_AGREED),
    Kind("projection_reading", ProjectionReading, parents=_AGREED),
    Kind("target_reading", TargetReading, parents=_AGREED),
    Kind("billing_reading_type", ReadingType, parents=_BILLED, is_only=True),
    Kind("billing_reading_set", BillingReadingSet, parents=_BILLED),
    Kind("billing_reading", BillingReading, parents=("billing_reading_set",)),
    Kind("prepayment", Prepayment, Audience.DEVICE),
    Kind("account_balance", AccountBalance, parents=("prepayment",), is_only=True),
    Kind("prepay_operation_status", PrepayOperationStatus, parents=("prepayment",), is_only=True),
    Kind("supply_interruption_override", SupplyInterruptionOverride, parents=("prepayment",)),
    Kind("credit_register", CreditRegister, parents=("prepayment",)),
    Kind(
        "flow_reservation_response",
        FlowReservationResponse,
        Audience.DEVICE,
        modes=_flow_modes,
    ),
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}


def kind_of(name: str) -> Kind:
    """Return a kind by its name; Invalid if there is none."""
    if name not in KINDS:
        raise Invalid(f"there is no kind {name!r}", pointer="/kind")
    return KINDS[name]


_FOR_DEVICE = {
    Audience.GROUPS: (False,),
    Audience.DEVICE: (True,),
    Audience.EITHER: (False, True),
}


def check_place(kind: Kind, parent: str | None, *, is_for_device: bool) -> None:
    """Raise Invalid if a kind may not stand where it is to: below that kind, or for that audience.

    Without a parent it is for one device or else for groups.
    """
    if kind.audience is Audience.ABOVE:
        if parent not in kind.parents:
            wanted = " or ".join(kind.parents)
            raise Invalid(f"a {kind.name} stands below a {wanted}", pointer="/parent")
    elif parent is not None:
        raise Invalid(f"a {kind.name} stands below nothing", pointer="/parent")
    elif is_for_device not in _FOR_DEVICE[kind.audience]:
        raise Invalid(f"a {kind.name} is for {kind.audience.value}", pointer="/groups")
