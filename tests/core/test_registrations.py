from dataclasses import replace
from datetime import timedelta

import pytest

from server.config import SignaturePolicy
from server.core.apply import apply
from server.core.change import RegistrationWished
from server.core.command import AskVen, EnrolClient, RegisterVen, SetVen
from server.core.model import ClientId, ClientKind, Lfdi
from server.core.ven import RegistrationWish, VenSettings
from server.errors import Conflict, Invalid, Unknown

C1 = ClientId("c1")
VEN = EnrolClient(kind=ClientKind.VEN, name="mill", ven_id="ven-mill")
REGISTER = RegisterVen(
    client_id=C1,
    ven_name="mill",
    profile="2.0b",
    pull=True,
    transport_address="",
    report_only=False,
    xml_signature=False,
)
RENEW = AskVen(client_id=C1, wish=RegistrationWish.RENEW)
CANCEL = AskVen(client_id=C1, wish=RegistrationWish.CANCEL)


@pytest.fixture
def registered(world):
    world.do(VEN)
    world.do(REGISTER)
    return world


def registration(world):
    return world.book.clients[C1].registration


def test_a_wish_holds_until_the_ven_registers_again(registered):
    assert len(registered.do(RENEW)) == 1
    assert registered.do(RENEW) == ()
    assert registration(registered).wish is RegistrationWish.RENEW
    again = replace(REGISTER, registration_id=registration(registered).registration_id)
    assert len(registered.do(again)) == 1
    assert registration(registered).wish is None
    assert registered.do(again) == ()


def test_a_registration_anew_fulfils_any_wish(registered):
    registered.do(CANCEL)
    registered.do(REGISTER)
    assert registration(registered).wish is None


def test_a_renewal_saves_no_registration_that_is_to_end(registered):
    registered.do(RENEW)
    registered.do(CANCEL)
    again = replace(REGISTER, registration_id=registration(registered).registration_id)
    registered.do(replace(again, report_only=True))
    assert registration(registered).wish is RegistrationWish.CANCEL
    with pytest.raises(Conflict):
        registered.do(RENEW)


def test_a_wish_for_a_registration_that_is_gone_changes_nothing(world):
    world.do(VEN)
    apply(world.book, RegistrationWished(client_id=C1, wish=RegistrationWish.RENEW), seq=9)
    assert registration(world) is None


def test_settings_of_a_ven_are_kept_as_a_whole(world):
    world.do(VEN)
    settings = VenSettings(
        poll_interval=timedelta(seconds=60), signatures=SignaturePolicy.OFF, is_lenient=True
    )
    assert len(world.do(SetVen(client_id=C1, settings=settings))) == 1
    assert world.do(SetVen(client_id=C1, settings=settings)) == ()
    assert world.book.clients[C1].ven_settings == settings


@pytest.mark.parametrize("seconds", [0, -1, 86_401, 1.5])
def test_a_poll_interval_is_whole_seconds_up_to_a_day(world, seconds):
    world.do(VEN)
    settings = VenSettings(poll_interval=timedelta(seconds=seconds))
    with pytest.raises(Invalid) as refused:
        world.do(SetVen(client_id=C1, settings=settings))
    assert refused.value.pointer == "/poll_interval_s"


def test_only_registered_vens_are_asked_and_only_vens_have_settings(world):
    world.do(EnrolClient(kind=ClientKind.AGGREGATOR, name="agg", lfdi=Lfdi("B" * 40)))
    for command in (RENEW, SetVen(client_id=C1, settings=VenSettings())):
        with pytest.raises(Conflict):
            world.do(command)
        with pytest.raises(Unknown):
            world.do(replace(command, client_id=ClientId("c9")))
    world.do(VEN)
    with pytest.raises(Conflict):
        world.do(replace(RENEW, client_id=ClientId("c2")))
