"""HTTP around the operations: paths, methods, ids of requests, hosts, health, failures."""

import asyncio
import logging

import pytest


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api",
        "/api/v1",
        "/api/v1/",
        "/api/v1/nothing",
        "/api/v1/events/",
        "/api/v1/events/e1/x",
        "/api/v1/events/e1:burn",
        "/api/v2/events",
        "/API/v1/events",
        "/healthz/",
    ],
)
async def test_unknown_paths_are_404(api, path):
    answer = await api.raw("GET", path)
    assert answer.status == 404
    assert answer.json["type"] == "urn:gridherald:problem:unknown"
    assert answer.json["instance"] == path


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/api/v1/events", {"GET", "POST"}),
        ("PUT", "/api/v1/devices/d1", {"GET", "DELETE"}),
        ("GET", "/api/v1/events/e1:cancel", {"POST"}),
        ("POST", "/healthz", {"GET"}),
        ("OPTIONS", "/api/v1/tokens", {"GET", "POST"}),
    ],
)
async def test_wrong_methods_are_405_and_told_the_right_ones(api, method, path, allow):
    answer = await api.raw(method, path, token=None)
    assert answer.status == 405
    assert set(answer.headers["Allow"].split(", ")) == allow


async def test_the_id_of_a_request_is_echoed(api):
    for path in ("/healthz", "/api/v1/nothing"):
        answer = await api.raw("GET", path, headers={"X-Request-Id": "abc-123"})
        assert answer.headers["X-Request-Id"] == "abc-123"
    assert answer.json["request_id"] == "abc-123"


@pytest.mark.parametrize("strange", ["", "a b", "é", "x" * 129, 'a"b'])
async def test_a_strange_id_of_a_request_is_replaced(api, strange):
    headers = {"X-Request-Id": strange}
    answer = await api.raw("GET", "/api/v1/nothing", headers=headers)
    assert answer.headers["X-Request-Id"] == answer.json["request_id"] != strange


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:80", "[::1]", "[::1]:8080", "LOCALHOST"])
async def test_names_of_loopback_are_served(api, host):
    assert (await api.raw("GET", "/healthz", headers={"Host": host})).status == 200


@pytest.mark.parametrize(
    "host", ["example.org", "127.0.0.1.example.org", "localhost:", "10.0.0.1", "", "localhost@x"]
)
async def test_other_names_are_refused_whatever_they_lead_to(api, host):
    for path in ("/healthz", "/api/v1/events"):
        answer = await api.raw("GET", path, headers={"Host": host})
        assert answer.status == 403
        assert "loopback" in answer.json["detail"]


async def test_health_needs_no_token_and_readiness_says_why_not(api, readiness):
    assert (await api.raw("GET", "/readyz", token=None)).json == {"status": "ready"}
    readiness["is_ready"] = False
    assert (await api.raw("GET", "/healthz", token=None)).json == {"status": "alive"}
    answer = await api.raw("GET", "/readyz", token=None)
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "1"
    assert answer.json["detail"] == "the server is starting or stopping"


async def test_answers_are_not_to_be_kept_or_guessed_at(api):
    answer = await api.get("/tokens")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_our_own_faults_are_500_without_a_trace_and_logged_once(api, world, edge, caplog):
    edge[world.modbus] = RuntimeError("the inside of the house")
    with caplog.at_level(logging.ERROR):
        answer = await api.raw(
            "GET", f"/api/v1/devices/{world.modbus}", headers={"X-Request-Id": "find-me"}
        )
    assert answer.status == 500
    assert b"inside" not in answer.raw
    assert b"Traceback" not in answer.raw
    assert answer.json["request_id"] == "find-me"
    (record,) = [one for one in caplog.records if "find-me" in one.getMessage()]
    assert record.exc_info is not None


async def test_a_store_that_fails_is_503_and_reading_goes_on(api, world, store):
    await store.close()
    answer = await api.post("/groups", {"name": "late"})
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert (await api.get("/events")).status == 200


HEAD = (
    b"POST /api/v1/groups HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Authorization: Bearer secret-admin\r\n"
)


async def test_a_body_that_breaks_off_harms_nobody(api, caplog):
    port = int(api.url.rpartition(":")[2])
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD + b'Content-Length: 50\r\n\r\n{"name": "half')
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await api.get("/groups")).json["items"] == []
    assert [one for one in caplog.records if one.name.startswith("server.")] == []


async def test_a_body_in_broken_pieces_is_400(api, caplog):
    port = int(api.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    await writer.drain()
    writer.write(b"zz\r\n{}\r\n")
    status = await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert b" 400 " in status
    assert [one for one in caplog.records if one.name.startswith("server.")] == []
