"""Who may do what: every operation of the table against every kind of token."""

import pytest

from server.admin.operation import Anyone
from server.admin.operations import OPERATIONS
from server.core.model import Role

RANKS = {role: rank for rank, role in enumerate(Role)}
each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)


def path_of(operation):
    return operation.path.format(**dict.fromkeys(operation.variables, "x1"))


@each_operation
async def test_every_role_may_do_what_the_table_says_and_no_more(api, operation):
    for role in Role:
        answer = await api.raw(operation.method, path_of(operation), token=role.value)
        may = isinstance(operation.role, Anyone) or RANKS[role] >= RANKS[operation.role]
        assert (answer.status != 403) == may, role
        assert answer.status != 401
        if not may:
            assert operation.role.value in answer.json["detail"]


@each_operation
@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (None, "a token is needed"),
        ("unknown", "not known"),
        ("expired", "expired at 2026-06-01T12:01:00Z"),
        ("revoked", "was revoked"),
    ],
)
async def test_no_operation_but_the_open_ones_is_done_without_a_good_token(
    api, desk, operation, token, reason
):
    head = desk.book.head
    answer = await api.raw(operation.method, path_of(operation), token=token)
    if isinstance(operation.role, Anyone):
        assert answer.status == 200
        return
    assert answer.status == 401
    assert reason in answer.json["detail"]
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith('Bearer realm="gridherald"')
    assert ("invalid_token" in challenge) == (token is not None)
    assert desk.book.head == head


@pytest.mark.parametrize(
    "authorization", ["", "Basic YTpi", "Bearer", "Bearer  ", "Bearer a b", "Bearer " + "x" * 600]
)
async def test_other_credentials_than_bearer_tokens_are_refused(api, authorization):
    headers = {"Authorization": authorization}
    answer = await api.raw("GET", "/api/v1/events", token=None, headers=headers)
    assert answer.status == 401


def test_viewers_change_nothing_and_only_admins_see_tokens():
    for operation in OPERATIONS:
        if operation.method != "GET":
            assert RANKS[operation.role] >= RANKS[Role.OPERATOR], operation.name
        if "token" in operation.name:
            assert operation.role is Role.ADMIN


async def test_a_revoked_token_is_refused_from_its_next_use_on(api):
    issued = await api.made("/tokens", {"name": "guest", "role": "viewer", "expires_in_s": 60})
    api.tokens["guest"] = issued["secret"]
    assert (await api.get("/events", token="guest")).status == 200
    assert (await api.post(f"/tokens/{issued['id']}:revoke")).status == 200
    assert (await api.get("/events", token="guest")).status == 401
