"""What the edge makes of faults, and of everything at once."""

import random

import pytest

from server.core.command import CancelEvent
from server.core.model import Controls, PowerFactor
from server.core.response import Response
from server.core.setpoint import setpoint
from server.edge.faults import FaultKind
from server.edge.plan import plan
from server.edge.registermap import find_map
from server.edge.status import DevicePhase
from server.errors import Unavailable

LIMIT, ENABLE = 110, 111


async def test_an_inverter_that_restarts_in_mid_event_gets_its_setpoint_again(house, simulate):
    inverter = await simulate()
    device = await house.add(inverter.port)
    await house.event(Controls(max_limit_percent=30.0))
    await house.edge.reconcile_all()
    await inverter.kill()
    house.clock.pass_by(seconds=20)
    await house.edge.reconcile_all()
    await house.edge.reconcile_all()
    assert house.edge.status(device).phase is DevicePhase.FAILING
    assert await house.said(device) == ["written", "verified", "failed"]

    again = await simulate("--port", str(inverter.port))
    house.clock.pass_by(seconds=60)
    await house.edge.reconcile_all()
    assert await again.changed() == {LIMIT: 3000, ENABLE: 1}
    assert house.edge.status(device).phase is DevicePhase.HELD
    assert house.edge.status(device).fault is None


async def test_a_device_that_was_away_for_the_whole_event_gets_only_what_holds_now(house, simulate):
    inverter = await simulate()
    device = await house.add(inverter.port)
    await inverter.order("put", address=LIMIT, words=[7777])
    await inverter.kill()
    await house.event(Controls(max_limit_percent=30.0))
    await house.edge.reconcile_all()
    assert await house.said(device) == ["failed"]
    assert "no connection" in (await house.details(device, "failed"))[0]
    house.clock.pass_by(hours=1)
    again = await simulate("--port", str(inverter.port))
    await again.order("put", address=LIMIT, words=[7777])
    await house.edge.reconcile_all()
    assert await again.changed() == {}
    assert again.written() == [(LIMIT, [10000])]
    assert await house.said(device) == ["failed"]


async def test_what_a_foreign_writer_changed_is_put_back_at_the_next_pass(house, simulate):
    inverter = await simulate()
    device = await house.add(inverter.port)
    await house.event(Controls(max_limit_percent=30.0))
    house.edge.start()
    await house.edge.reconcile_all()
    await inverter.order("put", address=LIMIT, words=[9999])
    house.clock.pass_by(seconds=10)
    house.edge.wake()
    await inverter.until(lambda sim: sim.written().count((LIMIT, [3000])) == 2)
    await house.edge.reconcile_all()
    assert house.edge.status(device).drifts == 1
    assert await inverter.changed() == {LIMIT: 3000, ENABLE: 1}


async def test_a_setpoint_out_of_range_is_refused_and_nothing_is_written(house, simulate):
    inverter = await simulate()
    device = await house.add(inverter.port)
    await house.event(Controls(target_w=1_000_001.0))
    await house.edge.reconcile_all()
    await house.edge.reconcile_all()
    await inverter.registers()
    assert inverter.writes == []
    assert await house.said(device) == ["failed"]
    (reason,) = await house.details(device, "failed")
    assert "target_power" in reason
    assert "maximum of 1000000" in reason


async def test_a_mode_that_the_map_lacks_fails_while_the_rest_is_followed(house, simulate):
    inverter = await simulate()
    device = await house.add(inverter.port)
    factor = PowerFactor(cosine=0.9, is_under_excited=False)
    await house.event(Controls(max_limit_percent=20.0, fixed_pf_inject=factor))
    await house.edge.reconcile_all()
    assert await inverter.changed() == {LIMIT: 2000, ENABLE: 1}
    assert await house.said(device) == ["written", "failed"]
    assert "fixed_pf_inject" in (await house.details(device, "failed"))[0]


async def test_a_device_that_refuses_is_left_in_peace_and_followed_up(house, simulate):
    inverter = await simulate()
    device = await house.add(inverter.port)
    await inverter.order("refuse", code=6)
    await house.event(Controls(max_limit_percent=20.0))
    house.edge.start()
    await house.edge.reconcile_all()
    fault = house.edge.status(device).fault
    assert fault is not None
    assert fault.code == 6
    await inverter.order("refuse", code=None)
    house.clock.pass_by(seconds=60)
    house.edge.wake()
    await inverter.until(lambda sim: (ENABLE, [1]) in sim.written())


async def test_an_event_for_a_device_that_is_left_alone_is_told_as_failed_with_the_cause(
    house, simulate
):
    inverter = await simulate()
    device = await house.add(inverter.port)
    await inverter.kill()
    house.desk.listen(lambda _: house.edge.wake())
    house.edge.start()
    await house.edge.reconcile_all()
    assert house.edge.status(device).fault is not None
    await house.event(Controls(max_limit_percent=20.0))
    while await house.said(device) != ["failed"]:
        pass
    assert "no connection" in (await house.details(device, "failed"))[0]


async def test_a_restart_that_was_seen_as_a_hang_up_is_followed_up_without_waiting_for_a_poll(
    house, simulate
):
    house.edge = house.new_edge(poll_s=1e9)
    inverter = await simulate()
    await house.add(inverter.port)
    await house.event(Controls(max_limit_percent=30.0), minutes=60)
    house.edge.start()
    await house.edge.reconcile_all()
    await inverter.kill()
    again = await simulate("--port", str(inverter.port))
    house.clock.pass_by(seconds=60)
    house.edge.wake()
    await again.until(lambda sim: (ENABLE, [1]) in sim.written())


async def test_acknowledged_and_still_working_counts_as_written_once_it_reads_so(house, simulate):
    inverter = await simulate()
    device = await house.add(inverter.port)
    await inverter.order("refuse", code=5)
    await house.event(Controls(max_limit_percent=20.0))
    await house.edge.reconcile_all()
    assert await house.said(device) == ["written", "verified"]
    assert len(inverter.writes) == 2


async def test_a_device_that_acknowledges_and_does_nothing_is_found_out(house, simulate):
    inverter = await simulate()
    device = await house.add(inverter.port)
    await inverter.order("deafen", is_deaf=True)
    await house.event(Controls(max_limit_percent=20.0))
    await house.edge.reconcile_all()
    fault = house.edge.status(device).fault
    assert fault is not None
    assert fault.kind is FaultKind.NOT_TAKEN
    assert await house.said(device) == ["written", "failed"]
    assert "limit@110=07D0 reads 2710" in (await house.details(device, "failed"))[0]
    await inverter.order("deafen", is_deaf=False)
    await house.edge.reconcile_all()
    assert await house.said(device) == ["written", "failed", "verified"]


async def test_a_fault_is_told_once_per_kind_and_not_per_try(house, simulate, monkeypatch):
    inverter = await simulate()
    await house.add(inverter.port)
    await house.event(Controls(max_limit_percent=20.0))
    told: list[str] = []

    async def keep(response: Response) -> int:
        told.append(response.detail)
        return len(told)

    monkeypatch.setattr(house.desk.store, "add_response", keep)
    for code in (2, 2, 2, 3, 3):
        await inverter.order("refuse", code=code)
        await house.edge.reconcile_all()
    assert ["0x02" in told[0], "0x03" in told[1], len(told)] == [True, True, 2]
    assert "reading 12 registers" in told[0]


async def test_a_store_that_is_away_delays_no_control_and_gets_the_responses_later(
    house, simulate, monkeypatch
):
    inverter = await simulate()
    device = await house.add(inverter.port)
    await house.event(Controls(max_limit_percent=20.0))

    async def decline(*_: object, **__: object) -> None:
        raise Unavailable("the disk is full")

    with monkeypatch.context() as patch:
        for name in ("add_response", "responses", "write_readings"):
            patch.setattr(house.desk.store, name, decline)
        await house.edge.reconcile_all()
    assert await inverter.changed() == {LIMIT: 2000, ENABLE: 1}
    assert await house.said(device) == []
    await house.edge.reconcile_all()
    assert await house.said(device) == ["written", "verified"]


class Turmoil:
    """What may happen to one inverter, at random."""

    def __init__(self, house, simulate, inverter, chance: random.Random) -> None:
        self.house = house
        self.simulate = simulate
        self.inverter = inverter
        self.chance = chance

    async def anything(self) -> None:
        others = [self.cancel, self.foreign_write, self.restart, self.trouble]
        await self.chance.choice([self.event, self.event, *others])()
        self.house.clock.pass_by(seconds=self.chance.randint(1, 300))

    async def event(self) -> None:
        controls = self.chance.choice(
            [
                Controls(max_limit_percent=float(self.chance.randint(0, 100))),
                Controls(target_w=float(self.chance.randint(-9000, 9000))),
                Controls(connect=False),
            ]
        )
        await self.house.event(controls, minutes=self.chance.randint(1, 20), supersede=True)

    async def cancel(self) -> None:
        for event in tuple(self.house.desk.book.events.values())[-1:]:
            if event.cancelled_at is None and event.end > self.house.clock.now():
                await self.house.do(CancelEvent(event_id=event.id))

    async def foreign_write(self) -> None:
        await self.inverter.order("put", address=LIMIT, words=[self.chance.randint(0, 9999)])

    async def restart(self) -> None:
        await self.inverter.kill()
        self.inverter = await self.simulate("--port", str(self.inverter.port))

    async def trouble(self) -> None:
        await self.inverter.order("refuse", code=self.chance.choice([4, 6, None]))
        await self.inverter.order("deafen", is_deaf=self.chance.choice([True, False]))

    async def calm(self) -> None:
        await self.inverter.order("refuse", code=None)
        await self.inverter.order("deafen", is_deaf=False)
        self.house.clock.pass_by(seconds=100)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_happens_the_next_passes_end_in_what_the_book_asks(house, simulate, seed):
    inverter = await simulate()
    device = await house.add(inverter.port)
    turmoil = Turmoil(house, simulate, inverter, random.Random(seed))
    house.desk.listen(lambda _: house.edge.wake())
    house.edge.start()
    for _ in range(25):
        await turmoil.anything()
        house.edge.wake()
    await turmoil.calm()
    await house.edge.reconcile_all()
    await house.edge.reconcile_all()
    wanted = setpoint(house.desk.book, device, house.clock.now()).controls
    registers = await turmoil.inverter.registers()
    for write in plan(find_map("generic-inverter"), wanted, 10_000.0).writes:
        start = write.point.address
        assert tuple(registers[start + n] for n in range(write.point.size)) == write.words
    assert house.edge.status(device).fault is None
