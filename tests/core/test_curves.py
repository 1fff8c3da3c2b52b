"""Curves: what one may be, who may ask for it, and when it may go."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.core.command import (
    AddCurve,
    CancelEvent,
    CreateEvent,
    CreateGroup,
    CreateProgram,
    IntervalDraft,
    RemoveCurve,
    RemoveProgram,
    SetDefault,
)
from server.core.controls import curves_in
from server.core.curve import (
    CurveKind,
    CurvePoint,
    CurveReference,
    CurveShape,
    decimals_of,
    references_of,
)
from server.core.curves import sole_reference
from server.core.inverter import DefaultSettings, FrequencyDroop
from server.core.model import MODES, Controls, CurveId, GroupId, ProgramId
from server.errors import Conflict, Invalid, Unknown

PROGRAM, OTHER = ProgramId("p2"), ProgramId("p3")
VOLT_VAR = CurveShape(
    kind=CurveKind.VOLT_VAR,
    points=(CurvePoint(x=92.5, y=44.0), CurvePoint(x=107.25, y=-44.0)),
    y_reference=CurveReference.MAX_VAR,
    open_loop_s=5.0,
    ramp_down_percent_per_s=0.5,
    ramp_up_percent_per_s=0.0,
    filter_s=655.35,
    v_ref_percent=100.0,
    autonomous_v_ref=True,
    autonomous_v_ref_s=42_949_672.95,
)
TRIP = CurveShape(
    kind=CurveKind.HVRT_MUST_TRIP,
    points=(CurvePoint(x=0.16, y=120.0),),
    y_reference=CurveReference.EFFECTIVE_V,
)
WATT_PF = CurveShape(
    kind=CurveKind.WATT_PF,
    points=(CurvePoint(x=50.0, y=0.95, is_under_excited=True),),
    y_reference=CurveReference.NONE,
)
DROOP = FrequencyDroop(
    over_dead_band_hz=0.036,
    under_dead_band_hz=0.036,
    over_slope=0.05,
    under_slope=0.05,
    open_loop_s=0.2,
)
ADD = AddCurve(program_id=PROGRAM, name="vars", shape=VOLT_VAR)


@pytest.fixture
def grid(world):
    """A world with two programs."""
    world.do(CreateGroup(name="all"))
    program = CreateProgram(
        name="one", primacy=1, groups=frozenset({GroupId("g1")}), market_context="urn:x:1"
    )
    world.do(program)
    world.do(replace(program, name="two", market_context="urn:x:2"))
    return world


def ask(controls: Controls, **more) -> CreateEvent:
    return CreateEvent(
        program_id=PROGRAM,
        name="event",
        start=more.pop("start"),
        intervals=(IntervalDraft(duration=timedelta(hours=1), controls=controls),),
        **more,
    )


def test_a_curve_belongs_to_its_program_and_moves_it(grid):
    before = grid.book.revision_by_program[PROGRAM]
    (added,) = grid.do(ADD)
    assert added.curve.id == "v4"
    assert added.curve.mrid.endswith("00028547")
    assert added.curve.created_at == grid.now
    assert grid.book.curves_of(PROGRAM) == {CurveId("v4"): added.curve}
    assert grid.book.curves_of(OTHER) == {}
    assert grid.book.revision_by_program[PROGRAM] > before


def test_names_of_curves_are_unique_in_a_program(grid):
    grid.do(ADD)
    with pytest.raises(Conflict):
        grid.do(ADD)
    grid.do(replace(ADD, name="others"))
    grid.do(replace(ADD, program_id=OTHER))


def test_every_kind_of_curve_is_a_mode_of_its_name():
    assert set(CurveKind) < MODES
    asked = Controls(**{kind: CurveId(f"v{kind}") for kind in CurveKind})
    assert curves_in(asked) == {kind: f"v{kind}" for kind in CurveKind}
    assert asked.modes == set(CurveKind)


def points(*pairs: tuple[float, float], excited: bool | None = None) -> dict:
    made = tuple(CurvePoint(x=x, y=y, is_under_excited=excited) for x, y in pairs)
    return {"points": made}


BAD = [
    (VOLT_VAR, {"points": ()}, "/points"),
    (VOLT_VAR, points(*[(1.0, 1.0)] * 11), "/points"),
    (VOLT_VAR, points((1.0, 1.0), (-0.1, 1.0)), "/points/1/x"),
    (VOLT_VAR, points((1.0, 100.1)), "/points/0/y"),
    (VOLT_VAR, points((float("nan"), 1.0)), "/points/0/x"),
    (VOLT_VAR, points((1.0, float("inf"))), "/points/0/y"),
    (VOLT_VAR, points((0.0000000001, 1.0)), "/points"),
    (VOLT_VAR, points((100.0, 1.0), (0.00000003, 1.0)), "/points"),
    (VOLT_VAR, points((1.0, 1.0), excited=True), "/points/0/is_under_excited"),
    (VOLT_VAR, {"y_reference": CurveReference.NONE}, "/y_reference"),
    (VOLT_VAR, {"open_loop_s": -1.0}, "/open_loop_s"),
    (VOLT_VAR, {"open_loop_s": 655.36}, "/open_loop_s"),
    (VOLT_VAR, {"open_loop_s": 0.005}, "/open_loop_s"),
    (VOLT_VAR, {"ramp_down_percent_per_s": 656.0}, "/ramp_down_percent_per_s"),
    (VOLT_VAR, {"ramp_up_percent_per_s": float("nan")}, "/ramp_up_percent_per_s"),
    (VOLT_VAR, {"filter_s": 1e9}, "/filter_s"),
    (VOLT_VAR, {"v_ref_percent": 100.01}, "/v_ref_percent"),
    (VOLT_VAR, {"autonomous_v_ref_s": 42_949_672.96}, "/autonomous_v_ref_s"),
    (VOLT_VAR, {"autonomous_v_ref_s": None}, "/autonomous_v_ref_s"),
    (TRIP, points((-1.0, 50.0)), "/points/0/x"),
    (TRIP, {"y_reference": CurveReference.MAX_W}, "/y_reference"),
    (TRIP, {"v_ref_percent": 0.0}, "/v_ref_percent"),
    (TRIP, {"autonomous_v_ref": True}, "/autonomous_v_ref"),
    (TRIP, {"autonomous_v_ref_s": 0.0}, "/autonomous_v_ref_s"),
    (WATT_PF, points((50.0, 0.0), excited=False), "/points/0/y"),
    (WATT_PF, points((50.0, 1.01), excited=False), "/points/0/y"),
    (WATT_PF, points((50.0, 1.0)), "/points/0/is_under_excited"),
]


@pytest.mark.parametrize(("shape", "fault", "pointer"), BAD)
def test_a_curve_that_makes_no_sense_is_refused(grid, shape, fault, pointer):
    head = grid.book.head
    with pytest.raises(Invalid) as caught:
        grid.do(replace(ADD, shape=replace(shape, **fault)))
    assert caught.value.pointer == pointer
    assert grid.book.head == head


@pytest.mark.parametrize("shape", [VOLT_VAR, TRIP, WATT_PF])
def test_what_the_bad_ones_are_made_of_is_good(grid, shape):
    assert len(grid.do(replace(ADD, shape=shape))) == 1


def test_a_curve_needs_a_program_and_a_name(grid):
    with pytest.raises(Unknown):
        grid.do(replace(ADD, program_id=ProgramId("p9")))
    with pytest.raises(Invalid):
        grid.do(replace(ADD, name=""))
    with pytest.raises(Unknown):
        grid.do(RemoveCurve(curve_id=CurveId("v9")))


def test_only_where_there_is_a_choice_the_reference_must_be_said():
    assert sole_reference(CurveKind.HVRT_MAY_TRIP) is CurveReference.EFFECTIVE_V
    assert sole_reference(CurveKind.HFRT_MAY_TRIP) is CurveReference.NONE
    assert sole_reference(CurveKind.FREQ_WATT) is CurveReference.MAX_W
    with pytest.raises(Invalid, match="max_w, max_var, available_var") as caught:
        sole_reference(CurveKind.VOLT_VAR)
    assert caught.value.pointer == "/y_reference"


@pytest.mark.parametrize(
    ("controls", "pointer"),
    [
        (Controls(volt_var=CurveId("v99")), "/volt_var"),
        (Controls(volt_watt=CurveId("v4")), "/volt_watt"),
        (Controls(volt_var=CurveId("v5")), "/volt_var"),
        (Controls(storage_target_w=1e13), "/storage_target_w"),
        (
            Controls(freq_droop=replace(DROOP, over_dead_band_hz=-1.0)),
            "/freq_droop/over_dead_band_hz",
        ),
        (Controls(freq_droop=replace(DROOP, under_slope=65.536)), "/freq_droop/under_slope"),
        (Controls(freq_droop=replace(DROOP, over_slope=0.0005)), "/freq_droop/over_slope"),
        (Controls(freq_droop=replace(DROOP, open_loop_s=0.001)), "/freq_droop/open_loop_s"),
        (
            Controls(freq_droop=replace(DROOP, under_dead_band_hz=float("nan"))),
            "/freq_droop/under_dead_band_hz",
        ),
    ],
)
def test_controls_may_ask_only_for_curves_of_the_program_and_the_kind(grid, controls, pointer):
    grid.do(ADD)
    grid.do(replace(ADD, program_id=OTHER))
    with pytest.raises(Invalid) as caught:
        grid.do(SetDefault(program_id=PROGRAM, controls=controls))
    assert caught.value.pointer == f"/controls{pointer}"
    with pytest.raises(Invalid) as caught:
        grid.do(ask(controls, start=grid.now))
    assert caught.value.pointer == f"/intervals/0/controls{pointer}"


def test_a_new_program_has_no_curve_yet(grid):
    grid.do(ADD)
    new = CreateProgram(
        name="three",
        primacy=1,
        groups=frozenset(),
        market_context="urn:x:3",
        default=Controls(volt_var=CurveId("v4")),
    )
    with pytest.raises(Invalid) as caught:
        grid.do(new)
    assert caught.value.pointer == "/default/volt_var"


def test_a_curve_that_a_default_asks_for_stays(grid):
    grid.do(ADD)
    grid.do(SetDefault(program_id=PROGRAM, controls=Controls(volt_var=CurveId("v4"))))
    with pytest.raises(Conflict, match="default of program p2"):
        grid.do(RemoveCurve(curve_id=CurveId("v4")))
    grid.do(SetDefault(program_id=PROGRAM, controls=Controls()))
    grid.do(RemoveCurve(curve_id=CurveId("v4")))
    assert grid.book.curves == {}
    assert grid.book.curves_of(PROGRAM) == {}


def test_a_curve_that_an_event_asks_for_stays_until_its_last_device_has_ended(grid):
    grid.do(ADD)
    grid.do(replace(ADD, name="unused"))
    asked = Controls(volt_var=CurveId("v4"), freq_droop=DROOP, storage_target_w=-5.0)
    late = timedelta(minutes=10)
    (created,) = grid.do(ask(asked, start=grid.now, randomize_start=late))
    remove = RemoveCurve(curve_id=CurveId("v4"))
    grid.do(RemoveCurve(curve_id=CurveId("v5")))
    grid.do(CancelEvent(event_id=created.event.id, at_random=True))
    for moment in (timedelta(0), timedelta(hours=1)):
        grid.now += moment
        with pytest.raises(Conflict, match=f"event {created.event.id}"):
            grid.do(remove)
    grid.now += late
    assert len(grid.do(remove)) == 1
    assert len(grid.do(replace(ADD, name="vars"))) == 1


def test_a_program_takes_its_curves_with_it(grid):
    grid.do(ADD)
    grid.do(replace(ADD, program_id=OTHER))
    grid.do(RemoveProgram(program_id=PROGRAM))
    assert list(grid.book.curves) == ["v5"]
    with pytest.raises(Unknown):
        grid.do(RemoveCurve(curve_id=CurveId("v4")))


SETTINGS = DefaultSettings(
    enter_service_delay_s=300.0,
    enter_service_random_delay_s=0.0,
    enter_service_ramp_s=42_949_672.95,
    enter_service_low_hz=59.5,
    enter_service_high_hz=60.1,
    enter_service_low_v_percent=91.7,
    enter_service_high_v_percent=105.0,
    ramp_percent_per_s=1.0,
    soft_start_percent_per_s=0.28,
)


def test_a_default_carries_settings_and_is_replaced_as_a_whole(grid):
    both = SetDefault(program_id=PROGRAM, controls=Controls(connect=True), settings=SETTINGS)
    assert len(grid.do(both)) == 1
    assert grid.do(both) == ()
    program = grid.book.programs[PROGRAM]
    assert (program.default_settings, program.default_version) == (SETTINGS, 1)
    grid.do(replace(both, settings=replace(SETTINGS, ramp_percent_per_s=2.0)))
    assert grid.book.programs[PROGRAM].default_version == 2
    grid.do(SetDefault(program_id=PROGRAM, controls=Controls(connect=True)))
    program = grid.book.programs[PROGRAM]
    assert (program.default_settings, program.default_version) == (DefaultSettings(), 3)


def test_a_program_may_be_made_with_settings(grid):
    new = CreateProgram(
        name="three",
        primacy=1,
        groups=frozenset(),
        market_context="urn:x:3",
        default_settings=SETTINGS,
    )
    (created,) = grid.do(new)
    assert created.program.default_settings == SETTINGS
    bad = replace(SETTINGS, soft_start_percent_per_s=-1.0)
    with pytest.raises(Invalid) as caught:
        grid.do(replace(new, name="four", market_context="urn:x:4", default_settings=bad))
    assert caught.value.pointer == "/default_settings/soft_start_percent_per_s"


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ({"enter_service_delay_s": -1.0}, "enter_service_delay_s"),
        ({"enter_service_random_delay_s": 42_949_673.0}, "enter_service_random_delay_s"),
        ({"enter_service_ramp_s": 0.001}, "enter_service_ramp_s"),
        ({"enter_service_high_hz": 655.36}, "enter_service_high_hz"),
        ({"enter_service_high_v_percent": 327.68}, "enter_service_high_v_percent"),
        ({"enter_service_low_hz": 60.11}, "enter_service_low_hz"),
        ({"enter_service_low_v_percent": 105.01}, "enter_service_low_v_percent"),
        ({"ramp_percent_per_s": float("inf")}, "ramp_percent_per_s"),
        ({"soft_start_percent_per_s": 655.36}, "soft_start_percent_per_s"),
    ],
)
def test_settings_out_of_range_or_at_odds_are_refused(grid, fault, name):
    wish = SetDefault(program_id=PROGRAM, controls=Controls(), settings=replace(SETTINGS, **fault))
    with pytest.raises(Invalid) as caught:
        grid.do(wish)
    assert caught.value.pointer == f"/settings/{name}"


@given(st.integers(-(2**31), 2**31 - 1), st.integers(0, 9))
@settings(max_examples=100, deadline=None)
def test_every_number_that_fits_the_wire_is_written_with_that_many_decimals(digits, places):
    assert decimals_of([digits / 10**places]) <= places


def test_decimals_are_those_of_the_longest():
    assert decimals_of([]) == 0
    assert decimals_of([1.0, -20.0, 0.0, 1e12]) == 0
    assert decimals_of([1.5, 0.16, -2.0]) == 2


@pytest.mark.parametrize("kind", CurveKind)
def test_every_kind_has_a_reference(kind):
    assert references_of(kind)
