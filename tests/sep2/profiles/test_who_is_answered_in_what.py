"""Which client is answered in which profile: by what it shows, or by an operator's word."""

import random
from pathlib import Path

import pytest
from lxml import etree

from certs.identity import sfdi
from schemas.sep2 import NS, NS_2013, NS_CSIPAUS, NS_CSIPAUS_13, Profile, decode
from schemas.sep2.der import DERCapability
from schemas.sep2.profile import Profile as Known
from server.config import Sep2Profile
from server.core.command import AddDevice, LearnProfile, SetAccess, SetProfile
from server.core.model import Client, ClientId, ClientKind, Controls, Language, Lfdi
from server.desk import Desk
from server.net.listener import listen
from server.sep2.face import Sep2Face
from server.sep2.profiles import Profiles
from server.sep2.settings import Sep2Settings

POWER = "<multiplier>0</multiplier><value>5</value>"
EVERY_LIMIT = Controls(
    export_limit_w=1.0, import_limit_w=2.0, generation_limit_w=3.0, load_limit_w=4.0
)
LIMITS = {"opModExpLimW", "opModImpLimW", "opModGenLimW", "opModLoadLimW"}


def capability(ns: str, rated: str = "rtgMaxW", more: str = "") -> str:
    return (
        f'<DERCapability xmlns="{ns}"><modesSupported>00</modesSupported>'
        f"<{rated}>{POWER}</{rated}><type>4</type>{more}</DERCapability>"
    )


def limits_of(ns: str, more: str = "") -> str:
    inside = f'<a:doeModesSupported xmlns:a="{ns}">0F</a:doeModesSupported>'
    return capability(NS, more=inside + more.format(ns=ns))


VPP = '<vppModesSupported xmlns="{ns}">01</vppModesSupported>'
SHOWN = {
    Profile.DRAFT_2013: capability(NS_2013, "rtgW"),
    Profile.PLAIN: capability(NS),
    Profile.CSIPAUS_12: limits_of(NS_CSIPAUS),
    Profile.CSIPAUS_13: limits_of(NS_CSIPAUS_13, VPP),
}


@pytest.fixture
def client_of(desk, world):
    """The client of a device, as the book has it."""
    return lambda device: desk.book.clients[desk.book.devices[getattr(world, device)].client_id]


def test_the_configuration_knows_every_profile_by_its_name():
    assert {one.name: one.value for one in Sep2Profile} == {one.name: one.value for one in Known}


async def test_clients_of_each_profile_are_answered_in_their_own_side_by_side(
    *, serve, world, state, speak, newcomer, schemas
):
    house = await serve()
    await state(world.common, 0, controls=EVERY_LIMIT)
    await world.do(SetProfile(client_id=world.aggregator, profile="2030.5-2018"))
    speakers = (
        ("alpha", world.alpha, Profile.DRAFT_2013),
        ("bravo", world.bravo, Profile.CSIPAUS_13),
        ("boss", world.one, Profile.PLAIN),
        ("stranger", newcomer, Profile.CSIPAUS_12),
    )
    for name, device, profile in speakers:
        client = speak(house, name, profile)
        place = f"/edev/{device}"
        assert (await client.put(f"{place}/der/1/dercap", SHOWN[profile])).status == 204
        owner = house.desk.book.devices[device].client_id
        assert house.desk.book.clients[owner].profile == profile.value
        tree = await client.walk()
        assert f"{place}/derp/{world.common}/derc" in tree
        is_aus = profile in {Profile.CSIPAUS_12, Profile.CSIPAUS_13}
        assert LIMITS & set(client.reader.met) == (LIMITS if is_aus else set())
        assert ("ConnectionPointLink" in client.reader.met) == is_aus
        for root in tree.values():
            if profile in schemas:
                schemas[profile].assertValid(root)


@pytest.fixture
async def newcomer(world, certificates) -> str:
    """A device of which nothing was heard yet."""
    command = AddDevice(
        name="newcomer",
        language=Language.SEP2,
        lfdi=Lfdi(certificates.stranger.identity.lfdi),
        groups=frozenset({world.everyone}),
    )
    return (await world.do(command))[-1].device.id


@pytest.fixture(scope="session")
def schemas(known_schema) -> dict[Profile, etree.XMLSchema]:
    """The official schemas, if they are here."""
    if known_schema is None:
        return {}
    plain = Path(__file__).parents[3] / "build" / "oracles" / "csipaus12" / "sep.xsd"
    return {
        Profile.CSIPAUS_12: known_schema,
        Profile.PLAIN: etree.XMLSchema(etree.parse(plain)),
    }


async def test_each_reader_gets_a_stored_document_in_its_own_profile(
    house, world, speak, client_of
):
    """All that a client of CSIP-AUS 1.3 said is kept, whoever reads it in between."""
    place = f"/edev/{world.alpha}/der/1/dercap"
    assert (await house.peer("alpha").put(place, SHOWN[Profile.CSIPAUS_13].encode())).status == 204
    said = {
        Profile.CSIPAUS_13: {"doeModesSupported", "vppModesSupported"},
        Profile.CSIPAUS_12: {"doeModesSupported"},
        Profile.PLAIN: set(),
        Profile.DRAFT_2013: set(),
    }
    for profile in (*Profile, *reversed(Profile)):
        await world.do(SetProfile(client_id=client_of("alpha").id, profile=profile.value))
        reader = speak(house, "alpha", profile)
        answer = await reader.get(place)
        assert {name for name in reader.reader.met if "Modes" in name} == said[profile]
        assert decode(DERCapability, answer.body).rtgMaxW.value == 5


async def test_a_connection_point_is_there_for_clients_of_csip_aus_alone(
    house, world, speak, client_of
):
    place = f"/edev/{world.alpha}/cp"
    point = (
        f'<ConnectionPoint xmlns="{NS_CSIPAUS}"><connectionPointId>4102000000'
        "</connectionPointId></ConnectionPoint>"
    )
    assert (await house.peer("alpha").put(place, point.encode())).status == 201
    statuses = {}
    for profile in Profile:
        await world.do(SetProfile(client_id=client_of("alpha").id, profile=profile.value))
        alpha = speak(house, "alpha", profile)
        statuses[profile] = (await alpha.get(place)).status, (await alpha.put(place, point)).status
    served = dict.fromkeys([Profile.CSIPAUS_12, Profile.CSIPAUS_13], (200, 204))
    assert statuses == {**dict.fromkeys(Profile, (404, 404)), **served}


async def test_what_a_client_shows_is_kept_once_and_outlives_a_restart(
    house, world, server_context, clock, speak
):
    place = f"/edev/{world.alpha}/der/1/dercap"
    head = house.desk.book.head
    for _ in range(3):
        body = SHOWN[Profile.DRAFT_2013].encode()
        assert (await house.peer("alpha").put(place, body)).status == 204
    entries = await house.desk.store.entries(after=head)
    assert [type(entry.change).__name__ for entry in entries] == ["ProfileSet"]
    assert entries[0].actor.startswith("sep2:")
    again = Desk(house.desk.store, clock, random.Random(8), pen=1)
    await again.open()
    face = Sep2Face(again, Sep2Settings())
    listener = await listen(face.handle, host="127.0.0.1", port=0, tls=server_context)
    house.listener, first = listener, house.listener
    assert (await speak(house, "alpha", Profile.DRAFT_2013).get(place)).status == 200
    await listener.stop()
    house.listener = first


async def test_a_stranger_that_may_not_register_is_refused_in_its_own_words(
    serve, world, certificates, registration, speak
):
    house = await serve(in_band="open")
    stranger = speak(house, "stranger", Profile.DRAFT_2013)
    other = Lfdi("3E4F45AB31EDFE5B67E343E5E4562E31984E23E5")
    body = registration(f'xmlns="{NS_2013}"', other, sfdi(other))
    assert (await stranger.post("/edev", body)).status == 403
    assert certificates.stranger.identity.lfdi not in house.desk.book.client_by_lfdi


async def test_a_denied_client_is_refused_in_its_own_words(house, world, client_of, speak):
    client = client_of("alpha")
    await world.do(LearnProfile(client_id=client.id, profile="2030.5-2013"))
    await world.do(SetAccess(client_id=client.id, enabled=False))
    assert (await speak(house, "alpha", Profile.DRAFT_2013).get("/dcap")).status == 403


@pytest.mark.parametrize("profile", Profile)
async def test_the_default_is_the_servers(*, profile, serve, world, state, speak, client_of):
    await state(world.common, 0)
    house = await serve(profile=profile)
    reader = speak(house, "alpha", profile)
    await reader.walk()
    assert ("opModExpLimW" in reader.reader.met) == profile.startswith("csip")
    assert client_of("alpha").profile is None


DRAFT, PLAIN, OLDER, NEWER = (
    Profile.DRAFT_2013,
    Profile.PLAIN,
    Profile.CSIPAUS_12,
    Profile.CSIPAUS_13,
)


@pytest.mark.parametrize(
    ("default", "held", "shown", "learnt"),
    [
        (OLDER, None, DRAFT, DRAFT),
        (OLDER, None, PLAIN, None),
        (OLDER, None, OLDER, OLDER),
        (OLDER, None, NEWER, NEWER),
        (NEWER, None, OLDER, OLDER),
        (PLAIN, None, OLDER, OLDER),
        (DRAFT, None, DRAFT, DRAFT),
        (DRAFT, None, PLAIN, PLAIN),
        (OLDER, DRAFT, DRAFT, None),
        (OLDER, DRAFT, PLAIN, OLDER),
        (DRAFT, DRAFT, PLAIN, PLAIN),
        (OLDER, DRAFT, NEWER, NEWER),
        (OLDER, OLDER, DRAFT, None),
        (OLDER, OLDER, PLAIN, None),
        (OLDER, OLDER, OLDER, None),
        (OLDER, OLDER, NEWER, NEWER),
        (OLDER, NEWER, OLDER, None),
        (OLDER, PLAIN, DRAFT, None),
    ],
)
@pytest.mark.parametrize("is_fixed", [False, True])
def test_a_later_edition_counts_against_an_earlier_one_and_nothing_against_an_operator(
    *, default, held, shown, learnt, is_fixed, client
):
    one = client(None if held is None else held.value, is_fixed)
    found = Profiles(default).learnt(one, SHOWN[shown].encode())
    assert found is (None if is_fixed else learnt)


@pytest.fixture
def client():
    def make(profile: str | None, is_fixed: bool) -> Client:
        return Client(
            id=ClientId("c1"),
            kind=ClientKind.DEVICE,
            name="one",
            profile=profile,
            is_profile_fixed=is_fixed,
        )

    return make


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<",
        b"hello",
        b"<?xml version='1.0'?>",
        b"<x/>",
        b"<x xmlns='urn:other'><y xmlns='http://ieee.org/2030.5'/></x>",
        b"<EndDevice>http://ieee.org/2030.5</EndDevice>",
    ],
)
def test_what_is_no_2030_5_shows_nothing(body):
    assert Profiles(OLDER).learnt(None, body) is None


def test_a_root_is_found_behind_what_may_stand_before_it():
    body = f'<?xml version="1.0"?>\n<!-- --> <EndDevice a="1"\n xmlns = "{NS_2013}">'
    assert Profiles(OLDER).learnt(None, body.encode()) is DRAFT


def test_a_profile_that_is_known_no_longer_is_the_servers(client):
    assert Profiles(PLAIN).of(client("2030.5-2007", True)) is PLAIN
