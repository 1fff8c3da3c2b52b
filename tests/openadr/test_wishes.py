"""What an operator asks of a VEN's registration and sets for a VEN (rules 400, 401, 407, 500)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from certs.issue import Family
from schemas.openadr import encode_payload, wrap
from schemas.openadr.event import OadrDistributeEvent
from schemas.openadr.payload import OadrPoll, OadrResponse
from schemas.openadr.registration import (
    OadrCanceledPartyRegistration,
    OadrCancelPartyRegistration,
    OadrQueryRegistration,
    OadrRequestReregistration,
)
from schemas.openadr.report import OadrRegisterReport
from server.config import SignaturePolicy
from server.core.command import AskVen, SetVen
from server.core.model import ClientId
from server.core.ven import RegistrationWish, VenSettings
from server.errors import Conflict
from server.openadr.registration import spread


async def ask(world, ven, wish):
    await world.desk.submit(AskVen(client_id=ven.client.id, wish=wish), actor="test")


async def set_for(world, ven, **settings):
    command = SetVen(client_id=ven.client.id, settings=VenSettings(**settings))
    await world.desk.submit(command, actor="test")


def registration_of(world, ven):
    return world.desk.book.clients[ven.client.id].registration


async def canceled(ven, registration_id=None, code="200"):
    idle = (await ven.say("EiRegisterParty", OadrQueryRegistration(requestID="q"))).eiResponse
    message = OadrCanceledPartyRegistration(
        eiResponse=replace(idle, responseCode=code),
        registrationID=registration_id,
        venID=ven.ven_id,
    )
    return await ven.say("EiRegisterParty", message)


async def test_rule_401_a_ven_is_asked_to_register_again_and_keeps_all_that_was_said(world, ven):
    await ask(world, ven, RegistrationWish.RENEW)
    asked = await ven.poll()
    assert isinstance(asked, OadrRequestReregistration)
    assert asked.venID == ven.ven_id
    acknowledged = OadrResponse(eiResponse=(await ven.poll()).eiResponse, venID=ven.ven_id)
    assert isinstance(await ven.say("EiRegisterParty", acknowledged), OadrResponse)
    again = await ven.register(registrationID=ven.registration_id, venID=ven.ven_id)
    assert (again.eiResponse.responseCode, again.registrationID) == ("200", ven.registration_id)
    assert registration_of(world, ven).wish is None
    assert all(isinstance(one, OadrResponse) for one in [await ven.poll() for _ in range(8)])
    await ask(world, ven, RegistrationWish.RENEW)
    assert isinstance(await ven.poll(), OadrRequestReregistration)


async def test_a_ven_that_answers_with_a_new_registration_has_done_what_was_asked(world, ven):
    await ask(world, ven, RegistrationWish.RENEW)
    await ven.poll()
    anew = await ven.register()
    assert anew.registrationID != ven.registration_id
    assert registration_of(world, ven).wish is None
    assert isinstance(await ven.poll(), OadrRegisterReport)


async def test_a_wish_is_said_again_a_bounded_number_of_times_beside_other_traffic(
    world, ven, caplog
):
    await ask(world, ven, RegistrationWish.RENEW)
    event = await world.event()
    seen = []
    for _ in range(16):
        seen.append(type(await ven.poll()).__name__)
        if seen[-1] == "OadrDistributeEvent":
            await ven.answer(event.id)
    assert seen[:2] == ["OadrRequestReregistration", "OadrDistributeEvent"]
    assert seen.count("OadrRequestReregistration") == 1 + world.settings.repeat_limit
    assert "in vain" in caplog.text
    assert registration_of(world, ven) is not None


async def test_rule_407_a_registration_ends_when_the_ven_says_so_and_all_else_waits(world, ven):
    await world.event()
    await ask(world, ven, RegistrationWish.CANCEL)
    told = await ven.poll()
    assert isinstance(told, OadrCancelPartyRegistration)
    assert (told.registrationID, told.venID) == (ven.registration_id, ven.ven_id)
    assert isinstance(await ven.poll(), OadrResponse)
    assert (await canceled(ven, "another")).eiResponse.responseCode == "452"
    assert registration_of(world, ven) is not None
    answer = await canceled(ven, ven.registration_id)
    assert isinstance(answer, OadrResponse)
    assert answer.eiResponse.responseCode == "200"
    assert registration_of(world, ven) is None
    device = world.desk.book.devices_of(ven.client.id)[0]
    assert await world.store.document(device.id, "oadrRegisterReport") is None
    assert (await canceled(ven, ven.registration_id)).eiResponse.responseCode == "200"
    assert (await ven.poll()).eiResponse.responseCode == "463"
    assert (await ven.register()).eiResponse.responseCode == "200"


@pytest.mark.parametrize("code", ["200", "452"])
async def test_a_ven_that_names_no_registration_ends_its_own_whatever_it_says(
    world, ven, code, caplog
):
    await ask(world, ven, RegistrationWish.CANCEL)
    await ven.poll()
    await canceled(ven, None, code)
    assert registration_of(world, ven) is None
    assert ("says 452" in caplog.text) == (code == "452")


async def test_a_cancellation_that_nobody_asked_for_ends_nothing(world, ven):
    assert (await canceled(ven, ven.registration_id)).eiResponse.responseCode == "200"
    assert registration_of(world, ven) is not None


async def test_a_registration_ends_without_the_vens_word_after_some_time(world, ven, caplog):
    await ask(world, ven, RegistrationWish.CANCEL)
    seen = [type(await ven.poll()).__name__ for _ in range(13)]
    assert seen.count("OadrCancelPartyRegistration") == 1 + world.settings.repeat_limit
    assert registration_of(world, ven) is None
    assert "in vain" in caplog.text
    assert (await ven.poll()).eiResponse.responseCode == "463"


async def test_a_renewal_does_not_save_a_registration_that_is_to_end(world, ven):
    await ask(world, ven, RegistrationWish.CANCEL)
    await ven.register(registrationID=ven.registration_id, venID=ven.ven_id, oadrReportOnly=True)
    assert isinstance(await ven.poll(), OadrCancelPartyRegistration)
    with pytest.raises(Conflict):
        await ask(world, ven, RegistrationWish.RENEW)


async def test_a_wish_outlasts_a_restart(world, ven):
    await ask(world, ven, RegistrationWish.CANCEL)
    await ven.poll()
    await world.restart()
    again = world.connect(ven.client, world.client_tls("ven-1", Family.ECC))
    assert isinstance(await again.poll(), OadrCancelPartyRegistration)


async def test_rule_500_the_poll_frequency_is_the_vens_own_and_told_by_registrations(world, ven):
    await set_for(world, ven, poll_interval=timedelta(seconds=77))
    query = await ven.say("EiRegisterParty", OadrQueryRegistration(requestID="q"))
    assert query.oadrRequestedOadrPollFreq.duration == timedelta(seconds=77)
    created = await ven.register(registrationID=ven.registration_id, venID=ven.ven_id)
    assert created.oadrRequestedOadrPollFreq.duration == timedelta(seconds=77)


def test_rule_500_usual_poll_frequencies_are_spread_and_each_ven_keeps_its_own():
    usual = timedelta(minutes=5)
    told = [spread(usual, ClientId(f"c{number}")) for number in range(10_000)]
    assert told == [spread(usual, ClientId(f"c{number}")) for number in range(10_000)]
    assert {each.microseconds for each in told} == {0}
    assert min(told) >= 0.9 * usual
    assert max(told) <= 1.1 * usual
    most = max(told.count(each) for each in set(told))
    assert most < 10_000 / 40
    assert spread(timedelta(seconds=1), ClientId("c1")) == timedelta(seconds=1)


async def test_rule_510_a_ven_that_only_reports_is_told_no_events(world):
    ven = await world.ven()
    await ven.register(oadrReportOnly=True)
    assert isinstance(await ven.poll(), OadrRegisterReport)
    await world.event()
    assert isinstance(await ven.poll(), OadrResponse)
    told = await ven.ask()
    assert isinstance(told, OadrDistributeEvent)
    assert told.oadrEvent == ()


async def test_rule_514_signatures_can_be_demanded_of_one_ven_alone(world, ven):
    other = await world.ven("ven-2")
    await other.come_up()
    await set_for(world, ven, signatures=SignaturePolicy.REQUIRE)
    body = encode_payload(wrap(OadrPoll(venID=ven.ven_id)))
    assert (await ven.post("OadrPoll", body))[0] == 403
    assert isinstance(await other.poll(), OadrResponse)
    await set_for(world, ven)
    assert isinstance(await ven.poll(), OadrResponse)


async def test_rule_514_a_ven_for_which_nobody_signs_cannot_agree_to_signatures(world):
    ven = await world.ven()
    await set_for(world, ven, signatures=SignaturePolicy.OFF)
    refused = await ven.register(oadrXmlSignature=True)
    assert refused.eiResponse.responseCode == "469"


async def test_a_ven_known_to_err_is_understood_and_no_other(world, ven):
    text = encode_payload(wrap(OadrPoll(venID=ven.ven_id))).decode()
    odd = text.replace("</oadr:oadrPoll>", "<x>1</x></oadr:oadrPoll>").encode()
    bare = text[text.index("<oadr:oadrSignedObject") : text.index("</oadr:oadrPayload>")]
    root = text[text.index("<oadr:oadrPayload") :]
    names = root[len("<oadr:oadrPayload") : root.index(">")]
    bare = bare.replace("<oadr:oadrSignedObject", f"<oadr:oadrSignedObject{names}", 1).encode()
    for document in (odd, bare):
        assert (await ven.post("OadrPoll", document))[0] == 406
    await set_for(world, ven, is_lenient=True)
    for document in (odd, bare):
        assert (await ven.post("OadrPoll", document))[0] == 200


async def test_rule_508_a_ven_known_to_err_may_leave_its_venid_out(world, ven):
    message = OadrResponse(eiResponse=(await ven.poll()).eiResponse)
    assert (await ven.say("EiRegisterParty", message)).eiResponse.responseCode == "459"
    await set_for(world, ven, is_lenient=True)
    assert (await ven.say("EiRegisterParty", message)).eiResponse.responseCode == "200"
