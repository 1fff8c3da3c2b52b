"""What polls bring, and when they bring it again (rules 50 to 52, 301, 309, 500 to 502)."""

from dataclasses import replace
from datetime import timedelta

from certs.issue import Family
from schemas.openadr.event import OadrDistributeEvent
from schemas.openadr.payload import OadrResponse
from schemas.openadr.report import OadrRegisterReport
from server.core.command import ChangeMembers
from server.core.model import ResponsePolicy
from server.openadr.settings import OpenAdrSettings

IMPATIENT = OpenAdrSettings(vtn_id="VTN-1", repeat_after_polls=2, repeat_limit=2)


async def _polls(ven, count):
    """Return what a number of polls bring, in short."""
    kinds = {OadrResponse: "-", OadrDistributeEvent: "events", OadrRegisterReport: "offer"}
    return [kinds[type(await ven.poll())] for _ in range(count)]


async def test_rules_301_and_309_our_empty_report_offer_comes_before_the_events(world):
    ven = await world.ven()
    await world.event()
    await ven.register()
    offer = await ven.poll()
    assert isinstance(offer, OadrRegisterReport)
    assert (offer.oadrReport, offer.venID, offer.reportRequestID) == ((), ven.ven_id, None)
    assert await _polls(ven, 2) == ["events", "-"]


async def test_an_event_is_told_by_the_next_poll_and_then_no_more(world, ven):
    assert await _polls(ven, 2) == ["-", "-"]
    event = await world.event()
    assert await _polls(ven, 2) == ["events", "-"]
    await ven.answer(event.id)
    assert await _polls(ven, 8) == ["-"] * 8


async def test_rule_50_each_distribution_holds_all_events(world, ven):
    first = await world.event(after=timedelta(hours=1))
    await ven.poll()
    second = await world.event(after=timedelta(hours=2))
    told = await ven.poll()
    ids = [one.eiEvent.eventDescriptor.eventID for one in told.oadrEvent]
    assert ids == [first.id, second.id]


async def test_a_ven_that_asked_for_its_events_is_not_told_again_by_a_poll(world, ven):
    await world.event()
    assert len((await ven.ask()).oadrEvent) == 1
    assert await _polls(ven, 1) == ["-"]


async def test_rule_502_a_change_of_status_alone_is_nothing_new(world, ven):
    event = await world.event(after=timedelta(minutes=1))
    await ven.poll()
    await ven.answer(event.id)
    for _ in range(4):
        world.clock.move(timedelta(minutes=15))
        assert await _polls(ven, 1) == ["-"]
    other = await world.event()
    told = await ven.poll()
    assert [one.eiEvent.eventDescriptor.eventID for one in told.oadrEvent] == [other.id]


async def test_rule_52_a_cancellation_is_told_until_it_is_confirmed_or_the_window_ends(world, ven):
    event = await world.event(response_policy=ResponsePolicy.NEVER)
    await ven.poll()
    await world.cancel(event.id)
    told = await ven.poll()
    assert told.oadrEvent[0].eiEvent.eventDescriptor.eventStatus == "cancelled"
    world.clock.move(timedelta(minutes=89))
    assert len((await ven.ask()).oadrEvent) == 1
    world.clock.move(timedelta(minutes=1))
    assert (await ven.ask()).oadrEvent == ()
    assert await _polls(ven, 1) == ["-"]


async def test_rule_61_a_ven_that_is_no_longer_targeted_is_told_by_omission(world, ven):
    await world.event()
    await ven.poll()
    device = world.desk.book.devices_of(ven.client.id)[0]
    group = next(iter(world.desk.book.groups))
    await world.desk.submit(
        ChangeMembers(group_id=group, remove=frozenset({device.id})), actor="test"
    )
    told = await ven.poll()
    assert isinstance(told, OadrDistributeEvent)
    assert told.oadrEvent == ()
    assert await _polls(ven, 2) == ["-", "-"]


async def test_an_unanswered_event_is_told_again_a_bounded_number_of_times(world, caplog):
    await world.restart(IMPATIENT)
    ven = await world.ven()
    await ven.come_up()
    event = await world.event()
    assert await _polls(ven, 8) == ["events", "-", "events", "-", "events", "-", "-", "-"]
    assert "does not answer" in caplog.text
    await world.cancel(event.id)
    assert await _polls(ven, 2) == ["events", "-"]
    await ven.answer(event.id, 1)
    assert await _polls(ven, 4) == ["-"] * 4


async def test_an_event_that_needs_no_answer_is_told_once(world):
    await world.restart(IMPATIENT)
    ven = await world.ven()
    await ven.come_up()
    await world.event(response_policy=ResponsePolicy.NEVER)
    assert await _polls(ven, 6) == ["events"] + ["-"] * 5


async def test_an_unanswered_report_offer_is_made_again_a_bounded_number_of_times(world):
    await world.restart(IMPATIENT)
    ven = await world.ven()
    await ven.register()
    assert await _polls(ven, 8) == ["offer", "-", "offer", "-", "offer", "-", "-", "-"]


async def test_after_a_restart_everything_is_told_again_but_what_was_confirmed(world, ven):
    kept, gone = await world.event(), await world.event(after=timedelta(hours=2))
    for event in (kept, gone):
        await ven.answer(event.id)
    await world.cancel(gone.id)
    await ven.answer(gone.id, 1)
    await world.restart(replace(IMPATIENT))
    again = world.connect(ven.client, world.client_tls("ven-1", Family.ECC))
    assert await _polls(again, 1) == ["offer"]
    told = await again.poll()
    assert [one.eiEvent.eventDescriptor.eventID for one in told.oadrEvent] == [kept.id]


async def test_an_answer_from_before_the_present_registration_counts_no_more(world, ven):
    event = await world.event()
    await world.cancel(event.id)
    await ven.answer(event.id, 1)
    world.clock.move(timedelta(seconds=1))
    await ven.register()
    await world.restart()
    again = world.connect(ven.client, world.client_tls("ven-1", Family.ECC))
    assert len((await again.ask()).oadrEvent) == 1
