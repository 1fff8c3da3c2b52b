"""Operations on VENs: settings of one alone, and wishes about its registration."""

import pytest

from server.core.model import ClientId


async def test_what_holds_for_one_ven_is_set_as_a_whole(api, world, desk):
    path = f"/api/v1/clients/{world.ven_client}"
    assert (await api.ask("GET", path)).json["ven_settings"] == {
        "poll_interval_s": None,
        "signatures": None,
        "is_lenient": False,
    }
    body = {"poll_interval_s": 60, "signatures": "require", "is_lenient": True}
    answer = await api.ask("PUT", f"{path}/ven-settings", body)
    assert (answer.status, answer.json["ven_settings"]) == (200, body)
    head = desk.book.head
    await api.ask("PUT", f"{path}/ven-settings", body)
    assert desk.book.head == head
    answer = await api.ask("PUT", f"{path}/ven-settings", {"signatures": "off"})
    assert answer.json["ven_settings"]["poll_interval_s"] is None
    assert answer.json["ven_settings"]["is_lenient"] is False


async def test_a_client_of_2030_5_has_no_settings_of_a_ven(api, world):
    path = f"/api/v1/clients/{world.client}"
    assert (await api.ask("GET", path)).json["ven_settings"] is None
    assert (await api.ask("PUT", f"{path}/ven-settings", {})).status == 409
    assert (await api.ask("POST", f"{path}:reregister")).status == 409


@pytest.mark.parametrize(
    "body",
    [
        {"poll_interval_s": 0},
        {"poll_interval_s": 86_401},
        {"poll_interval_s": 1.5},
        {"x": 1},
        {"signatures": "sometimes"},
        {"is_lenient": "yes"},
    ],
)
async def test_settings_that_cannot_be_are_refused(api, world, body):
    path = f"/api/v1/clients/{world.ven_client}/ven-settings"
    assert (await api.ask("PUT", path, body)).status == 422


async def test_a_registered_ven_is_asked_to_register_again_and_then_to_go(api, registered, desk):
    path = f"/clients/{registered}"
    assert (await api.get(path)).json["registration"]["wish"] is None
    answer = await api.post(f"{path}:reregister")
    assert answer.json["registration"]["wish"] == "renew"
    head = desk.book.head
    assert (await api.post(f"{path}:reregister")).status == 200
    assert desk.book.head == head
    answer = await api.post(f"{path}:cancel-registration")
    assert answer.json["registration"]["wish"] == "cancel"
    assert (await api.post(f"{path}:reregister")).status == 409


async def test_nothing_is_asked_of_a_ven_that_is_not_registered_or_not_there(api, world, desk):
    assert desk.book.clients[ClientId(world.ven_client)].registration is None
    for wish in ("reregister", "cancel-registration"):
        assert (await api.post(f"/clients/{world.ven_client}:{wish}")).status == 409
        assert (await api.post(f"/clients/c99:{wish}")).status == 404
    assert (await api.ask("PUT", "/api/v1/clients/c99/ven-settings", {})).status == 404
