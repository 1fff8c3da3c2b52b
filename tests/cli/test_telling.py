"""Rates and subscriptions from the command line."""

import pytest

from server.core.command import Subscribe
from server.core.model import DeviceId, Subject


@pytest.fixture
async def subscription(world, desk) -> str:
    client_id = desk.book.devices[DeviceId(world.sep2)].client_id
    ask = Subscribe(
        client_id=client_id,
        home=world.sep2,
        resource="/edev",
        subject=Subject(topic="end_devices"),
        level="+S1",
        limit=9,
        notification_uri="https://127.0.0.1:1/n",
    )
    (made,) = await desk.submit(ask, actor="test")
    return made.subscription.id


async def test_poll_rates_are_set_listed_and_cleared(run, told, world, desk):
    client_id = desk.book.devices[DeviceId(world.sep2)].client_id
    client = desk.book.clients[client_id].name
    own = ("Time", "--client", client)
    assert (await told("poll-rate", "set", *own, 30))["client_id"] == client_id
    await told("poll-rate", "set", "DERList", 60)
    assert len(await told("poll-rate", "list")) == 2
    assert [one["rate_s"] for one in await told("poll-rate", "list", "--client", client)] == [30]
    assert (await run("poll-rate", "clear", *own)).out == "cleared Time\n"
    assert (await run("poll-rate", "clear", *own)).code == 1
    assert (await run("poll-rate", "set", "DERControlList", 30)).code == 2
    assert (await run("poll-rate", "set", "Time", 0)).code == 1


async def test_post_rates_are_set_listed_and_cleared(run, told, world, desk):
    device = desk.book.devices[DeviceId(world.sep2)].name
    await told("post-rate", "set", device, "EndDevice", 60)
    await told("post-rate", "set", device, "MirrorUsagePoint", 300)
    listed = await told("post-rate", "list", "--device", device)
    assert [(one["resource"], one["rate_s"]) for one in listed] == [
        ("EndDevice", 60),
        ("MirrorUsagePoint", 300),
    ]
    assert len(await told("post-rate", "list")) == 2
    unknown = await run("post-rate", "set", device, "MirrorUsagePoint", 60, "--mrid", "AB" * 16)
    assert unknown.code == 1
    assert (await run("post-rate", "clear", device, "EndDevice")).out == "cleared EndDevice\n"
    assert await told("post-rate", "clear", device, "MirrorUsagePoint") is None
    assert await told("post-rate", "list") == []


async def test_subscriptions_are_shown_and_ended(run, told, world, desk, subscription):
    client_id = desk.book.subscriptions[subscription].client_id
    (listed,) = await told("subscription", "list", "--client", client_id)
    assert listed["id"] == subscription
    assert "127.0.0.1:1" in (await run("subscription", "list")).out
    assert "+S1" in (await run("subscription", "show", subscription)).out
    assert (await run("subscription", "end", subscription)).out == f"ended {subscription}\n"
    assert (await run("subscription", "show", subscription)).code == 1


async def test_what_was_not_given_up_cannot_be_tried_again(run, told, subscription):
    assert await told("dead-letter", "list") == []
    refused = await run("dead-letter", "replay", subscription)
    assert (refused.code, refused.err) == (1, [f"nothing was given up of {subscription!r}"])
