"""What devices are left with when we stop, vanish, or must not touch them."""

import pytest

from server.core.command import AddDevice, SetDefault
from server.core.model import Controls, Language, ModbusEndpoint
from server.edge.failsafe import Outlook
from server.edge.plan import compare, plan, plan_safe
from server.edge.registermap import BadMap, parse_map
from server.edge.registers import decode
from server.edge.status import DevicePhase

COLUMNS = "name,address,type,unit_si,writable,default,safe,role,order,watchdog,persist\n"
LIMIT_ONLY = "limit,15,u16,%,true,100,{safe},max_limit_percent,1,,\n"
ENABLE = "limit_on,14,bool,,true,0,,max_limit_percent.enable,9,,\n"
TIMER = "limit_s,18,u32,s,true,,,max_limit_percent.revert_s,2,,\n"
REVERT = (
    "limit_then,16,u16,%,true,100,,max_limit_percent.revert,2,,\n"
    "limit_on_then,17,bool,,true,0,,max_limit_percent.revert_enable,2,,\n"
)
HEART = "alive,30,u16,,true,0,,heartbeat,,,\n"


def text(*, safe="", settings="", rows=ENABLE + REVERT + TIMER) -> str:
    return settings + COLUMNS + LIMIT_ONLY.format(safe=safe) + rows


def made_of(*, remaining_s=600.0, default=None, limit=50.0, **how):
    made = plan(
        parse_map(text(**how), name="m", file="m.csv"),
        Controls(max_limit_percent=limit),
        1000.0,
        Outlook(
            fallback=Controls(max_limit_percent=default),
            remaining_s={"max_limit_percent": remaining_s},
        ),
    )
    return made, {w.point.name: decode(w.point, w.words) for w in made.writes}


def test_a_timer_lasts_as_long_as_the_event_and_ends_in_what_would_follow():
    made, words = made_of(remaining_s=599.2)
    assert words == {
        "limit": 50.0,
        "limit_then": 100.0,
        "limit_on_then": 0.0,
        "limit_s": 600.0,
        "limit_on": 1.0,
    }
    assert made.refresh_s == 60.0
    assert list(words)[-1] == "limit_on"


def test_a_program_default_is_what_a_timer_ends_in_before_what_is_safe():
    _, words = made_of(default=80.0, safe="10")
    assert (words["limit_then"], words["limit_on_then"]) == (80.0, 1.0)
    _, words = made_of(safe="10")
    assert (words["limit_then"], words["limit_on_then"]) == (10.0, 1.0)


@pytest.mark.parametrize("remaining_s", [None, 1e6])
def test_a_timer_that_cannot_last_as_long_as_the_event_must_end_in_a_limit(remaining_s):
    _, words = made_of(remaining_s=remaining_s)
    assert words["limit_s"] == 0.0
    _, words = made_of(remaining_s=remaining_s, safe="10")
    assert (words["limit_s"], words["limit_then"], words["limit_on_then"]) == (86_400, 10.0, 1.0)


def test_a_timer_without_a_value_to_revert_to_runs_only_if_nothing_follows():
    _, words = made_of(rows=ENABLE + TIMER)
    assert words["limit_s"] == 600.0
    _, words = made_of(rows=ENABLE + TIMER, default=80.0)
    assert words["limit_s"] == 0.0


def test_reverting_fast_winds_a_timer_up_for_three_refreshes():
    made, words = made_of(
        safe="10", settings="#on_gateway_loss,revert_fast\n#refresh_s,15\n", default=70.0
    )
    assert (words["limit_s"], words["limit_then"]) == (45.0, 70.0)
    assert made.refresh_s == 22.5


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"safe": ""}, "needs a safe value"),
        ({"safe": "hold"}, "needs a safe value"),
        ({"safe": "10", "rows": ENABLE + TIMER}, "max_limit_percent.revert"),
    ],
)
def test_a_map_whose_short_timers_would_end_in_no_limit_is_refused(how, reason):
    with pytest.raises(BadMap, match=reason):
        made_of(settings="#on_gateway_loss,revert_fast\n", **how)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (TIMER.replace(",s,", ",,"), "is in s"),
        (TIMER.replace("u32", "bool"), "must be able to say"),
        (REVERT, "the role 'max_limit_percent.revert_s'"),
        (TIMER + REVERT.replace("then,16,u16,%", "then,16,u16,W"), "must be as that of"),
        (TIMER.replace(",true,,,", ",true,,5,"), "only max_limit_percent itself"),
        ("limit_x,40,u16,,true,,,max_limit_percent.sometimes,,,\n", "is unknown"),
        ("alive,40,u16,,false,,,heartbeat,,,\n", "heartbeat must be writable"),
        ("a,40,u16,,false,,,,,10,\n", "never written"),
        ("a,40,u16,,true,,,,,10,flash\n", "flash wears out"),
        ("a,40,u16,,true,,,,,1,\n", "from 2 to 65535"),
        ("a,40,u16,,true,,99999,,,,\n", "safe: raw"),
    ],
)
def test_a_part_that_cannot_serve_is_refused(rows, reason):
    with pytest.raises(BadMap, match=reason):
        made_of(rows=rows)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ("#color,red\n", "there is no setting 'color'"),
        ("#on_stop,panic\n", "none of leave, safe, release"),
        ("#read_only,yes\n", "neither true nor false"),
        ("#refresh_s,0\n", "from 1 to 3600"),
        ("#refresh_s,2\n#refresh_s,3\n", "stands twice"),
    ],
)
def test_a_setting_that_is_not_understood_refuses_the_map(settings, reason):
    with pytest.raises(BadMap, match=reason):
        made_of(settings=settings)


def test_a_timer_that_runs_down_is_as_it_should_be_until_it_has_run_out():
    made, _ = made_of()
    seen = {w.point.name: w.words for w in made.writes}
    assert compare(made, seen | {"limit_s": (0, 17)}).writes == ()
    for out in ((0, 0), (0, 601)):
        again = compare(made, seen | {"limit_s": out}).writes
        assert [w.point.name for w in again] == ["limit_s", "limit_on"]


def test_a_refresh_writes_what_does_not_keep_and_spares_the_flash():
    worn = "limit,15,u16,%,true,100,,max_limit_percent,1,,flash\n"
    register_map = parse_map(COLUMNS + worn + ENABLE + TIMER, name="m", file="m.csv")
    outlook = Outlook(remaining_s={"max_limit_percent": 100.0})
    made = plan(register_map, Controls(max_limit_percent=5.0), None, outlook)
    seen = {w.point.name: w.words for w in made.writes}
    refreshed = compare(made, seen, is_refresh=True).writes
    assert [w.point.name for w in refreshed] == ["limit_s", "limit_on"]


@pytest.mark.parametrize(
    ("safe", "default", "expected"),
    [
        ("10", 80.0, {"limit": 10.0, "limit_on": 1.0}),
        ("release", 80.0, {"limit": 100.0, "limit_on": 0.0}),
        ("", 80.0, {"limit": 80.0, "limit_on": 1.0}),
        ("", None, {"limit": 100.0, "limit_on": 0.0}),
        ("hold", 80.0, {}),
    ],
)
def test_safe_and_default_are_not_the_same(safe, default, expected):
    register_map = parse_map(text(safe=safe, rows=ENABLE), name="m", file="m.csv")
    made = plan_safe(register_map, Controls(max_limit_percent=default), None)
    assert {w.point.name: decode(w.point, w.words) for w in made.writes} == expected


@pytest.fixture
async def peer(house, simulate):
    """Start an inverter of a map stated by a text, and add it."""

    async def start(map_text: str, **what):
        (house.maps / "own.csv").write_text(map_text)
        inverter = await simulate("--maps", str(house.maps), "--map", "own")
        return inverter, await house.add(inverter.port, register_map="own", **what)

    return start


async def test_a_device_whose_gateway_vanished_reverts_when_its_timer_ends(house, peer):
    inverter, _ = await peer(text(safe="10", settings="#on_gateway_loss,revert_fast\n"))
    await house.event(Controls(max_limit_percent=50.0), minutes=60)
    await house.edge.reconcile_all()
    await inverter.order("pass", seconds=59)
    registers = await inverter.registers()
    assert (registers[15], registers[14]) == (50, 1)
    await inverter.order("pass", seconds=1)
    registers = await inverter.registers()
    assert (registers[15], registers[14]) == (10, 1)
    house.clock.pass_by(seconds=60)
    await house.edge.reconcile_all()
    registers = await inverter.registers()
    assert (registers[15], registers[14], registers[19]) == (50, 1, 60)


async def test_a_timer_is_wound_up_before_half_of_it_has_passed(house, peer):
    inverter, device = await peer(text(safe="10", settings="#on_gateway_loss,revert_fast\n"))
    house.edge = house.new_edge(poll_s=1e9)
    await house.event(Controls(max_limit_percent=50.0), minutes=5)
    house.edge.start()
    await house.edge.reconcile_all()
    for seconds in range(5, 290, 5):
        house.clock.pass_by(seconds=5)
        await inverter.order("pass", seconds=5)
        await house.edge.refresh_due()
        assert (await inverter.registers())[19] >= min(30, 300 - seconds)
    assert house.edge.status(device).drifts == 0
    assert await house.said(device) == ["written", "verified"]
    house.clock.pass_by(seconds=15)
    await house.edge.reconcile_all()
    registers = await inverter.registers()
    assert (registers[15], registers[14], registers[19]) == (100, 0, 0)


async def test_a_value_that_a_device_forgets_is_written_again_in_time(house, peer):
    rows = "limit,15,u16,%,true,100,,max_limit_percent,1,20,\n"
    inverter, _ = await peer(COLUMNS + rows)
    house.edge = house.new_edge(poll_s=1e9)
    await house.event(Controls(max_limit_percent=50.0), minutes=60)
    for _ in range(31):
        await house.edge.refresh_due()
        house.clock.pass_by(seconds=1)
    await inverter.registers()
    assert inverter.written() == [(15, [50])] * 4


async def test_a_heartbeat_counts_up_every_second(house, peer):
    inverter, _ = await peer(text(rows=ENABLE + HEART))
    for _ in range(3):
        await house.edge.refresh_due()
        house.clock.pass_by(seconds=1)
    await inverter.registers()
    assert [words for address, words in inverter.written() if address == 30] == [[1], [2], [3]]


@pytest.mark.parametrize(
    ("on_stop", "expected"), [("leave", (50, 1)), ("safe", (10, 1)), ("release", (100, 0))]
)
async def test_a_stop_leaves_a_device_as_its_map_says(house, peer, on_stop, expected):
    inverter, _ = await peer(text(safe="10", settings=f"#on_stop,{on_stop}\n", rows=ENABLE))
    await house.event(Controls(max_limit_percent=50.0))
    await house.edge.reconcile_all()
    await house.edge.stop()
    registers = await inverter.registers()
    assert (registers[15], registers[14]) == expected


async def test_a_stop_does_not_wait_for_a_device_that_is_silent(house, mischief):
    (house.maps / "own.csv").write_text(text(settings="#on_stop,release\n"))
    await house.add(await mischief("silent"), register_map="own")
    house.edge = house.new_edge(stop_limit_s=0.2)
    house.edge.start()
    house.edge.wake()
    await house.edge.stop()


@pytest.mark.parametrize("by_map", [True, False])
async def test_nothing_is_ever_written_to_what_is_read_only(house, simulate, by_map):
    settings = "#on_stop,release\n" + ("#read_only,true\n" if by_map else "")
    (house.maps / "own.csv").write_text(text(safe="10", settings=settings, rows=ENABLE + HEART))
    inverter = await simulate("--maps", str(house.maps), "--map", "own")
    change = await house.do(add_read_only(inverter.port, read_only=not by_map))
    device = change.device.id
    await house.do(SetDefault(program_id=house.program, controls=Controls(max_limit_percent=80.0)))
    await house.event(Controls(max_limit_percent=50.0))
    await inverter.order("put", address=15, words=[33])
    for _ in range(3):
        await house.edge.reconcile_all()
        house.clock.pass_by(minutes=4)
    await house.edge.stop()
    await inverter.registers()
    assert inverter.writes == []
    assert await house.said(device) == ["failed"]
    assert "read-only" in (await house.details(device, "failed"))[0]
    assert house.edge.status(device).phase is not DevicePhase.FAILING


def add_read_only(port: int, *, read_only: bool):
    endpoint = ModbusEndpoint(
        host="127.0.0.1", port=port, unit=1, register_map="own", read_only=read_only
    )
    return AddDevice(name="meter", language=Language.MODBUS, modbus=endpoint, rated_w=1000.0)
