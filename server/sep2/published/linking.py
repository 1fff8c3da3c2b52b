"""Which links lead to and between publications, by the names of the routes.

A link whose name ends in ListLink goes to a list and counts what is there; any other goes to what
its parent has one of. It must not know a path.
"""

from collections.abc import Mapping

_BILLED = {
    "BillingReadingSetListLink": "billing_reading_sets",
    "ReadingTypeLink": "billing_reading_type",
}

LINKS: Mapping[str, Mapping[str, str]] = {
    "demand_response_program": {
        "ActiveEndDeviceControlListLink": "active_end_device_controls",
        "EndDeviceControlListLink": "end_device_controls",
    },
    "messaging_program": {
        "ActiveTextMessageListLink": "active_text_messages",
        "TextMessageListLink": "text_messages",
    },
    "tariff_profile": {
        "CombinedTimeTariffIntervalListLink": "combined_time_tariff_intervals",
        "RateComponentListLink": "rate_components",
    },
    "rate_component": {
        "ActiveTimeTariffIntervalListLink": "active_time_tariff_intervals",
        "ReadingTypeLink": "tariff_reading_type",
        "TimeTariffIntervalListLink": "time_tariff_intervals",
    },
    "time_tariff_interval": {"ConsumptionTariffIntervalListLink": "consumption_tariff_intervals"},
    "customer_account": {
        "CustomerAgreementListLink": "customer_agreements",
        "ServiceSupplierLink": "service_supplier",
    },
    "customer_agreement": {
        "ActiveBillingPeriodListLink": "active_billing_periods",
        "BillingPeriodListLink": "billing_periods",
        "HistoricalReadingListLink": "historical_readings",
        "ProjectionReadingListLink": "projection_readings",
        "TargetReadingListLink": "target_readings",
    },
    "historical_reading": _BILLED,
    "projection_reading": _BILLED,
    "target_reading": _BILLED,
    "billing_reading_set": {"BillingReadingListLink": "billing_readings"},
    "prepayment": {
        "AccountBalanceLink": "account_balance",
        "ActiveSupplyInterruptionOverrideListLink": "active_supply_interruption_overrides",
        "CreditRegisterListLink": "credit_registers",
        "PrepayOperationStatusLink": "prepay_operation_status",
        "SupplyInterruptionOverrideListLink": "supply_interruption_overrides",
    },
}
"""The links of each kind to what stands below it."""


ASSIGNED: Mapping[str, str] = {
    "CustomerAccountListLink": "customer_accounts",
    "DemandResponseProgramListLink": "demand_response_programs",
    "FileListLink": "files",
    "MessagingProgramListLink": "messaging_programs",
    "PrepaymentListLink": "prepayments",
    "TariffProfileListLink": "tariff_profiles",
}
"""The links of function set assignments."""
