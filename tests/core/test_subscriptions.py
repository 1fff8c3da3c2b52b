"""Subscriptions: made, renewed, replaced, ended, and gone with what they are about."""

from dataclasses import replace
from datetime import timedelta

import pytest

from server.core.change import DeviceRemoved, SubscriptionEnded, SubscriptionSet
from server.core.command import (
    AddDevice,
    CreateGroup,
    CreateProgram,
    EndSubscription,
    EnrolClient,
    RemoveDevice,
    Subscribe,
)
from server.core.model import ClientKind, Ending, Language, ModbusEndpoint, Subject, Subscription
from server.core.subscriptions import RENEWALS_NOTED_EVERY
from server.errors import Conflict, Invalid, Unknown

SINK = "https://agg.example/notify"


@pytest.fixture
def house(world):
    """A device d2 with its client c1, and an aggregator c3 with a device d4, program p6."""
    world.do(AddDevice(name="own", language=Language.SEP2, lfdi="A" * 40))
    world.do(EnrolClient(kind=ClientKind.AGGREGATOR, name="agg", lfdi="B" * 40))
    world.do(AddDevice(name="child", language=Language.SEP2, lfdi="C" * 40, client_id="c3"))
    world.do(CreateGroup(name="all", members=frozenset({"d2", "d4"})))
    world.do(CreateProgram(name="p", primacy=1, groups=frozenset({"g5"}), market_context="urn:a:1"))
    return world


def ask(client="c3", **more) -> Subscribe:
    values = {
        "client_id": client,
        "home": client,
        "resource": "/edev/d4/derp/p6/derc",
        "subject": Subject(topic="controls", device_id="d4", program_id="p6"),
        "level": "+S1",
        "limit": 10,
        "notification_uri": SINK,
    }
    return Subscribe(**(values | more))


def everything() -> dict:
    return {"resource": "/edev", "subject": Subject(topic="end_devices")}


def test_a_subscription_is_found_by_what_it_is_about(house):
    (change,) = house.do(ask())
    made = change.subscription
    assert change == SubscriptionSet(
        subscription=Subscription(
            id=made.id,
            client_id="c3",
            home="c3",
            resource="/edev/d4/derp/p6/derc",
            subject=Subject(topic="controls", device_id="d4", program_id="p6"),
            level="+S1",
            limit=10,
            notification_uri=SINK,
            created_at=house.now,
            renewed_at=house.now,
        )
    )
    book = house.book
    assert book.subscriptions == {made.id: made}
    assert book.subscription_by_place == {("c3", made.resource, SINK): made.id}
    assert book.subscriptions_by_client["c3"] == {made.id: None}
    assert book.subscriptions_by_device["d4"] == {made.id: None}
    assert book.subscriptions_by_program["p6"] == {made.id: None}


def test_said_again_it_is_renewed_in_place(house):
    made = house.do(ask())[0].subscription
    house.now += RENEWALS_NOTED_EVERY
    renewed = house.do(ask())[0].subscription
    assert renewed == replace(made, renewed_at=house.now)
    assert len(house.book.subscriptions) == 1


def test_a_renewal_that_brings_other_values_counts_at_once(house):
    made = house.do(ask())[0].subscription
    assert house.do(ask(limit=3))[0].subscription == replace(made, limit=3)


def test_hasty_renewals_leave_no_trace(house):
    house.do(ask())
    house.now += RENEWALS_NOTED_EVERY - timedelta(seconds=1)
    assert house.do(ask()) == ()


def test_another_uri_or_another_client_is_another_subscription(house):
    one = house.do(ask())[0].subscription
    other = house.do(ask(notification_uri=SINK + "/2"))[0].subscription
    third = house.do(ask(client="c1"))[0].subscription
    assert len({one.id, other.id, third.id}) == 3


def test_one_may_be_replaced_by_another_resource(house):
    made = house.do(ask())[0].subscription
    moved = house.do(ask(subscription_id=made.id, **everything()))[0].subscription
    assert (moved.id, moved.resource) == (made.id, "/edev")
    book = house.book
    assert list(book.subscription_by_place) == [("c3", "/edev", SINK)]
    assert book.subscriptions_by_device[None] == {made.id: None}
    assert not book.subscriptions_by_device["d4"]
    assert not book.subscriptions_by_program["p6"]


def test_one_may_be_replaced_by_itself(house):
    made = house.do(ask())[0].subscription
    assert house.do(ask(subscription_id=made.id, limit=0))[0].subscription.limit == 0


def test_a_replacement_may_not_make_twins(house):
    made = house.do(ask())[0].subscription
    house.do(ask(**everything()))
    with pytest.raises(Conflict):
        house.do(ask(subscription_id=made.id, **everything()))


def test_only_ones_own_may_be_replaced(house):
    made = house.do(ask())[0].subscription
    with pytest.raises(Unknown):
        house.do(ask(client="c1", subscription_id=made.id))
    with pytest.raises(Unknown):
        house.do(ask(subscription_id="s999"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": -1},
        {"limit": 2**32},
        {"subject": Subject(topic="controls", device_id="d999")},
        {"subject": Subject(topic="controls", device_id="d4", program_id="p999")},
    ],
)
def test_what_cannot_be_is_refused(house, wrong):
    with pytest.raises(Invalid):
        house.do(ask(**wrong))
    assert house.book.subscriptions == {}


def test_a_client_that_nobody_knows_subscribes_to_nothing(house):
    with pytest.raises(Unknown):
        house.do(ask(client="c999"))


def test_an_end_leaves_nothing_behind(house):
    made = house.do(ask())[0].subscription
    end = EndSubscription(subscription_id=made.id, ending=Ending.BY_CLIENT)
    assert house.do(end) == (SubscriptionEnded(subscription_id=made.id, ending=Ending.BY_CLIENT),)
    book = house.book
    assert not book.subscriptions
    assert not book.subscription_by_place
    assert not any(book.subscriptions_by_client.values())
    assert not any(book.subscriptions_by_device.values())
    assert not any(book.subscriptions_by_program.values())
    with pytest.raises(Unknown):
        house.do(end)


def test_with_an_aggregators_device_goes_what_is_about_it(house):
    about = house.do(ask())[0].subscription
    house.do(ask(**everything()))
    assert house.do(RemoveDevice(device_id="d4")) == (
        SubscriptionEnded(subscription_id=about.id, ending=Ending.RESOURCE_GONE),
        DeviceRemoved(device_id="d4"),
    )
    assert [s.resource for s in house.book.subscriptions.values()] == ["/edev"]


def test_with_a_device_that_is_a_client_goes_all_that_it_subscribed(house):
    house.do(ask(client="c1", **everything()))
    house.do(ask(client="c1", resource="/edev/d2", subject=Subject(topic="x", device_id="d2")))
    endings = house.do(RemoveDevice(device_id="d2"))[:-1]
    assert {change.ending for change in endings} == {Ending.RESOURCE_GONE, Ending.BY_SERVER}
    assert not house.book.subscriptions


def test_a_device_without_a_client_takes_nothing_with_it(house):
    endpoint = ModbusEndpoint(host="h", port=502, unit=1, register_map="m")
    added = house.do(AddDevice(name="m", language=Language.MODBUS, modbus=endpoint))
    house.do(ask())
    assert len(house.do(RemoveDevice(device_id=added[-1].device.id))) == 1
