"""Events: stating them, trying that out first, following them and calling them off."""

from datetime import timedelta

import pytest

from server.core.model import DeviceId, EventId
from server.core.response import Response, ResponseStatus

PLACES = (
    "resources group_ids group_names parties nodes aggregated_nodes delivery_points"
    " device_classes meters areas locations transports"
)
NOWHERE: dict[str, list[str]] = {name: [] for name in PLACES.split()}
SQUARE = [[1.0, 1.0], [1.0, 2.0], [2.0, 2.0], [1.0, 1.0]]
SIMPLE = {"signals": [{"name": "SIMPLE", "type": "level"}]}


@pytest.fixture
def shown(api, world):
    async def show():
        return (await api.get(f"/events/{world.event}")).json

    return show


def say(clock, event_id, device_id, status, **members):
    return Response(
        device_id=DeviceId(device_id),
        event_id=EventId(event_id),
        status=ResponseStatus(status),
        received_at=clock.now(),
        **members,
    )


async def test_an_event_is_answered_with_whom_it_reaches_and_what_is_not_told(
    api, world, event_body
):
    start = {"start": "2026-06-02T12:00:00.9+02:00", "start_in_s": None}
    body = event_body(world.program, **start)
    stated = await api.made("/events", body, token="operator")
    event = stated["event"]
    assert event["start"] == "2026-06-02T10:00:00Z"
    assert event["end"] == "2026-06-02T10:15:00Z"
    assert event["phase"] == "far"
    (interval,) = event["intervals"]
    assert interval["controls"] == {"max_limit_percent": 40}
    assert stated["targeted"] == {"sep2": 1, "openadr": 1, "modbus": 1}
    (gap,) = stated["unsaid"]
    assert (gap["device_id"], gap["what"]) == (world.ven, "max_limit_percent")


async def test_a_relative_start_is_cut_to_the_whole_second(api, world, event_body):
    stated = await api.made("/events", event_body(world.program, start_in_s=7200))
    assert stated["event"]["start"] == "2026-06-01T15:00:00Z"


async def test_an_event_keeps_all_that_it_was_given(api, world, event_body):
    given = {
        "name": "everything",
        "intervals": [
            {
                "duration_s": 60,
                "controls": {
                    "fixed_pf_inject": {"cosine": 0.95, "is_under_excited": True},
                    "max_limit_percent": 30,
                    "ramp_s": 5.5,
                },
                "values": [2, 0.12],
            },
            {"duration_s": 120, "controls": None, "values": [1, 0.1]},
        ],
        "signals": [
            {
                "name": "SIMPLE",
                "type": "level",
                "unit": None,
                "currency": None,
                "device_classes": ["Storage"],
            },
            {
                "name": "ELECTRICITY_PRICE",
                "type": "price",
                "unit": "currencyPerKWh",
                "currency": "USD",
                "device_classes": [],
            },
        ],
        "priority": 3,
        "randomize_start_s": -60,
        "randomize_duration_s": 120,
        "targets": {"groups": [], "devices": [world.ven]},
        "response_policy": "never",
        "is_test": True,
        "for_vens": {
            "ramp_up_s": 600,
            "recovery_s": -60,
            "notification_s": 86400,
            "comment": "hot",
            "baseline": {
                "name": "usual",
                "start": "2026-06-01T13:00:00Z",
                "intervals": [{"duration_s": 60, "value": 1.5}],
                "unit": "powerReal",
                "currency": None,
                "resources": ["boiler"],
            },
            "places": NOWHERE | {"resources": ["boiler"], "areas": [SQUARE]},
        },
    }
    body = event_body(world.program, start_in_s=7200, **given)
    stated = (await api.made("/events", body))["event"]
    for interval in stated["intervals"]:
        interval.pop("mrid")
        interval.pop("start")
    assert {name: stated[name] for name in given} == given


async def test_what_goes_on_after_a_nested_event_is_told_beforehand_and_done(
    api, world, event_body
):
    body = event_body(
        world.program,
        name="nested",
        start_in_s=3900,
        intervals=[{"duration_s": 300, "controls": {"max_limit_percent": 20}}],
    )
    assert (await api.post("/events", {**body, "resume_after": True})).status == 422
    body |= {"supersede": True, "resume_after": True}
    (foreseen,) = (await api.post("/events", body, dry_run="true")).json["rests"]
    stated = await api.made("/events", body)
    assert stated["event"]["name"] == "nested"
    (rest,) = stated["rests"]
    assert {name: rest[name] for name in foreseen} == foreseen
    assert (rest["name"], rest["start"]) == ("rest of peak", stated["event"]["end"])
    (interval,) = rest["intervals"]
    assert interval["controls"] == {"max_limit_percent": 40}
    assert interval["duration_s"] == 300
    listed = (await api.get("/events")).json["items"]
    assert [one["name"] for one in listed] == ["peak", "nested", "rest of peak"]


async def test_a_dry_run_tells_the_same_and_changes_nothing(api, desk, world, event_body, store):
    head, events, number = desk.book.head, dict(desk.book.events), desk.book.next_number
    body = event_body(world.program, start_in_s=7200)
    answer = await api.post("/events", body, dry_run="true")
    assert answer.status == 200
    assert "Location" not in answer.headers
    foreseen = answer.json
    assert foreseen["devices"] == {
        "sep2": [world.sep2],
        "openadr": [world.ven],
        "modbus": [world.modbus],
    }
    assert (desk.book.head, desk.book.events, desk.book.next_number) == (head, events, number)
    assert await store.entries(after=head) == ()
    stated = await api.made("/events", body, dry_run="false")
    assert stated["targeted"] == foreseen["targeted"]
    assert stated["unsaid"] == foreseen["unsaid"]
    assert desk.book.head == head + 1


async def test_a_dry_run_is_refused_like_the_real_thing(api, desk, world, event_body):
    head = desk.book.head
    answer = await api.post("/events", event_body(world.program), dry_run="true")
    assert answer.status == 409
    late = event_body(world.program, start="2020-01-01T00:00:00Z", start_in_s=None)
    assert (await api.post("/events", late, dry_run="true")).status == 422
    assert desk.book.head == head


async def test_an_event_that_asks_the_same_needs_to_say_supersede(api, world, event_body):
    answer = await api.post("/events", event_body(world.program))
    assert answer.status == 409
    assert world.event in answer.json["detail"]
    await api.made("/events", event_body(world.program, supersede=True))


async def test_events_are_listed_by_program_and_phase(api, world, event_body, clock):
    later = await api.made("/events", event_body(world.program, start_in_s=7200))

    async def listed(**query):
        return [one["id"] for one in (await api.get("/events", **query)).json["items"]]

    clock.instant += timedelta(minutes=65)
    assert await listed() == [world.event, later["event"]["id"]]
    assert await listed(phase="active") == [world.event]
    assert await listed(phase="far", program_id=world.program) == [later["event"]["id"]]
    assert await listed(program_id="p99") == []
    clock.instant += timedelta(days=1)
    assert await listed(phase="completed") == [world.event, later["event"]["id"]]


async def standings(api, event_id):
    answer = (await api.get(f"/events/{event_id}")).json
    return answer["phase"], [interval["standings"] for interval in answer["intervals"]]


async def test_an_event_shows_where_it_stands_as_time_goes_by(api, world, event_body, clock):
    intervals = [
        {"duration_s": 600, "controls": {"target_w": 100}},
        {"duration_s": 600, "controls": {"target_w": 200}},
    ]
    made = await api.made("/events", event_body(world.program, intervals=intervals))
    event_id = made["event"]["id"]
    assert await standings(api, event_id) == ("far", [{"scheduled": 3}, {"scheduled": 3}])
    clock.instant += timedelta(minutes=61)
    assert await standings(api, event_id) == ("active", [{"active": 3}, {"scheduled": 3}])
    clock.instant += timedelta(minutes=10)
    assert await standings(api, event_id) == ("active", [{"ended": 3}, {"active": 3}])
    clock.instant += timedelta(minutes=10)
    assert await standings(api, event_id) == ("completed", [{"ended": 3}, {"ended": 3}])


async def test_an_event_is_superseded_only_for_the_devices_of_the_newer_one(
    api, world, event_body, clock
):
    newer = event_body(
        world.program, supersede=True, targets={"groups": [], "devices": [world.sep2]}
    )
    clock.instant += timedelta(seconds=1)
    await api.made("/events", newer)
    clock.instant += timedelta(minutes=61)
    phase, (seen,) = await standings(api, world.event)
    assert (phase, seen) == ("active", {"active": 2, "superseded": 1})


async def test_an_event_of_signals_alone_stands_nowhere_in_2030_5(api, world, event_body):
    body = event_body(world.program, intervals=[{"duration_s": 60, "values": [1]}], **SIMPLE)
    made = await api.made("/events", body)
    shown = (await api.get(f"/events/{made['event']['id']}")).json
    assert shown["intervals"][0]["standings"] == {}
    assert {gap["device_id"] for gap in shown["unsaid"]} == {world.sep2, world.modbus}


async def test_an_event_is_called_off_once(api, world, clock):
    path = f"/events/{world.event}"
    answer = await api.post(f"{path}:cancel", token="operator")
    assert answer.status == 200
    assert answer.json["phase"] == "cancelled"
    assert answer.json["cancelled_at"] == "2026-06-01T13:00:00.250000Z"
    assert answer.json["version"] == 1
    assert await standings(api, world.event) == ("cancelled", [{"cancelled": 3}])
    assert (await api.post(f"{path}:cancel", {})).status == 409


async def test_an_event_that_is_over_cannot_be_called_off(api, world, clock):
    clock.instant += timedelta(days=1)
    answer = await api.post(f"/events/{world.event}:cancel", {"at_random": False})
    assert answer.status == 409
    assert "is over" in answer.json["detail"]


async def test_calling_off_at_random_needs_randomisation(api, world, event_body):
    answer = await api.post(f"/events/{world.event}:cancel", {"at_random": True})
    assert answer.status == 422
    assert answer.json["errors"][0]["pointer"] == "/at_random"
    body = event_body(world.program, start_in_s=7200, randomize_start_s=60)
    made = await api.made("/events", body)
    path = f"/events/{made['event']['id']}:cancel"
    answer = await api.post(path, {"at_random": True})
    assert answer.json["is_cancelled_at_random"] is True


async def test_answers_are_shown_by_device_the_newest_first(api, world, store, clock):
    for status in ("received", "started"):
        word = say(clock, world.event, world.sep2, status, code=2, detail="hm")
        await store.add_response(word)
    shown = (await api.get(f"/events/{world.event}")).json
    assert [one["device_id"] for one in shown["followers"]] == [
        world.sep2,
        world.ven,
        world.modbus,
    ]
    said = shown["followers"][0]["responses"]
    assert [one["status"] for one in said] == ["started", "received"]
    assert (said[0]["code"], said[0]["detail"]) == (2, "hm")
    assert shown["followers"][1]["responses"] == []
    assert shown["is_complete"] is True


async def test_the_words_of_a_removed_device_stay(api, world, store, clock):
    await store.add_response(say(clock, world.event, world.sep2, "completed"))
    await api.ask("DELETE", f"/api/v1/devices/{world.sep2}")
    shown = (await api.get(f"/events/{world.event}")).json
    stray = shown["followers"][-1]
    assert (stray["device_id"], stray["name"]) == (world.sep2, None)
    assert stray["is_targeted"] is False
    assert shown["participation"]["targeted"] == 2
    assert shown["participation"]["completed"] == 1


@pytest.mark.parametrize(
    ("said", "counted"),
    [
        ([], {}),
        (["received", "received"], {"received": 1}),
        (["received", "started", "completed"], {"received": 1, "started": 1, "completed": 1}),
        (["opted_in", "opted_out"], {"opted_out": 1}),
        (["opted_out", "opted_in"], {"opted_in": 1}),
        (["failed"], {"failed": 1}),
        (["failed", "written", "verified"], {"written": 1, "verified": 1}),
        (["written", "failed"], {"written": 1, "failed": 1}),
        (["written", "verified", "restored"], {"written": 1, "verified": 1, "restored": 1}),
        (["superseded"], {}),
    ],
)
async def test_participation_counts_devices_by_what_they_said_and_did_not_take_back(
    world, shown, desk, said, counted
):
    for status in said:
        desk.clock.instant += timedelta(seconds=1)
        await desk.store.add_response(say(desk.clock, world.event, world.modbus, status))
    found = (await shown())["participation"]
    assert found.pop("targeted") == 3
    assert {name: count for name, count in found.items() if count} == counted


async def test_all_that_a_ven_said_is_shown_with_what_it_named_the_newest_last_word_counting(
    api, world, store, clock
):
    for number, status in enumerate(("opted_in", "opted_out", "opted_in")):
        clock.instant += timedelta(seconds=1)
        word = say(clock, world.event, world.ven, status, request_id=f"r{number}")
        await store.add_response(word)
        await store.opt_words.add(word)
    await store.add_response(say(clock, world.event, world.ven, "partial_opted_out"))
    shown = (await api.get(f"/events/{world.event}")).json
    said = next(one for one in shown["followers"] if one["device_id"] == world.ven)["responses"]
    assert [(one["status"], one["request_id"]) for one in said if one["request_id"]] == [
        ("opted_in", "r2"),
        ("opted_out", "r1"),
        ("opted_in", "r0"),
    ]
    assert len(said) == 4
    assert (shown["participation"]["opted_in"], shown["participation"]["opted_out"]) == (1, 0)
