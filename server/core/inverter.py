"""What an inverter is set to beside power: its frequency droop, and how it comes into service.

Frozen values in plain units, each finite; which numbers every wire can carry is checked in
`controls`. It must not know programs, devices or events.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FrequencyDroop:
    """How power follows the frequency: nothing within the dead band, then along a slope.

    A slope is the change of frequency, as a share of the nominal, that moves power by all of the
    rating.
    """

    over_dead_band_hz: float
    under_dead_band_hz: float
    over_slope: float
    under_slope: float
    open_loop_s: float
    """Until 90 % of a change is done; 0 is no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultSettings:
    """What a program's default sets of its devices for good; None leaves a setting as it is."""

    enter_service_delay_s: float | None = None
    enter_service_random_delay_s: float | None = None
    """Devices wait up to this much longer."""
    enter_service_ramp_s: float | None = None
    enter_service_low_hz: float | None = None
    enter_service_high_hz: float | None = None
    enter_service_low_v_percent: float | None = None
    """Of the reference voltage, as is the one below."""
    enter_service_high_v_percent: float | None = None
    ramp_percent_per_s: float | None = None
    """How fast power changes unless a control says otherwise; 0 is no limit."""
    soft_start_percent_per_s: float | None = None
    """The same after a start; 0 is no limit."""
