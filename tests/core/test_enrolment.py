from dataclasses import replace
from datetime import UTC, datetime

import pytest

from server.core.command import (
    AddDevice,
    CancelRegistration,
    CreateGroup,
    DescribeDevice,
    EnrolClient,
    LearnProfile,
    RegisterDevice,
    RegisterVen,
    RemoveDevice,
    SetAccess,
    SetPin,
    SetProfile,
)
from server.core.model import (
    ClientId,
    ClientKind,
    DeviceId,
    Fingerprint,
    GroupId,
    Language,
    Lfdi,
    ModbusEndpoint,
)
from server.errors import Conflict, Forbidden, Invalid, Refusal, Unknown

A = Lfdi("A" * 40)
B = Lfdi("B" * 40)
PRINT = Fingerprint("C" * 64)
ENDPOINT = ModbusEndpoint(host="127.0.0.1", port=502, unit=1, register_map="generic")

DEVICE = AddDevice(name="roof", language=Language.SEP2, lfdi=A)
MODBUS = AddDevice(name="shed", language=Language.MODBUS, modbus=ENDPOINT)
VEN = EnrolClient(kind=ClientKind.VEN, name="mill", fingerprint=PRINT, ven_id="ven-mill")
AGGREGATOR = EnrolClient(kind=ClientKind.AGGREGATOR, name="agg", lfdi=B)
REGISTER = RegisterVen(
    client_id=ClientId("c1"),
    ven_name="mill",
    profile="2.0b",
    pull=True,
    transport_address="",
    report_only=False,
    xml_signature=False,
)


def test_a_device_brings_its_own_client(world):
    world.do(DEVICE)
    device = world.book.devices[DeviceId("d2")]
    client = world.book.clients[ClientId("c1")]
    assert (device.client_id, device.lfdi, device.in_band) == (client.id, A, False)
    assert (client.kind, client.lfdi) == (ClientKind.DEVICE, A)
    assert world.book.devices_of(client.id) == (device,)
    assert sum(map(int, f"{device.pin:06d}")) % 5 == 0


def test_a_device_joins_an_enrolled_client_of_the_same_certificate(world):
    world.do(EnrolClient(kind=ClientKind.DEVICE, name="roof", lfdi=A))
    world.do(DEVICE)
    assert len(world.book.clients) == 1
    assert world.book.devices[DeviceId("d2")].client_id == "c1"


def test_an_aggregator_speaks_for_devices_of_others(world):
    world.do(AGGREGATOR)
    world.do(replace(DEVICE, client_id=ClientId("c1"), pin=111115))
    assert world.book.devices[DeviceId("d2")].pin == 111115
    assert [d.lfdi for d in world.book.devices_of(ClientId("c1"))] == [A]


def test_a_ven_is_client_and_device_at_once(world):
    world.do(VEN)
    client = world.book.clients[ClientId("c1")]
    assert world.book.client_by_ven_id == {"ven-mill": client.id}
    assert world.book.client_by_fingerprint == {PRINT: client.id}
    assert world.book.devices_of(client.id)[0].language is Language.OPENADR


def test_a_ven_without_a_chosen_id_gets_one(world):
    world.do(replace(VEN, ven_id=None, fingerprint=None))
    assert world.book.clients[ClientId("c1")].ven_id.startswith("ven-")


def test_new_devices_join_the_groups_that_take_them(world):
    world.do(CreateGroup(name="all", joins_new_devices=True))
    world.do(CreateGroup(name="some"))
    world.do(replace(MODBUS, groups=frozenset({GroupId("g2")})))
    assert {g.name for g in world.book.groups_of(DeviceId("d3"))} == {"all", "some"}


def test_a_removed_device_leaves_no_trace_in_groups(world):
    world.do(CreateGroup(name="all", joins_new_devices=True))
    world.do(DEVICE)
    world.do(MODBUS)
    for device_id in tuple(world.book.devices):
        world.do(RemoveDevice(device_id=device_id))
    assert not world.book.devices_by_group[GroupId("g1")]
    assert not world.book.devices
    assert not world.book.device_by_lfdi
    assert not world.book.devices_of(ClientId("c2"))
    world.do(DEVICE)


def test_access_is_set_once(world):
    world.do(VEN)
    deny = SetAccess(client_id=ClientId("c1"), enabled=False)
    assert len(world.do(deny)) == 1
    assert world.do(deny) == ()
    assert not world.book.clients[ClientId("c1")].enabled


def profile_of(world) -> tuple[str | None, bool]:
    client = world.book.clients[ClientId("c1")]
    return client.profile, client.is_profile_fixed


def test_what_a_client_shows_is_learnt_once_and_gives_way_to_an_operators_word(world):
    world.do(AGGREGATOR)
    assert profile_of(world) == (None, False)
    old, new = (LearnProfile(client_id=ClientId("c1"), profile=name) for name in ("old", "new"))
    assert len(world.do(old)) == 1
    assert world.do(old) == ()
    assert profile_of(world) == ("old", False)
    fix = SetProfile(client_id=ClientId("c1"), profile="old")
    assert len(world.do(fix)) == 1
    assert world.do(fix) == ()
    assert world.do(new) == ()
    assert profile_of(world) == ("old", True)
    world.do(replace(fix, profile=None))
    assert profile_of(world) == (None, False)
    world.do(new)
    assert profile_of(world) == ("new", False)


def test_a_profile_may_be_fixed_as_a_client_is_let_in(world):
    world.do(replace(AGGREGATOR, profile="old"))
    assert profile_of(world) == ("old", True)


def test_a_device_is_given_another_pin(world):
    world.do(replace(DEVICE, pin=123455))
    again = SetPin(device_id=DeviceId("d2"), pin=123455)
    assert world.do(again) == ()
    world.do(replace(again, pin=111115))
    assert world.book.devices[DeviceId("d2")].pin == 111115
    refused(world, replace(again, pin=111116), Invalid, "/pin")
    refused(world, replace(again, device_id=DeviceId("d9")), Unknown)


def refused(world, command, kind: type[Refusal], pointer: str = "") -> None:
    head, number = world.book.head, world.book.next_number
    with pytest.raises(kind) as caught:
        world.do(command)
    assert type(caught.value) is kind
    assert caught.value.pointer == pointer
    assert (world.book.head, world.book.next_number) == (head, number)


@pytest.mark.parametrize(
    ("command", "kind", "pointer"),
    [
        (replace(DEVICE, name=" "), Invalid, "/name"),
        (replace(DEVICE, name="ü" * 17), Invalid, "/name"),
        (replace(DEVICE, name="a\nb"), Invalid, "/name"),
        (replace(DEVICE, lfdi=None), Invalid, "/lfdi"),
        (replace(DEVICE, lfdi=Lfdi("a" * 40)), Invalid, "/lfdi"),
        (replace(DEVICE, lfdi=Lfdi("A" * 39)), Invalid, "/lfdi"),
        (replace(DEVICE, modbus=ENDPOINT), Invalid, "/lfdi"),
        (replace(DEVICE, pin=123456), Invalid, "/pin"),
        (replace(DEVICE, client_id=ClientId("c9")), Invalid, "/client_id"),
        (replace(DEVICE, client_id=ClientId("c1")), Invalid, "/client_id"),
        (replace(DEVICE, client_id=ClientId("c3"), lfdi=B), Invalid, "/client_id"),
        (replace(DEVICE, groups=frozenset({GroupId("g9")})), Invalid, "/groups"),
        (replace(DEVICE, rated_w=0.0), Invalid, "/rated_w"),
        (replace(DEVICE, rated_w=float("nan")), Invalid, "/rated_w"),
        (replace(DEVICE, modes=frozenset({"dance"})), Invalid, "/modes"),
        (replace(DEVICE, language=Language.OPENADR), Invalid, "/language"),
        (replace(MODBUS, modbus=None), Invalid, "/modbus"),
        (replace(MODBUS, lfdi=A), Invalid, "/modbus"),
        (replace(MODBUS, modbus=replace(ENDPOINT, port=0)), Invalid, "/modbus/port"),
        (replace(MODBUS, modbus=replace(ENDPOINT, unit=256)), Invalid, "/modbus/unit"),
        (replace(MODBUS, modbus=replace(ENDPOINT, register_map="x")), Conflict, ""),
        (replace(VEN, lfdi=A), Invalid, "/lfdi"),
        (replace(VEN, fingerprint=Fingerprint("C" * 63)), Invalid, "/fingerprint"),
        (replace(VEN, ven_id="other"), Conflict, ""),
        (replace(VEN, fingerprint=None), Conflict, ""),
        (replace(VEN, fingerprint=None, ven_id="a b"), Invalid, "/ven_id"),
        (replace(AGGREGATOR, ven_id="x"), Invalid, "/lfdi"),
        (replace(AGGREGATOR, lfdi=None), Invalid, "/lfdi"),
        (AGGREGATOR, Conflict, ""),
        (SetAccess(client_id=ClientId("c9"), enabled=True), Unknown, ""),
        (RemoveDevice(device_id=DeviceId("d9")), Unknown, ""),
        (replace(REGISTER, client_id=ClientId("c9")), Unknown, ""),
        (replace(VEN, profile="old"), Invalid, "/profile"),
        (SetProfile(client_id=ClientId("c1"), profile="old"), Invalid, "/profile"),
        (SetProfile(client_id=ClientId("c9"), profile="old"), Unknown, ""),
        (LearnProfile(client_id=ClientId("c9"), profile="old"), Unknown, ""),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(world, command, kind, pointer):
    world.do(VEN)
    world.do(AGGREGATOR)
    world.do(MODBUS)
    refused(world, command, kind, pointer)


def test_a_device_is_added_once(world):
    world.do(DEVICE)
    refused(world, DEVICE, Conflict)


def in_band(certificate: Lfdi, lfdi: Lfdi, *, may_enrol: bool = False) -> RegisterDevice:
    return RegisterDevice(certificate_lfdi=certificate, lfdi=lfdi, may_enrol=may_enrol)


def test_an_unknown_certificate_registers_itself_if_the_house_is_open(world):
    refused(world, in_band(A, A), Forbidden)
    world.do(in_band(A, A, may_enrol=True))
    device = world.book.devices[world.book.device_by_lfdi[A]]
    assert device.in_band
    assert world.book.clients[device.client_id].lfdi == A


def test_an_enrolled_device_registers_itself_and_nobody_else(world):
    world.do(EnrolClient(kind=ClientKind.DEVICE, name="roof", lfdi=A))
    refused(world, in_band(A, B, may_enrol=True), Forbidden)
    world.do(in_band(A, A))
    refused(world, in_band(A, A), Conflict)


def test_an_aggregator_registers_others_and_not_itself(world):
    world.do(AGGREGATOR)
    refused(world, in_band(B, B), Forbidden)
    world.do(in_band(B, A))
    assert [d.lfdi for d in world.book.devices_of(ClientId("c1"))] == [A]


def test_a_client_describes_its_device_as_a_whole(world):
    changed_at = datetime(2026, 3, 1, tzinfo=UTC)
    world.do(DEVICE)
    said = DescribeDevice(
        device_id=DeviceId("d2"), device_category=5, changed_at=changed_at, post_rate_s=60
    )
    before = world.book.membership_revision
    world.do(said)
    device = world.book.devices[DeviceId("d2")]
    assert (device.device_category, device.changed_at, device.post_rate_s) == (5, changed_at, 60)
    assert (device.lfdi, device.name) == (A, "roof")
    assert world.book.membership_revision > before
    assert world.do(said) == ()
    world.do(replace(said, device_category=None, post_rate_s=None))
    assert world.book.devices[DeviceId("d2")].device_category is None
    refused(world, replace(said, device_id=DeviceId("d9")), Unknown)


def test_a_denied_client_registers_nothing(world):
    world.do(AGGREGATOR)
    world.do(SetAccess(client_id=ClientId("c1"), enabled=False))
    refused(world, in_band(B, A, may_enrol=True), Forbidden)


def test_a_ven_registers_renews_and_cancels(world):
    world.do(VEN)
    world.do(REGISTER)
    first = world.book.clients[ClientId("c1")].registration.registration_id
    renewal = replace(REGISTER, registration_id=first)
    assert world.do(renewal) == ()
    world.do(replace(renewal, pull=False))
    assert world.book.clients[ClientId("c1")].registration.registration_id == first
    world.do(REGISTER)
    second = world.book.clients[ClientId("c1")].registration.registration_id
    assert second != first
    cancel = CancelRegistration(client_id=ClientId("c1"), registration_id=second)
    refused(world, replace(cancel, registration_id=first), Unknown)
    world.do(cancel)
    assert world.book.clients[ClientId("c1")].registration is None
    refused(world, cancel, Unknown)
    refused(world, renewal, Unknown)


def test_a_denied_ven_does_not_register(world):
    world.do(VEN)
    world.do(SetAccess(client_id=ClientId("c1"), enabled=False))
    refused(world, REGISTER, Forbidden)
