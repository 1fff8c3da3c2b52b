"""What scripts ask for again and again: each time it is so, and it changes nothing once it is."""

import pytest

from server.core.model import DeviceId
from server.store.values import Mirrored

LFDI = "3E4F45AB31EDFE5B67E343E5E4562E31984E23E5"
PLACE = f"/api/v1/devices/by-lfdi/{LFDI}"


@pytest.fixture
async def aggregator(api):
    body = {"kind": "aggregator", "name": "agg", "lfdi": "AB" * 20}
    return (await api.made("/clients", body))["id"]


async def test_a_device_that_is_not_there_is_added_with_its_client(api, world):
    body = {"name": "roof", "pin": 123455, "rated_w": 5000}
    device = (await api.ask("PUT", PLACE.lower(), body)).json
    assert (device["name"], device["pin"], device["rated_w"]) == ("roof", 123455, 5000)
    assert device["groups"] == [world.group]
    (client,) = (await api.get("/clients", lfdi=LFDI)).json["items"]
    assert client["devices"] == [device["id"]]
    assert [one["id"] for one in (await api.get("/devices", lfdi=LFDI)).json["items"]] == [
        device["id"]
    ]


async def test_a_device_without_a_name_is_called_by_its_lfdi(api):
    assert (await api.ask("PUT", PLACE, {})).json["name"] == "device 3E4F45AB"


async def test_what_is_so_already_changes_nothing(api, desk, aggregator):
    body = {"name": "roof", "pin": 123455, "client_id": aggregator}
    first = (await api.ask("PUT", PLACE, body)).json
    head = desk.book.head
    assert (await api.ask("PUT", PLACE, body)).json == first
    assert (await api.ask("PUT", PLACE, {})).json == first
    assert desk.book.head == head


async def test_only_what_is_given_is_changed(api, store, desk):
    made = (await api.ask("PUT", PLACE, {"name": "roof", "pin": 123455, "rated_w": 5})).json
    group = (await api.made("/groups", {"name": "north"}))["id"]
    body = {"pin": 111115, "device_category": 4, "groups": [group]}
    changed = (await api.ask("PUT", PLACE, body)).json
    assert changed == {**made, "pin": 111115, "device_category": 4, "groups": [group]}
    assert desk.book.devices_of(made["client_id"])[0].pin == 111115


async def test_a_device_of_another_client_is_a_conflict(api, aggregator):
    await api.ask("PUT", PLACE, {})
    assert (await api.ask("PUT", PLACE, {"client_id": aggregator})).status == 409


@pytest.mark.parametrize(
    ("place", "body", "pointer"),
    [
        (PLACE, {"pin": 123456}, "/pin"),
        (PLACE, {"rated_w": 0}, "/rated_w"),
        (PLACE, {"name": " "}, "/name"),
        (PLACE, {"groups": ["g99"]}, "/groups"),
        (PLACE, {"client_id": "c99"}, "/client_id"),
        ("/api/v1/devices/by-lfdi/ZZ", {}, "/lfdi"),
    ],
)
async def test_what_can_be_no_device_is_refused_new_or_known(api, place, body, pointer):
    new = await api.ask("PUT", place, body)
    assert (new.status, new.json["errors"][0]["pointer"]) == (422, pointer)
    if place == PLACE and pointer != "/client_id":
        await api.ask("PUT", PLACE, {})
        known = await api.ask("PUT", PLACE, body)
        assert (known.status, known.json["errors"][0]["pointer"]) == (422, pointer)


async def test_a_device_is_forgotten_once_and_for_all(api, desk):
    device = (await api.ask("PUT", PLACE, {})).json
    for _ in range(2):
        assert (await api.ask("DELETE", PLACE)).status == 204
        assert DeviceId(device["id"]) not in desk.book.devices
    assert (await api.get("/clients", lfdi=LFDI)).json["items"] != []


async def test_the_mirrors_of_all_devices_of_a_client_go(api, desk, clock, world):
    metering = desk.store.metering
    point = Mirrored(
        device_id=DeviceId(world.sep2), mrid="AA", parent="", body=b"<a/>", at=clock.now()
    )
    await metering.keep(point.device_id, mirrors=[point])
    for _ in range(2):
        assert (await api.ask("DELETE", f"/api/v1/clients/{world.client}/mirrors")).status == 204
        assert await metering.mirrors(point.device_id) == ()
    assert (await api.ask("DELETE", "/api/v1/clients/c99/mirrors")).status == 404


async def test_all_that_is_not_over_of_a_program_is_called_off(api, world, event_body, clock):
    second = (await api.made("/events", event_body(world.program, start_in_s=9000)))["event"]
    answer = (await api.post("/events:cancel", {"program_id": world.program})).json["items"]
    assert [event["id"] for event in answer] == [world.event, second["id"]]
    assert {event["phase"] for event in answer} == {"cancelled"}
    assert (await api.post("/events:cancel", {"program_id": world.program})).json["items"] == []


async def test_what_is_for_a_device_is_called_off_and_nothing_else(api, world, event_body):
    only = {"targets": {"devices": [world.modbus]}, "start_in_s": 9000}
    other = (await api.made("/events", event_body(world.program, **only)))["event"]
    answer = (await api.post("/events:cancel", {"device_id": world.sep2})).json["items"]
    assert [event["id"] for event in answer] == [world.event]
    assert (await api.get(f"/events/{other['id']}")).json["cancelled_at"] is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"program_id": "p1", "device_id": "d1"}, 422),
        ({"program_id": "p99"}, 422),
        ({"device_id": "d99"}, 422),
    ],
)
async def test_a_wish_to_call_off_names_one_program_or_one_device(api, body, status):
    assert (await api.post("/events:cancel", body)).status == status
