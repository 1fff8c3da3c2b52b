"""Clients, devices, groups, programs and tokens: what each operation does and answers."""

from datetime import timedelta

import pytest

from server.admin.operations import OPERATIONS
from server.core.change import TokenIssued
from server.core.model import ClientId, DeviceId

LFDI = "3E4F45AB31EDFE5B67E343E5E4562E31984E23E5"


async def test_a_device_is_enrolled_by_its_certificate(api, desk, certificate):
    body = {"kind": "device", "name": "inverter", "certificate": certificate.pem}
    client = await api.made("/clients", body)
    assert client["lfdi"] == certificate.sha256[:40]
    assert client["fingerprint"] is None
    assert client["devices"] == []
    assert desk.book.client_by_lfdi[client["lfdi"]] == client["id"]


async def test_a_ven_is_enrolled_by_its_certificate_and_is_a_device_at_once(api, certificate):
    body = {"kind": "ven", "name": "ven", "certificate": certificate.pem, "ven_id": "v1"}
    client = await api.made("/clients", body)
    assert client["fingerprint"] == certificate.sha256
    assert client["openadr_fingerprint"].replace(":", "") == certificate.sha256[-20:]
    assert client["ven_id"] == "v1"
    (device,) = client["devices"]
    assert (await api.get(f"/devices/{device}")).json["language"] == "openadr"


async def test_identifiers_may_be_written_in_groups_and_in_small_letters(api):
    grouped = "-".join(LFDI[at : at + 4] for at in range(0, 40, 4)).lower()
    body = {"kind": "aggregator", "name": "agg", "lfdi": grouped}
    client = await api.made("/clients", body)
    assert client["lfdi"] == LFDI
    assert client["sfdi"] == 167_261_211_391


async def test_what_was_made_is_where_the_answer_says(api, world, event_body):
    for path, body in (
        ("/clients", {"kind": "device", "name": "c", "lfdi": LFDI}),
        ("/devices", {"name": "d", "lfdi": "AA" * 20}),
        ("/groups", {"name": "g"}),
        (
            "/programs",
            {"name": "p", "primacy": 1, "groups": [world.group], "market_context": "urn:x"},
        ),
        ("/tokens", {"name": "t", "role": "viewer", "expires_in_s": 60}),
        ("/events", event_body(world.program, start_in_s=7200)),
    ):
        answer = await api.post(path, body)
        assert answer.status == 201
        made = answer.json.get("event", answer.json)
        assert answer.headers["Location"] == f"/api/v1{path}/{made['id']}"
        shown = await api.get(f"{path}/{made['id']}")
        assert shown.json["name"] == made["name"]


async def test_clients_are_allowed_and_denied_in_the_name_of_the_token(api, desk, world, store):
    head = desk.book.head
    path = f"/clients/{world.client}"
    assert (await api.post(f"{path}:deny", token="engineer")).json["enabled"] is False
    assert desk.book.clients[ClientId(world.client)].enabled is False
    assert (await api.post(f"{path}:deny")).json["enabled"] is False
    assert (await api.post(f"{path}:allow")).json["enabled"] is True
    entries = await store.entries(after=head)
    assert [entry.actor for entry in entries] == ["engineer of tests", "admin of tests"]


async def test_a_clients_profile_is_fixed_and_left_to_it_again(api, desk, world, store):
    head = desk.book.head
    path = f"/api/v1/clients/{world.client}/profile"
    fixed = await api.ask("PUT", path, {"profile": "csip-aus-1.3"}, token="engineer")
    assert (fixed.json["profile"], fixed.json["is_profile_fixed"]) == ("csip-aus-1.3", True)
    freed = await api.ask("PUT", path, {"profile": None})
    assert (freed.json["profile"], freed.json["is_profile_fixed"]) == (None, False)
    assert len(await store.entries(after=head)) == 2
    body = {"kind": "device", "name": "old", "lfdi": "EE" * 20, "profile": "2030.5-2013"}
    made = (await api.post("/clients", body)).json
    assert (made["profile"], made["is_profile_fixed"]) == ("2030.5-2013", True)
    for wrong in ({"profile": "2030.5-2007"}, {}):
        assert (await api.ask("PUT", path, wrong)).status == 422
    of_ven = await api.ask(
        "PUT", f"/api/v1/clients/{world.ven_client}/profile", {"profile": "2030.5-2013"}
    )
    assert (of_ven.status, of_ven.json["errors"][0]["pointer"]) == (422, "/profile")


async def test_clients_are_listed_by_kind(api, world):
    listed = (await api.get("/clients", kind="ven")).json["items"]
    assert [client["id"] for client in listed] == [world.ven_client]


@pytest.mark.parametrize("kind", ["client", "device", "group", "program", "event", "token"])
async def test_what_does_not_exist_is_404_by_name(api, kind):
    answer = await api.get(f"/{kind}s/x99")
    assert answer.status == 404
    assert answer.json["detail"] == f"there is no {kind} 'x99'"


async def test_all_operations_on_one_thing_know_when_it_is_not_there(api):
    for method, path, body in (
        ("POST", "/clients/c99:allow", None),
        ("POST", "/clients/c99:deny", None),
        ("DELETE", "/devices/d99", None),
        ("POST", "/groups/g99:change-members", {}),
        ("PUT", "/programs/p99/default", {"controls": {}}),
        ("PATCH", "/programs/p99", {}),
        ("DELETE", "/programs/p99", None),
        ("DELETE", "/groups/g99", None),
        ("POST", "/events/e99:cancel", None),
        ("POST", "/tokens/t99:revoke", None),
    ):
        assert (await api.ask(method, f"/api/v1{path}", body)).status == 404, path


async def test_a_device_shows_what_it_follows_and_where_that_comes_from(api, world, clock):
    default = (await api.get(f"/devices/{world.sep2}")).json["setpoint"]
    assert default["controls"] == {"max_limit_percent": 90}
    source = default["sources"]["max_limit_percent"]
    assert source == {"program_id": world.program, "event_id": None, "mrid": None}
    assert default["until"] == "2026-06-01T14:00:00Z"

    clock.instant += timedelta(hours=1)
    during = (await api.get(f"/devices/{world.sep2}")).json["setpoint"]
    assert during["controls"] == {"max_limit_percent": 40}
    assert during["sources"]["max_limit_percent"]["event_id"] == world.event


async def test_a_modbus_device_knows_its_modes_and_what_the_edge_knows(api, world, edge, clock):
    before = (await api.get(f"/devices/{world.modbus}")).json
    assert "max_limit_percent" in before["modes"]
    assert before["edge"] is None
    assert before["modbus"]["register_map"] == "generic-inverter"
    edge[world.modbus] = {"phase": "idle", "observed": {"w": 5.0}, "observed_at": clock.now()}
    after = (await api.get(f"/devices/{world.modbus}")).json
    assert after["edge"]["observed"] == {"w": 5.0}


async def test_the_pin_is_for_engineers(api, world):
    path = f"/devices/{world.sep2}"
    assert (await api.get(path, token="operator")).json["pin"] is None
    assert (await api.get(path, token="engineer")).json["pin"] > 0


async def test_an_aggregator_speaks_for_a_device(api):
    aggregator = await api.made("/clients", {"kind": "aggregator", "name": "agg", "lfdi": LFDI})
    body = {"name": "site", "lfdi": "AA" * 20, "client_id": aggregator["id"], "pin": 111115}
    device = await api.made("/devices", body)
    assert (device["client_id"], device["pin"]) == (aggregator["id"], 111115)
    shown = (await api.get(f"/clients/{aggregator['id']}")).json
    assert shown["devices"] == [device["id"]]


async def test_devices_are_listed_by_language_group_and_client(api, world):
    async def listed(**query):
        return [one["id"] for one in (await api.get("/devices", **query)).json["items"]]

    assert await listed() == [world.sep2, world.ven, world.modbus]
    assert await listed(language="modbus") == [world.modbus]
    assert await listed(client_id=world.client) == [world.sep2]
    assert await listed(group_id=world.group, language="openadr") == [world.ven]
    assert await listed(group_id="g99") == []


async def test_a_removed_device_is_gone(api, desk, world):
    answer = await api.ask("DELETE", f"/api/v1/devices/{world.sep2}")
    assert (answer.status, answer.raw) == (204, b"")
    assert DeviceId(world.sep2) not in desk.book.devices
    assert (await api.get(f"/devices/{world.sep2}")).status == 404


async def test_members_come_and_go(api, world):
    group = await api.made("/groups", {"name": "few", "members": [world.sep2, world.ven]})
    assert group["member_count"] == 2
    body = {"add": [world.modbus, world.sep2], "remove": [world.ven]}
    changed = (await api.post(f"/groups/{group['id']}:change-members", body)).json
    assert changed["members"] == [world.sep2, world.modbus]
    listed = (await api.get("/groups")).json["items"]
    assert [one["member_count"] for one in listed] == [3, 2]
    assert listed[0]["programs"] == [world.program]


async def test_a_program_gets_a_new_default(api, world):
    path = f"/api/v1/programs/{world.program}/default"
    body = {"controls": {"max_limit_percent": 70, "ramp_s": 2.5}}
    answer = await api.ask("PUT", path, body)
    assert answer.status == 200
    assert answer.json["default"] == body["controls"]
    assert answer.json["default_version"] == 1
    assert (await api.get("/programs")).json["items"] == [answer.json]


async def test_a_program_changes_in_what_is_said_and_tells_its_version(api, world):
    other = (await api.made("/groups", {"name": "few"}))["id"]
    path = f"/api/v1/programs/{world.program}"
    for body, version in (
        ({"primacy": 2}, 1),
        ({"name": "other", "groups": [other]}, 2),
        ({"primacy": 2, "name": None}, 2),
    ):
        answer = await api.ask("PATCH", path, body)
        assert (answer.status, answer.json["version"]) == (200, version)
    assert (answer.json["name"], answer.json["primacy"]) == ("other", 2)
    assert answer.json["groups"] == [other]
    assert (await api.ask("PATCH", path, {"primacy": 256})).status == 422
    assert (await api.ask("PATCH", path, {"groups": ["g99"]})).status == 422
    assert (await api.ask("PATCH", path, {"market_context": "urn:x"})).status == 422


async def test_groups_and_programs_go_when_nothing_needs_them(api, world):
    program, group = f"/api/v1/programs/{world.program}", f"/api/v1/groups/{world.group}"
    assert (await api.ask("DELETE", group)).status == 409
    busy = await api.ask("DELETE", program)
    assert (busy.status, world.event in busy.json["detail"]) == (409, True)
    await api.post(f"/events/{world.event}:cancel")
    for path in (program, group):
        assert (await api.ask("DELETE", path)).status == 204
        assert (await api.ask("GET", path)).status == 404
    shown = (await api.get(f"/events/{world.event}")).json
    assert (shown["program_id"], shown["followers"]) == (world.program, [])


async def test_the_secret_of_a_token_is_told_once_and_kept_nowhere(api, store):
    issued = await api.made("/tokens", {"name": "night", "role": "operator", "expires_in_s": 3600})
    assert issued["expires_at"] == "2026-06-01T14:00:00.250000Z"
    secret = issued.pop("secret")
    assert len(secret) > 40
    assert (await api.get(f"/tokens/{issued['id']}")).json == issued
    assert secret not in (await api.get("/tokens")).raw.decode()
    for entry in await store.entries(after=0):
        if isinstance(entry.change, TokenIssued):
            assert secret not in str(entry)


async def test_a_token_may_expire_at_an_instant_in_any_zone(api):
    body = {"name": "x", "role": "viewer", "expires_at": "2026-06-03T02:00:00+02:00"}
    assert (await api.made("/tokens", body))["expires_at"] == "2026-06-03T00:00:00Z"


async def test_doubles_are_conflicts(api, world, certificate):
    for path, body in (
        ("/clients", {"kind": "device", "name": "x", "lfdi": "3E" * 20}),
        ("/clients", {"kind": "ven", "name": "x", "fingerprint": "AB" * 32}),
        ("/devices", {"name": "x", "lfdi": "3E" * 20}),
        ("/groups", {"name": "all"}),
        (
            "/programs",
            {"name": "limits", "primacy": 1, "groups": [world.group], "market_context": "urn:y"},
        ),
    ):
        answer = await api.post(path, body)
        assert answer.status == 409, path
        assert answer.json["type"] == "urn:gridherald:problem:conflict"


async def test_pages_tell_everything_once_even_if_things_go_in_between(api):
    made = [(await api.made("/groups", {"name": f"g{n}"}))["id"] for n in range(7)]
    seen, cursor = [], None
    while True:
        query = {"limit": 3} if cursor is None else {"limit": 3, "cursor": cursor}
        answer = (await api.get("/groups", **query)).json
        seen += [one["id"] for one in answer["items"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
        assert len(answer["items"]) == 3
        await api.made("/groups", {"name": f"late {len(seen)}"})
    assert seen[:7] == made
    assert len(seen) == len(set(seen))


async def test_a_page_holds_its_place_when_what_it_ended_with_is_removed(api):
    lfdis = [f"{n:02X}" * 20 for n in range(1, 5)]
    ids = [(await api.made("/devices", {"name": "x", "lfdi": lfdi}))["id"] for lfdi in lfdis]
    first = (await api.get("/devices", limit=2)).json
    await api.ask("DELETE", f"/api/v1/devices/{ids[1]}")
    second = (await api.get("/devices", limit=2, cursor=first["next_cursor"])).json
    assert [one["id"] for one in second["items"]] == ids[2:]
    assert second["next_cursor"] is None


async def test_every_operation_gives_every_answer_that_the_table_promises(
    *, api, world, event_body, registered, offered, dead_letter, clock
):
    program = {"name": "p", "primacy": 1, "groups": [world.group], "market_context": "urn:x"}
    token = {"name": "t", "role": "viewer", "expires_in_s": 60}
    later = event_body(world.program, start_in_s=7200)
    idle = {"name": "idle", "primacy": 1, "groups": [], "market_context": "urn:idle"}
    spare_program = (await api.made("/programs", idle))["id"]
    spare_group = (await api.made("/groups", {"name": "spare"}))["id"]
    curves = f"/programs/{world.program}/curves"
    curve = {"name": "trip", "kind": "lvrt_must_trip", "points": [{"x": 0.16, "y": 50}]}
    curve_id = (await api.made(curves, curve))["id"]
    messages = {"primacy": 1, "locale": "en"}
    line = {"kind": "messaging_program", "groups": [world.group], "content": messages}
    line_id = (await api.made("/publications", line))["id"]
    soon = {"start": int(clock.instant.timestamp()) + 60, "duration": 60}
    said = {"priority": 1, "textMessage": "hi", "interval": soon}
    message = {"kind": "text_message", "parent": line_id, "content": said}
    message_id = (await api.made("/publications", message))["id"]
    usage = {"report_specifier_id": "usage", "every_s": 600, "granularity_s": 60}
    asked = (await api.made(f"{offered}/report-requests", usage))["id"]
    api.seen.clear()
    for method, path, body in (
        ("GET", f"{offered}/report-offers", None),
        ("POST", f"{offered}/report-requests", {"report_specifier_id": "usage", "kind": "once"}),
        ("GET", f"{offered}/report-requests", None),
        ("GET", f"{offered}/report-requests/{asked}", None),
        ("POST", f"{offered}/report-requests/{asked}:cancel", {}),
        ("GET", f"/devices/{world.ven}/points", None),
        ("GET", "/readings?source=x&point=y", None),
        ("PATCH", f"/events/{world.event}", {"name": "renamed"}),
        ("GET", "/publications", None),
        ("POST", "/publications", message),
        ("GET", f"/publications/{message_id}", None),
        ("PUT", f"/publications/{line_id}", {"content": {**messages, "locale": "de"}}),
        ("POST", f"/publications/{message_id}:cancel", None),
        ("DELETE", f"/publications/{message_id}", None),
        ("GET", "/subscriptions", None),
        ("GET", f"/subscriptions/{dead_letter}", None),
        ("GET", "/dead-letters", None),
        ("POST", f"/dead-letters/{dead_letter}:replay", None),
        ("DELETE", f"/subscriptions/{dead_letter}", None),
        ("PUT", "/poll-rates/Time", {"rate_s": 30}),
        ("GET", "/poll-rates", None),
        ("DELETE", "/poll-rates/Time", None),
        ("PUT", f"/devices/{world.sep2}/post-rates/EndDevice", {"rate_s": 60}),
        ("GET", "/post-rates", None),
        ("DELETE", f"/devices/{world.sep2}/post-rates/EndDevice", None),
        ("GET", "/clients", None),
        ("POST", "/clients", {"kind": "device", "name": "c", "lfdi": LFDI}),
        ("GET", f"/clients/{world.client}", None),
        ("POST", f"/clients/{world.client}:deny", None),
        ("POST", f"/clients/{world.client}:allow", None),
        ("PUT", f"/clients/{world.client}/profile", {"profile": "2030.5-2013"}),
        ("GET", f"/clients/{registered}/opts", None),
        ("GET", f"/clients/{registered}/availability", None),
        ("PUT", f"/programs/{world.program}/ven-rules", {"opt_policy": "skip"}),
        ("PUT", f"/clients/{registered}/ven-settings", {}),
        ("POST", f"/clients/{registered}:reregister", None),
        ("POST", f"/clients/{registered}:cancel-registration", None),
        ("GET", "/devices", None),
        ("POST", "/devices", {"name": "d", "lfdi": "AA" * 20}),
        ("GET", f"/devices/{world.sep2}", None),
        ("GET", "/groups", None),
        ("POST", "/groups", {"name": "g"}),
        ("GET", f"/groups/{world.group}", None),
        ("POST", f"/groups/{world.group}:change-members", {"remove": [world.ven]}),
        ("GET", "/programs", None),
        ("POST", "/programs", program),
        ("GET", f"/programs/{world.program}", None),
        ("PUT", f"/programs/{world.program}/default", {"controls": {"connect": True}}),
        ("GET", curves, None),
        ("POST", curves, {**curve, "name": "other"}),
        ("GET", f"{curves}/{curve_id}", None),
        ("DELETE", f"{curves}/{curve_id}", None),
        ("PATCH", f"/programs/{world.program}", {"primacy": 6}),
        ("DELETE", f"/programs/{spare_program}", None),
        ("DELETE", f"/groups/{spare_group}", None),
        ("GET", "/events", None),
        ("POST", "/events?dry_run=true", later),
        ("POST", "/events", later),
        ("GET", f"/events/{world.event}", None),
        ("POST", f"/events/{world.event}:cancel", None),
        ("GET", "/tokens", None),
        ("POST", "/tokens", token),
        ("GET", "/tokens/t1", None),
        ("POST", "/tokens/t1:revoke", None),
        ("DELETE", f"/devices/{world.sep2}", None),
        ("PUT", f"/devices/by-lfdi/{'AA' * 20}", {}),
        ("DELETE", f"/devices/by-lfdi/{'AA' * 20}", None),
        ("DELETE", f"/clients/{world.client}/mirrors", None),
        ("POST", "/events:cancel", {"program_id": world.program}),
        ("GET", "/audit", None),
        ("GET", f"/devices/{world.modbus}/explain", None),
        ("GET", f"/identities/{LFDI}/explain", None),
        ("GET", "/audit:verify", None),
        ("GET", "/openapi.json", None),
    ):
        answer = await api.ask(method, f"/api/v1{path}", body)
        assert answer.status < 300, (path, answer.json)
    for path in ("/healthz", "/readyz"):
        await api.raw("GET", path)
    promised = {(one.name, status) for one in OPERATIONS for status in one.answers}
    assert api.seen == promised
