"""VENs that are pushed to: what comes, in which order, what if they are deaf (rules 38, 40, 51)."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from secrets import token_hex

import pytest

from certs.issue import Family
from schemas.openadr import encode_payload, wrap
from schemas.openadr.blocks import EiResponse, QualifiedEventID
from schemas.openadr.event import (
    EiCreatedEvent,
    EventResponse,
    EventResponses,
    OadrCreatedEvent,
    OadrDistributeEvent,
)
from schemas.openadr.payload import OadrResponse
from schemas.openadr.registration import (
    OadrCanceledPartyRegistration,
    OadrCancelPartyRegistration,
)
from schemas.openadr.report import (
    OadrCanceledReport,
    OadrCancelReport,
    OadrCreatedReport,
    OadrCreateReport,
    OadrPendingReports,
    OadrRegisterReport,
)
from server.config import SignaturePolicy
from server.core.command import AskVen, SetAccess, SetVen
from server.core.response import ResponseStatus
from server.core.ven import RegistrationWish, VenSettings
from server.errors import Unavailable
from server.openadr.signer import Signer

OK = EiResponse(responseCode="200", responseDescription="OK", requestID="")
BASE = "/ven/OpenADR2/Simple/2.0b"


def opting_in(ven):
    """Return what answers each distribution in the response to it."""

    def answer(told):
        responses = tuple(
            EventResponse(
                responseCode="200",
                requestID=told.requestID,
                qualifiedEventID=QualifiedEventID(
                    eventID=one.eiEvent.eventDescriptor.eventID,
                    modificationNumber=one.eiEvent.eventDescriptor.modificationNumber,
                ),
                optType="optIn",
            )
            for one in told.oadrEvent
        )
        created = EiCreatedEvent(
            eiResponse=OK,
            eventResponses=EventResponses(eventResponse=responses),
            venID=ven.ven_id,
        )
        return OadrCreatedEvent(eiCreatedEvent=created)

    return answer


async def test_rule_38_an_event_is_pushed_at_once_to_the_service_it_belongs_to(world, pushed, box):
    event = await world.event()
    await world.settle()
    (told,) = box.got
    assert [one.eiEvent.eventDescriptor.eventID for one in told.oadrEvent] == [event.id]
    path, headers, body = box.requests[-1]
    assert path == f"{BASE}/EiEvent"
    assert headers["Content-Type"] == "application/xml"
    assert headers["Accept"] == "application/xml"
    assert int(headers["Content-Length"]) == len(body)
    assert not {"Transfer-Encoding", "Content-Encoding"} & headers.keys()


async def test_rule_40_what_is_pushed_answers_nothing_and_holds_no_outcome(world, pushed, box):
    await world.event()
    await world.settle()
    (told,) = box.got
    assert told.eiResponse is None
    assert told.requestID
    asked = await pushed.ask()
    assert asked.eiResponse.requestID == "ask"


async def test_an_answer_may_stand_in_the_http_response(world, pushed, box):
    box.replies[OadrDistributeEvent] = opting_in(pushed)
    event = await world.event()
    await world.settle()
    ((_, said),) = await world.store.responses(event_id=event.id)
    assert said.status == ResponseStatus.OPTED_IN
    box.got.clear()
    for _ in range(8):
        await world.pass_time(timedelta(seconds=10))
    assert box.got == []
    await world.cancel(event.id)
    await world.settle()
    (told,) = box.got
    assert told.oadrEvent[0].eiEvent.eventDescriptor.eventStatus == "cancelled"


async def test_an_answer_may_come_by_a_message_of_its_own(world, pushed, box):
    event = await world.event()
    await world.settle()
    assert box.kinds == ["DistributeEvent"]
    answered = await pushed.answer(event.id)
    assert isinstance(answered, OadrResponse)
    for _ in range(8):
        await world.pass_time(timedelta(seconds=10))
    assert box.kinds == []


async def test_what_is_not_answered_is_pushed_again_a_bounded_number_of_times(
    world, pushed, box, caplog
):
    await world.event()
    seen = []
    for _ in range(16):
        await world.pass_time(timedelta(seconds=10))
        seen.append(len(box.kinds))
    assert sum(seen) == 1 + world.settings.repeat_limit
    assert seen[:5] == [1, 0, 0, 1, 0]
    assert "does not answer its events" in caplog.text


async def test_a_ven_that_talks_much_is_not_reminded_sooner(world, pushed, box):
    await world.event()
    await world.settle()
    assert box.kinds == ["DistributeEvent"]
    for _ in range(9):
        await pushed.say("EiReport", OadrRegisterReport(requestID="r", venID=pushed.ven_id))
        await world.pass_time()
    assert box.kinds == []


async def test_a_ven_that_cannot_be_reached_is_tried_again_later_and_later(world, pushed, box):
    port = box.listener.port
    await box.close()
    event = await world.event()
    await world.settle()
    pauses = []
    for _ in range(4):
        due = world.pusher.next_change()
        pauses.append((due - world.clock.now()).total_seconds())
        await world.pass_time(due - world.clock.now())
    for pause, expected in zip(pauses, (1, 2, 4, 8), strict=True):
        assert 0.9 * expected <= pause <= 1.1 * expected
    await box.open(port=port)
    world.clock.instant = world.clock.now().replace(microsecond=0)
    second = await world.event(after=timedelta(hours=2))
    await world.settle()
    assert box.got == []
    await world.pass_time(world.pusher.next_change() - world.clock.now())
    (told,) = box.got
    ids = [one.eiEvent.eventDescriptor.eventID for one in told.oadrEvent]
    assert ids == [event.id, second.id]


@pytest.mark.parametrize("status", [503, 500, 429])
async def test_a_ven_that_is_busy_is_tried_again(world, pushed, box, status):
    box.statuses = [status]
    await world.event()
    await world.settle()
    assert box.got == []
    await world.pass_time(timedelta(seconds=2))
    assert box.kinds == ["DistributeEvent"]


@pytest.mark.parametrize("status", [403, 302])
async def test_a_ven_that_takes_nothing_is_left_alone_until_something_else_happens(
    world, pushed, box, status, caplog
):
    box.statuses = [status]
    first = await world.event()
    await world.settle()
    assert str(status) in caplog.text
    for _ in range(8):
        await world.pass_time(timedelta(minutes=1))
    assert box.got == []
    second = await world.event(after=timedelta(hours=2))
    await world.settle()
    (told,) = box.got
    ids = [one.eiEvent.eventDescriptor.eventID for one in told.oadrEvent]
    assert ids == [first.id, second.id]


@pytest.mark.parametrize("status", [404, 406])
async def test_a_message_that_a_ven_declines_holds_up_no_other(world, box, status, caplog):
    box.statuses = [status]
    ven = await world.ven("box")
    await world.event()
    await ven.register(oadrHttpPullModel=False, oadrTransportAddress=box.address())
    await world.pass_time()
    assert f"does not take this: POST {box.address()}" in caplog.text
    assert box.kinds == ["DistributeEvent"]


async def test_reports_are_asked_for_one_by_one_and_cancelled_by_push(world, pushed, box, offer):
    box.replies[OadrCreateReport] = lambda asked: OadrCreatedReport(
        eiResponse=replace(OK, requestID=asked.requestID),
        oadrPendingReports=OadrPendingReports(
            reportRequestID=tuple(one.reportRequestID for one in asked.oadrReportRequest)
        ),
        venID=pushed.ven_id,
    )
    box.replies[OadrCancelReport] = lambda asked: OadrCanceledReport(
        eiResponse=replace(OK, requestID=asked.requestID),
        oadrPendingReports=OadrPendingReports(),
        venID=pushed.ven_id,
    )
    await offer(pushed, "TELEMETRY_USAGE", "TELEMETRY_STATUS")
    await world.pass_time()
    assert box.kinds == ["CreateReport", "CreateReport"]
    assert box.requests[-1][0] == f"{BASE}/EiReport"
    for _ in range(8):
        await world.pass_time(timedelta(seconds=10))
    assert box.kinds == []
    await world.restart(replace(world.settings, request_reports=("TELEMETRY_USAGE",)))
    await world.pass_time(timedelta(seconds=6))
    assert box.kinds == ["RegisterReport", "CancelReport"]


async def test_a_restart_loses_nothing_of_what_was_to_be_pushed(world, pushed, box):
    port = box.listener.port
    await box.close()
    event = await world.event()
    await world.settle()
    await world.restart()
    await box.open(port=port)
    await world.pass_time(timedelta(seconds=6))
    assert [type(one) for one in box.got][-1] is OadrDistributeEvent
    assert box.got[-1].oadrEvent[0].eiEvent.eventDescriptor.eventID == event.id


async def test_a_ven_is_asked_by_push_to_register_again(world, pushed, box):
    ask = AskVen(client_id=pushed.client.id, wish=RegistrationWish.RENEW)
    await world.desk.submit(ask, actor="test")
    await world.settle()
    assert box.kinds == ["RequestReregistration"]
    assert box.requests[-1][0] == f"{BASE}/EiRegisterParty"
    again = await pushed.register(
        registrationID=pushed.registration_id,
        venID=pushed.ven_id,
        oadrHttpPullModel=False,
        oadrTransportAddress=box.address(),
    )
    assert again.registrationID == pushed.registration_id
    for _ in range(8):
        await world.pass_time(timedelta(seconds=10))
    assert box.kinds == []


async def test_a_registration_is_ended_by_push_and_nothing_more_is_pushed(world, pushed, box):
    box.replies[OadrCancelPartyRegistration] = lambda asked: OadrCanceledPartyRegistration(
        eiResponse=OK, registrationID=asked.registrationID, venID=pushed.ven_id
    )
    ask = AskVen(client_id=pushed.client.id, wish=RegistrationWish.CANCEL)
    await world.desk.submit(ask, actor="test")
    await world.settle()
    (told,) = box.got
    assert (told.registrationID, told.venID) == (pushed.registration_id, pushed.ven_id)
    assert world.desk.book.clients[pushed.client.id].registration is None
    box.got.clear()
    await world.event()
    await world.settle()
    assert box.got == []


async def test_a_denied_ven_is_pushed_nothing_until_it_is_allowed(world, pushed, box):
    deny = SetAccess(client_id=pushed.client.id, enabled=False)
    await world.desk.submit(deny, actor="test")
    await world.event()
    await world.settle()
    assert box.got == []
    await world.desk.submit(replace(deny, enabled=True), actor="test")
    await world.settle()
    assert box.kinds == ["DistributeEvent"]


async def test_a_ven_that_changes_to_polling_is_pushed_no_more(world, pushed, box):
    await pushed.register(registrationID=pushed.registration_id, venID=pushed.ven_id)
    await world.event()
    await world.settle()
    assert box.got == []
    assert isinstance(await pushed.poll(), OadrDistributeEvent)


async def test_another_server_than_the_ven_itself_is_told_nothing(world, pushed, box, caplog):
    port = box.listener.port
    await box.close()
    box.name = "impostor"
    await box.open(port=port)
    await world.event()
    await world.settle()
    assert box.requests[1:] == []
    assert "is not pushed to" in caplog.text


async def test_a_name_that_leads_nowhere_is_told_in_the_log(world, caplog):
    ven = await world.ven("local")
    created = await ven.register(
        oadrHttpPullModel=False, oadrTransportAddress="https://gridherald.invalid:1"
    )
    assert created.eiResponse.responseCode == "200"
    await world.pass_time()
    assert "is not pushed to" in caplog.text


@pytest.mark.parametrize("reply", [b"thanks", b"<xml/>", b" "])
async def test_a_reply_that_is_no_answer_spoils_nothing(world, pushed, box, reply, caplog):
    box.replies[OadrDistributeEvent] = lambda _: reply
    await world.event()
    await world.settle()
    assert box.kinds == ["DistributeEvent"]
    assert ("is not taken" in caplog.text) == bool(reply.strip())
    assert isinstance(await pushed.poll(), OadrResponse)


async def test_a_reply_in_the_name_of_another_ven_is_not_taken(world, pushed, box, caplog):
    other = await world.ven("other")
    box.replies[OadrDistributeEvent] = opting_in(other)
    event = await world.event()
    await world.settle()
    assert "is not taken" in caplog.text
    assert await world.store.responses(event_id=event.id) == ()


async def test_an_error_in_an_oadr_response_is_logged(world, pushed, box, caplog):
    box.replies[OadrDistributeEvent] = lambda _: OadrResponse(
        eiResponse=replace(OK, responseCode="459"), venID=pushed.ven_id
    )
    await world.event()
    await world.settle()
    assert "says 459" in caplog.text
    assert box.kinds == ["DistributeEvent"]


async def test_a_message_that_answers_nothing_is_not_taken(world, pushed, box, caplog):
    box.replies[OadrDistributeEvent] = lambda told: told
    await world.event()
    await world.settle()
    assert "is not taken" in caplog.text


async def test_a_ven_of_the_rsa_family_is_pushed_to(world, box):
    await box.close()
    box.name, box.family = "rsa-box", Family.RSA
    await box.open()
    ven = await world.ven("rsa-box", Family.RSA)
    await ven.register(oadrHttpPullModel=False, oadrTransportAddress=f"{box.address()}/")
    await world.pass_time()
    assert box.kinds == ["RegisterReport"]
    assert box.requests[-1][0] == f"{BASE}/EiReport"


@pytest.fixture
async def signing(world, pushed):
    """The VEN, which must sign from now on, and what signs in its name."""
    settings = VenSettings(signatures=SignaturePolicy.REQUIRE)
    await world.desk.submit(SetVen(client_id=pushed.client.id, settings=settings), actor="test")
    return Signer(world.papers.ven("box", Family.ECC).load())


async def test_a_ven_that_must_sign_is_pushed_signed_documents_and_its_replies_too(
    world, pushed, box, signing, caplog
):
    box.replies[OadrDistributeEvent] = opting_in(pushed)
    event = await world.event()
    await world.settle()
    assert b"SignatureValue" in box.requests[-1][2]
    assert "refused for its signature" in caplog.text
    assert await world.store.responses(event_id=event.id) == ()


async def test_a_signed_reply_is_taken_and_then_the_family_of_its_signature_is_ours(
    world, pushed, box, signing
):
    def signed(told):
        document = encode_payload(wrap(opting_in(pushed)(told)))
        return signing.sign(document, now=world.clock.now(), nonce=token_hex(8))

    box.replies[OadrDistributeEvent] = signed
    event = await world.event()
    await world.settle()
    ((_, said),) = await world.store.responses(event_id=event.id)
    assert said.status == ResponseStatus.OPTED_IN
    assert b"rsa-sha256" in box.requests[-1][2]
    await world.cancel(event.id)
    await world.settle()
    assert b"ecdsa-sha256" in box.requests[-1][2]


async def test_a_store_that_does_not_answer_only_delays_what_is_pushed(world, pushed, box):
    teller, asked = world.face.teller, []

    async def unavailable(*args, **others):
        asked.append(args)
        del teller.next
        raise Unavailable("the store does not answer")

    teller.next = unavailable
    await world.event()
    await world.settle()
    assert (len(asked), box.got) == (1, [])
    await world.pass_time(timedelta(seconds=2))
    assert box.kinds == ["DistributeEvent"]


async def test_a_fault_of_ours_spoils_one_push_and_is_logged(world, pushed, box, caplog):
    teller = world.face.teller

    async def broken(*args, **others):
        del teller.next
        raise RuntimeError("broken")

    teller.next = broken
    await world.event()
    await world.settle()
    assert "pushing to client c1 failed" in caplog.text
    assert box.got == []
    await world.pass_time(timedelta(seconds=2))
    assert box.kinds == ["DistributeEvent"]


async def test_an_address_that_may_no_longer_be_reached_is_left_alone(world, pushed, box, caplog):
    def refuse(uri, *, fingerprint=None):
        raise ValueError("127.0.0.1 may not be reached")

    world.courier.peer = refuse
    await world.event()
    await world.settle()
    assert "may not be reached" in caplog.text
    assert box.got == []
    assert world.pusher.is_idle


async def test_a_ven_that_does_not_answer_delays_nobody_else(world, pushed, box, papers, oracle):
    quick = type(box)(papers, "quick", oracle=oracle)
    await quick.open()
    ven = await world.ven("quick")
    await ven.register(oadrHttpPullModel=False, oadrTransportAddress=quick.address())
    await world.pass_time()
    box.released.clear()
    quick.got.clear()
    await world.event()
    async with asyncio.timeout(10):
        while True:
            await asyncio.sleep(0.001)
            if quick.got:
                break
    assert (quick.kinds, box.got) == (["DistributeEvent"], [])
    box.released.set()
    await world.settle()
    await quick.close()
    assert box.kinds == ["DistributeEvent"]
