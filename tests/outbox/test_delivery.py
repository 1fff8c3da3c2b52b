"""Retries, dead letters, restarts and ends: what happens when hooks do not take what they get."""

import logging
from datetime import timedelta

import pytest

from server.core.command import (
    CancelEvent,
    ChangeMembers,
    RemoveDevice,
    SetAccess,
)
from server.errors import Unavailable
from server.outbox.progress import PAUSES_S


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.CRITICAL, logger="server.outbox.outbox")


@pytest.fixture
def controls(world) -> str:
    return f"/edev/{world.one}/derp/{world.common}/derc"


def spelled(resource: str, uri: str, limit: int = 100) -> bytes:
    return (
        f'<Subscription xmlns="urn:ieee:std:2030.5:ns"><subscribedResource>{resource}'
        f"</subscribedResource><encoding>0</encoding><level>+S1</level><limit>{limit}</limit>"
        f"<notificationURI>{uri}</notificationURI></Subscription>"
    ).encode()


def later(way, clock, seconds: float) -> None:
    clock.move(seconds=seconds)
    way.outbox.wake()


async def test_an_outage_of_five_minutes_is_made_up_for_in_one_notification(
    *, way, subscribe, hook, world, state, controls, clock
):
    await subscribe(controls)
    hook.answers["/n"] = 503
    event = await state(world.common, 3600, name="kept")
    gone = await state(world.common, 9000, name="gone")
    await way.rest()
    for _ in range(10):
        later(way, clock, 30)
        await way.rest()
    assert 3 <= len(hook.tries) <= 5
    await world.do(CancelEvent(event_id=gone.id))
    hook.answers["/n"] = 204
    later(way, clock, 330)
    await way.rest()
    (notice,) = hook.got
    status = {
        n.findtext("{*}description"): n.findtext("{*}EventStatus/{*}currentStatus")
        for n in notice.list
    }
    assert status == {"kept": "0", "gone": "2"}
    assert event.id != gone.id
    later(way, clock, 1800)
    await way.rest()
    assert len(hook.got) == 1


async def test_pauses_grow_with_jitter_and_then_it_is_a_dead_letter(
    *, way, subscribe, hook, world, state, controls, clock
):
    await subscribe(controls)
    hook.answers["/n"] = 500
    await state(world.common, 36000, name="a")
    await way.rest()
    for number, pause_s in enumerate(PAUSES_S, 1):
        assert len(hook.tries) == number
        due = way.outbox.next_change() - clock.now()
        assert timedelta(seconds=pause_s) <= due <= timedelta(seconds=pause_s * 1.1)
        later(way, clock, pause_s - 1)
        await way.rest()
        assert len(hook.tries) == number
        later(way, clock, pause_s * 0.1 + 1)
        await way.rest()
    assert len(hook.tries) == len(PAUSES_S) + 1
    ((subscription, delivery),) = way.outbox.dead_letters()
    assert subscription.resource == controls
    assert "500" in delivery.failure
    later(way, clock, 3600)
    await way.rest()
    assert len(hook.tries) == len(PAUSES_S) + 1
    hook.answers["/n"] = 204
    await state(world.common, 50000, name="b")
    await way.rest()
    assert [notice.items for notice in hook.got] == [["a", "b"]]
    assert way.outbox.dead_letters() == ()


@pytest.mark.parametrize("status", [301, 307, 400, 404, 410])
async def test_a_refusal_is_not_tried_again(
    *, way, subscribe, hook, world, state, controls, clock, status
):
    await subscribe(controls)
    hook.answers["/n"] = status
    hook.headers["Location"] = hook.uri("/elsewhere")
    await state(world.common, 36000, name="a")
    await way.rest()
    later(way, clock, 4000)
    await way.rest()
    assert hook.tries == ["/n"]
    ((_, delivery),) = way.outbox.dead_letters()
    assert str(status) in delivery.failure
    hook.answers["/n"] = 204
    await subscribe(controls)
    assert [notice.items for notice in hook.got] == [["a"]]


async def test_a_hook_may_ask_for_time(*, way, subscribe, hook, world, state, controls, clock):
    await subscribe(controls)
    hook.answers["/n"], hook.headers["Retry-After"] = 429, "120"
    await state(world.common, 36000)
    await way.rest()
    assert way.outbox.next_change() == clock.now() + timedelta(seconds=120)


async def test_a_slow_hook_delays_nobody_else(*, way, subscribe, hook, world, state, controls):
    await subscribe(controls, "/slow")
    own = f"/edev/{world.alpha}/derp/{world.common}/derc"
    await subscribe(own, "/quick", who="alpha")
    hook.stuck.add("/slow")
    await state(world.common, 100)
    while not hook.at("/quick"):
        await way.outbox._store.deliveries.all()
    assert not hook.at("/slow")
    hook.released.set()
    await way.rest()
    assert hook.at("/slow")


async def test_what_changes_while_a_notification_is_under_way_follows_it(
    *, way, subscribe, hook, world, state, controls
):
    await subscribe(controls)
    hook.stuck.add("/n")
    await state(world.common, 100, name="a")
    while not hook.tries:
        await way.outbox._store.deliveries.all()
    await state(world.common, 1000, name="b")
    await state(world.common, 2000, name="c")
    hook.released.set()
    await way.rest()
    assert [notice.items for notice in hook.got] == [["a"], ["b", "c"]]


async def test_a_restart_loses_nothing_and_repeats_nothing(
    *, way, subscribe, hook, world, state, controls, clock, start, reopen
):
    await subscribe(controls)
    await state(world.common, 100, name="told")
    await way.rest()
    hook.answers["/n"] = 503
    await state(world.common, 1000, name="untold")
    await way.rest()
    await way.stop()
    await state(world.common, 2000, name="meanwhile")
    clock.move(seconds=200)
    hook.answers["/n"] = 204
    hook.got.clear()
    desk = await reopen()
    again = await start(desk)
    await again.rest()
    (notice,) = hook.got
    assert notice.items == ["told", "untold", "meanwhile"]
    assert [n.findtext("{*}EventStatus/{*}currentStatus") for n in notice.list] == ["1", "0", "0"]
    await again.stop()
    await desk.store.close()


async def test_a_retry_that_was_due_later_is_due_later_after_a_restart(
    *, way, subscribe, hook, world, state, controls, clock, start, reopen
):
    await subscribe(controls)
    hook.answers["/n"] = 503
    await state(world.common, 3600)
    await way.rest()
    await way.stop()
    desk = await reopen()
    again = await start(desk)
    await again.rest()
    assert len(hook.tries) == 1
    clock.move(seconds=6)
    again.outbox.wake()
    await again.rest()
    assert len(hook.tries) == 2
    await again.stop()
    await desk.store.close()


async def test_an_ended_subscription_is_told_so(*, way, subscribe, hook, world, state, controls):
    place = await subscribe(controls)
    await way.house.peer("boss").ask("DELETE", place)
    await way.rest()
    await state(world.common, 100)
    await way.rest()
    (notice,) = hook.got
    assert (notice.status, notice.resource) == ("1", None)
    assert notice.text("subscriptionURI") == place
    assert notice.text("subscribedResource") == controls
    assert await way.house.desk.store.deliveries.all() == ()


async def test_with_its_device_goes_a_subscription(way, subscribe, hook, world, controls):
    await subscribe(controls)
    await subscribe("/edev", "/list")
    await world.do(RemoveDevice(device_id=world.one))
    await way.rest()
    assert [(notice.path, notice.status) for notice in hook.got] == [("/n", "4"), ("/list", "0")]
    (listed,) = hook.at("/list")
    assert (listed.resource.get("all"), listed.items) == ("2", [])


async def test_with_its_resource_goes_a_subscription(way, subscribe, hook, world, controls):
    place = await subscribe(controls)
    await world.do(ChangeMembers(group_id=world.everyone, remove=frozenset({world.one})))
    await way.rest()
    assert [notice.status for notice in hook.got] == ["4"]
    assert (await way.house.peer("boss").get(place)).status == 404


async def test_an_end_that_cannot_be_told_is_tried_again_even_after_a_restart(
    *, way, subscribe, hook, world, controls, clock, start, reopen
):
    place = await subscribe(controls)
    hook.answers["/n"] = 503
    await way.house.peer("boss").ask("DELETE", place)
    await way.rest()
    await way.stop()
    desk = await reopen()
    again = await start(desk)
    await again.rest()
    assert len(hook.tries) == 1
    hook.answers["/n"] = 204
    clock.move(seconds=6)
    again.outbox.wake()
    await again.rest()
    assert [notice.status for notice in hook.got] == ["1"]
    assert await desk.store.deliveries.all() == ()
    await again.stop()
    await desk.store.close()


async def test_a_refused_or_forbidden_end_is_forgotten(way, subscribe, hook, world, controls):
    boss = way.house.peer("boss")
    place = await subscribe(controls)
    hook.answers["/n"] = 404
    await boss.ask("DELETE", place)
    await way.rest()
    assert await way.house.desk.store.deliveries.all() == ()
    await subscribe(controls)
    await world.do(SetAccess(client_id=world.aggregator, enabled=False))
    await world.do(RemoveDevice(device_id=world.one))
    await way.rest()
    assert len(hook.tries) == 1
    assert await way.house.desk.store.deliveries.all() == ()


async def test_an_address_that_may_not_be_reached_is_not(
    *, start, reopen, world, hook, subscribe, way, state, controls, clock
):
    await subscribe(controls)
    hook.answers["/n"] = 503
    await state(world.common, 100)
    await way.rest()
    await way.stop()
    clock.move(seconds=6)
    desk = await reopen()
    strict = await start(desk, networks=())
    await strict.rest()
    assert len(hook.tries) == 1
    ((_, delivery),) = strict.outbox.dead_letters()
    assert "may not be reached" in delivery.failure
    await strict.stop()
    await desk.store.close()


async def test_a_subscription_that_was_lost_from_the_outbox_is_told_all(
    *, way, subscribe, hook, world, state, controls, start, reopen
):
    await state(world.common, 100, name="a")
    await subscribe(controls)
    await way.stop()
    desk = await reopen()
    for delivery in await desk.store.deliveries.all():
        await desk.store.deliveries.forget(delivery.subscription_id)
    again = await start(desk)
    await again.rest()
    assert [notice.items for notice in hook.got] == [["a"]]
    await again.stop()
    await desk.store.close()


class Troubled:
    """A renderer that fails as it is told, subscription by subscription."""

    def __init__(self, renderer) -> None:
        self._renderer = renderer
        self.faults: dict[str, Exception] = {}

    def render(self, subscription, *rest):
        if (fault := self.faults.get(subscription.notification_uri[-2:])) is not None:
            raise fault
        return self._renderer.render(subscription, *rest)

    def __getattr__(self, name):
        return getattr(self._renderer, name)


@pytest.fixture
def troubled(way) -> Troubled:
    way.outbox._renderer = Troubled(way.outbox._renderer)
    return way.outbox._renderer


async def test_one_that_cannot_be_rendered_rests_and_the_others_go_on(
    *, way, subscribe, hook, world, state, controls, troubled
):
    await subscribe(controls, "/a")
    await subscribe(controls, "/b")
    troubled.faults["/a"] = ValueError("poison")
    await state(world.common, 100, name="x")
    await way.rest()
    assert [notice.path for notice in hook.got] == ["/b"]
    troubled.faults.clear()
    await state(world.common, 1000, name="y")
    await way.rest()
    assert [notice.items for notice in hook.at("/a")] == [["x", "y"]]


async def test_one_that_the_store_fails_is_taken_up_again(
    *, way, subscribe, hook, world, state, controls, troubled, clock
):
    await subscribe(controls, "/a")
    troubled.faults["/a"] = Unavailable("the disk is full")
    await state(world.common, 100)
    await way.rest()
    troubled.faults.clear()
    later(way, clock, 4)
    await way.rest()
    assert hook.tries == []
    later(way, clock, 1)
    await way.rest()
    assert len(hook.got) == 1


async def test_a_renewal_while_a_notification_is_under_way_loses_nothing(
    *, way, subscribe, hook, world, state, controls
):
    place = await subscribe(controls)
    hook.stuck.add("/n")
    await state(world.common, 100, name="a")
    while not hook.tries:
        await way.outbox._store.deliveries.all()
    hook.stuck.clear()
    answer = await way.house.peer("boss").put(place, spelled(controls, hook.uri(), limit=5))
    assert answer.status == 204
    hook.released.set()
    await way.rest()
    assert [notice.items for notice in hook.got] == [["a"], ["a"]]


async def test_a_subscription_that_is_moved_begins_anew(
    *, way, subscribe, hook, world, state, controls
):
    await state(world.common, 100, name="a")
    place = await subscribe("/edev")
    moved = spelled(controls, hook.uri("/moved"))
    assert (await way.house.peer("boss").put(place, moved)).status == 204
    await way.rest()
    assert hook.got == []
    await state(world.common, 1000, name="b")
    await way.rest()
    assert [(notice.path, notice.items) for notice in hook.got] == [("/moved", ["b"])]
