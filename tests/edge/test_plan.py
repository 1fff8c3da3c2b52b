"""Controls become register values, with sign and unit as the map has them."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.core.curve import CurveKind
from server.core.inverter import FrequencyDroop
from server.core.model import Controls, CurveId, PowerFactor
from server.edge.plan import Plan, compare, plan
from server.edge.registermap import RegisterMap, find_map, load_map
from server.edge.registers import Words, decode, encode

INVERTER = find_map("generic-inverter")
ODD = load_map(Path(__file__).parents[2] / "fixtures" / "registers" / "odd-inverter.csv")


def values(made: Plan) -> dict[str, float | None]:
    return {write.point.name: decode(write.point, write.words) for write in made.writes}


def defaults(register_map: RegisterMap) -> dict[str, Words]:
    return {
        p.name: (0,) * p.size if p.default is None else encode(p, p.default)
        for p in register_map.by_role.values()
    }


def test_nothing_asked_is_the_default_of_each_bound_point():
    made = plan(INVERTER, Controls(), 10_000.0)
    assert {write.point.name: write.words for write in made.writes} | {
        "active_power": (0, 0)
    } == defaults(INVERTER)
    assert made.unsaid == ()


@pytest.mark.parametrize(
    ("controls", "register_map", "expected"),
    [
        (Controls(connect=False), INVERTER, {"connect": 0.0}),
        (Controls(energize=False), INVERTER, {"energize": 0.0}),
        (Controls(max_limit_percent=12.34), INVERTER, {"limit": 12.34, "limit_enable": 1.0}),
        (Controls(fixed_w_percent=-50.0), INVERTER, {"fixed_power": -50.0}),
        (Controls(target_w=-3000.0), INVERTER, {"target_power": -3000.0}),
        (Controls(target_var=700.0), INVERTER, {"target_reactive": 700.0}),
        (Controls(max_limit_percent=33.3), ODD, {"cap_w": 3330.0}),
        (Controls(target_w=2500.0), ODD, {"setpoint": -25.0, "setpoint_on": 1.0}),
        (Controls(target_w=-2500.0), ODD, {"setpoint": 25.0}),
        (Controls(target_var=-1.5), ODD, {"vars": -1.5}),
    ],
)
def test_what_is_asked_is_said_in_the_unit_and_direction_of_the_point(
    controls, register_map, expected
):
    made = plan(register_map, controls, 10_000.0)
    assert made.unsaid == ()
    assert values(made).items() >= expected.items()


def test_values_come_before_what_enables_them_wherever_the_registers_lie():
    names = [write.point.name for write in plan(ODD, Controls(target_w=1.0), 1000.0).writes]
    assert names.index("setpoint") < names.index("setpoint_on")


@pytest.mark.parametrize(
    ("controls", "rated_w", "mode", "reason"),
    [
        (Controls(max_limit_percent=120.1), 10_000.0, "max_limit_percent", "above the maximum"),
        (Controls(max_limit_percent=-1.0), 10_000.0, "max_limit_percent", "below the minimum"),
        (Controls(target_w=11_001.0), 10_000.0, "target_w", "below the minimum"),
        (Controls(target_w=1.0), None, "target_w", "rated power is unknown"),
        (Controls(target_w=1.0), 0.0, "target_w", "rated power is unknown"),
        (Controls(target_w=float("nan")), 1.0, "target_w", "not a finite number"),
        (Controls(target_var=1e39), 1.0, "target_var", "does not fit"),
    ],
)
def test_what_a_point_cannot_say_is_told_and_its_default_holds(controls, rated_w, mode, reason):
    made = plan(ODD, controls, rated_w)
    (unsaid,) = made.unsaid
    assert unsaid.mode == mode
    assert unsaid.point == ODD.by_role[mode].name
    assert reason in unsaid.reason
    assert made.writes == plan(ODD, Controls(), rated_w).writes


def test_a_mode_without_a_point_is_told():
    factor = PowerFactor(cosine=0.9, is_under_excited=True)
    made = plan(ODD, Controls(connect=True, fixed_pf_absorb=factor, ramp_s=5.0), 1000.0)
    assert [unsaid.mode for unsaid in made.unsaid] == ["connect", "fixed_pf_absorb", "ramp_s"]


def test_curves_droops_and_storage_have_no_point_in_any_map_and_are_told():
    droop = FrequencyDroop(
        over_dead_band_hz=0.1,
        under_dead_band_hz=0.1,
        over_slope=0.05,
        under_slope=0.05,
        open_loop_s=1.0,
    )
    curves = {kind.value: CurveId("v1") for kind in CurveKind}
    asked = Controls(freq_droop=droop, storage_target_w=5.0, connect=False, **curves)
    made = plan(INVERTER, asked, 1000.0)
    assert {unsaid.mode for unsaid in made.unsaid} == asked.modes - {"connect"}
    assert made.writes == plan(INVERTER, Controls(connect=False), 1000.0).writes


def test_only_what_differs_is_left_to_write():
    made = plan(INVERTER, Controls(max_limit_percent=50.0), None)
    left = compare(made, defaults(INVERTER))
    assert [write.point.name for write in left.writes] == ["limit", "limit_enable"]
    seen = defaults(INVERTER) | {write.point.name: write.words for write in left.writes}
    assert compare(made, seen).writes == ()


def test_what_enables_a_mode_is_written_again_with_a_new_value():
    seen = defaults(INVERTER) | {"limit": (4000,), "limit_enable": (1,)}
    left = compare(plan(INVERTER, Controls(max_limit_percent=50.0), None), seen)
    assert [write.point.name for write in left.writes] == ["limit", "limit_enable"]


def test_a_point_that_the_device_lacks_is_not_written_and_told():
    seen = defaults(INVERTER) | {"limit": (0xFFFF,)}
    left = compare(plan(INVERTER, Controls(max_limit_percent=50.0), None), seen)
    assert left.writes == ()
    assert [(unsaid.mode, unsaid.point) for unsaid in left.unsaid] == [
        ("max_limit_percent", "limit")
    ]


@settings(max_examples=100, deadline=None)
@given(
    st.builds(
        Controls,
        connect=st.none() | st.booleans(),
        max_limit_percent=st.none() | st.floats(-10, 110),
        fixed_w_percent=st.none() | st.floats(-110, 110),
        target_w=st.none() | st.floats(allow_nan=True),
    ),
    st.none() | st.floats(1, 1e9),
)
def test_each_mode_asked_is_either_said_or_told_as_unsaid(controls, rated_w):
    made = plan(INVERTER, controls, rated_w)
    assert [w.point.name for w in made.writes] == [
        w.point.name for w in plan(INVERTER, Controls(), rated_w).writes
    ]
    enabled = {w.mode for w in made.writes if w.is_latch}
    unsaid = {u.mode for u in made.unsaid}
    assert enabled | unsaid == controls.modes - {"connect"}
    assert enabled.isdisjoint(unsaid)
