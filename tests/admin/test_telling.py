"""Rates, subscriptions and what was given up: what operators may set, see and end."""

import asyncio
from datetime import timedelta

import pytest

from server.core.model import DeviceId
from server.store.values import Mirrored

MRID = "AB" * 16


async def put(api, path, body, **options):
    return await api.ask("PUT", f"/api/v1{path}", body, **options)


async def delete(api, path, **query):
    return await api.ask("DELETE", f"/api/v1{path}", **query)


async def test_poll_rates_are_set_listed_and_cleared(api, desk, world):
    client_id = desk.book.devices[DeviceId(world.sep2)].client_id
    own = {"rate_s": 5, "client_id": client_id}
    assert (await put(api, "/poll-rates/Time", own, token="engineer")).json == {
        "resource": "Time",
        **own,
    }
    await put(api, "/poll-rates/Time", {"rate_s": 60})
    await put(api, "/poll-rates/DERList", {"rate_s": 30})
    listed = (await api.get("/poll-rates")).json["items"]
    told = [(one["resource"], one["client_id"], one["rate_s"]) for one in listed]
    assert told == [("DERList", None, 30), ("Time", None, 60), ("Time", client_id, 5)]
    assert (await api.get("/poll-rates", client_id=client_id)).json["items"] == listed[2:]
    assert (await delete(api, "/poll-rates/Time", client_id=client_id)).status == 204
    assert desk.book.poll_rate_s("Time", client_id) == 60
    assert (await delete(api, "/poll-rates/Time", client_id=client_id)).status == 404


async def test_poll_rates_are_listed_page_by_page(api):
    for resource in ("Time", "DERList", "EndDeviceList"):
        await put(api, f"/poll-rates/{resource}", {"rate_s": 30})
    first = (await api.get("/poll-rates", limit=2)).json
    assert [one["resource"] for one in first["items"]] == ["DERList", "EndDeviceList"]
    last = (await api.get("/poll-rates", limit=2, cursor=first["next_cursor"])).json
    assert [one["resource"] for one in last["items"]] == ["Time"]
    assert last["next_cursor"] is None
    assert (await api.get("/poll-rates", cursor="_w")).status == 422


@pytest.mark.parametrize("resource", ["DERControlList", "DERProgram", "time", "EndDevice"])
async def test_what_has_no_poll_rate_is_refused_by_name(api, desk, resource):
    head = desk.book.head
    for answer in (
        await put(api, f"/poll-rates/{resource}", {"rate_s": 30}),
        await delete(api, f"/poll-rates/{resource}"),
    ):
        assert answer.status == 422
        assert f"{resource!r} has no pollRate" in answer.json["detail"]
        assert "EndDeviceList" in answer.json["detail"]
    assert desk.book.head == head


@pytest.mark.parametrize("body", [{"rate_s": 0}, {"rate_s": 86_401}, {}, {"rate_s": "30"}])
async def test_a_rate_is_seconds_of_a_day(api, world, body):
    assert (await put(api, "/poll-rates/Time", body)).status == 422
    path = f"/devices/{world.sep2}/post-rates/EndDevice"
    assert (await put(api, path, body)).status == 422


async def test_a_poll_rate_is_for_clients_that_there_are_and_that_poll(api, world):
    for client_id, status in (("c99", 404), (world.ven_client, 422)):
        body = {"rate_s": 30, "client_id": client_id}
        assert (await put(api, "/poll-rates/Time", body)).status == status


async def test_post_rates_are_set_listed_and_cleared(api, desk, world, store, clock):
    device_id = DeviceId(world.sep2)
    at = {"device_id": device_id, "at": clock.now()}
    point = Mirrored(mrid=MRID, parent="", body=b"", **at)
    reading = Mirrored(mrid="CD" * 16, parent=MRID, body=b"", **at)
    await store.metering.keep(device_id, mirrors=[point, reading])
    path = f"/devices/{world.sep2}/post-rates"
    one = (await put(api, f"{path}/MirrorUsagePoint", {"rate_s": 60, "mrid": MRID.lower()})).json
    assert one == {
        "device_id": world.sep2,
        "resource": "MirrorUsagePoint",
        "mrid": MRID,
        "rate_s": 60,
    }
    await put(api, f"{path}/MirrorUsagePoint", {"rate_s": 300})
    listed = (await api.get("/post-rates", device_id=world.sep2)).json["items"]
    assert [(rate["mrid"], rate["rate_s"]) for rate in listed] == [(None, 300), (MRID, 60)]
    assert (await api.get("/post-rates", device_id=world.ven)).json["items"] == []
    assert (await delete(api, f"{path}/MirrorUsagePoint", mrid=MRID)).status == 204
    assert desk.book.post_rate_s(device_id, "MirrorUsagePoint", MRID) == 300
    for mrid, resource, status in (
        ("CD" * 16, "MirrorUsagePoint", 404),
        ("EF" * 16, "MirrorUsagePoint", 404),
        (MRID, "EndDevice", 422),
        ("none", "MirrorUsagePoint", 422),
    ):
        answer = await put(api, f"{path}/{resource}", {"rate_s": 60, "mrid": mrid})
        assert answer.status == status, (mrid, resource)
    for resource, status in (("DERList", 422), ("EndDevice", 404)):
        assert (await delete(api, f"{path}/{resource}")).status == status
    assert (await put(api, "/devices/d99/post-rates/EndDevice", {"rate_s": 9})).status == 404


async def test_subscriptions_are_shown_with_how_far_their_telling_is(api, desk, dead_letter):
    held = desk.book.subscriptions[dead_letter]
    shown = (await api.get(f"/subscriptions/{dead_letter}")).json
    delivery = shown.pop("delivery")
    assert shown["resource"] == "/edev"
    assert shown["condition"] == {"lower": 1, "upper": 2}
    assert (delivery["is_dead"], delivery["attempts"], delivery["due_at"]) == (True, 1, None)
    assert delivery["failure"]
    assert (await api.get("/subscriptions")).json["items"] == [shown]
    assert (await api.get("/subscriptions", client_id=held.client_id)).json["items"] == [shown]
    assert (await api.get("/subscriptions", client_id="c99")).json["items"] == []


async def test_what_was_given_up_is_tried_again_when_asked(api, telling, dead_letter, clock):
    (dead,) = (await api.get("/dead-letters")).json["items"]
    assert (dead["id"], dead["delivery"]["is_dead"]) == (dead_letter, True)
    clock.instant += timedelta(minutes=1)
    answer = await api.post(f"/dead-letters/{dead_letter}:replay", token="engineer")
    assert answer.json["delivery"] == {
        "attempts": 0,
        "due_at": None,
        "failure": "",
        "is_dead": False,
    }
    async with asyncio.timeout(10):
        while not telling.dead_letters():  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.01)
    assert (await api.post("/dead-letters/s99:replay")).status == 404


async def test_a_subscription_is_ended_by_an_operator(api, desk, dead_letter):
    path = f"/subscriptions/{dead_letter}"
    assert (await delete(api, path)).status == 204
    assert not desk.book.subscriptions
    assert (await delete(api, path)).status == 404
    assert (await api.get(path)).status == 404
    assert (await api.post(f"/dead-letters/{dead_letter}:replay")).status == 404


async def test_what_was_not_given_up_is_not_replayed(api, desk, dead_letter, telling):
    telling.replay(dead_letter)
    assert (await api.post(f"/dead-letters/{dead_letter}:replay")).status == 404


async def test_where_nobody_is_told_nothing_was_given_up(api):
    assert (await api.get("/dead-letters")).json == {"items": [], "next_cursor": None}
