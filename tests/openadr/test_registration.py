import pytest

from certs.issue import Family
from schemas.openadr.payload import OadrPoll, OadrResponse
from schemas.openadr.registration import (
    OadrCanceledPartyRegistration,
    OadrCancelPartyRegistration,
    OadrCreatedPartyRegistration,
    OadrQueryRegistration,
)
from schemas.openadr.report import OadrRegisterReport


def _query():
    return OadrQueryRegistration(requestID="q")


@pytest.mark.parametrize("family", [Family.RSA, Family.ECC, None])
async def test_a_ven_of_each_family_comes_up_and_polls(world, family):
    ven = await world.ven("ven-1", family)
    await ven.come_up()
    idle = await ven.poll()
    assert isinstance(idle, OadrResponse)
    assert idle.eiResponse.responseCode == "200"
    assert idle.eiResponse.requestID == ""
    assert idle.venID == ven.ven_id


async def test_rule_403_the_answer_holds_profiles_poll_frequency_and_both_ids(world):
    ven = await world.ven()
    created = await ven.register()
    assert isinstance(created, OadrCreatedPartyRegistration)
    assert created.eiResponse.requestID == "req-1"
    assert created.venID == ven.ven_id
    assert (
        created.registrationID
        == world.desk.book.clients[ven.client.id].registration.registration_id
    )
    assert created.vtnID == "VTN-1"
    assert [p.oadrProfileName for p in created.oadrProfiles.oadrProfile] == ["2.0b"]
    asked, usual = created.oadrRequestedOadrPollFreq.duration, world.settings.poll_interval
    assert 0.9 * usual <= asked <= 1.1 * usual


async def test_rule_404_a_query_names_no_ids_before_registration_and_both_after(world):
    ven = await world.ven()
    before = await ven.say("EiRegisterParty", _query())
    assert (before.venID, before.registrationID) == (None, None)
    assert before.eiResponse.responseCode == "200"
    created = await ven.register()
    after = await ven.say("EiRegisterParty", _query())
    assert (after.venID, after.registrationID) == (ven.ven_id, created.registrationID)
    assert after.oadrRequestedOadrPollFreq is not None


async def test_rule_402_a_preconfigured_ven_id_is_taken_if_it_is_the_right_one(world):
    ven = await world.ven()
    right = await ven.register(venID=ven.ven_id)
    assert right.eiResponse.responseCode == "200"
    wrong = await ven.register(venID=ven.ven_id.upper())
    assert wrong.eiResponse.responseCode == "452"
    assert wrong.registrationID is None


async def test_rule_406_registering_without_ids_starts_anew_and_forgets_what_was_offered(
    world, ven
):
    device = world.desk.book.devices_of(ven.client.id)[0]
    assert await world.store.document(device.id, "oadrRegisterReport") is not None
    again = await ven.register()
    assert again.registrationID not in (None, ven.registration_id)
    assert again.venID == ven.ven_id
    assert await world.store.document(device.id, "oadrRegisterReport") is None
    assert isinstance(await ven.poll(), OadrRegisterReport)


async def test_rule_405_registering_again_with_the_ids_keeps_all_that_was_said(world, ven):
    again = await ven.register(registrationID=ven.registration_id, venID=ven.ven_id)
    assert again.registrationID == ven.registration_id
    device = world.desk.book.devices_of(ven.client.id)[0]
    assert await world.store.document(device.id, "oadrRegisterReport") is not None
    assert isinstance(await ven.poll(), OadrResponse)


async def test_rule_400_an_unknown_registration_id_is_refused(world, ven):
    again = await ven.register(registrationID="someone's", venID=ven.ven_id)
    assert again.eiResponse.responseCode == "452"
    cancel = OadrCancelPartyRegistration(
        requestID="c", registrationID="someone's", venID=ven.ven_id
    )
    cancelled = await ven.say("EiRegisterParty", cancel)
    assert isinstance(cancelled, OadrCanceledPartyRegistration)
    assert cancelled.eiResponse.responseCode == "452"
    assert isinstance(await ven.poll(), OadrResponse)


async def test_rule_407_a_cancelled_registration_is_gone_with_all_that_came_under_it(world, ven):
    cancel = OadrCancelPartyRegistration(
        requestID="c", registrationID=ven.registration_id, venID=ven.ven_id
    )
    cancelled = await ven.say("EiRegisterParty", cancel)
    assert cancelled.eiResponse.responseCode == "200"
    assert (cancelled.registrationID, cancelled.venID) == (ven.registration_id, ven.ven_id)
    device = world.desk.book.devices_of(ven.client.id)[0]
    assert await world.store.document(device.id, "oadrRegisterReport") is None
    assert (await ven.poll()).eiResponse.responseCode == "463"
    again = await ven.say("EiRegisterParty", cancel)
    assert again.eiResponse.responseCode == "452"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"oadrHttpPullModel": False}, "459"),
        ({"oadrHttpPullModel": False, "oadrTransportAddress": "http://ven.example"}, "454"),
        ({"oadrHttpPullModel": False, "oadrTransportAddress": "ven.example:8443"}, "454"),
        ({"oadrHttpPullModel": False, "oadrTransportAddress": "https://a@ven.example"}, "454"),
        ({"oadrHttpPullModel": False, "oadrTransportAddress": "https://ven.example/?a=1"}, "454"),
        ({"oadrHttpPullModel": False, "oadrTransportAddress": "https://ven.example:0"}, "454"),
        ({"oadrHttpPullModel": False, "oadrTransportAddress": "https://[::1"}, "454"),
        ({"oadrHttpPullModel": False, "oadrTransportAddress": "https://10.0.0.1"}, "469"),
        ({"oadrHttpPullModel": None}, "459"),
        ({"oadrTransportName": "xmpp"}, "469"),
        ({"oadrProfileName": "2.0a"}, "469"),
        ({"oadrVenName": "x" * 129}, "454"),
    ],
)
async def test_what_this_vtn_does_not_do_is_refused_at_registration(world, asked, code):
    ven = await world.ven()
    refused = await ven.register(**asked)
    assert isinstance(refused, OadrCreatedPartyRegistration)
    assert refused.eiResponse.responseCode == code
    assert refused.registrationID is None


async def test_a_vtn_that_does_not_push_refuses_a_ven_that_wants_it(world):
    ven = await world.ven("bench", None)
    refused = await ven.register(oadrHttpPullModel=False, oadrTransportAddress="http://127.0.0.1:1")
    assert refused.eiResponse.responseCode == "469"


async def test_the_transport_address_of_a_pull_ven_does_not_count(world):
    ven = await world.ven()
    created = await ven.register(oadrTransportAddress="None", oadrVenName=None)
    assert created.eiResponse.responseCode == "200"
    held = world.desk.book.clients[ven.client.id].registration
    assert (held.transport_address, held.ven_name) == ("", ven.client.name)


async def test_a_registration_survives_a_restart(world, ven):
    await world.restart()
    again = world.connect(ven.client, world.client_tls("ven-1", Family.ECC))
    assert isinstance(await again.poll(), OadrRegisterReport)
    assert isinstance(await again.poll(), OadrResponse)


async def test_answers_to_messages_of_ours_are_taken_with_an_oadr_response(ven):
    for service, message in (
        (
            "EiRegisterParty",
            OadrResponse(eiResponse=(await ven.poll()).eiResponse, venID=ven.ven_id),
        ),
        (
            "EiRegisterParty",
            OadrCanceledPartyRegistration(
                eiResponse=(await ven.poll()).eiResponse, venID=ven.ven_id
            ),
        ),
    ):
        answer = await ven.say(service, message)
        assert isinstance(answer, OadrResponse)
        assert answer.eiResponse.responseCode == "200"


async def test_rule_500_a_poll_with_a_wrong_ven_id_is_452_in_an_oadr_response(ven):
    answer = await ven.say("OadrPoll", OadrPoll(venID="nobody"))
    assert isinstance(answer, OadrResponse)
    assert answer.eiResponse.responseCode == "452"
    assert answer.venID == ven.ven_id
