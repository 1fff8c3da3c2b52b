"""Register maps are taken whole or refused with the place of each fault."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.edge.registermap import BadMap, find_map, load_map, parse_map
from server.edge.registers import WordOrder, WordType
from server.errors import Malformed, Unknown

FIXTURES = Path(__file__).parents[2] / "fixtures" / "registers"
HEADER = (
    "name,table,address,type,word_order,scale,offset,min,max,unit_si,writable,default,role,sign,"
    "nan,order,write_fc"
)
COLUMN = {title: number for number, title in enumerate(HEADER.split(","), start=1)}
GOOD = {"name": "limit", "address": "110", "type": "u16", "unit_si": "%", "writable": "true"}
GOOD |= {"default": "100", "role": "max_limit_percent"}


def text(*rows: dict[str, str]) -> str:
    lines = [",".join(row.get(title, "") for title in COLUMN) for row in rows]
    return "\n".join([HEADER, *lines]) + "\n"


def test_the_built_in_inverter_can_follow_what_the_edge_can_say():
    inverter = find_map("generic-inverter")
    assert inverter.warnings == ()
    assert inverter.modes == {
        "connect",
        "energize",
        "max_limit_percent",
        "fixed_w_percent",
        "target_w",
        "target_var",
    }
    assert inverter.by_role["telemetry.w"].name == "active_power"


def test_a_map_from_a_file_warns_of_columns_that_it_does_not_know():
    odd = load_map(FIXTURES / "odd-inverter.csv")
    assert odd.name == "odd-inverter"
    assert [str(warning) for warning in odd.warnings] == [
        "odd-inverter.csv:1:6: the column 'byte_speed' is unknown and ignored"
    ]
    power = odd.by_role["telemetry.w"]
    assert (power.address, power.type, power.word_order) == (0x10, WordType.I32, WordOrder.LO_FIRST)
    assert odd.modes == {"max_limit_percent", "target_w", "target_var"}


def test_a_map_of_the_house_goes_before_a_built_in_one(tmp_path):
    (tmp_path / "generic-inverter.csv").write_text(text(GOOD))
    assert len(find_map("generic-inverter", tmp_path).points) == 1
    assert len(find_map("generic-inverter").points) > 1


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "", "A", "a/b", "nowhere", "a.csv"])
def test_a_name_is_never_a_path(name, tmp_path):
    (tmp_path / "secret.csv").write_text(text(GOOD))
    inside = tmp_path / "maps"
    inside.mkdir()
    with pytest.raises(Unknown):
        find_map(name, inside)


def test_a_file_that_is_no_text_or_not_there_is_refused(tmp_path):
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Malformed):
        load_map(tmp_path / "binary.csv")
    with pytest.raises(Unknown):
        load_map(tmp_path / "nothing.csv")


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({"name": ""}, "name", "is empty"),
        ({"name": "Limit %"}, "name", "is not a name"),
        ({"address": ""}, "address", "is empty"),
        ({"address": "65536"}, "address", "above 65535"),
        ({"address": "-1"}, "address", "neither a whole number"),
        ({"address": "1_0"}, "address", "neither a whole number"),
        ({"address": "\u0661"}, "address", "neither a whole number"),
        ({"address": "65535", "type": "u32"}, "address", "behind register 65535"),
        ({"type": "u17"}, "type", "none of"),
        ({"type": ">H"}, "type", "none of"),
        ({"table": "coil"}, "table", "none of"),
        ({"table": "input"}, "writable", "input registers are not"),
        ({"word_order": "big"}, "word_order", "none of"),
        ({"scale": "0"}, "scale", "loses every value"),
        ({"scale": "nan"}, "scale", "is not a number"),
        ({"scale": "1/10"}, "scale", "is not a number"),
        ({"scale": "1e999"}, "scale", "is not a number"),
        ({"offset": "x"}, "offset", "is not a number"),
        ({"min": "5", "max": "4", "default": ""}, "max", "is below min"),
        ({"min": "0", "max": "99"}, "default", "above the maximum"),
        ({"default": "70000"}, "default", "does not fit"),
        ({"default": "-1"}, "default", "does not fit"),
        ({"default": ""}, "default", "ends a control"),
        ({"default": "100", "nan": "100"}, "default", "not available"),
        ({"nan": "0x12345"}, "nan", "is no u16 pattern"),
        ({"nan": "1;;2"}, "nan", "neither a whole number"),
        ({"writable": "yes"}, "writable", "neither true nor false"),
        ({"writable": "false"}, "writable", "must be a writable"),
        ({"role": "max_limit"}, "role", "is unknown"),
        ({"role": "fixed_pf_inject"}, "role", "is unknown"),
        ({"role": "connect.enable"}, "role", "no point has the role"),
        ({"unit_si": "kW"}, "unit_si", "is in % or W"),
        ({"role": "telemetry.w"}, "unit_si", "is in W"),
        ({"sign": "load"}, "sign", "has no direction"),
        ({"sign": "up"}, "sign", "none of"),
        ({"write_fc": "5"}, "write_fc", "neither 6 nor 16"),
        ({"write_fc": "6", "type": "u32"}, "write_fc", "one register only"),
        ({"type": "bool", "scale": "0.1", "default": ""}, "scale", "a bool has none"),
        ({"order": "first"}, "order", "neither a whole number"),
    ],
)
def test_a_bad_cell_refuses_the_whole_map_and_says_where(change, column, reason):
    with pytest.raises(BadMap) as refusal:
        parse_map(
            text(GOOD | {"name": "fine", "address": "1", "role": ""}, GOOD | change),
            name="m",
            file="m.csv",
        )
    (fault,) = refusal.value.faults
    assert (fault.file, fault.line, fault.column) == ("m.csv", 3, COLUMN[column])
    assert reason in fault.reason
    assert str(fault) in refusal.value.reason


@pytest.mark.parametrize(
    ("second", "column"),
    [
        ({"address": "200", "role": ""}, "name"),
        ({"name": "other", "address": "200"}, "role"),
        ({"name": "other", "role": ""}, "address"),
        ({"name": "other", "role": "", "address": "109", "type": "u64"}, "address"),
    ],
)
def test_two_points_that_collide_are_refused(second, column):
    with pytest.raises(BadMap) as refusal:
        parse_map(text(GOOD, GOOD | second), name="m", file="m.csv")
    (fault,) = refusal.value.faults
    assert (fault.line, fault.column) == (3, COLUMN[column])


def test_a_readable_point_may_lie_over_a_writable_one():
    alias = {"name": "seen", "address": "110", "type": "i16"}
    assert len(parse_map(text(GOOD, alias), name="m", file="m.csv").points) == 2


@pytest.mark.parametrize(
    ("whole", "place", "reason"),
    [
        ("", "m.csv:1:1", "'address' is missing"),
        ("name,type\na,u16\n", "m.csv:1:1", "'address' is missing"),
        ("name,address,type,name\n", "m.csv:1:4", "stands twice"),
        ("name,address,type\n", "m.csv:1:1", "no point"),
        ("name,address,type\n\na,1,u16,x\n", "m.csv:3:4", "4 cells under 3"),
        ("name,address,type\na\n", "m.csv:2:2", "is empty"),
        ('name,address,type\n"a,1,u16\n', "m.csv:2:1", "unexpected end"),
        ('name,address,type\n"x\ny",1,u16\nb,z,u16\n', "m.csv:4:2", "neither"),
    ],
)
def test_a_bad_file_is_refused_with_the_line(whole, place, reason):
    with pytest.raises(BadMap) as refusal:
        parse_map(whole, name="m", file="m.csv")
    (told,) = [str(fault) for fault in refusal.value.faults if str(fault).startswith(place)][:1]
    assert reason in told


def test_all_faults_are_told_at_once():
    with pytest.raises(BadMap) as refusal:
        parse_map(text(GOOD | {"type": "x", "scale": "0"}, {"name": "b"}), name="m", file="m.csv")
    assert [(f.line, f.column) for f in refusal.value.faults] == [
        (2, COLUMN["type"]),
        (2, COLUMN["scale"]),
        (3, COLUMN["address"]),
        (3, COLUMN["type"]),
    ]


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_no_text_does_anything_but_become_a_map_or_a_refusal(tail):
    with suppress(BadMap):
        parse_map(f"name,address,type\n{tail}", name="m", file="m.csv")
