import asyncio
from datetime import timedelta

from server.alarm import Alarm
from server.clock import SystemClock


async def test_it_rings_when_something_is_due_and_asks_anew():
    clock = SystemClock()
    rung = asyncio.Event()
    due = [clock.now() + timedelta(milliseconds=50)]
    rings = []

    def ring() -> None:
        rings.append(clock.now())
        rung.set()

    alarm = Alarm(due=lambda: due.pop() if due else None, ring=ring)
    alarm.start()
    await asyncio.wait_for(rung.wait(), 0.9)
    assert not due
    alarm.stop()


async def test_it_rings_every_second_though_nothing_is_due():
    rung = asyncio.Event()
    alarm = Alarm(due=lambda: None, ring=rung.set)
    alarm.start()
    await asyncio.wait_for(rung.wait(), 10)
    alarm.stop()


async def test_a_new_due_time_takes_the_place_of_the_last():
    clock = SystemClock()
    rung = asyncio.Event()
    due = clock.now() + timedelta(hours=1)
    alarm = Alarm(due=lambda: due if due > clock.now() else None, ring=rung.set)
    alarm.start()
    due = clock.now() + timedelta(milliseconds=20)
    alarm.arm()
    await asyncio.wait_for(rung.wait(), 0.9)
    alarm.stop()


async def test_what_is_overdue_rings_at_once():
    clock = SystemClock()
    rung = asyncio.Event()
    due = [clock.now() - timedelta(hours=1)]
    alarm = Alarm(due=lambda: due.pop() if due else None, ring=rung.set)
    alarm.start()
    await asyncio.wait_for(rung.wait(), 0.9)
    alarm.stop()
