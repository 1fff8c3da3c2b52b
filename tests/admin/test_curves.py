"""Curves and the settings of defaults: what operators send, and what they get back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from server.admin.models import DefaultIn
from server.admin.views import ControlsView, SettingsView
from server.core.curve import CurveKind
from server.core.inverter import DefaultSettings, FrequencyDroop
from server.core.model import Controls, PowerFactor, VarReference, VarShare

VOLT_VAR = {
    "name": "vars",
    "kind": "volt_var",
    "points": [{"x": 92, "y": 44.5}, {"x": 108.25, "y": -44}],
    "y_reference": "max_var",
    "open_loop_s": 5,
    "v_ref_percent": 100,
    "autonomous_v_ref": True,
    "autonomous_v_ref_s": 300,
}
TRIP = {"name": "trip", "kind": "lvrt_must_trip", "points": [{"x": 0.16, "y": 50}]}
FACTOR = {
    "name": "factor",
    "kind": "watt_pf",
    "points": [{"x": 50, "y": 0.95, "is_under_excited": True}],
}


@pytest.fixture
def path(world):
    return f"/programs/{world.program}/curves"


async def test_a_curve_is_made_listed_shown_and_removed(api, path, world, clock):
    answer = await api.post(path, VOLT_VAR, token="engineer")
    assert answer.status == 201
    made = answer.json
    assert answer.headers["Location"] == f"/api/v1{path}/{made['id']}"
    assert made.items() >= {**VOLT_VAR, "points": made["points"]}.items()
    assert made["points"] == [{**one, "is_under_excited": None} for one in VOLT_VAR["points"]]
    assert (made["program_id"], made["ramp_up_percent_per_s"]) == (world.program, None)
    other = await api.made(path, TRIP)
    assert other["y_reference"] == "effective_v"
    assert (await api.get(path)).json["items"] == [made, other]
    assert (await api.get(f"{path}/{made['id']}")).json == made
    removed = await api.ask("DELETE", f"/api/v1{path}/{made['id']}")
    assert (removed.status, removed.raw) == (204, b"")
    assert (await api.get(path)).json["items"] == [other]
    assert (await api.get(f"{path}/{made['id']}")).status == 404


async def test_curves_come_in_pages(api, path):
    made = [(await api.made(path, {**TRIP, "name": f"t{n}"}))["id"] for n in range(3)]
    first = (await api.get(path, limit=2)).json
    second = (await api.get(path, limit=2, cursor=first["next_cursor"])).json
    assert [one["id"] for one in (*first["items"], *second["items"])] == made


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"points": []}, "/points"),
        ({"points": [{"x": 1, "y": 1}] * 11}, "/points"),
        ({"points": [{"x": 1}]}, "/points/0/y"),
        ({"points": [{"x": 1, "y": 1, "z": 1}]}, "/points/0/z"),
        ({"points": [{"x": "1", "y": 1}]}, "/points/0/x"),
        ({"points": [{"x": 1, "y": 101}]}, "/points/0/y"),
        ({"points": [{"x": 1, "y": 1, "is_under_excited": False}]}, "/points/0/is_under_excited"),
        ({"kind": "volt_volt"}, "/kind"),
        ({"y_reference": None}, "/y_reference"),
        ({"y_reference": "effective_v"}, "/y_reference"),
        ({"open_loop_s": 0.001}, "/open_loop_s"),
        ({"autonomous_v_ref_s": None}, "/autonomous_v_ref_s"),
        ({"name": ""}, "/name"),
        ({"colour": "red"}, "/colour"),
    ],
)
async def test_what_is_wrong_with_a_curve_is_pointed_at(api, path, desk, change, pointer):
    head = desk.book.head
    answer = await api.post(path, {**VOLT_VAR, **change})
    assert answer.status == 422
    assert pointer in [fault["pointer"] for fault in answer.json["errors"]]
    assert desk.book.head == head


async def test_a_second_curve_of_the_name_is_a_conflict(api, path):
    await api.made(path, TRIP)
    assert (await api.post(path, TRIP)).status == 409


async def test_curves_of_other_programs_are_not_there(api, path, world):
    body = {"name": "p", "primacy": 1, "groups": [world.group], "market_context": "urn:x"}
    other = (await api.made("/programs", body))["id"]
    curve = (await api.made(path, TRIP))["id"]
    assert (await api.get(f"/programs/{other}/curves")).json["items"] == []
    for at in (f"/programs/{other}/curves/{curve}", f"/programs/p99/curves/{curve}"):
        assert (await api.get(at)).status == 404
        assert (await api.ask("DELETE", f"/api/v1{at}")).status == 404
    for method, body in (("GET", None), ("POST", TRIP)):
        answer = await api.ask(method, "/api/v1/programs/p99/curves", body)
        assert answer.json["detail"] == "there is no program 'p99'"


async def test_a_default_and_an_event_ask_for_curves(api, path, world, event_body):
    made = {kind: (await api.made(path, body))["id"] for kind, body in KINDS.items()}
    answer = await api.ask(
        "PUT", f"/api/v1/programs/{world.program}/default", {"controls": made, "settings": {}}
    )
    assert answer.json["default"] == made
    setpoint = (await api.get(f"/devices/{world.sep2}")).json["setpoint"]
    assert setpoint["controls"] == made
    asked = {"volt_var": made["volt_var"], "freq_droop": DROOP, "storage_target_w": -500}
    interval = {"duration_s": 60, "controls": asked}
    stated = await api.made("/events", event_body(world.program, intervals=[interval]))
    assert stated["event"]["intervals"][0]["controls"] == asked
    told = {gap["what"] for gap in stated["unsaid"] if gap["device_id"] == world.modbus}
    assert told == set(asked)
    for curve in made.values():
        refused = await api.ask("DELETE", f"/api/v1{path}/{curve}")
        assert refused.status == 409


KINDS = {"volt_var": VOLT_VAR, "lvrt_must_trip": TRIP, "watt_pf": FACTOR}
DROOP = {
    "over_dead_band_hz": 0.036,
    "under_dead_band_hz": 0.036,
    "over_slope": 0.05,
    "under_slope": 0.05,
    "open_loop_s": 5,
}


@pytest.mark.parametrize(
    ("controls", "name"),
    [
        ({"volt_watt": "v0"}, "volt_watt"),
        ({"volt_var": "v99"}, "volt_var"),
        ({"volt_var": 5}, "volt_var"),
        ({"freq_droop": {**DROOP, "open_loop_s": -1}}, "freq_droop/open_loop_s"),
        ({"freq_droop": {"over_slope": 1}}, "freq_droop/under_slope"),
        ({"freq_droop": {**DROOP, "more": 1}}, "freq_droop/more"),
        ({"storage_target_w": 1e13}, "storage_target_w"),
    ],
)
async def test_a_wrong_demand_is_pointed_at(*, api, world, event_body, controls, name):
    curve = await api.made(f"/programs/{world.program}/curves", VOLT_VAR)
    asked = {mode: curve["id"] if wish == "v0" else wish for mode, wish in controls.items()}
    answer = await api.ask("PUT", f"/api/v1/programs/{world.program}/default", {"controls": asked})
    assert f"/controls/{name}" in [fault["pointer"] for fault in answer.json["errors"]]
    interval = {"duration_s": 60, "controls": asked}
    answer = await api.post("/events", event_body(world.program, intervals=[interval]))
    pointers = [fault["pointer"] for fault in answer.json["errors"]]
    assert f"/intervals/0/controls/{name}" in pointers


async def test_a_default_is_replaced_with_its_settings_as_a_whole(api, world):
    path = f"/api/v1/programs/{world.program}/default"
    both = {"controls": {"connect": True}, "settings": {"ramp_percent_per_s": 0.28}}
    answer = (await api.ask("PUT", path, both)).json
    assert (answer["default"], answer["default_settings"]) == tuple(both.values())
    assert answer["default_version"] == 1
    answer = (await api.ask("PUT", path, {"controls": {"connect": True}})).json
    assert (answer["default_settings"], answer["default_version"]) == ({}, 2)
    bad = {"controls": {}, "settings": {"enter_service_delay_s": -1}}
    answer = await api.ask("PUT", path, bad)
    assert answer.json["errors"][0]["pointer"] == "/settings/enter_service_delay_s"


async def test_a_program_is_made_with_the_settings_of_its_default(api, world):
    body = {"name": "p", "primacy": 1, "groups": [world.group], "market_context": "urn:x"}
    given = {"enter_service_low_hz": 59.5, "enter_service_high_hz": 60.1}
    made = await api.made("/programs", {**body, "default_settings": given})
    assert made["default_settings"] == given


POWERS = st.floats(min_value=0, max_value=1e9)
DROOPS = st.builds(
    FrequencyDroop,
    over_dead_band_hz=st.integers(0, 5000).map(lambda n: n / 1000),
    under_dead_band_hz=st.integers(0, 5000).map(lambda n: n / 1000),
    over_slope=st.integers(0, 65_535).map(lambda n: n / 1000),
    under_slope=st.integers(0, 65_535).map(lambda n: n / 1000),
    open_loop_s=st.integers(0, 65_535).map(lambda n: n / 100),
)
FACTORS = st.builds(
    PowerFactor, cosine=st.floats(min_value=0.01, max_value=1), is_under_excited=st.booleans()
)
ASKED = st.builds(
    Controls,
    connect=st.none() | st.booleans(),
    fixed_pf_inject=st.none() | FACTORS,
    fixed_var=st.none()
    | st.builds(
        VarShare,
        percent=st.floats(min_value=-100, max_value=100),
        reference=st.sampled_from(VarReference),
    ),
    export_limit_w=st.none() | POWERS,
    storage_target_w=st.none() | POWERS,
    freq_droop=st.none() | DROOPS,
    **{kind.value: st.none() | st.sampled_from(["v1", "v2"]) for kind in CurveKind},
)
SET = st.builds(
    DefaultSettings,
    enter_service_delay_s=st.none() | POWERS,
    soft_start_percent_per_s=st.none() | POWERS,
)


@settings(max_examples=60, deadline=None)
@given(controls=ASKED, wanted=SET)
def test_what_is_shown_can_be_sent_back(controls, wanted):
    shown = TypeAdapter(ControlsView).dump_json(controls).decode()
    set_to = TypeAdapter(SettingsView).dump_json(wanted).decode()
    body = f'{{"controls": {shown}, "settings": {set_to}}}'
    read = DefaultIn.model_validate_json(body)
    assert (read.controls, read.settings) == (controls, wanted)
