"""Whole events against simulated inverters in another process."""

from datetime import timedelta
from pathlib import Path

import pytest

from server.core.command import CancelEvent, RemoveDevice, SetDefault
from server.core.event_commands import ChangeEvent
from server.core.model import Controls
from server.edge.status import DevicePhase
from server.errors import Unknown

LIMIT, ENABLE = 110, 111


async def test_an_event_is_written_verified_and_restored_at_its_end(house, simulate):
    inverter = await simulate()
    device = await house.add(inverter.port)
    event = await house.event(Controls(max_limit_percent=25.5))

    await house.edge.reconcile_all()
    assert await inverter.changed() == {LIMIT: 2550, ENABLE: 1}
    assert inverter.written() == [(LIMIT, [2550]), (ENABLE, [1])]
    assert await house.said(device) == ["written", "verified"]
    assert house.edge.status(device).phase is DevicePhase.HELD
    assert house.edge.status(device).observed["limit"] == 25.5

    house.clock.pass_by(minutes=10)
    await house.edge.reconcile_all()
    assert await inverter.changed() == {}
    assert await house.said(device) == ["written", "verified", "restored"]
    assert house.edge.status(device).phase is DevicePhase.IDLE
    (interval,) = house.desk.book.events[event].intervals
    responses = await house.desk.store.responses(device_id=device)
    assert {(r.event_id, r.mrid) for _, r in responses} == {(event, interval.mrid)}
    assert "limit@110=09F6" in (await house.details(device, "verified"))[0]


async def test_what_is_so_already_is_not_written(house, simulate):
    inverter = await simulate()
    device = await house.add(inverter.port)
    await house.event(Controls(max_limit_percent=50.0))
    for _ in range(5):
        await house.edge.reconcile_all()
        house.clock.pass_by(seconds=20)
    await inverter.registers()
    assert inverter.written() == [(LIMIT, [5000]), (ENABLE, [1])]
    assert await house.said(device) == ["written", "verified"]


async def test_before_its_start_an_event_changes_nothing_and_then_a_wake_up_is_enough(
    house, simulate
):
    inverter = await simulate()
    device = await house.add(inverter.port)
    house.clock.pass_by(seconds=1)
    await house.event(
        Controls(max_limit_percent=50.0), start=house.clock.now().replace(minute=30, second=0)
    )
    house.edge.start()
    await house.edge.reconcile_all()
    await inverter.registers()
    assert inverter.written() == []
    house.clock.pass_by(minutes=30)
    house.edge.wake()
    await inverter.until(lambda sim: (ENABLE, [1]) in sim.written())
    await house.edge.reconcile_all()
    assert await house.said(device) == ["written", "verified"]


async def test_a_changed_value_is_written_again_together_with_what_enables_it(house, simulate):
    inverter = await simulate()
    device = await house.add(inverter.port)
    await house.event(Controls(max_limit_percent=50.0), Controls(max_limit_percent=40.0))
    await house.edge.reconcile_all()
    house.clock.pass_by(minutes=10)
    await house.edge.reconcile_all()
    await inverter.registers()
    assert inverter.written() == [
        (LIMIT, [5000]),
        (ENABLE, [1]),
        (LIMIT, [4000]),
        (ENABLE, [1]),
    ]
    assert await house.said(device) == ["written", "verified", "written", "verified", "completed"]


async def test_the_program_default_is_what_an_event_ends_in(house, simulate):
    inverter = await simulate()
    device = await house.add(inverter.port)
    await house.do(SetDefault(program_id=house.program, controls=Controls(max_limit_percent=80.0)))
    await house.event(Controls(max_limit_percent=0.0))
    await house.edge.reconcile_all()
    assert await inverter.changed() == {LIMIT: 0, ENABLE: 1}
    house.clock.pass_by(minutes=10)
    await house.edge.reconcile_all()
    assert await inverter.changed() == {LIMIT: 8000, ENABLE: 1}
    assert await house.said(device) == ["written", "verified", "restored"]


async def test_an_event_that_is_stretched_while_it_runs_is_followed_without_a_write(
    house, simulate
):
    inverter = await simulate()
    device = await house.add(inverter.port)
    event = await house.event(Controls(max_limit_percent=25.5))
    await house.edge.reconcile_all()
    house.clock.pass_by(minutes=9)
    await house.do(ChangeEvent(event_id=event, extend_by=timedelta(minutes=10)))
    for _ in range(2):
        await house.edge.reconcile_all()
        assert await inverter.changed() == {LIMIT: 2550, ENABLE: 1}
        house.clock.pass_by(minutes=5)
    assert inverter.written() == [(LIMIT, [2550]), (ENABLE, [1])]
    said = await house.said(device)
    assert said[:2] == ["written", "verified"]
    assert {"superseded", "restored"} & set(said) == {"superseded"}
    house.clock.pass_by(minutes=1)
    await house.edge.reconcile_all()
    assert await inverter.changed() == {}
    assert (await house.said(device))[-1] == "restored"


async def test_an_event_that_is_cut_short_is_undone_at_its_new_end(house, simulate):
    inverter = await simulate()
    await house.add(inverter.port)
    event = await house.event(Controls(max_limit_percent=25.5))
    await house.edge.reconcile_all()
    house.clock.pass_by(minutes=2)
    await house.do(ChangeEvent(event_id=event, extend_by=timedelta(minutes=-5)))
    await house.edge.reconcile_all()
    assert await inverter.changed() == {LIMIT: 2550, ENABLE: 1}
    house.clock.pass_by(minutes=3)
    await house.edge.reconcile_all()
    assert await inverter.changed() == {}


async def test_a_cancelled_event_is_undone_at_once(house, simulate):
    inverter = await simulate()
    device = await house.add(inverter.port)
    event = await house.event(Controls(target_w=-2500.0))
    await house.edge.reconcile_all()
    registers = await inverter.registers()
    assert (registers[114] << 16 | registers[115], registers[116]) == (2**32 - 2500, 1)
    await house.do(CancelEvent(event_id=event))
    await house.edge.reconcile_all()
    assert await inverter.changed() == {}
    assert await house.said(device) == ["written", "verified", "restored"]


async def test_an_event_that_ended_while_nobody_ran_is_restored_at_the_next_start(house, simulate):
    inverter = await simulate()
    device = await house.add(inverter.port)
    await house.event(Controls(max_limit_percent=10.0))
    await house.edge.reconcile_all()
    await house.edge.stop()
    house.clock.pass_by(hours=5)
    house.edge = house.new_edge()
    await house.edge.reconcile_all()
    assert await inverter.changed() == {}
    assert await house.said(device) == ["written", "verified", "restored"]
    await house.edge.stop()
    house.edge = house.new_edge()
    await house.edge.reconcile_all()
    assert await house.said(device) == ["written", "verified", "restored"]


async def test_a_restart_in_mid_event_writes_nothing_again(house, simulate):
    inverter = await simulate()
    device = await house.add(inverter.port)
    await house.event(Controls(max_limit_percent=10.0))
    await house.edge.reconcile_all()
    await house.edge.stop()
    house.edge = house.new_edge()
    await house.edge.reconcile_all()
    await inverter.registers()
    assert inverter.written() == [(LIMIT, [1000]), (ENABLE, [1])]
    assert await house.said(device) == ["written", "verified"]


async def test_stopping_leaves_the_device_as_it_was_told(house, simulate):
    inverter = await simulate()
    await house.add(inverter.port)
    await house.event(Controls(max_limit_percent=10.0))
    await house.edge.reconcile_all()
    await house.edge.stop()
    await house.tasks.stop()
    assert await inverter.changed() == {LIMIT: 1000, ENABLE: 1}


async def test_two_changes_during_a_write_yield_one_more_write_and_the_last_wins(house, simulate):
    inverter = await simulate()
    device = await house.add(inverter.port)
    house.edge.start()
    await inverter.order("hold", what="writes")
    await house.event(Controls(max_limit_percent=90.0))
    house.edge.wake()
    await inverter.until(lambda sim: sim.held == 1)
    for percent in (80.0, 70.0, 60.0):
        house.clock.pass_by(seconds=1)
        await house.event(Controls(max_limit_percent=percent), supersede=True)
        house.edge.wake()
    await inverter.order("hold", what="nothing")
    await inverter.until(lambda sim: (LIMIT, [6000]) in sim.written())
    await house.edge.reconcile_all()
    await inverter.registers()
    assert [words for address, words in inverter.written() if address == LIMIT] == [[9000], [6000]]
    assert house.edge.status(device).observed["limit"] == 60.0


async def test_a_silent_and_a_held_device_do_not_delay_a_healthy_one(house, simulate, mischief):
    fleet = await simulate("--ports", "2")
    held_port, healthy_port = fleet.ports
    await fleet.order("hold", what="all")
    silent = await house.add(await mischief("silent"))
    held = await house.add(held_port)
    healthy = await house.add(healthy_port)
    await house.event(Controls(max_limit_percent=50.0))
    house.edge.start()
    house.edge.wake()
    await fleet.until(lambda sim: (ENABLE, [1]) in sim.written(port=healthy_port))
    while await house.said(healthy) != ["written", "verified"]:
        pass
    assert house.edge.status(silent).phase is DevicePhase.MOVING
    assert house.edge.status(held).phase is DevicePhase.MOVING
    assert fleet.written() == []
    await fleet.order("hold", what="nothing")
    await fleet.until(lambda sim: (ENABLE, [1]) in sim.written(port=held_port))


async def test_units_behind_one_port_share_a_connection_and_are_told_apart(house, simulate):
    gateway = await simulate("--units", "2")
    first = await house.add(gateway.port, unit=1)
    second = await house.add(gateway.port, unit=2, rated_w=None)
    stranger = await house.add(gateway.port, unit=9)
    await house.event(Controls(max_limit_percent=20.0))
    await house.edge.reconcile_all()
    assert await gateway.changed(unit=1) == {LIMIT: 2000, ENABLE: 1}
    assert await gateway.changed(unit=2) == {LIMIT: 2000, ENABLE: 1}
    assert await house.said(first) == await house.said(second) == ["written", "verified"]
    assert await house.said(stranger) == ["failed"]


async def test_a_device_added_while_running_is_followed_and_a_removed_one_let_go(house, simulate):
    inverter = await simulate()
    await house.event(Controls(max_limit_percent=20.0))
    house.desk.listen(lambda _: house.edge.wake())
    house.edge.start()
    device = await house.add(inverter.port)
    await inverter.until(lambda sim: (ENABLE, [1]) in sim.written())
    await house.edge.reconcile_all()
    await house.do(RemoveDevice(device_id=device))
    await inverter.until(lambda sim: (ENABLE, [0]) in sim.written())
    assert await inverter.changed() == {}
    with pytest.raises(Unknown):
        house.edge.status(device)
    await inverter.until(lambda sim: sim.connections == 0)


async def test_a_bad_map_fails_its_device_with_the_place_of_the_fault(house, simulate):
    inverter = await simulate()
    (house.maps / "own.csv").write_text("name,address,type\nlimit,110,u17\n")
    device = await house.add(inverter.port, register_map="own")
    await house.event(Controls(max_limit_percent=20.0))
    await house.edge.reconcile_all()
    assert await house.said(device) == ["failed"]
    assert "own.csv:2:3" in (await house.details(device, "failed"))[0]
    assert house.edge.status(device).phase is DevicePhase.FAILING


async def test_power_is_kept_as_readings_positive_into_the_grid(house, simulate):
    inverter = await simulate()
    device = await house.add(inverter.port)
    await house.event(Controls(target_w=-1500.0))
    await house.edge.reconcile_all()
    house.clock.pass_by(seconds=10)
    await house.edge.reconcile_all()
    assert await house.power(device) == [(-1500.0, "W"), (-1500.0, "W")]


async def test_a_device_that_tells_no_power_is_controlled_all_the_same(house, simulate):
    (house.maps / "own.csv").write_text(
        "name,table,address,type,unit_si,writable,default,role\n"
        "limit,holding,110,u16,%,true,100,max_limit_percent\n"
        "power,input,4000,i32,W,,,telemetry.w\n"
    )
    inverter = await simulate()
    device = await house.add(inverter.port, register_map="own")
    await house.event(Controls(max_limit_percent=20.0))
    await house.edge.reconcile_all()
    assert await house.said(device) == ["written", "verified"]
    assert await house.power(device) == []
    assert house.edge.status(device).phase is DevicePhase.HELD


async def test_a_device_that_counts_consumption_as_positive_is_turned_round_at_the_border(
    house, simulate
):
    maps = Path(__file__).parents[2] / "fixtures" / "registers"
    house.edge = house.new_edge(maps=maps)
    inverter = await simulate("--maps", str(maps), "--map", "odd-inverter")
    device = await house.add(inverter.port, register_map="odd-inverter")
    await house.event(Controls(target_w=2500.0))
    await house.edge.reconcile_all()
    assert await house.said(device) == ["written", "verified"]
    house.clock.pass_by(seconds=10)
    await house.edge.reconcile_all()
    assert (await house.power(device))[-1] == (2500.0, "W")
    assert house.edge.status(device).observed["power"] == -2500.0
    assert house.edge.status(device).observed["setpoint"] == -25.0
    await inverter.registers()
    assert inverter.written() == [(210, [0x10000 - 250]), (209, [1])]
