"""A VEN's word on one event by oadrCreateOpt, and what it does to later answers (rule 206)."""

from datetime import timedelta

import pytest

from certs.issue import Family
from schemas.openadr.blocks import QualifiedEventID
from schemas.openadr.opt import OadrCancelOpt, OadrCreatedOpt, OadrCreateOpt
from schemas.openadr.payload import OadrResponse
from schemas.openadr.targets import EiTarget
from server.core.command import ChangeMembers
from server.core.for_vens import ForVens, Places
from server.core.model import ResponsePolicy, Targets
from server.core.response import ResponseStatus

IN, OUT = ResponseStatus.OPTED_IN, ResponseStatus.OPTED_OUT


@pytest.fixture
def opt(world, ven):
    """Opt for an event, and return the code."""

    async def opt(event_id, opt_type="optOut", version=0, target=None, by=ven):
        message = OadrCreateOpt(
            optID="o-1",
            optType=opt_type,
            optReason="overrideStatus",
            venID=by.ven_id,
            createdDateTime=world.clock.now(),
            requestID="r-1",
            qualifiedEventID=QualifiedEventID(eventID=event_id, modificationNumber=version),
            eiTarget=target or EiTarget(venID=(by.ven_id,)),
        )
        answer = await by.say("EiOpt", message)
        assert isinstance(answer, OadrCreatedOpt)
        assert (answer.optID, answer.eiResponse.requestID) == ("o-1", "r-1")
        return answer.eiResponse.responseCode

    return opt


@pytest.fixture
def heard(world):
    """Return the statuses and versions of what was said to an event, the newest first."""

    async def heard(event):
        found = await world.store.responses(event_id=event.id)
        return [(said.status, said.version) for _, said in found]

    return heard


async def test_rule_206_an_opt_for_an_event_becomes_a_response(world, ven, opt):
    event = await world.event()
    assert await opt(event.id) == "200"
    ((_, said),) = await world.store.responses(event_id=event.id)
    assert said.device_id == world.desk.book.devices_of(ven.client.id)[0].id
    assert (said.status, said.version, said.detail) == (OUT, 0, "opt overrideStatus")
    assert said.said_at == said.received_at == world.clock.now()


async def test_rule_206_it_stands_whatever_is_answered_later(world, ven, opt, heard):
    event = await world.event()
    await opt(event.id)
    world.clock.move(timedelta(seconds=1))
    assert (await ven.answer(event.id, opt="optIn")).eiResponse.responseCode == "200"
    assert await heard(event) == [(OUT, 0)]


async def test_rule_206_it_overrides_what_was_answered_before(world, ven, opt, heard):
    event = await world.event()
    await ven.answer(event.id, opt="optIn")
    world.clock.move(timedelta(seconds=1))
    await opt(event.id)
    assert await heard(event) == [(OUT, 0), (IN, 0)]
    world.clock.move(timedelta(seconds=1))
    await opt(event.id, "optIn")
    assert (await heard(event))[0] == (IN, 0)


async def test_rule_206_it_stands_after_a_modification_and_a_restart(world, ven, opt, heard):
    event = await world.event()
    await opt(event.id)
    await world.cancel(event.id)
    await world.restart()
    again = world.connect(ven.client, world.client_tls("ven-1", Family.ECC))
    world.clock.move(timedelta(seconds=1))
    assert (await again.answer(event.id, 1, "optIn")).eiResponse.responseCode == "200"
    assert (await heard(event))[0] == (OUT, 1)


async def test_an_opt_for_one_event_says_nothing_of_another(world, ven, opt, heard):
    event, other = await world.event(), await world.event()
    await opt(event.id)
    await ven.answer(other.id, opt="optIn")
    assert await heard(other) == [(IN, 0)]
    await opt(other.id)
    await ven.answer(event.id, opt="optIn")
    assert await heard(event) == [(OUT, 0)]


async def test_an_opt_is_an_answer_enough(world, ven, opt):
    event = await world.event()
    await ven.poll()
    await opt(event.id)
    for _ in range(8):
        assert isinstance(await ven.poll(), OadrResponse)


async def test_unknown_events_are_452_and_other_versions_450(world, opt, heard):
    event = await world.event()
    assert await opt("e999") == "452"
    assert await opt(event.id, version=1) == "450"
    await world.cancel(event.id)
    assert await opt(event.id) == "450"
    assert await opt(event.id, version=1) == "200"
    assert await heard(event) == [(OUT, 1)]


async def test_an_event_for_others_is_as_unknown_as_none(world, ven, opt, heard):
    event = await world.event()
    group = next(iter(world.desk.book.groups))
    device = world.desk.book.devices_of(ven.client.id)[0]
    await world.desk.submit(
        ChangeMembers(group_id=group, remove=frozenset({device.id})), actor="test"
    )
    assert await opt(event.id) == "452"
    assert await heard(event) == []


async def test_rule_206_only_an_event_that_asks_for_answers_may_be_opted_for(world, opt, heard):
    event = await world.event(response_policy=ResponsePolicy.NEVER)
    assert await opt(event.id) == "451"
    assert await heard(event) == []


async def test_rule_206_a_target_is_within_the_event_s(world, ven, opt, heard):
    event = await world.event()
    device = world.desk.book.devices_of(ven.client.id)[0]
    assert await opt(event.id, target=EiTarget(resourceID=("elsewhere",))) == "462"
    assert await opt(event.id, target=EiTarget(groupName=("all",))) == "462"
    assert await opt(event.id, target=EiTarget(venID=("elsewhere",))) == "452"
    assert await heard(event) == []
    for target in (EiTarget(), EiTarget(resourceID=(device.name,), venID=(ven.ven_id,))):
        assert await opt(event.id, target=target) == "200"


async def test_rule_211_an_opt_for_an_event_cannot_be_cancelled(world, ven, opt, heard):
    event = await world.event()
    await opt(event.id)
    message = OadrCancelOpt(requestID="r", optID="o-1", venID=ven.ven_id)
    answer = await ven.say("EiOpt", message)
    assert answer.eiResponse.responseCode == "452"
    await ven.answer(event.id, opt="optIn")
    assert await heard(event) == [(OUT, 0)]


async def test_rule_206_a_word_for_some_resources_leaves_the_answer_for_the_rest(
    world, ven, opt, heard
):
    places = Places(resources=("pump", "heater"))
    device = world.desk.book.devices_of(ven.client.id)[0]
    event = await world.event(
        for_vens=ForVens(places=places), targets=Targets(devices=frozenset({device.id}))
    )
    assert await opt(event.id, target=EiTarget(resourceID=("pump", "elsewhere"))) == "462"
    assert await opt(event.id, target=EiTarget(resourceID=("pump",))) == "200"
    ((_, said),) = await world.store.responses(event_id=event.id)
    assert (said.status, said.detail) == (
        ResponseStatus.PARTIAL_OPTED_OUT,
        "opt overrideStatus, pump",
    )
    await ven.answer(event.id, opt="optIn")
    assert await heard(event) == [(IN, 0), (ResponseStatus.PARTIAL_OPTED_OUT, 0)]
    assert await opt(event.id, target=EiTarget(resourceID=("pump", "heater"))) == "200"
    await ven.answer(event.id, opt="optIn")
    assert await heard(event) == [(OUT, 0), (IN, 0), (ResponseStatus.PARTIAL_OPTED_OUT, 0)]


async def test_rule_201_an_event_that_skips_a_ven_is_not_told_to_it(world, ven, opt):
    device = world.desk.book.devices_of(ven.client.id)[0]
    event = await world.event(skipped=frozenset({device.id}))
    assert (await ven.ask()).oadrEvent == ()
    assert await opt(event.id) == "452"
    assert (await ven.answer(event.id)).eiResponse.responseCode == "452"
