"""Units, signs and offsets on their way to the wire."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from schemas.sep2 import Profile, encode
from server.core.curve import CurveKind
from server.core.inverter import FrequencyDroop
from server.core.model import MODES, Controls, CurveId, PowerFactor, VarReference, VarShare
from server.sep2 import project_time
from server.sep2.numbers import scaled
from server.sep2.project_controls import control_base
from server.sep2.settings import Sep2Settings


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0.0, (0, 0)),
        (1500.0, (1500, 0)),
        (-1500.0, (-1500, 0)),
        (32767.0, (32767, 0)),
        (32768.0, (3277, 1)),
        (100_000.0, (10_000, 1)),
        (1500.5, (15005, -1)),
        (0.125, (125, -3)),
        (0.0001, (0, -3)),
        (123_456.0, (12346, 1)),
        (1e12, (10_000, 8)),
        (-1e12, (-10_000, 8)),
    ],
)
def test_powers_fit_sixteen_bits(number, expected):
    assert scaled(number) == expected


@settings(max_examples=200, deadline=None)
@given(st.floats(min_value=-1e12, max_value=1e12))
def test_a_scaled_power_is_near_and_in_range(number):
    value, multiplier = scaled(number)
    assert -32767 <= value <= 32767
    assert -3 <= multiplier <= 8
    error = abs(Decimal(value).scaleb(multiplier) - Decimal(repr(number)))
    assert error <= Decimal(10).scaleb(multiplier - 1)


@settings(max_examples=200, deadline=None)
@given(st.floats(min_value=0, max_value=1e12))
def test_a_limit_never_grows_on_its_way(number):
    limit = control_base(Controls(export_limit_w=number), "d1", "p2").opModExpLimW
    assert limit is not None
    assert Decimal(limit.value).scaleb(limit.multiplier) <= Decimal(repr(number))


@settings(max_examples=200, deadline=None)
@given(st.floats(min_value=0, max_value=100))
def test_a_cap_in_percent_never_grows_on_its_way(number):
    cap = control_base(Controls(max_limit_percent=number), "d1", "p2").opModMaxLimW
    assert cap is not None
    assert Decimal(cap).scaleb(-2) <= Decimal(repr(number)) < Decimal(cap + 1).scaleb(-2)


@pytest.mark.parametrize(
    ("percent", "hundredths"),
    [(0.29, 29), (-0.29, -29), (1.005, 100), (1.015, 102), (-1.015, -102), (57.58, 5758), (0.0, 0)],
)
def test_other_percentages_go_to_the_nearest_hundredth_whatever_their_sign(percent, hundredths):
    share = VarShare(percent=percent, reference=VarReference.MAX_W)
    base = control_base(Controls(fixed_w_percent=percent, fixed_var=share), "d1", "p2")
    assert (base.opModFixedW, base.opModFixedVar.value) == (hundredths, hundredths)


def test_a_cap_that_is_whole_hundredths_stays_as_it_is():
    for hundredths in range(10_001):
        base = control_base(Controls(max_limit_percent=hundredths / 100), "d1", "p2")
        assert base.opModMaxLimW == hundredths


WHOLE = Controls(
    connect=True,
    energize=False,
    fixed_pf_absorb=PowerFactor(cosine=0.95, is_under_excited=True),
    fixed_pf_inject=PowerFactor(cosine=1.0, is_under_excited=False),
    fixed_var=VarShare(percent=-33.33, reference=VarReference.AVAILABLE_VAR),
    fixed_w_percent=-100.0,
    max_limit_percent=50.5,
    target_w=-2500.0,
    target_var=40.0,
    export_limit_w=5000.0,
    import_limit_w=1500.0,
    generation_limit_w=0.0,
    load_limit_w=9.5,
    storage_target_w=-4000.0,
    freq_droop=FrequencyDroop(
        over_dead_band_hz=0.036,
        under_dead_band_hz=0.017,
        over_slope=0.05,
        under_slope=0.04,
        open_loop_s=0.2,
    ),
    **{kind.value: CurveId(f"v{number}") for number, kind in enumerate(CurveKind)},
    ramp_s=655.35,
)
CURVES = (
    *("opModFreqWatt", "opModHFRTMayTrip", "opModHFRTMustTrip", "opModHVRTMayTrip"),
    *("opModHVRTMomentaryCessation", "opModHVRTMustTrip", "opModLFRTMayTrip"),
    *("opModLFRTMustTrip", "opModLVRTMayTrip", "opModLVRTMomentaryCessation"),
    *("opModLVRTMustTrip", "opModVoltVar", "opModVoltWatt", "opModWattPF", "opModWattVar"),
)
"""By number, as are the kinds."""


def test_every_mode_goes_to_its_own_element_with_its_sign():
    assert WHOLE.modes == MODES
    base = control_base(WHOLE, "d1", "p2")
    assert base.opModConnect is True
    assert base.opModEnergize is False
    assert (base.opModFixedPFAbsorbW.displacement, base.opModFixedPFAbsorbW.multiplier) == (
        9500,
        -4,
    )
    assert base.opModFixedPFAbsorbW.excitation is True
    assert base.opModFixedPFInjectW.displacement == 10_000
    assert base.opModFixedPFInjectW.excitation is False
    assert (base.opModFixedVar.refType, base.opModFixedVar.value) == (3, -3333)
    assert base.opModFixedW == -10_000
    assert base.opModMaxLimW == 5050
    assert (base.opModTargetW.value, base.opModTargetW.multiplier) == (-2500, 0)
    assert base.opModTargetVar.value == 40
    assert base.opModExpLimW.value == 5000
    assert base.opModImpLimW.value == 1500
    assert base.opModGenLimW.value == 0
    assert (base.opModLoadLimW.value, base.opModLoadLimW.multiplier) == (95, -1)
    assert (base.opModStorageTargetW.value, base.opModStorageTargetW.multiplier) == (-4000, 0)
    droop = base.opModFreqDroop
    assert (droop.dBOF, droop.dBUF, droop.kOF, droop.kUF, droop.openLoopTms) == (36, 17, 50, 40, 20)
    for number, name in enumerate(CURVES):
        assert getattr(base, name).href == f"/edev/d1/derp/p2/dc/v{number}"
    assert base.rampTms == 65_535
    written = {name for name, value in vars(base).items() if value is not None}
    assert len(written) == len(MODES) + 1
    assert encode(base)


def test_without_csip_aus_the_four_limits_are_gone_and_nothing_else():
    def written(profile: Profile) -> set[str]:
        body = encode(control_base(WHOLE, "d1", "p2"), profile=profile)
        return {etree.QName(node).localname for node in etree.fromstring(body)}

    gone = written(Profile.CSIPAUS_12) - written(Profile.PLAIN)
    assert gone == {"opModExpLimW", "opModImpLimW", "opModGenLimW", "opModLoadLimW"}
    assert written(Profile.PLAIN) < written(Profile.CSIPAUS_12)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


ZONES = [
    # zone, now, tzOffset, dstOffset, start and end of daylight saving
    ("UTC", "2026-07-01T00:00:00", 0, 0, None, None),
    ("Asia/Tokyo", "2026-07-01T00:00:00", 32400, 0, None, None),
    ("Australia/Brisbane", "2026-01-01T00:00:00", 36000, 0, None, None),
    (
        "Australia/Sydney",
        "2026-01-01T00:00:00",
        36000,
        3600,
        "2025-10-04T16:00:00",
        "2026-04-04T16:00:00",
    ),
    (
        "Australia/Sydney",
        "2026-06-01T00:00:00",
        36000,
        0,
        "2026-10-03T16:00:00",
        "2027-04-03T16:00:00",
    ),
    (
        "Australia/Lord_Howe",
        "2026-01-01T00:00:00",
        37800,
        1800,
        "2025-10-04T15:30:00",
        "2026-04-04T15:00:00",
    ),
    (
        "America/New_York",
        "2026-07-01T12:00:00",
        -18000,
        3600,
        "2026-03-08T07:00:00",
        "2026-11-01T06:00:00",
    ),
    (
        "Europe/Berlin",
        "2026-03-29T00:59:59",
        3600,
        0,
        "2026-03-29T01:00:00",
        "2026-10-25T01:00:00",
    ),
    (
        "Europe/Berlin",
        "2026-03-29T01:00:00",
        3600,
        3600,
        "2026-03-29T01:00:00",
        "2026-10-25T01:00:00",
    ),
    (
        "Europe/Berlin",
        "2026-10-25T01:00:00",
        3600,
        0,
        "2027-03-28T01:00:00",
        "2027-10-31T01:00:00",
    ),
]


@pytest.mark.parametrize(("zone", "now", "offset", "dst", "start", "end"), ZONES)
def test_the_time_resource_tells_the_zones_offsets(*, zone, now, offset, dst, start, end):
    at = instant(now)
    told = project_time.time(at, Sep2Settings(time_zone=zone), poll_rate_s=300)
    assert told.currentTime == int(at.timestamp())
    assert (told.tzOffset, told.dstOffset) == (offset, dst)
    assert told.localTime == told.currentTime + told.tzOffset + told.dstOffset
    assert told.dstStartTime == (int(instant(start).timestamp()) if start else 0)
    assert told.dstEndTime == (int(instant(end).timestamp()) if end else 0)


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(["Australia/Adelaide", "America/St_Johns", "Europe/London"]),
    st.integers(0, 3 * 365 * 24),
)
def test_local_time_is_what_a_clock_on_the_wall_says(zone, hours):
    at = instant("2026-01-01T00:00:00") + timedelta(hours=hours)
    told = project_time.time(at, Sep2Settings(time_zone=zone), poll_rate_s=300)
    wall = at.astimezone(ZoneInfo(zone)).replace(tzinfo=UTC)
    assert told.localTime == int(wall.timestamp())
    is_on = told.dstStartTime <= told.currentTime < told.dstEndTime
    assert is_on == (told.dstOffset != 0)


def test_an_unknown_zone_stops_the_start(desk):
    from server.sep2.face import Sep2Face

    with pytest.raises(LookupError):
        Sep2Face(desk, Sep2Settings(time_zone="Mars/Olympus"))
