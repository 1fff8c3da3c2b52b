"""What only VENs are told of an event, from what operators send and back again.

Lengths of time are whole seconds here; it must not know what else an event is.
"""

from datetime import timedelta

from server.admin.models import BaselineIn, BaselineIntervalIn, ForVensIn
from server.core.for_vens import Baseline, BaselineInterval, ForVens


def for_vens_of(said: ForVensIn) -> ForVens:
    """Return what an operator says to VENs."""
    return ForVens(
        ramp_up=timedelta(seconds=said.ramp_up_s),
        recovery=timedelta(seconds=said.recovery_s),
        notification=timedelta(seconds=said.notification_s),
        comment=said.comment,
        baseline=None if said.baseline is None else _baseline(said.baseline),
        places=said.places,
    )


def for_vens_view(told: ForVens) -> ForVensIn:
    """Return what VENs are told as an operator would say it."""
    return ForVensIn(
        ramp_up_s=seconds(told.ramp_up),
        recovery_s=seconds(told.recovery),
        notification_s=seconds(told.notification),
        comment=told.comment,
        baseline=None if told.baseline is None else _baseline_view(told.baseline),
        places=told.places,
    )


def seconds(length: timedelta) -> int:
    """Return a length of time in whole seconds."""
    return int(length.total_seconds())


def _baseline(said: BaselineIn) -> Baseline:
    return Baseline(
        name=said.name,
        start=said.start,
        intervals=tuple(
            BaselineInterval(duration=timedelta(seconds=one.duration_s), value=one.value)
            for one in said.intervals
        ),
        unit=said.unit,
        currency=said.currency,
        resources=said.resources,
    )


def _baseline_view(told: Baseline) -> BaselineIn:
    return BaselineIn(
        name=told.name,
        start=told.start,
        intervals=tuple(
            BaselineIntervalIn(duration_s=seconds(one.duration), value=one.value)
            for one in told.intervals
        ),
        unit=told.unit,
        currency=told.currency,
        resources=told.resources,
    )
