"""Subscriptions by the wire: found, made, renewed, replaced, ended, and refused with a reason."""

import re
from pathlib import Path

import pytest
from lxml import etree

from server.core.command import EndSubscription, RemoveDevice
from server.core.model import Ending
from server.sep2.notices import DOCUMENTS
from server.sep2.routes import SERVED, href

XSD = Path(__file__).parents[3] / "build" / "oracles" / "csipaus12" / "csipaus-core.xsd"
CONDITION = (
    "<Condition><attributeIdentifier>0</attributeIdentifier>"
    "<lowerThreshold>1</lowerThreshold><upperThreshold>2</upperThreshold></Condition>"
)


@pytest.fixture
async def boss(house, world):
    return house.peer("boss")


@pytest.fixture
def subscriptions(world) -> str:
    return f"/edev/{world.aggregator}/sub"


async def test_the_list_is_linked_in_ones_own_entry_only(boss, house, world, subscriptions, wish):
    await boss.post(subscriptions, wish("/edev"))
    entries = (await boss.get("/edev?l=9")).all("EndDevice")
    links = [entry.find("{*}SubscriptionListLink") for entry in entries]
    assert [None if link is None else dict(link.attrib) for link in links] == [
        {"href": subscriptions, "all": "1"},
        None,
        None,
    ]
    own = await house.peer("alpha").get(f"/edev/{world.alpha}")
    assert own.href("SubscriptionListLink") == f"/edev/{world.alpha}/sub"


async def test_a_subscription_reads_back_as_it_was_written(boss, world, subscriptions, wish):
    resource = f"https://here.example/edev/{world.one}/derp/{world.common}/derc?s=0&amp;l=255"
    made = await boss.post(subscriptions, wish(resource, limit=7, level="-S1"))
    assert (made.status, made.body) == (201, b"")
    found = await boss.get(made.headers["Location"])
    assert found.xml.get("href") == made.headers["Location"]
    assert [(etree.QName(node).localname, node.text) for node in found.xml] == [
        ("subscribedResource", resource.replace("&amp;", "&")),
        ("encoding", "0"),
        ("level", "-S1"),
        ("limit", "7"),
        ("notificationURI", "https://agg.example/notify"),
    ]
    listed = await boss.get(subscriptions + "?l=5")
    assert (listed.xml.get("all"), listed.xml.get("results")) == ("1", "1")
    assert listed.href("Subscription") == made.headers["Location"]
    head = await boss.ask("HEAD", subscriptions)
    assert (head.status, head.body) == (200, b"")


async def test_said_again_it_is_the_same_and_another_uri_is_another(boss, subscriptions, wish):
    first = (await boss.post(subscriptions, wish("/edev"))).headers["Location"]
    again = await boss.post(subscriptions, wish("/edev", limit=3))
    assert (again.status, again.headers["Location"]) == (204, first)
    assert (await boss.get(first)).text("limit") == "3"
    other = wish("/edev", notificationURI="https://agg.example/other")
    second = await boss.post(subscriptions, other)
    assert second.status == 201
    assert second.headers["Location"] != first
    listed = await boss.get(subscriptions + "?l=9")
    assert [node.get("href") for node in listed.all("Subscription")] == sorted(
        [first, second.headers["Location"]]
    )


async def test_one_may_be_replaced_and_ended(boss, subscriptions, wish):
    place = (await boss.post(subscriptions, wish("/edev"))).headers["Location"]
    assert (await boss.put(place, wish("/edev", limit=1))).status == 204
    assert (await boss.get(place)).text("limit") == "1"
    assert (await boss.ask("DELETE", place)).status == 204
    assert (await boss.get(place)).status == 404
    assert (await boss.ask("DELETE", place)).status == 404
    assert (await boss.put(place, wish("/edev"))).status == 404
    again = await boss.post(subscriptions, wish("/edev"))
    assert (again.status, again.headers["Location"] != place) == (201, True)


async def test_a_replacement_does_not_become_anothers_twin(boss, world, subscriptions, wish):
    await boss.post(subscriptions, wish("/edev"))
    other = (await boss.post(subscriptions, wish(f"/edev/{world.one}"))).headers["Location"]
    assert (await boss.put(other, wish("/edev"))).status == 409


async def test_nobody_sees_anothers(boss, house, world, subscriptions, wish):
    place = (await boss.post(subscriptions, wish("/edev"))).headers["Location"]
    number = place.rsplit("/")[-1]
    alpha = house.peer("alpha")
    own = f"/edev/{world.alpha}/sub"
    for path in (subscriptions, place, f"{own}/{number}", f"/edev/{world.bravo}/sub"):
        assert (await alpha.get(path)).status == 404
    assert (await alpha.post(subscriptions, wish("/edev"))).status == 403
    assert (await alpha.ask("DELETE", place)).status == 403
    assert (await alpha.ask("DELETE", f"{own}/{number}")).status == 404
    assert (await alpha.get(own)).xml.get("all") == "0"
    child = f"/edev/{world.one}/sub"
    assert (await boss.get(child)).status == 404
    assert (await boss.post(child, wish("/edev"))).status == 403


async def test_strangers_subscribe_to_nothing(serve, world, wish):
    stranger = (await serve(in_band="open")).peer("stranger")
    assert (await stranger.post(f"/edev/{world.alpha}/sub", wish("/edev"))).status == 403


def paths(world, mrid: str) -> dict[str, str]:
    at = {"e": world.one, "g": world.everyone, "p": world.common, "c": mrid, "d": "1"}
    names = {route.name: re.findall(r"{(\w+)}", route.path) for route in SERVED}
    return {
        route: href(route, **{one: at.get(one, "1") for one in variables})
        for route, variables in names.items()
    }


async def test_whatever_says_so_can_be_subscribed_to_and_nothing_else(
    boss, world, subscriptions, wish, state
):
    event = await state(world.common)
    for name, path in paths(world, event.intervals[0].mrid).items():
        there = await boss.get(path)
        if there.status == 200:
            is_offered = there.xml.get("subscribable") == "1"
        else:
            is_offered = name in DOCUMENTS
        asked = await boss.post(subscriptions, wish(path))
        if is_offered:
            assert asked.status == 201, name
        else:
            assert asked.status == 400, name
    assert (await boss.post(subscriptions, wish(f"/edev/{world.aggregator}"))).status == 201


async def test_documents_say_that_they_can_be_subscribed_to(boss, world):
    path = f"/edev/{world.one}/der/1/ders"
    body = '<DERStatus xmlns="urn:ieee:std:2030.5:ns"><readingTime>1</readingTime></DERStatus>'
    assert (await boss.put(path, body.encode())).status == 204
    assert (await boss.get(path)).xml.get("subscribable") == "1"


REFUSED = [
    ("/nowhere", "1"),
    ("nowhere", "1"),
    ("/edev/{bravo}", "1"),
    ("/edev/{bravo}/fsa", "1"),
    ("/edev/d999/fsa", "1"),
    ("/edev/{aggregator}/fsa", "1"),
    ("/edev/{one}/derp/{special}", "1"),
    ("/edev/{one}/derp/{special}/derc", "1"),
    ("/edev/{one}/derp/{special}/dderc", "1"),
    ("/edev/{one}/derp/{common}/derc/AB", "1"),
    ("/edev/{one}/fsa/{alphas}", "1"),
    ("/edev/{one}/fsa/{alphas}/derp", "1"),
    ("/edev/{one}/der/2", "1"),
    ("/edev/{one}/der/2/ders", "1"),
    ("/edev/" + "x" * 2000, "1"),
    ("/dcap", "3"),
    ("/tm", "3"),
    ("/edev/{one}/der", "3"),
    ("/edev/{one}/der/1/dercap", "3"),
    ("/edev/{aggregator}/sub", "3"),
]


async def test_what_is_not_there_or_not_told_of_is_refused(boss, world, subscriptions, wish):
    for resource, reason in REFUSED:
        refused = await boss.post(subscriptions, wish(resource.format(**vars(world))))
        assert (refused.status, refused.text("reasonCode")) == (400, reason), resource


WRONG = [
    ({"encoding": 1}, "1"),
    ({"extra": CONDITION}, "3"),
    ({"encoding": None}, "0"),
    ({"level": None}, "0"),
    ({"limit": None}, "0"),
    ({"limit": -1}, "1"),
    ({"limit": 2**32}, "1"),
    ({"notificationURI": None}, "0"),
    ({"notificationURI": "/relative"}, "1"),
    ({"notificationURI": "https://elsewhere.example/"}, "1"),
]


async def test_wrong_values_are_refused_with_their_reason(boss, subscriptions, wish):
    for wrong, reason in WRONG:
        refused = await boss.post(subscriptions, wish("/edev", **wrong))
        assert (refused.status, refused.text("reasonCode")) == (400, reason), wrong


async def test_an_operator_may_allow_more_hosts(serve, world, wish):
    house = await serve(notification_hosts=frozenset({"hub.example"}), subscriptions_limit=2)
    alpha, own = house.peer("alpha"), f"/edev/{world.alpha}/sub"
    at_hub = {"notificationURI": "https://HUB.example:8443/n?x=1"}
    assert (await alpha.post(own, wish("/edev"))).status == 400
    assert (await alpha.post(own, wish("/edev", **at_hub))).status == 201
    assert (await alpha.post(own, wish(f"/edev/{world.alpha}", **at_hub))).status == 201
    full = await alpha.post(own, wish(f"/edev/{world.alpha}/fsa", **at_hub))
    assert (full.status, full.text("reasonCode")) == (409, "2")
    assert (await alpha.post(own, wish("/edev", **at_hub))).status == 204


async def test_what_the_house_ends_is_gone(boss, house, world, subscriptions, wish):
    place = (await boss.post(subscriptions, wish(f"/edev/{world.one}/fsa"))).headers["Location"]
    other = (await boss.post(subscriptions, wish("/edev"))).headers["Location"]
    await house.do(RemoveDevice(device_id=world.one))
    assert (await boss.get(place)).status == 404
    number = other.rsplit("/")[-1]
    await house.do(EndSubscription(subscription_id=number, ending=Ending.BY_SERVER))
    assert (await boss.get(subscriptions)).xml.get("all") == "0"


@pytest.mark.interop
async def test_every_body_is_valid(boss, subscriptions, wish):
    if not XSD.exists():
        pytest.skip("no official schema here: run tests/fetch_oracles.py")
    schema = etree.XMLSchema(etree.parse(XSD))
    place = (await boss.post(subscriptions, wish("/edev"))).headers["Location"]
    for path in (subscriptions + "?l=9", place, "/edev?l=9", place + "0"):
        schema.assertValid((await boss.get(path)).xml)
    refused = await boss.post(subscriptions, wish("/tm"))
    schema.assertValid(refused.xml)
