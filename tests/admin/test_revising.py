"""Events that operators change: what comes of it, what is refused, and what a dry run tells."""

from datetime import timedelta

import pytest

PATH = "/api/v1/events/{}"
SIMPLE = [{"name": "SIMPLE", "type": "level"}]


@pytest.fixture
def patch(api, world):
    async def patch(event_id=None, **body):
        dry_run = body.pop("dry_run", "false")
        path = f"{PATH.format(event_id or world.event)}?dry_run={dry_run}"
        return await api.ask("PATCH", path, body, token="operator")

    return patch


async def test_an_event_is_renamed_and_nothing_is_published_anew(patch, world):
    answer = await patch(name="evening", priority=2, for_vens={"comment": "hot"})
    assert answer.status == 200
    event = answer.json["event"]
    assert (event["name"], event["priority"], event["version"]) == ("evening", 2, 1)
    assert event["changed_at"].startswith("2026-06-01T13:00:00.25")
    assert answer.json["renewed"] == []
    assert answer.json["targeted"] == {"sep2": 1, "openadr": 1, "modbus": 1}
    again = (await patch(for_vens={"ramp_up_s": 60})).json["event"]
    assert (again["for_vens"]["comment"], again["for_vens"]["ramp_up_s"]) == ("hot", 60)


async def test_an_event_is_extended_and_its_control_renewed(patch, api, world):
    before = (await api.get(f"/events/{world.event}")).json
    answer = await patch(extend_by_s=600)
    assert answer.json["event"]["end"] == "2026-06-01T14:25:00Z"
    assert answer.json["renewed"] == [before["intervals"][0]["mrid"]]
    shown = (await api.get(f"/events/{world.event}")).json
    assert shown["version"] == 1
    assert [one["duration_s"] for one in shown["intervals"]] == [1500]


async def test_a_dry_run_tells_the_same_and_changes_nothing(patch, desk, world):
    head = desk.book.head
    foreseen = (await patch(extend_by_s=600, dry_run="true")).json
    assert desk.book.head == head
    done = (await patch(extend_by_s=600)).json
    assert foreseen["event"]["end"] == done["event"]["end"]
    assert foreseen["renewed"] == done["renewed"]
    assert (await patch(dry_run="true")).json["event"] == done["event"]


async def test_the_past_is_not_changed(patch, world, clock):
    clock.instant += timedelta(minutes=65)
    for body in ({"start": "2026-06-01T15:00:00Z"}, {"extend_by_s": -800}):
        answer = await patch(**body)
        assert answer.status == 409, answer.json
    intervals = [{"duration_s": 900, "controls": {"max_limit_percent": 10}}]
    answer = await patch(intervals=intervals)
    assert answer.status == 409
    assert "begun" in answer.json["detail"]
    clock.instant += timedelta(hours=1)
    assert (await patch(name="late")).status == 409


async def test_what_makes_no_sense_is_told_by_member(patch, world):
    assert (await patch("e99", name="x")).status == 404
    assert (await patch(extend_by_s=60, end="2026-06-01T15:00:00Z")).status == 422
    answer = await patch(for_vens={"places": {"resources": ["boiler"]}})
    assert answer.status == 422
    assert answer.json["errors"][0]["pointer"] == "/for_vens/places"


async def test_an_event_without_end_shows_none_until_it_is_given_one(patch, api, world, event_body):
    intervals = [{"duration_s": None, "values": [1]}]
    body = event_body(world.program, intervals=intervals, signals=SIMPLE)
    foreseen = await api.post("/events", body, dry_run="true")
    assert foreseen.json["end"] is None
    event = (await api.made("/events", body))["event"]
    assert (event["end"], event["intervals"][0]["duration_s"]) == (None, None)
    changed = (await patch(event["id"], end="2026-06-01T18:00:00Z")).json["event"]
    assert changed["end"] == "2026-06-01T18:00:00Z"
    assert changed["intervals"][0]["duration_s"] > 0


async def test_overlapping_events_of_a_ven_are_told_beforehand(api, patch, world, event_body):
    intervals = [{"duration_s": 600, "values": [1]}]
    body = event_body(world.program, intervals=intervals, signals=SIMPLE)
    first = (await api.made("/events", body))["event"]["id"]
    price = [{"name": "x-own", "type": "delta"}]
    second = event_body(world.program, intervals=intervals, signals=price)
    met = [{"event_id": first, "devices": [world.ven]}]
    assert (await api.post("/events", second, dry_run="true")).json["overlaps"] == met
    made = await api.made("/events", second)
    assert made["overlaps"] == met
    moved = await patch(made["event"]["id"], start="2026-06-01T20:00:00Z")
    assert moved.json["overlaps"] == []
