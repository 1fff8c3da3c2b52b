"""Operations on reports of VENs and on readings."""

from datetime import timedelta

import pytest

from server.store.store import Reading

MINUTE = timedelta(minutes=1)
OFFERED = {
    "report_specifier_id": "usage",
    "report_name": "TELEMETRY_USAGE",
    "buffered_s": 3600,
    "rids": ["volts"],
    "points": [
        {
            "rid": "volts",
            "point": "usage/volts",
            "unit": "V",
            "report_type": "usage",
            "reading_type": "Direct Read",
            "shortest_s": 60,
            "longest_s": 3600,
            "on_change": True,
        }
    ],
    "remarks": [],
}


async def test_what_a_ven_offers_is_listed(api, offered):
    listed = (await api.get(f"{offered}/report-offers", token="viewer")).json
    assert listed == {"items": [OFFERED], "next_cursor": None}


async def test_a_report_is_asked_for_shown_listed_and_cancelled(api, offered, clock):
    path = f"{offered}/report-requests"
    body = {"report_specifier_id": "usage", "every_s": 600, "granularity_s": 60}
    answer = await api.post(path, body, token="operator")
    assert answer.status == 201
    made = answer.json
    assert answer.headers["Location"] == f"/api/v1{path}/{made['id']}"
    assert (made["phase"], made["asked_by"], made["kind"]) == (
        "asked",
        "operator of tests",
        "periodic",
    )
    assert (made["rids"], made["every_s"], made["granularity_s"]) == (["volts"], 600, 60)
    assert (made["end"], made["gaps"], made["heard_at"]) == (None, [], None)
    clock.instant += MINUTE
    second = await api.made(path, {"report_specifier_id": "usage", "kind": "once"})
    first_page = (await api.get(path, limit=1)).json
    assert [each["id"] for each in first_page["items"]] == [made["id"]]
    rest = (await api.get(path, cursor=first_page["next_cursor"])).json
    assert [each["id"] for each in rest["items"]] == [second["id"]]
    assert (await api.get(f"{path}/{made['id']}")).json == made
    ended = await api.post(f"{path}/{made['id']}:cancel", {"report_to_follow": True})
    assert (ended.json["phase"], ended.json["report_to_follow"]) == ("cancelled", True)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"report_specifier_id": "other"}, "/report_specifier_id"),
        ({"report_specifier_id": "usage", "rids": ["amps"]}, "/rids/0"),
        ({"report_specifier_id": "usage", "granularity_s": 30}, "/granularity_s"),
        ({"report_specifier_id": "usage", "kind": "history"}, "/kind"),
        ({"report_specifier_id": "usage", "kind": "never"}, "/kind"),
        ({"report_specifier_id": "usage", "every_s": 0}, "/every_s"),
        ({"report_specifier_id": "usage", "duration_s": -1}, "/duration_s"),
        ({"report_specifier_id": ""}, "/report_specifier_id"),
        ({}, "/report_specifier_id"),
        ({"report_specifier_id": "usage", "start": "2026-06-01"}, "/start"),
    ],
)
async def test_what_cannot_be_asked_for_is_refused_with_its_place(api, offered, body, pointer):
    answer = await api.post(f"{offered}/report-requests", body)
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, pointer)


async def test_only_registered_vens_are_asked(api, reporting, world):
    body = {"report_specifier_id": "usage"}
    for client, status in ((world.client, 409), (world.ven_client, 409), ("c99", 404)):
        assert (await api.post(f"/clients/{client}/report-requests", body)).status == status
    unknown = f"/clients/{world.ven_client}/report-requests/report-1"
    assert (await api.get(unknown)).status == 409


async def test_a_request_that_is_not_there_is_unknown(api, offered):
    assert (await api.get(f"{offered}/report-requests/report-1")).status == 404
    assert (await api.post(f"{offered}/report-requests/report-1:cancel", {})).status == 404


@pytest.mark.parametrize("reporting", [None])
async def test_where_no_vens_are_served_nothing_is_asked(api, world, reporting):
    answer = await api.get(f"/clients/{world.ven_client}/report-requests")
    assert (answer.status, answer.json["detail"]) == (409, "no VENs are served here")


@pytest.fixture
async def measured(store, world, clock):
    """Five readings of a point, one a minute, and one of another point."""
    begin = clock.now()
    await store.write_readings(
        [
            Reading(world.ven, "usage/volts", begin + n * MINUTE, MINUTE, 230.0 + n, "good", "V")
            for n in range(5)
        ]
        + [Reading(world.ven, "usage/amps", begin, timedelta(0), 1.5, "good", "A")]
    )
    return begin


async def test_readings_are_listed_page_by_page(api, world, measured):
    query = {"source": world.ven, "point": "usage/volts", "limit": 2}
    found, cursor = [], None
    for _ in range(3):
        given = query if cursor is None else {**query, "cursor": cursor}
        page = (await api.get("/readings", token="viewer", **given)).json
        found += [(each["value"], each["duration_s"], each["unit"]) for each in page["items"]]
        cursor = page["next_cursor"]
    assert (found, cursor) == ([(230.0 + n, 60, "V") for n in range(5)], None)


async def test_readings_are_limited_to_a_span(api, world, measured):
    since, until = ((measured + n * MINUTE).isoformat().replace("+00:00", "Z") for n in (1, 3))
    query = {"source": world.ven, "point": "usage/volts", "since": since, "until": until}
    page = (await api.get("/readings", **query)).json
    assert [each["value"] for each in page["items"]] == [231.0, 232.0]
    assert (await api.get("/readings", source="d99", point="x")).json["items"] == []


async def test_points_are_listed_with_their_latest_reading(api, world, measured):
    page = (await api.get(f"/devices/{world.ven}/points")).json
    assert [(each["point"], each["latest"]["value"]) for each in page["items"]] == [
        ("usage/amps", 1.5),
        ("usage/volts", 234.0),
    ]
    assert (await api.get(f"/devices/{world.sep2}/points")).json["items"] == []
    assert (await api.get("/devices/d99/points")).status == 404


@pytest.mark.parametrize("cursor", ["x", "MTI", "MjAyNi0wNi0wMVQxMjowMDowMA"])
async def test_a_cursor_of_something_else_is_refused(api, world, cursor):
    answer = await api.get("/readings", source="d1", point="p", cursor=cursor)
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/query/cursor")


async def test_readings_need_a_source_and_a_point(api, world):
    assert (await api.get("/readings", point="p")).status == 422
