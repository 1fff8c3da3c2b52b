"""Where publications stand: the routes of each kind.

All stand below an EndDevice, because what there is depends on the device. An item is named by the
id of its publication. It must not know what a publication says.
"""

from dataclasses import replace
from typing import NamedTuple

from schemas.sep2.billing import (
    BillingPeriod,
    BillingPeriodList,
    BillingReading,
    BillingReadingList,
    BillingReadingSet,
    BillingReadingSetList,
    CustomerAccount,
    CustomerAccountList,
    CustomerAgreement,
    CustomerAgreementList,
    HistoricalReading,
    HistoricalReadingList,
    ProjectionReading,
    ProjectionReadingList,
    ServiceSupplier,
    TargetReading,
    TargetReadingList,
)
from schemas.sep2.drlc import (
    DemandResponseProgram,
    DemandResponseProgramList,
    EndDeviceControl,
    EndDeviceControlList,
)
from schemas.sep2.file import File, FileList
from schemas.sep2.flow import FlowReservationResponse, FlowReservationResponseList
from schemas.sep2.messaging import (
    MessagingProgram,
    MessagingProgramList,
    TextMessage,
    TextMessageList,
)
from schemas.sep2.metering import ReadingType
from schemas.sep2.prepayment import (
    AccountBalance,
    CreditRegister,
    CreditRegisterList,
    Prepayment,
    PrepaymentList,
    PrepayOperationStatus,
    SupplyInterruptionOverride,
    SupplyInterruptionOverrideList,
)
from schemas.sep2.pricing import (
    CombinedTimeTariffIntervalList,
    ConsumptionTariffInterval,
    ConsumptionTariffIntervalList,
    RateComponent,
    RateComponentList,
    TariffProfile,
    TariffProfileList,
    TimeTariffInterval,
    TimeTariffIntervalList,
)
from schemas.wire import Element
from server.sep2.route import Route, Who, listing, read

_E = "/edev/{e}"
_OWN = Who.OWNER
_EVENTS = "interval.start -creationTime -mRID"
_NAMED = "description -mRID"


class Line(NamedTuple):
    """The routes of one kind; `many` is None for what its parent has one of."""

    kind: str
    one: Route
    many: Route | None = None
    active: Route | None = None
    of_group: Route | None = None
    """The list of those that are offered to one group."""

    @property
    def routes(self) -> tuple[Route, ...]:
        """Return all of them."""
        found = (self.many, self.one, self.active, self.of_group)
        return tuple(route for route in found if route is not None)


def _line(
    kinds: tuple[str, str],
    path: str,
    gives: tuple[type[Element], type[Element]],
    order: str,
    *,
    timed: bool = False,
) -> Line:
    """Declare a list, its items, and nothing else; `kinds` is the kind, one and many."""
    one, many = kinds
    return Line(
        one,
        read(one, f"{path}/{{{one}}}", gives[1], _OWN),
        listing(many, path, gives[0], _OWN, order, timed=timed),
    )


def _offered(line: Line) -> Line:
    """Add the list of those that are offered to one group."""
    if line.many is None:
        raise ValueError("what is offered is listed")
    path = line.many.path.replace(_E, f"{_E}/fsa/{{g}}")
    return line._replace(of_group=replace(line.many, name=f"group_{line.many.name}", path=path))


def _active(line: Line, segment: str, resource: str) -> Line:
    """Add the list of those that hold now."""
    if line.many is None:
        raise ValueError("what may be active is listed")
    path = f"{line.many.path.rpartition('/')[0]}/{segment}"
    active = replace(line.many, name=f"active_{line.many.name}", path=path, resource=resource)
    return line._replace(active=active)


def _only(name: str, path: str, gives: type[Element]) -> Line:
    """Declare what its parent has one of."""
    return Line(name, read(name, path, gives, _OWN))


_D = f"{_E}/dr"
_T = f"{_E}/tp"
_C = f"{_T}/{{p}}/rc"
_V = f"{_C}/{{r}}/tti"
_B = f"{_E}/bill"
_A = f"{_B}/{{a}}/ca"
_Q = f"{_E}/bq/{{q}}"
_P = f"{_E}/ppy"

LOAD_CONTROL = (
    _offered(
        _line(
            ("demand_response_program", "demand_response_programs"),
            _D,
            (DemandResponseProgramList, DemandResponseProgram),
            "primacy -mRID",
        )
    ),
    _active(
        _line(
            ("end_device_control", "end_device_controls"),
            f"{_D}/{{p}}/edc",
            (EndDeviceControlList, EndDeviceControl),
            _EVENTS,
            timed=True,
        ),
        "actedc",
        "ActiveEndDeviceControlList",
    ),
)
MESSAGES = (
    _offered(
        _line(
            ("messaging_program", "messaging_programs"),
            f"{_E}/msg",
            (MessagingProgramList, MessagingProgram),
            "-mRID",
        )
    ),
    _active(
        _line(
            ("text_message", "text_messages"),
            f"{_E}/msg/{{p}}/txt",
            (TextMessageList, TextMessage),
            "-interval.start -creationTime -mRID",
            timed=True,
        ),
        "acttxt",
        "ActiveTextMessageList",
    ),
)
PRICES = (
    _offered(
        _line(
            ("tariff_profile", "tariff_profiles"), _T, (TariffProfileList, TariffProfile), "-mRID"
        )
    ),
    _line(("rate_component", "rate_components"), _C, (RateComponentList, RateComponent), "-mRID"),
    _only("tariff_reading_type", f"{_C}/{{r}}/rt", ReadingType),
    _active(
        _line(
            ("time_tariff_interval", "time_tariff_intervals"),
            _V,
            (TimeTariffIntervalList, TimeTariffInterval),
            _EVENTS,
            timed=True,
        ),
        "acttti",
        "ActiveTimeTariffIntervalList",
    ),
    _line(
        ("consumption_tariff_interval", "consumption_tariff_intervals"),
        f"{_V}/{{t}}/cti",
        (ConsumptionTariffIntervalList, ConsumptionTariffInterval),
        "startValue",
        timed=True,
    ),
)
FILES = (_offered(_line(("file", "files"), f"{_E}/file", (FileList, File), "href")),)
BILLS = (
    _line(
        ("customer_account", "customer_accounts"),
        _B,
        (CustomerAccountList, CustomerAccount),
        "customerName -mRID",
    ),
    _only("service_supplier", f"{_B}/{{a}}/ss", ServiceSupplier),
    _line(
        ("customer_agreement", "customer_agreements"),
        _A,
        (CustomerAgreementList, CustomerAgreement),
        "serviceLocation -mRID",
        timed=True,
    ),
    _active(
        _line(
            ("billing_period", "billing_periods"),
            f"{_A}/{{c}}/bp",
            (BillingPeriodList, BillingPeriod),
            "-interval.start href",
            timed=True,
        ),
        "actbp",
        "ActiveBillingPeriodList",
    ),
    _line(
        ("historical_reading", "historical_readings"),
        f"{_A}/{{c}}/ver",
        (HistoricalReadingList, HistoricalReading),
        _NAMED,
        timed=True,
    ),
    _line(
        ("projection_reading", "projection_readings"),
        f"{_A}/{{c}}/pro",
        (ProjectionReadingList, ProjectionReading),
        _NAMED,
        timed=True,
    ),
    _line(
        ("target_reading", "target_readings"),
        f"{_A}/{{c}}/tar",
        (TargetReadingList, TargetReading),
        _NAMED,
        timed=True,
    ),
    _only("billing_reading_type", f"{_Q}/rt", ReadingType),
    _line(
        ("billing_reading_set", "billing_reading_sets"),
        f"{_Q}/brs",
        (BillingReadingSetList, BillingReadingSet),
        "-timePeriod.start -mRID",
        timed=True,
    ),
    _line(
        ("billing_reading", "billing_readings"),
        f"{_Q}/brs/{{s}}/br",
        (BillingReadingList, BillingReading),
        "timePeriod.start consumptionBlock touTier",
        timed=True,
    ),
)
PREPAID = (
    _line(("prepayment", "prepayments"), _P, (PrepaymentList, Prepayment), "-mRID"),
    _only("account_balance", f"{_P}/{{p}}/ab", AccountBalance),
    _only("prepay_operation_status", f"{_P}/{{p}}/os", PrepayOperationStatus),
    _active(
        _line(
            ("supply_interruption_override", "supply_interruption_overrides"),
            f"{_P}/{{p}}/si",
            (SupplyInterruptionOverrideList, SupplyInterruptionOverride),
            "interval.start interval.duration",
            timed=True,
        ),
        "actsi",
        "ActiveSupplyInterruptionOverrideList",
    ),
    _line(
        ("credit_register", "credit_registers"),
        f"{_P}/{{p}}/cr",
        (CreditRegisterList, CreditRegister),
        "-effectiveTime -mRID",
    ),
)
GRANTS = (
    _line(
        ("flow_reservation_response", "flow_reservation_responses"),
        f"{_E}/frp",
        (FlowReservationResponseList, FlowReservationResponse),
        _EVENTS,
        timed=True,
    ),
)

LINES: tuple[Line, ...] = (
    *LOAD_CONTROL,
    *MESSAGES,
    *PRICES,
    *FILES,
    *BILLS,
    *PREPAID,
    *GRANTS,
)
COMBINED = listing(
    "combined_time_tariff_intervals",
    f"{_T}/{{p}}/ctti",
    CombinedTimeTariffIntervalList,
    _OWN,
    _EVENTS,
    timed=True,
    resource=TimeTariffIntervalList.wire_tag,
)
"""The intervals of all components of a tariff, which CSIP-AUS 1.3 adds."""
CONTENT = replace(read("file_content", f"{_E}/file/{{f}}/content", File, _OWN), is_xml=False)
PUBLISHED: tuple[Route, ...] = (
    *(route for line in LINES for route in line.routes),
    COMBINED,
    CONTENT,
)
"""What the utility publishes."""
