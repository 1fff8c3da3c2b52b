"""Why a device follows what it follows, and why a client sees nothing: situations set up for it."""

from datetime import timedelta

import pytest

from server.core.response import Response, ResponseStatus

STRANGER = "77" * 20
LFDI = "3E" * 20


async def explained(api, device_id, **query):
    answer = await api.get(f"/devices/{device_id}/explain", **query)
    assert answer.status == 200, answer.json
    return answer.json


async def stated(api, event_body, program, /, **members):
    wished = {"start_in_s": 0, **members}
    return (await api.made("/events", event_body(program, **wished)))["event"]


def rules(explanation):
    return {one["event_id"]: one["rule"] for one in explanation["candidates"]}


def findings(answer):
    return {one["finding"] for one in answer["findings"]}


async def test_a_control_that_holds_is_followed(api, world, event_body):
    now = await stated(api, event_body, world.program)
    told = await explained(api, world.sep2)
    assert rules(told) == {now["id"]: "followed", world.event: "not_begun"}
    followed = next(one for one in told["candidates"] if one["rule"] == "followed")
    assert followed["modes"] == ["max_limit_percent"]
    assert [one["rule"] for one in told["fallbacks"]] == ["controlled"]
    assert told["setpoint"]["controls"]["max_limit_percent"] == 40


async def test_without_a_control_the_default_holds(api, world):
    told = await explained(api, world.sep2)
    assert rules(told) == {world.event: "not_begun"}
    assert told["fallbacks"] == [
        {
            "program_id": world.program,
            "primacy": 5,
            "rule": "followed",
            "modes": ["max_limit_percent"],
        }
    ]


async def test_another_instant_may_be_asked_about(api, world, clock):
    at = (clock.now() + timedelta(minutes=61)).isoformat().replace("+00:00", "Z")
    assert rules(await explained(api, world.sep2, at=at)) == {world.event: "followed"}
    later = (clock.now() + timedelta(days=1)).isoformat().replace("+00:00", "Z")
    assert rules(await explained(api, world.sep2, at=later)) == {}


async def test_a_newer_control_supersedes_an_older_one(api, world, event_body, clock):
    old = await stated(api, event_body, world.program)
    clock.instant += timedelta(seconds=5)
    new = await stated(api, event_body, world.program, supersede=True)
    told = await explained(api, world.sep2)
    assert rules(told) == {old["id"]: "superseded", new["id"]: "followed", world.event: "not_begun"}
    beaten = next(one for one in told["candidates"] if one["event_id"] == old["id"])
    assert beaten["beaten_by"] == [new["intervals"][0]["mrid"]]


async def test_a_stronger_program_wins_by_its_primacy(api, world, event_body):
    weak = await stated(api, event_body, world.program)
    program = {"name": "safety", "primacy": 1, "groups": [world.group], "market_context": "urn:s"}
    strong_program = (await api.made("/programs", program))["id"]
    strong = await stated(api, event_body, strong_program)
    told = await explained(api, world.sep2)
    assert rules(told)[weak["id"]] == "primacy"
    assert rules(told)[strong["id"]] == "followed"
    assert [one["rule"] for one in told["fallbacks"]] == ["empty", "controlled"]


async def test_what_was_called_off_or_is_for_others_is_told(api, world, event_body, clock):
    off = await stated(api, event_body, world.program)
    await api.post(f"/events/{off['id']}:cancel", {})
    other = await stated(
        api, event_body, world.program, targets={"devices": [world.modbus]}, supersede=True
    )
    told = await explained(api, world.sep2)
    assert rules(told) == {
        off["id"]: "cancelled",
        other["id"]: "not_targeted",
        world.event: "not_begun",
    }
    assert rules(await explained(api, world.modbus))[other["id"]] == "followed"


async def test_who_opted_out_is_told_so(api, world, event_body, store, clock):
    event = await stated(api, event_body, world.program)
    for seconds, status in enumerate(("opted_in", "opted_out")):
        word = Response(
            device_id=world.sep2,
            event_id=event["id"],
            status=ResponseStatus(status),
            said_at=clock.now() + timedelta(minutes=5),
            received_at=clock.now() + timedelta(seconds=seconds),
        )
        await store.add_response(word)
    told = await explained(api, world.sep2)
    assert rules(told)[event["id"]] == "opted_out"
    assert told["opted_out"] == {event["id"]: "opted_out"}
    assert findings(told) == {"clock_off"}
    assert told["clock_off_s"] == 299.0
    assert told["last_heard_at"] is not None


async def test_the_way_from_the_root_to_the_controls_is_told(api, world, event_body):
    await stated(api, event_body, world.program)
    told = await explained(api, world.sep2)
    assert told["walk"][0]["path"] == "/dcap"
    found = {one["resource"]: one for one in told["walk"]}
    assert found.keys() >= {
        "DeviceCapability",
        "EndDeviceList",
        "FunctionSetAssignmentsList",
        "DERProgramList",
        "DERControlList",
        "DefaultDERControl",
        "Time",
    }
    assert found["FunctionSetAssignmentsList"]["count"] == 1
    assert not any(one["refusal"] for one in told["walk"])


async def test_a_device_in_no_group_finds_no_assignments(api, world):
    members = {"remove": [world.sep2]}
    await api.post(f"/groups/{world.group}:change-members", members)
    told = await explained(api, world.sep2)
    assert findings(told) == {"no_group", "never_heard"}
    found = {one["resource"]: one["count"] for one in told["walk"]}
    assert found["FunctionSetAssignmentsList"] == 0
    assert found["DERProgramList"] == 0
    assert "DERControlList" not in found
    assert told["candidates"] == []


async def test_a_group_without_programs_is_told(api, world):
    spare = (await api.made("/groups", {"name": "spare", "members": [world.sep2]}))["id"]
    await api.post(f"/groups/{world.group}:change-members", {"remove": [world.sep2]})
    assert "no_program" in findings(await explained(api, world.sep2))
    assert spare in (await api.get(f"/devices/{world.sep2}")).json["groups"]


async def test_a_denied_client_is_refused_at_the_root(api, world):
    await api.post(f"/clients/{world.client}:deny")
    told = await explained(api, world.sep2)
    assert "client_denied" in findings(told)
    (step,) = told["walk"]
    assert (step["path"], step["refusal"]) == ("/dcap", "this client is denied")
    identity = (await api.get(f"/identities/{LFDI}/explain")).json
    assert findings(identity) == {"client_denied"}


async def test_a_ven_that_has_not_registered_is_told(api, world):
    told = await explained(api, world.ven)
    assert "not_registered" in findings(told)
    assert told["walk"] == []
    identity = (await api.get(f"/identities/{'AB' * 32}/explain")).json
    assert (identity["client_id"], identity["devices"]) == (world.ven_client, [world.ven])


@pytest.mark.parametrize(
    ("identity", "wanted"),
    [
        (STRANGER, {"unknown_lfdi"}),
        ("3E" * 18 + "3F" + "E3", {"unknown_lfdi", "nearly_known"}),
        ("AB" * 20, {"unknown_lfdi", "is_fingerprint"}),
        ("3e3e-" * 10, set()),
    ],
)
async def test_a_wrong_lfdi_is_told_from_a_known_one(api, world, identity, wanted):
    answer = (await api.get(f"/identities/{identity}/explain")).json
    assert findings(answer) == wanted
    assert (answer["client_id"] is None) == bool(wanted)


async def test_an_sfdi_is_told_from_an_lfdi(api, world):
    sfdi = (await api.get(f"/devices/{world.sep2}")).json["sfdi"]
    answer = (await api.get(f"/identities/{sfdi}/explain")).json
    assert findings(answer) == {"unknown_lfdi", "is_sfdi"}


async def test_a_client_without_devices_is_told(api):
    body = {"kind": "aggregator", "name": "c", "lfdi": STRANGER}
    await api.made("/clients", body)
    answer = (await api.get(f"/identities/{STRANGER}/explain")).json
    assert findings(answer) == {"no_device"}


async def test_an_event_of_a_program_that_is_not_offered_is_told(api, world, event_body):
    other = (await api.made("/groups", {"name": "other", "members": [world.ven]}))["id"]
    program = {"name": "p2", "primacy": 1, "groups": [other], "market_context": "urn:p2"}
    program_id = (await api.made("/programs", program))["id"]
    event = await stated(api, event_body, program_id)
    assert event["id"] not in rules(await explained(api, world.sep2))


@pytest.mark.parametrize("path", ["d404/explain", "{}/explain?at=noon", "{}/explain?x=1"])
async def test_bad_questions_are_refused(api, world, path):
    answer = await api.get("/devices/" + path.format(world.sep2))
    assert answer.status in {404, 422}
