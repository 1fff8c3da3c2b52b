"""What CSIP-AUS 1.3 adds to intervals of time: their prices inside them, and the way back.

Pure. It must not know who reads them.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from schemas.sep2.base import Link
from schemas.sep2.pricing import (
    ConsumptionTariffInterval,
    ConsumptionTariffIntervalListSummary,
    TimeTariffInterval,
)
from server.sep2.document_rules import path_of
from server.sep2.routes import BY_NAME


def with_prices(
    interval: TimeTariffInterval, at: Sequence[str], prices: Sequence[ConsumptionTariffInterval]
) -> TimeTariffInterval:
    """Return an interval at a path whose variables are `at` with all of its prices."""
    summary = ConsumptionTariffIntervalListSummary(
        href=path_of(BY_NAME["consumption_tariff_intervals"], at),
        all=len(prices),
        results=len(prices),
        ConsumptionTariffInterval_=tuple(prices),
    )
    component = Link(href=path_of(BY_NAME["rate_component"], at[:-1]))
    more = {"ConsumptionTariffIntervalListSummary_": summary, "RateComponentLink": component}
    return cast(TimeTariffInterval, replace(cast(Any, interval), **more))
