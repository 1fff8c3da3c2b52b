"""What VENs say to events, and where it ends up."""

from dataclasses import replace
from datetime import timedelta

import pytest

from certs.issue import Family
from schemas.openadr.blocks import EiResponse, QualifiedEventID
from schemas.openadr.event import (
    EiCreatedEvent,
    EventResponse,
    EventResponses,
    OadrCreatedEvent,
)
from schemas.openadr.payload import OadrResponse
from schemas.openadr.report import OadrRegisterReport
from server.core.command import ChangeMembers
from server.core.model import ResponsePolicy
from server.core.response import ResponseStatus

OK = EiResponse(responseCode="200", requestID="")


async def _kept(world, event):
    return [said for _, said in await world.store.responses(event_id=event.id)]


@pytest.mark.parametrize(
    ("opt", "code", "status"),
    [
        ("optIn", "200", ResponseStatus.OPTED_IN),
        ("optOut", "200", ResponseStatus.OPTED_OUT),
        ("optOut", "460", ResponseStatus.REJECTED),
    ],
)
async def test_rule_16_an_answer_is_kept_with_its_version_code_and_words(
    world, ven, opt, code, status
):
    event = await world.event()
    answer = await ven.answer(event.id, opt=opt, code=code)
    assert isinstance(answer, OadrResponse)
    assert answer.eiResponse.responseCode == "200"
    assert answer.venID == ven.ven_id
    (said,) = await _kept(world, event)
    assert said.status is status
    assert (said.code, said.version, said.detail) == (int(code), 0, "as said")
    assert said.device_id == world.desk.book.devices_of(ven.client.id)[0].id
    assert said.received_at == world.clock.now()


async def test_rule_52_silence_is_kept_for_operators_and_taken_back_by_a_late_answer(
    world, ven, caplog
):
    event = await world.event()
    told = 0
    for _ in range(16):
        told += type(await ven.poll()).__name__ == "OadrDistributeEvent"
    assert told == 1 + world.settings.repeat_limit
    (silent,) = await _kept(world, event)
    assert (silent.status, silent.detail) == (ResponseStatus.UNANSWERED, "no opt received")
    assert f"does not answer its events: {event.id}" in caplog.text
    await world.restart()
    again = world.connect(ven.client, world.client_tls("ven-1", Family.ECC))
    assert isinstance(await again.poll(), OadrRegisterReport)
    told = await again.poll()
    assert [one.eiEvent.eventDescriptor.eventID for one in told.oadrEvent] == [event.id]
    world.clock.move(timedelta(days=1))
    assert (await again.answer(event.id)).eiResponse.responseCode == "200"
    assert [said.status for said in await _kept(world, event)] == [
        ResponseStatus.OPTED_IN,
        ResponseStatus.UNANSWERED,
    ]


async def test_rule_17_a_ven_may_change_its_mind(world, ven):
    event = await world.event()
    for opt, status in [
        ("optIn", ResponseStatus.OPTED_IN),
        ("optOut", ResponseStatus.OPTED_OUT),
        ("optIn", ResponseStatus.OPTED_IN),
    ]:
        world.clock.move(timedelta(seconds=1))
        await ven.answer(event.id, opt=opt)
        assert (await _kept(world, event))[0].status is status
    words = await world.store.opt_words.of(event.id)
    assert [(word.status, word.request_id) for word in words] == [
        (ResponseStatus.OPTED_IN, "d"),
        (ResponseStatus.OPTED_OUT, "d"),
        (ResponseStatus.OPTED_IN, "d"),
    ]
    assert words[0].received_at == world.clock.now()


async def test_a_repeated_answer_is_kept_once(world, ven):
    event = await world.event()
    for _ in range(2):
        assert (await ven.answer(event.id)).eiResponse.responseCode == "200"
    assert len(await _kept(world, event)) == 1


async def test_rule_48_an_unknown_event_is_452_and_another_version_450(world, ven):
    event = await world.event()
    assert (await ven.answer("e999")).eiResponse.responseCode == "452"
    assert (await ven.answer(event.id.upper())).eiResponse.responseCode == "452"
    assert (await ven.answer(event.id, 1)).eiResponse.responseCode == "450"
    await world.cancel(event.id)
    assert (await ven.answer(event.id, 0)).eiResponse.responseCode == "450"
    assert await _kept(world, event) == []


async def test_an_event_for_others_is_as_unknown_as_one_that_does_not_exist(world, ven):
    event = await world.event()
    group = next(iter(world.desk.book.groups))
    device = world.desk.book.devices_of(ven.client.id)[0]
    await world.desk.submit(
        ChangeMembers(group_id=group, remove=frozenset({device.id})), actor="test"
    )
    refused = await ven.answer(event.id)
    nothing = await ven.answer("e999")
    assert refused == nothing


async def test_rule_19_and_25_a_wrong_answer_spoils_no_other(world, ven):
    event = await world.event()
    answers = tuple(
        EventResponse(
            responseCode="200",
            requestID="d",
            qualifiedEventID=QualifiedEventID(eventID=event_id, modificationNumber=0),
            optType="optIn",
        )
        for event_id in ("e999", event.id)
    )
    created = EiCreatedEvent(
        eiResponse=OK, eventResponses=EventResponses(eventResponse=answers), venID=ven.ven_id
    )
    answer = await ven.say("EiEvent", OadrCreatedEvent(eiCreatedEvent=created))
    assert answer.eiResponse.responseCode == "452"
    assert [said.status for said in await _kept(world, event)] == [ResponseStatus.OPTED_IN]


async def test_rule_25_nothing_is_taken_from_below_a_failure_at_the_top(world, ven, caplog):
    event = await world.event()
    answer = await ven.answer(event.id, top="459")
    assert answer.eiResponse.responseCode == "200"
    assert await _kept(world, event) == []
    assert "459" in caplog.text


@pytest.mark.parametrize("answers", [None, EventResponses()])
async def test_an_answer_without_any_event_is_accepted(ven, answers):
    ei = replace(OK, requestID="d-7")
    created = EiCreatedEvent(eiResponse=ei, eventResponses=answers, venID=ven.ven_id)
    answer = await ven.say("EiEvent", OadrCreatedEvent(eiCreatedEvent=created))
    assert (answer.eiResponse.responseCode, answer.eiResponse.requestID) == ("200", "d-7")


async def test_an_answer_that_was_not_asked_for_is_accepted_and_not_kept(world, ven):
    event = await world.event(response_policy=ResponsePolicy.NEVER)
    assert (await ven.answer(event.id)).eiResponse.responseCode == "200"
    assert await _kept(world, event) == []


async def test_a_late_answer_to_an_event_that_is_over_is_kept(world, ven):
    event = await world.event()
    world.clock.move(timedelta(days=1))
    assert (await ven.answer(event.id)).eiResponse.responseCode == "200"
    assert len(await _kept(world, event)) == 1


async def test_rule_36_a_confirmed_cancellation_is_not_mentioned_again(world, ven):
    event = await world.event()
    await ven.answer(event.id)
    await world.cancel(event.id)
    assert len((await ven.ask()).oadrEvent) == 1
    await ven.answer(event.id, 1)
    assert (await ven.ask()).oadrEvent == ()
    assert isinstance(await ven.poll(), OadrResponse)
