"""Rates that are set while the server runs, and subscriptions that the server ends."""

from datetime import timedelta

import pytest

from server.core.command import EndSubscription, SetPollRate, SetPostRate
from server.core.model import Ending
from server.core.subscriptions import RENEWALS_NOTED_EVERY

DAY = timedelta(days=1)


async def test_a_poll_rate_is_told_to_those_who_subscribed_to_the_list(way, subscribe, hook, world):
    for path in ("", f"/{world.one}/fsa", f"/{world.one}/derp"):
        await subscribe(f"/edev{path}", f"/n{path}")
    for name in ("EndDeviceList", "FunctionSetAssignmentsList", "DERProgramList", "Time"):
        await world.do(SetPollRate(resource=name, rate_s=30))
        await way.rest()
    told = [(one.kind, one.resource.get("pollRate"), one.items) for one in hook.got]
    assert told == [
        ("EndDeviceList", "30", []),
        ("FunctionSetAssignmentsList", "30", []),
        ("DERProgramList", "30", []),
    ]
    assert {one.status for one in hook.got} == {"0"}


async def test_a_poll_rate_of_one_client_is_told_to_that_client_only(
    way, subscribe, hook, world, desk
):
    alpha = desk.book.devices[world.alpha].client_id
    await subscribe("/edev", "/boss")
    await subscribe("/edev", "/alpha", who="alpha")
    await world.do(SetPollRate(resource="EndDeviceList", client_id=alpha, rate_s=30))
    await way.rest()
    assert [one.resource.get("pollRate") for one in hook.at("/alpha")] == ["30"]
    await world.do(SetPollRate(resource="EndDeviceList", rate_s=60))
    await way.rest()
    assert [one.resource.get("pollRate") for one in hook.at("/boss")] == ["60"]
    assert len(hook.at("/alpha")) == 1
    await world.do(SetPollRate(resource="EndDeviceList", client_id=alpha, rate_s=None))
    await way.rest()
    assert [one.resource.get("pollRate") for one in hook.at("/alpha")] == ["30", "60"]


async def test_a_post_rate_is_told_with_its_device(way, subscribe, hook, world):
    await subscribe("/edev", "/list")
    await subscribe(f"/edev/{world.one}", "/one")
    await subscribe(f"/edev/{world.two}", "/two")
    await world.do(SetPostRate(device_id=world.one, resource="EndDevice", rate_s=60))
    await way.rest()
    assert [len(one.list) for one in hook.at("/list")] == [1]
    (notice,) = hook.at("/one")
    assert notice.resource.findtext("{*}postRate") == "60"
    assert hook.at("/two") == []


@pytest.fixture
async def short(start, desk, world):
    """A server that ends subscriptions which nobody renewed for a day."""
    made = await start(desk, lifetime=DAY)
    yield made
    await made.stop()


async def test_a_subscription_that_nobody_renews_ends(*, short, subscribe_at, hook, desk, clock):
    place = await subscribe_at(short, "/edev")
    ends_at = clock.now() + DAY + RENEWALS_NOTED_EVERY
    assert short.outbox.next_change() == ends_at
    clock.set(ends_at - timedelta(seconds=1))
    short.outbox.wake()
    await short.rest()
    assert hook.got == []
    clock.set(ends_at)
    short.outbox.wake()
    await short.rest()
    (notice,) = hook.got
    assert (notice.status, notice.text("subscriptionURI")) == ("1", place)
    assert not desk.book.subscriptions
    assert (await short.house.peer("boss").get(place)).status == 404


async def test_a_subscription_that_is_renewed_goes_on(*, short, subscribe_at, hook, desk, clock):
    place = await subscribe_at(short, "/edev")
    for _ in range(3):
        clock.move(hours=24)
        short.outbox.wake()
        await short.rest()
        assert await subscribe_at(short, "/edev") == place
    assert hook.got == []
    assert len(desk.book.subscriptions) == 1
    clock.move(hours=25)
    short.outbox.wake()
    await short.rest()
    assert [notice.status for notice in hook.got] == ["1"]


async def test_without_a_lifetime_nothing_ends_by_itself(way, subscribe, desk, clock):
    await subscribe("/edev")
    assert way.outbox.next_change() is None
    clock.move(days=400)
    way.outbox.wake()
    await way.rest()
    assert len(desk.book.subscriptions) == 1


async def test_an_operator_ends_a_subscription_and_its_client_is_told(
    *, way, subscribe, hook, desk, world
):
    place = await subscribe("/edev")
    (subscription_id,) = desk.book.subscriptions
    await world.do(EndSubscription(subscription_id=subscription_id, ending=Ending.BY_SERVER))
    await way.rest()
    (notice,) = hook.got
    assert (notice.status, notice.resource, notice.text("subscriptionURI")) == ("1", None, place)
    assert way.outbox.delivery(subscription_id) is None
