"""Devices that register themselves, and those whom nobody knows."""

import pytest

from certs.identity import sfdi
from server.config import DuplicatePolicy
from server.core.command import SetAccess
from server.core.model import Lfdi

NEW = Lfdi("3E4F45AB31EDFE5B67E343E5E4562E31984E23E5")


def end_device(lfdi: str | None, short: int | None = None, category: str = "200000") -> bytes:
    number = sfdi(lfdi) if short is None else short
    long = "" if lfdi is None else f"<lFDI>{lfdi}</lFDI>"
    return (
        f'<EndDevice xmlns="urn:ieee:std:2030.5:ns"><deviceCategory>{category}</deviceCategory>'
        f"{long}<sFDI>{number}</sFDI><changedTime>0</changedTime><postRate>60</postRate></EndDevice>"
    ).encode()


@pytest.fixture
def stranger_lfdi(certificates) -> str:
    return certificates.stranger.identity.lfdi


@pytest.mark.parametrize("names_itself", [True, False])
async def test_a_stranger_registers_itself_where_that_is_open(
    names_itself, serve, world, stranger_lfdi
):
    house = await serve(in_band="open")
    stranger = house.peer("stranger")
    capability = await stranger.get("/dcap")
    assert capability.status == 200
    assert capability.all("EndDeviceListLink")[0].get("all") == "0"
    assert not capability.all("DERProgramListLink")
    assert (await stranger.get("/tm")).status == 200
    empty = await stranger.get("/edev")
    assert (empty.xml.get("all"), empty.xml.get("results")) == ("0", "0")
    body = end_device(stranger_lfdi if names_itself else None, sfdi(stranger_lfdi))
    made = await stranger.post("/edev", body)
    assert made.status == 201
    assert made.headers["Content-Length"] == "0"
    entry = await stranger.get(made.headers["Location"])
    assert entry.text("lFDI") == stranger_lfdi
    assert int(entry.text("deviceCategory"), 16) == 0x200000
    assert (await stranger.get(entry.href("DERListLink"))).status == 200
    assert (await stranger.get("/edev")).xml.get("all") == "1"
    again = await stranger.post("/edev", body)
    assert (again.status, again.headers["Location"]) == (409, made.headers["Location"])


@pytest.mark.parametrize("policy", ["off", "enrolled"])
async def test_a_stranger_is_kept_out_otherwise(policy, serve, world, stranger_lfdi):
    house = await serve(in_band=policy)
    stranger = house.peer("stranger")
    for path in ("/dcap", "/tm", "/edev", f"/edev/{world.alpha}", "/nowhere"):
        answer = await stranger.get(path)
        assert (answer.status, answer.text("reasonCode")) == (403, "1")
    assert (await stranger.post("/edev", end_device(stranger_lfdi))).status == 403
    assert stranger_lfdi not in house.desk.book.client_by_lfdi


async def test_a_stranger_sees_nothing_of_others(serve, world):
    house = await serve(in_band="open")
    stranger = house.peer("stranger")
    assert (await stranger.get(f"/edev/{world.alpha}")).status == 404
    assert (await stranger.get(f"/edev/{world.alpha}/derp")).status == 404
    assert (await stranger.put(f"/edev/{world.alpha}/der/1/ders", b"<x/>")).status == 403


async def test_nobody_registers_in_band_when_that_is_off(serve, world):
    house = await serve(in_band="off")
    assert (await house.peer("boss").post("/edev", end_device(NEW))).status == 403
    assert (await house.peer("alpha").get("/edev")).status == 200


async def test_a_client_without_devices_finds_no_list_when_it_can_never_have_one(
    serve, world, certificates
):
    from server.core.command import RemoveDevice

    house = await serve(in_band="off")
    await world.do(RemoveDevice(device_id=world.bravo))
    assert (await house.peer("bravo").get("/edev")).status == 404
    other = await serve(in_band="enrolled")
    assert (await other.peer("bravo").get("/edev")).xml.get("all") == "0"


async def test_an_aggregator_registers_a_device_of_its_own(house, world):
    boss = house.peer("boss")
    made = await boss.post("/edev", end_device(NEW))
    assert made.status == 201
    entry = await boss.get(made.headers["Location"])
    assert entry.text("lFDI") == NEW
    device = house.desk.book.devices[house.desk.book.device_by_lfdi[NEW]]
    assert device.in_band
    assert device.client_id == world.aggregator
    assert (await boss.get("/edev")).xml.get("all") == "4"
    assert (await boss.post("/edev", end_device(NEW))).status == 409


async def test_a_device_that_is_there_may_be_named_instead_of_refused(serve, world):
    house = await serve(duplicate_edev=DuplicatePolicy.LOCATION)
    boss = house.peer("boss")
    made = await boss.post("/edev", end_device(NEW))
    before = house.desk.book.head
    again = await boss.post("/edev", end_device(NEW))
    assert (again.status, again.headers["Location"]) == (204, made.headers["Location"])
    others = house.desk.book.devices[world.alpha].lfdi
    assert (await boss.post("/edev", end_device(others))).status == 403
    assert house.desk.book.head == before


def registration(pin: object) -> bytes:
    return (
        '<Registration xmlns="urn:ieee:std:2030.5:ns"><dateTimeRegistered>0</dateTimeRegistered>'
        f"<pIN>{pin}</pIN></Registration>"
    ).encode()


async def test_a_client_sets_the_pin_of_its_own_device_where_that_is_allowed(serve, world):
    house = await serve(client_may_set_pin=True)
    boss, place = house.peer("boss"), f"/edev/{world.one}/rg"
    before = await boss.get(place)
    assert (await boss.put(place, registration(123455))).status == 204
    after = await boss.get(place)
    assert after.text("pIN") == "123455"
    assert after.text("dateTimeRegistered") == before.text("dateTimeRegistered")
    for wrong, reason in (("123456", "1"), ("1000000", "1"), ("-5", "1"), ("", "0"), ("x", "0")):
        refused = await boss.put(place, registration(wrong))
        assert (refused.status, refused.text("reasonCode")) == (400, reason), wrong
    head = house.desk.book.head
    assert (await boss.put(place, registration(123455))).status == 204
    assert (await house.peer("alpha").put(place, registration(123455))).status == 403
    assert house.desk.book.head == head
    refused = await boss.ask("DELETE", place)
    assert (refused.status, refused.headers["Allow"]) == (405, "GET, HEAD, PUT")


async def test_a_client_sets_no_pin_otherwise(house, world):
    place = f"/edev/{world.one}/rg"
    refused = await house.peer("boss").put(place, registration(123455))
    assert (refused.status, refused.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (end_device(NEW, 167261211392), 400, "1"),
        (end_device(NEW, 40773583337), 400, "1"),
        (end_device(None, 167261211391), 400, "1"),
        (end_device("AB", 1), 400, "1"),
        (end_device("XY" * 20, 1), 400, "0"),
        (end_device(NEW, 999999999999), 400, "1"),
        (end_device(NEW).replace(b"<changedTime>0</changedTime>", b""), 400, "0"),
        (end_device(NEW).replace(b"<sFDI>167261211391</sFDI>", b""), 400, "0"),
        (end_device(NEW, category="GG"), 400, "0"),
    ],
)
async def test_a_wrong_registration_is_refused_and_changes_nothing(
    body, status, reason, house, world
):
    before = house.desk.book.head
    answer = await house.peer("boss").post("/edev", body)
    assert (answer.status, answer.text("reasonCode")) == (status, reason)
    assert house.desk.book.head == before


async def test_an_aggregator_is_no_device_of_its_own(house, world, certificates):
    own = certificates.boss.identity.lfdi
    assert (await house.peer("boss").post("/edev", end_device(own))).status == 403


async def test_a_device_registers_nobody_else(house, world):
    assert (await house.peer("alpha").post("/edev", end_device(NEW))).status == 403


async def test_a_known_device_of_another_client_looks_like_one_that_may_not_be(house, world):
    book = house.desk.book
    known = await house.peer("boss").post("/edev", end_device(book.devices[world.alpha].lfdi))
    assert known.status == 403
    assert "Location" not in known.headers
    again = await house.peer("alpha").post("/edev", end_device(book.devices[world.alpha].lfdi))
    assert (again.status, again.headers["Location"]) == (409, f"/edev/{world.alpha}")


async def test_registered_devices_join_the_groups_that_are_open(serve, world, stranger_lfdi):
    from server.core.command import CreateGroup

    house = await serve(in_band="open")
    await world.do(CreateGroup(name="newcomers", joins_new_devices=True))
    group = next(g for g in house.desk.book.groups.values() if g.name == "newcomers")
    await world.program("welcome", 5, group.id)
    stranger = house.peer("stranger")
    made = await stranger.post("/edev", end_device(stranger_lfdi))
    found = await stranger.get(made.headers["Location"] + "/fsa")
    assert found.text("FunctionSetAssignments/mRID") == group.mrid


async def test_a_denial_acts_on_an_open_connection(house, world):
    alpha = house.peer("alpha")
    assert (await alpha.get("/dcap")).status == 200
    client = house.desk.book.devices[world.alpha].client_id
    await world.do(SetAccess(client_id=client, enabled=False))
    for path in ("/dcap", "/tm", f"/edev/{world.alpha}"):
        answer = await alpha.get(path)
        assert (answer.status, answer.text("reasonCode")) == (403, "1")
    assert (await alpha.put(f"/edev/{world.alpha}/der/1/ders", b"")).status == 403
    assert (await house.peer("bravo").get("/dcap")).status == 200
    await world.do(SetAccess(client_id=client, enabled=True))
    assert (await alpha.get("/dcap")).status == 200


async def test_a_certificate_past_its_time_is_refused_on_an_open_connection(house, world, clock):
    alpha = house.peer("alpha")
    assert (await alpha.get("/dcap")).status == 200
    clock.move(days=-500)
    assert (await alpha.get("/dcap")).status == 403


async def test_plain_http_has_no_identity(desk, world):
    import aiohttp

    from server.config import InBand
    from server.net.listener import listen
    from server.sep2.face import Sep2Face
    from server.sep2.settings import Sep2Settings

    face = Sep2Face(desk, Sep2Settings(in_band=InBand.OPEN))
    listener = await listen(face.handle, host="127.0.0.1", port=0, tls=None)
    url = f"http://127.0.0.1:{listener.port}/dcap"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert answer.status == 403
        assert b"<reasonCode>1</reasonCode>" in await answer.read()
    await listener.stop()


async def test_a_policy_counts_by_its_word_whoever_spelled_it(desk, world, certificates):
    from enum import StrEnum

    from server.errors import Forbidden
    from server.sep2.access import Access

    class Elsewhere(StrEnum):
        OFF = "off"
        OPEN = "open"

    now = desk.clock.now()
    stranger = certificates.stranger.identity
    caller = Access(desk.book, Elsewhere.OPEN).admit(stranger, now)
    assert not Access(desk.book, Elsewhere.OFF).may_register(caller)
    with pytest.raises(Forbidden):
        Access(desk.book, Elsewhere.OFF).admit(stranger, now)
