"""Requests that come again: keys, validators and what a change is bound to."""

import asyncio
from datetime import timedelta

import pytest

from server.admin.operation import Routes
from server.admin.operations import OPERATIONS
from server.admin.validators import holds, is_known
from server.errors import Malformed

GROUP = '{"name": "north"}'


async def send(api, key, body=GROUP, path="/api/v1/groups", **options):
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    return await api.raw("POST", path, headers=headers, data=body, **options)


async def test_what_is_asked_twice_with_one_key_is_done_once(api):
    first, again = await send(api, "k-1"), await send(api, "k-1")
    assert (first.status, again.status) == (201, 201)
    assert first.raw == again.raw
    assert first.headers["Location"] == again.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len((await api.get("/groups")).json["items"]) == 1


async def test_a_key_is_of_its_token_and_of_one_request(api):
    await send(api, "k-1")
    for body, path in (('{"name": "south"}', "/api/v1/groups"), (GROUP, "/api/v1/devices")):
        assert (await send(api, "k-1", body, path)).status == 422
    reused = await send(api, "k-1", '{"name": "south"}')
    assert reused.json["type"] == "urn:gridherald:problem:key-reused"
    other = await send(api, "k-1", '{"name": "south"}', token="engineer")
    assert (other.status, "Idempotency-Replayed" in other.headers) == (201, False)
    assert (await send(api, "k-2", '{"name": "east"}')).status == 201


async def test_of_many_at_once_with_one_key_one_is_done(api):
    answers = await asyncio.gather(*(send(api, "k-1") for _ in range(12)))
    assert {one.status for one in answers} <= {201, 409}
    assert len({one.raw for one in answers if one.status == 201}) == 1
    assert {one.json["type"] for one in answers if one.status == 409} <= {
        "urn:gridherald:problem:unanswered"
    }
    assert len((await api.get("/groups")).json["items"]) == 1


async def test_a_refusal_lets_go_of_the_key(api, world):
    event = f"/api/v1/events/{world.event}:cancel"
    assert (await send(api, "k-1", "{}", "/api/v1/events/e404:cancel")).status == 404
    assert (await send(api, "k-1", "{}", event)).status == 200
    assert (await send(api, "k-1", "{}", event)).headers["Idempotency-Replayed"] == "true"


async def test_keys_outlast_a_day_and_no_longer(api, clock):
    await send(api, "k-1")
    clock.instant += timedelta(hours=24)
    assert "Idempotency-Replayed" in (await send(api, "k-1")).headers
    clock.instant += timedelta(microseconds=1)
    assert "Idempotency-Replayed" not in (await send(api, "k-1")).headers


async def test_a_secret_is_not_kept_for_a_second_asking(api, store, clock):
    body = '{"name": "t", "role": "viewer", "expires_in_s": 60}'
    issued = await send(api, "k-1", body, "/api/v1/tokens")
    again = await send(api, "k-1", body, "/api/v1/tokens")
    assert (issued.status, again.status) == (201, 409)
    admin = (await api.get("/audit")).json["items"][0]["token_id"]
    now = clock.now()
    kept = await store.answers.claim(admin, "k-1", "", at=now, forget_before=now)
    assert (kept.status, kept.body) == (None, b"")


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "é"])
async def test_a_strange_key_is_400(api, key):
    assert (await send(api, key)).status == 400


async def test_what_is_shown_has_a_tag_and_is_not_sent_twice(api, world):
    for path in (f"/events/{world.event}", "/events", "/devices?limit=1", "/openapi.json"):
        shown = await api.get(path)
        tag = shown.headers["ETag"]
        assert tag.startswith('"')
        for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
            headers = {"If-None-Match": known}
            again = await api.raw("GET", f"/api/v1{path}", headers=headers)
            assert (again.status, again.raw, again.headers["ETag"]) == (304, b"", tag)
        other = await api.raw("GET", f"/api/v1{path}", headers={"If-None-Match": '"other"'})
        assert other.status == 200


async def test_a_tag_changes_with_what_is_shown(api, world):
    before = (await api.get(f"/events/{world.event}")).headers["ETag"]
    await api.post(f"/events/{world.event}:cancel", {})
    assert (await api.get(f"/events/{world.event}")).headers["ETag"] != before


async def change(api, method, path, if_match, body=None):
    headers = {"If-Match": if_match, "Content-Type": "application/json"}
    return await api.raw(method, f"/api/v1{path}", headers=headers, data=body)


async def test_a_change_is_bound_to_what_was_looked_at(api, world):
    program, put = f"/programs/{world.program}", '{"controls": {"connect": true}}'
    old = (await api.get(program)).headers["ETag"]
    assert (await change(api, "PUT", f"{program}/default", old, put)).status == 200
    late = await change(api, "PUT", f"{program}/default", old, put)
    assert (late.status, late.json["type"]) == (412, "urn:gridherald:problem:outdated")
    new = (await api.get(program)).headers["ETag"]
    assert (await change(api, "PATCH", program, f'"x", {new}', '{"primacy": 9}')).status == 200
    assert (await change(api, "PATCH", program, f"W/{new}", '{"primacy": 8}')).status == 412
    assert (await change(api, "DELETE", f"/groups/{world.group}", '"x"')).status == 412
    assert (await change(api, "POST", f"/events/{world.event}:cancel", '"x"', "{}")).status == 412
    assert (await change(api, "PATCH", program, "*", '{"primacy": 7}')).status == 200


async def test_of_many_bound_to_the_same_one_is_done(api, world):
    program = f"/programs/{world.program}"
    tag = (await api.get(program)).headers["ETag"]
    answers = await asyncio.gather(
        *(change(api, "PATCH", program, tag, f'{{"primacy": {n}}}') for n in range(20, 30))
    )
    assert sorted(one.status for one in answers) == [200, *[412] * 9]


@pytest.mark.parametrize("tags", ["x", '"x" "y"', '"x', ",", 'w/"x"'])
async def test_what_is_no_tag_is_400(api, world, tags):
    assert (await change(api, "DELETE", f"/groups/{world.group}", tags)).status == 400
    answer = await api.raw("GET", "/api/v1/groups", headers={"If-None-Match": tags})
    assert answer.status == 400
    with pytest.raises(Malformed):
        holds(tags, '"x"')


def test_tags_are_compared_as_the_header_wants_it():
    assert is_known('W/"a", "b"', '"a"')
    assert not is_known(None, '"a"')
    assert not holds('W/"a", "b"', '"a"')
    assert holds('"a","b"', '"b"')


@pytest.mark.parametrize(
    "operation", [one for one in OPERATIONS if one.is_change], ids=lambda one: one.name
)
def test_every_change_can_be_bound_to_what_shows_it(operation):
    subject = Routes(OPERATIONS).subject_of(operation)
    assert set(subject.variables) <= set(operation.variables)
    if subject.query is not None:
        subject.query()


def test_the_document_tells_of_keys_and_tags(openapi):
    def headers(path, method):
        entry = openapi["paths"][path][method]
        return {one["name"] for one in entry["parameters"] if one["in"] == "header"}

    assert headers("/api/v1/events", "post") == {"X-Request-Id", "Idempotency-Key", "If-Match"}
    assert headers("/api/v1/events", "get") == {"X-Request-Id", "If-None-Match"}
    assert headers("/healthz", "get") == {"X-Request-Id"}
    assert "304" in openapi["paths"]["/api/v1/events"]["get"]["responses"]
    assert "412" in openapi["paths"]["/api/v1/programs/{program_id}"]["delete"]["responses"]
