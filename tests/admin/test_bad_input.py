"""What is not taken, and what the answer points at."""

import json
from io import BytesIO

import pytest

from server.admin.reading import BODY_LIMIT_BYTES

JSON = {"Content-Type": "application/json"}


async def faults(api, path, body, **query):
    answer = await api.post(path, body, **query)
    assert answer.status == 422, answer.json
    return {fault["pointer"]: fault["message"] for fault in answer.json["errors"]}


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"{", 400),
        (b"not json", 400),
        (b'{"name": "x"} x', 400),
        (b'{"name": "\xff"}', 400),
        (b'{"name": "\\ud800"}', 400),
        (b"[" * 100_000, 400),
        (b"[]", 422),
        (b"null", 422),
        (b'"name"', 422),
        (b"", 422),
        (b"{}", 422),
    ],
)
async def test_bodies_that_are_no_object_in_json_are_refused(api, desk, raw, status):
    head = desk.book.head
    answer = await api.raw("POST", "/api/v1/groups", headers=JSON, data=raw)
    assert answer.status == status
    assert desk.book.head == head


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "", "application/json; charset=latin-1", "json"]
)
async def test_bodies_of_another_type_are_415(api, kind):
    data = b'{"name": "x"}'
    answer = await api.raw("POST", "/api/v1/groups", headers={"Content-Type": kind}, data=data)
    assert answer.status == 415
    assert "Allow" not in answer.headers


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
async def test_json_may_say_that_it_is_utf_8(api, kind):
    data = b'{"name": "x"}'
    answer = await api.raw("POST", "/api/v1/groups", headers={"Content-Type": kind}, data=data)
    assert answer.status == 201


async def test_a_body_beyond_the_limit_is_413_told_or_not(api):
    async def pieces():
        for _ in range(BODY_LIMIT_BYTES // 65_536 + 1):
            yield b" " * 65_536

    for data in (BytesIO(b" " * (BODY_LIMIT_BYTES + 1)), pieces()):
        answer = await api.raw("POST", "/api/v1/groups", headers=JSON, data=data)
        assert answer.status == 413
    padded = BytesIO(json.dumps({"name": "x"}).encode().ljust(BODY_LIMIT_BYTES))
    assert (await api.raw("POST", "/api/v1/groups", headers=JSON, data=padded)).status == 201


async def test_a_body_where_none_is_taken_is_400(api, world):
    for method, path in (("GET", "/events"), ("POST", f"/clients/{world.client}:deny")):
        answer = await api.raw(method, f"/api/v1{path}", headers=JSON, data=b"{}")
        assert answer.status == 400
        assert "no body" in answer.json["detail"]


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"colour": "red"}, "/colour"),
        ({"intervals": []}, "/intervals"),
        ({"intervals": [{"duration_s": 0}]}, "/intervals/0/duration_s"),
        ({"intervals": [{"duration_s": -5}]}, "/intervals/0/duration_s"),
        ({"intervals": [{"duration_s": 1.5}]}, "/intervals/0/duration_s"),
        ({"intervals": [{"duration_s": "900"}]}, "/intervals/0/duration_s"),
        ({"intervals": [{"duration_s": True}]}, "/intervals/0/duration_s"),
        ({"intervals": [{"duration_s": 10**30}]}, "/intervals/0/duration_s"),
        ({"intervals": [{"duration_s": 60}]}, "/intervals/0"),
        ({"intervals": [{"duration_s": 60, "controls": {}}]}, "/intervals/0"),
        ({"intervals": [{"duration_s": 60, "values": [1]}]}, "/intervals/0/values"),
        ({"signals": [{"name": "SIMPLE", "type": "level"}]}, "/intervals/0/values"),
        ({"signals": [{"name": "SIMPLE"}]}, "/signals/0/type"),
        ({"signals": [{"name": "SIMPLE", "type": "level", "x": 1}]}, "/signals/0/x"),
        ({"targets": {"groups": ["g99"]}}, "/targets/groups"),
        ({"targets": {"devices": ["d99"]}}, "/targets/devices"),
        ({"targets": {"everyone": True}}, "/targets/everyone"),
        ({"program_id": "p99"}, "/program_id"),
        ({"program_id": 5}, "/program_id"),
        ({"name": ""}, "/name"),
        ({"name": "x" * 33}, "/name"),
        ({"name": "two\nlines"}, "/name"),
        ({"priority": -1}, "/priority"),
        ({"randomize_start_s": 3601}, "/randomize_start_s"),
        ({"randomize_duration_s": -3601}, "/randomize_duration_s"),
        ({"response_policy": "sometimes"}, "/response_policy"),
        ({"start_in_s": -1}, "/start_in_s"),
        ({"start_in_s": 10**12}, "/start_in_s"),
        ({"start_in_s": None}, ""),
        ({"start": "2026-06-02T00:00:00Z"}, ""),
    ],
)
async def test_events_that_make_no_sense_are_pointed_at(api, world, event_body, members, pointer):
    before = (await api.get("/events")).json
    assert pointer in await faults(api, "/events", event_body(world.program, **members))
    assert (await api.get("/events")).json == before


@pytest.mark.parametrize(
    ("start", "why"),
    [
        ("2026-06-02T12:00:00", "RFC 3339"),
        ("2026-06-02", "RFC 3339"),
        ("2026-06-02 12:00:00Z", "RFC 3339"),
        ("tomorrow", "RFC 3339"),
        ("1780000000", "RFC 3339"),
        (1_780_000_000, "RFC 3339"),
        ("2026-13-02T12:00:00Z", "valid datetime"),
        ("2026-06-02T12:00:61Z", "valid datetime"),
        ("2026-06-02T12:00:00+99:00", "valid datetime"),
        ("0001-01-01T00:00:00+14:00", "outside the calendar"),
        ("9999-12-31T23:59:59Z", "not after the year"),
        ("2020-01-01T00:00:00Z", "over already"),
    ],
)
async def test_starts_without_a_zone_or_out_of_reach_are_refused(
    api, world, event_body, start, why
):
    body = event_body(world.program, start=start, start_in_s=None)
    assert why in (await faults(api, "/events", body))["/start"]


CONTROLS = [
    ({"max_limit_percent": 101}, "/max_limit_percent"),
    ({"max_limit_percent": -1}, "/max_limit_percent"),
    ({"max_limit_percent": "40"}, "/max_limit_percent"),
    ({"max_limit_percent": True}, "/max_limit_percent"),
    ({"fixed_w_percent": -101}, "/fixed_w_percent"),
    ({"target_w": 1e13}, "/target_w"),
    ({"export_limit_w": -1}, "/export_limit_w"),
    ({"connect": 1}, "/connect"),
    ({"ramp_s": 700, "target_w": 1}, "/ramp_s"),
    ({"fixed_w_percent": 5, "target_w": 5}, "/target_w"),
    ({"fixed_w_percent": 50, "max_limit_percent": 40}, "/fixed_w_percent"),
    ({"connect": False, "target_w": 5}, ""),
    ({"fixed_pf_inject": {"cosine": 1.1, "is_under_excited": False}}, "/fixed_pf_inject/cosine"),
    ({"fixed_pf_inject": {"cosine": 1}}, "/fixed_pf_inject/is_under_excited"),
    ({"fixed_var": {"percent": 5, "reference": "moon"}}, "/fixed_var/reference"),
    ({"torque": 5}, "/torque"),
]


@pytest.mark.parametrize(("controls", "pointer"), CONTROLS)
async def test_controls_out_of_range_or_at_odds_are_pointed_at(
    api, world, event_body, controls, pointer
):
    interval = {"duration_s": 60, "controls": controls}
    found = await faults(api, "/events", event_body(world.program, intervals=[interval]))
    assert f"/intervals/0/controls{pointer}" in found


@pytest.mark.parametrize(("controls", "pointer"), CONTROLS)
async def test_defaults_out_of_range_or_at_odds_are_pointed_at(api, world, controls, pointer):
    path = f"/api/v1/programs/{world.program}/default"
    answer = await api.ask("PUT", path, {"controls": controls})
    assert answer.status == 422
    assert answer.json["errors"][0]["pointer"] == f"/controls{pointer}"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
async def test_numbers_that_are_not_finite_are_refused(api, world, number):
    raw = f'{{"controls": {{"target_w": {number}}}}}'.encode()
    path = f"/api/v1/programs/{world.program}/default"
    answer = await api.raw("PUT", path, headers=JSON, data=raw)
    assert answer.status == 422
    assert answer.json["errors"][0]["pointer"] == "/controls/target_w"


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/clients", {"kind": "device", "name": "x"}, "/lfdi"),
        ("/clients", {"kind": "device", "name": "x", "lfdi": "12"}, "/lfdi"),
        ("/clients", {"kind": "device", "name": "x", "lfdi": "Z" * 40}, "/lfdi"),
        ("/clients", {"kind": "device", "name": "x", "lfdi": "A" * 40 + "\n"}, "/lfdi"),
        ("/clients", {"kind": "ven", "name": "x", "lfdi": "A" * 40}, "/lfdi"),
        ("/clients", {"kind": "ven", "name": "x", "fingerprint": "AB"}, "/fingerprint"),
        ("/clients", {"kind": "ven", "name": "x", "ven_id": "a b"}, "/ven_id"),
        ("/clients", {"kind": "robot", "name": "x"}, "/kind"),
        ("/clients", {"kind": "ven", "name": "x", "certificate": "nonsense"}, "/certificate"),
        ("/clients", {"kind": "ven", "name": "x", "certificate": "é"}, "/certificate"),
        (
            "/clients",
            {"kind": "device", "name": "x", "lfdi": "A" * 40, "certificate": "x"},
            "",
        ),
        ("/devices", {"name": "x"}, ""),
        ("/devices", {"name": "x", "lfdi": "A" * 40, "certificate": "x"}, ""),
        ("/devices", {"name": "x", "lfdi": "A" * 40, "pin": 124}, "/pin"),
        ("/devices", {"name": "x", "lfdi": "A" * 40, "client_id": "c99"}, "/client_id"),
        ("/devices", {"name": "x", "lfdi": "A" * 40, "groups": ["g99"]}, "/groups"),
        ("/devices", {"name": "x", "lfdi": "A" * 40, "rated_w": 0}, "/rated_w"),
        ("/devices", {"name": "x", "lfdi": "A" * 40, "device_category": 2**32}, "/device_category"),
        ("/devices", {"name": "x", "modbus": {"host": "h"}}, "/modbus/register_map"),
        ("/groups", {"name": "x", "members": ["d99"]}, "/members"),
        ("/groups", {"name": "x", "members": "d1"}, "/members"),
        ("/groups", {"name": "x", "joins_new_devices": "yes"}, "/joins_new_devices"),
        ("/tokens", {"name": "x", "role": "king", "expires_in_s": 5}, "/role"),
        ("/tokens", {"name": "x", "role": "viewer"}, ""),
        ("/tokens", {"name": "x", "role": "viewer", "expires_in_s": 0}, "/expires_in_s"),
        (
            "/tokens",
            {"name": "x", "role": "viewer", "expires_at": "2020-01-01T00:00:00Z"},
            "/expires_at",
        ),
        (
            "/programs",
            {"name": "x", "primacy": 256, "groups": [], "market_context": "urn:x"},
            "/primacy",
        ),
        (
            "/programs",
            {"name": "x", "primacy": 1, "groups": ["g99"], "market_context": "urn:x"},
            "/groups",
        ),
        (
            "/programs",
            {"name": "x", "primacy": 1, "groups": [], "market_context": "no uri"},
            "/market_context",
        ),
    ],
)
async def test_other_bodies_that_make_no_sense_are_pointed_at(api, desk, path, body, pointer):
    head = desk.book.head
    assert pointer in await faults(api, path, body)
    assert desk.book.head == head


@pytest.mark.parametrize(
    ("endpoint", "pointer"),
    [
        ({"register_map": "no-such-map"}, "/modbus/register_map"),
        ({"register_map": "../../etc/passwd"}, "/modbus/register_map"),
        ({"host": "a b"}, "/modbus/host"),
        ({"host": ""}, "/modbus/host"),
        ({"host": "h\n"}, "/modbus/host"),
        ({"port": 0}, "/modbus/port"),
        ({"port": 65536}, "/modbus/port"),
        ({"unit": 256}, "/modbus/unit"),
        ({"baud": 9600}, "/modbus/baud"),
    ],
)
async def test_modbus_endpoints_that_cannot_be_are_pointed_at(api, endpoint, pointer):
    modbus = {"host": "127.0.0.1", "register_map": "generic-inverter", **endpoint}
    assert pointer in await faults(api, "/devices", {"name": "x", "modbus": modbus})


@pytest.mark.parametrize(
    ("path", "query", "pointer"),
    [
        ("/events", "limit=0", "/query/limit"),
        ("/events", "limit=1001", "/query/limit"),
        ("/events", "limit=ten", "/query/limit"),
        ("/events", "limit=1&limit=2", "/query/limit"),
        ("/events", "cursor=!!", "/query/cursor"),
        ("/events", "cursor=%C3%A9", "/query/cursor"),
        ("/events", "cursor=" + "A" * 65, "/query/cursor"),
        ("/events", "phase=soon", "/query/phase"),
        ("/events", "colour=red", "/query/colour"),
        ("/devices", "language=french", "/query/language"),
        ("/events/e1", "verbose=1", "/query/verbose"),
        ("/openapi.json", "x=", "/query/x"),
    ],
)
async def test_queries_that_make_no_sense_are_pointed_at(api, path, query, pointer):
    answer = await api.raw("GET", f"/api/v1{path}?{query}")
    assert answer.status == 422
    assert answer.json["errors"][0]["pointer"] == pointer


async def test_all_faults_are_told_at_once(api, world, event_body):
    body = event_body(world.program, priority=-1, colour="red", response_policy="hm")
    assert (await faults(api, "/events", body)).keys() == {
        "/priority",
        "/colour",
        "/response_policy",
    }


async def test_joining_and_leaving_at_once_is_refused(api, world):
    body = {"add": [world.sep2], "remove": [world.sep2]}
    assert "/remove" in await faults(api, f"/groups/{world.group}:change-members", body)
