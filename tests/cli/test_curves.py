"""Curves, droops, power factors and the settings of defaults, as they are typed."""

import pytest

VOLT_VAR = (
    *("curve", "add", "limits", "vars", "--kind", "volt_var", "--y-reference", "max_var"),
    *("--point", "92:44.5", "--point", "108:-44.5", "--open-loop-s", 5),
    *("--ramp-down-percent-per-s", 1, "--ramp-up-percent-per-s", 0.5, "--filter-s", 0),
    *("--v-ref-percent", 100, "--autonomous-v-ref", "--autonomous-v-ref-s", 300),
)
FACTOR = ("curve", "add", "limits", "factor", "--kind", "watt_pf")
EVENT = ("event", "create", "--program", "limits", "--duration", "15m")


async def test_a_curve_is_typed_listed_shown_and_removed(run, told, world):
    made = await told(*VOLT_VAR)
    assert made["points"] == [
        {"x": 92, "y": 44.5, "is_under_excited": None},
        {"x": 108, "y": -44.5, "is_under_excited": None},
    ]
    assert (
        made.items()
        >= {
            "program_id": world.program,
            "kind": "volt_var",
            "y_reference": "max_var",
            "open_loop_s": 5,
            "ramp_down_percent_per_s": 1,
            "ramp_up_percent_per_s": 0.5,
            "filter_s": 0,
            "v_ref_percent": 100,
            "autonomous_v_ref": True,
            "autonomous_v_ref_s": 300,
        }.items()
    )
    factor = await told(*FACTOR, "--point", "0:1:over", "--point", "100:0.9:under")
    assert [one["is_under_excited"] for one in factor["points"]] == [False, True]
    assert [one["id"] for one in await told("curve", "list", "limits")] == [
        made["id"],
        factor["id"],
    ]
    shown = (await run("curve", "show", "limits", "vars")).out
    for text in ("volt_var", "x=92, y=44.5", "max_var", world.program):
        assert text in shown
    removed = await run("curve", "remove", "limits", "vars")
    assert removed.out == f"removed {made['id']}\n"
    assert await told("curve", "remove", world.program, factor["id"]) is None
    assert await told("curve", "list", "limits") == []
    again = await run("curve", "remove", "limits", "vars")
    assert (again.code, again.err) == (1, ["there is no curve 'vars'"])


async def test_curves_are_asked_for_by_name_and_go_to_the_mode_of_their_kind(told, world):
    curve = (await told(*VOLT_VAR))["id"]
    answer = await told(*EVENT, "--curve", "vars", "--curve", curve)
    assert answer["event"]["intervals"][0]["controls"] == {"volt_var": curve}
    answer = await told("program", "default", "limits", "--connect", "--curve", "vars")
    assert answer["default"] == {"connect": True, "volt_var": curve}


async def test_two_curves_of_one_kind_cannot_be_asked_for(run, world):
    for name in ("one", "two"):
        await run(*FACTOR[:3], name, *FACTOR[4:], "--point", "0:1:over")
    result = await run(*EVENT, "--curve", "one", "--curve", "two")
    assert (result.code, result.err) == (2, ["two curves are of the kind watt_pf"])
    result = await run(*EVENT, "--curve", "three")
    assert (result.code, result.err) == (1, ["there is no curve 'three'"])


async def test_modes_of_several_numbers_are_typed_with_colons(told, world):
    answer = await told(
        *EVENT,
        *("--fixed-pf-inject", "0.95:under", "--fixed-pf-absorb", "1:over"),
        *("--freq-droop", "0.036:0.017:0.05:0.04:5", "--storage-target-w", -500),
    )
    assert answer["event"]["intervals"][0]["controls"] == {
        "fixed_pf_inject": {"cosine": 0.95, "is_under_excited": True},
        "fixed_pf_absorb": {"cosine": 1, "is_under_excited": False},
        "freq_droop": {
            "over_dead_band_hz": 0.036,
            "under_dead_band_hz": 0.017,
            "over_slope": 0.05,
            "under_slope": 0.04,
            "open_loop_s": 5,
        },
        "storage_target_w": -500,
    }
    answer = await told("program", "default", "limits", "--fixed-var", "-30:max_var")
    assert answer["default"] == {"fixed_var": {"percent": -30, "reference": "max_var"}}


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("--fixed-pf-inject", "0.95", "is not a power factor"),
        ("--fixed-pf-absorb", "0.95:up", "'up' is neither under nor over"),
        ("--fixed-var", "lots:max_w", "'lots' is not a number"),
        ("--fixed-var", "nan:max_w", "'nan' is not a number"),
        ("--fixed-var", "5:max_w:more", "is not reactive power"),
        ("--freq-droop", "1:2:3", "is not a frequency droop"),
        ("--freq-droop", "1:2:3:4:five", "'five' is not a number"),
    ],
)
async def test_what_is_mistyped_is_told_before_the_server_is_asked(typed, option, text, said):
    nowhere = ("--server", "http://127.0.0.1:9")
    result = await typed(*EVENT, option, text, *nowhere)
    assert result.code == 2
    assert said in result.err[0]


@pytest.mark.parametrize(
    ("text", "said"), [("92", "is not a point"), ("1:2:3", "neither"), ("1:2:over:4", "point")]
)
async def test_a_mistyped_point_is_told(typed, text, said):
    result = await typed(*FACTOR, "--point", text, "--server", "http://127.0.0.1:9")
    assert result.code == 2
    assert said in result.err[0]


async def test_what_the_server_refuses_of_a_curve_is_told_with_its_place(run, world):
    result = await run(*FACTOR, "--point", "0:1")
    assert result.code == 1
    assert result.err[-1].startswith("/points/0/is_under_excited: ")


async def test_the_settings_of_a_default_are_typed_and_replaced_as_a_whole(told, world):
    answer = await told(
        *("program", "default", "limits", "--max-limit-percent", 90),
        *("--enter-service-delay-s", 300, "--enter-service-random-delay-s", 60),
        *("--enter-service-ramp-s", 30, "--enter-service-low-hz", 59.5),
        *("--enter-service-high-hz", 60.1, "--enter-service-low-v-percent", 91.7),
        *("--enter-service-high-v-percent", 105, "--ramp-percent-per-s", 1),
        *("--soft-start-percent-per-s", 0.28),
    )
    assert answer["default"] == {"max_limit_percent": 90}
    assert answer["default_settings"] == {
        "enter_service_delay_s": 300,
        "enter_service_random_delay_s": 60,
        "enter_service_ramp_s": 30,
        "enter_service_low_hz": 59.5,
        "enter_service_high_hz": 60.1,
        "enter_service_low_v_percent": 91.7,
        "enter_service_high_v_percent": 105,
        "ramp_percent_per_s": 1,
        "soft_start_percent_per_s": 0.28,
    }
    answer = await told("program", "default", "limits", "--max-limit-percent", 90)
    assert answer["default_settings"] == {}
