"""Subscriptions to metering: lists of what is measured, and readings, on a condition or without."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from server.core.command import RemoveDevice
from server.store.values import Reading
from tests.sep2.metering.conftest import (
    POWER,
    SITE,
    START,
    VOLTAGE,
    VOLTS,
    meter,
    reading,
    reading_set,
    usage_point,
)

OUTSIDE = (
    "<Condition><attributeIdentifier>0</attributeIdentifier>"
    "<lowerThreshold>-100</lowerThreshold><upperThreshold>200</upperThreshold></Condition>"
)
OTHER = "0B" * 12 + "00028547"


@pytest.fixture
async def site(way, world, desk) -> SimpleNamespace:
    """What an aggregator mirrors of one of its devices."""
    peer = way.house.peer("boss")
    lfdi = desk.book.devices[world.one].lfdi
    upt = f"/upt/{world.one}-{SITE}"
    mup = f"/mup/{world.one}-{SITE}"

    async def point(*meters, **more) -> None:
        answer = await peer.post("/mup", usage_point(lfdi, *meters, **more).encode())
        assert answer.status in (201, 204), answer.headers
        await way.rest()

    async def measure(body: str) -> None:
        answer = await peer.post(mup, body.encode())
        assert answer.status in (201, 204), answer.headers
        await way.rest()

    async def lone(value: int, minute: int) -> None:
        await measure(meter(kind=None, lone=reading(value, START + 60 * minute)))

    return SimpleNamespace(
        peer=peer,
        upt=upt,
        mup=mup,
        point=point,
        measure=measure,
        lone=lone,
        power=f"{upt}/mr/{POWER}",
    )


def values(notice) -> list[str]:
    return [node.findtext("{*}value") for node in notice.list]


async def test_a_new_usage_point_is_told_and_its_values_are_not(site, subscribe, hook, way):
    await subscribe("/upt")
    assert hook.got == []
    await site.point(meter())
    (notice,) = hook.got
    assert notice.kind == "UsagePointList"
    assert (notice.resource.get("all"), notice.resource.get("results")) == ("1", "1")
    assert notice.list[0].get("href") == site.upt
    await site.lone(5, 0)
    assert len(hook.got) == 1
    await site.point(mrid=OTHER)
    assert [one.findtext("{*}mRID") for one in hook.got[1].list] == [OTHER]
    assert hook.got[1].resource.get("all") == "2"


async def test_a_new_meter_reading_and_a_first_value_are_told(site, subscribe, hook):
    await site.point(meter())
    await subscribe(f"{site.upt}/mr")
    await site.measure(meter(mrid=VOLTAGE, kind=VOLTS))
    assert [one.findtext("{*}mRID") for one in hook.got[0].list] == [VOLTAGE]
    assert hook.got[0].kind == "MeterReadingList"
    await site.lone(5, 0)
    assert [one.findtext("{*}mRID") for one in hook.got[1].list] == [POWER]
    await site.lone(6, 1)
    assert len(hook.got) == 2


async def test_a_new_set_is_told_alone(site, subscribe, hook):
    await site.point(meter(reading_set(reading(1))))
    await subscribe(f"{site.power}/rs")
    later = reading_set(reading(2), start=START + 300, mrid="D4" * 12 + "00028547")
    await site.measure(meter(later, kind=None))
    (notice,) = hook.got
    assert notice.kind == "ReadingSetList"
    assert notice.resource.get("all") == "2"
    assert [one.findtext("{*}mRID") for one in notice.list] == ["D4" * 12 + "00028547"]


async def test_values_that_a_set_gains_are_told(site, subscribe, hook):
    await site.point(meter(reading_set(reading(1))))
    await subscribe(f"{site.power}/rs/{START}/r")
    await site.measure(meter(reading_set(reading(1, START), reading(2, START + 60)), kind=None))
    assert hook.got[-1].kind == "ReadingList"
    assert "2" in values(hook.got[-1])
    await site.measure(meter(reading_set(reading(1, START), reading(2, START + 60)), kind=None))
    assert len(hook.got) == 1


async def test_a_latest_reading_is_told_from_the_first_value_on(site, subscribe, hook):
    await site.point(meter())
    await subscribe(f"{site.power}/r")
    for minute, value in enumerate((5, 7)):
        await site.lone(value, minute)
    assert [notice.kind for notice in hook.got] == ["Reading"] * 2
    assert [notice.resource.findtext("{*}value") for notice in hook.got] == ["5", "7"]
    assert hook.got[0].resource.get("subscribable") == "3"


async def test_on_a_condition_only_values_outside_of_the_bounds_are_told(site, subscribe, hook):
    await site.point(meter())
    place = await subscribe(f"{site.power}/r", condition=OUTSIDE)
    kept = (await site.peer.get(place)).xml.find("{*}Condition")
    assert [node.text for node in kept] == ["0", "-100", "200"]
    for minute, value in enumerate((0, 200, 201, 300, -100, -101, 5)):
        await site.lone(value, minute)
    assert [notice.resource.findtext("{*}value") for notice in hook.got] == ["201", "300", "-101"]


async def test_of_a_list_on_a_condition_only_what_is_outside_is_told(site, subscribe, hook):
    await site.point(meter(reading_set(reading(1, START))))
    await subscribe(f"{site.power}/rs/{START}/r", condition=OUTSIDE)
    told = [reading(1, START), reading(500, START + 60), reading(2, START + 120)]
    await site.measure(meter(reading_set(*told), kind=None))
    (notice,) = hook.got
    assert values(notice) == ["500"]
    assert notice.resource.get("all") == "3"


async def test_one_reading_of_a_set_can_be_watched(site, subscribe, hook):
    await site.point(meter(reading_set(reading(1, START))))
    await subscribe(f"{site.power}/rs/{START}/r/1")
    await site.measure(meter(reading_set(reading(9, START)), kind=None))
    (notice,) = hook.got
    assert (notice.kind, notice.resource.findtext("{*}value")) == ("Reading", "9")


async def test_what_comes_before_the_first_look_is_told(site, subscribe, hook, way, world):
    await site.point(meter())
    await subscribe(f"{site.upt}/mr", "/busy")
    hook.stuck.add("/busy")
    new = meter(mrid=VOLTAGE, kind=VOLTS).encode()
    assert (await site.peer.post(site.mup, new)).status == 201
    await _until(lambda: "/busy" in hook.tries)
    # The server of both is busy with the first when the second is made and a value comes.
    assert (await _ask(site, world, hook, f"{site.power}/r")).status == 201
    value = meter(kind=None, lone=reading(5, START)).encode()
    assert (await site.peer.post(site.mup, value)).status == 204
    assert hook.at("/n") == []
    hook.released.set()
    await way.rest()
    assert [notice.resource.findtext("{*}value") for notice in hook.at("/n")] == ["5"]


async def test_after_a_restart_nothing_is_repeated_and_what_is_new_is_told(
    *, site, subscribe, hook, way, start, reopen, world
):
    await site.point(meter())
    await subscribe(f"{site.power}/r", condition=OUTSIDE)
    for minute, value in enumerate((5, 500, 6)):
        await site.lone(value, minute)
    await way.stop()
    desk = await reopen()
    later = await start(desk)
    await later.rest()
    assert [notice.resource.findtext("{*}value") for notice in hook.got] == ["500"]
    for minute, value in enumerate((7, 501), 3):
        at = datetime.fromtimestamp(START + 60 * minute, UTC)
        # The meter counts in tens of watts.
        new = Reading(world.one, POWER, at, timedelta(seconds=60), 10.0 * value, "good", "W")
        await desk.store.metering.keep(world.one, readings=[new])
        await later.rest()
    assert [notice.resource.findtext("{*}value") for notice in hook.got] == ["500", "501"]
    await later.stop()
    await desk.store.close()


async def test_with_its_mirror_a_subscription_goes(*, site, subscribe, hook, desk, way):
    await site.point(meter())
    await subscribe(f"{site.power}/r")
    await subscribe("/upt", "/all")
    assert (await site.peer.ask("DELETE", site.mup)).status == 204
    await way.rest()
    (notice,) = hook.at("/n")
    assert (notice.status, notice.resource) == ("4", None)
    assert [one.resource.get("all") for one in hook.at("/all")] == ["0"]
    assert [one.resource for one in desk.book.subscriptions.values()] == ["/upt"]


async def test_with_its_device_a_subscription_to_metering_goes(site, subscribe, hook, world, way):
    await site.point(meter())
    await subscribe(f"{site.power}/r")
    await world.do(RemoveDevice(device_id=world.one))
    await way.rest()
    assert [notice.status for notice in hook.got] == ["4"]


REFUSED = (
    ("/edev", OUTSIDE, "3"),
    ("/upt", OUTSIDE, "3"),
    ("{upt}/mr", OUTSIDE, "3"),
    ("{power}/rs", OUTSIDE, "3"),
    ("{power}/r", OUTSIDE.replace("r>0<", "r>1<"), "3"),
    ("{power}/r", OUTSIDE.replace(">200<", ">-101<"), "1"),
    ("{power}", "", "3"),
    ("{upt}", "", "3"),
    ("{power}/rt", "", "3"),
    ("/mup", "", "3"),
    ("/upt/{two}-" + SITE + "/mr", "", "1"),
    ("/upt/nobody/mr", "", "1"),
    ("{upt}/mr/" + VOLTAGE + "/r", "", "1"),
    ("{power}/rs/7/r", "", "1"),
    ("{power}/rs/noon/r", "", "1"),
    ("{power}/rs/" + str(START) + "/r/9", "", "1"),
)


async def test_what_cannot_be_subscribed_to_is_refused(site, world, hook):
    await site.point(meter(reading_set(reading(1))))
    for resource, condition, reason in REFUSED:
        where = resource.format(upt=site.upt, power=site.power, two=world.two)
        answer = await _ask(site, world, hook, where, condition)
        assert (answer.status, answer.text("reasonCode")) == (400, reason), where


async def _until(is_so) -> None:
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110 - a hook has no event for that
            await asyncio.sleep(0.01)


async def _ask(site, world, hook, resource, condition=""):
    body = (
        '<Subscription xmlns="urn:ieee:std:2030.5:ns">'
        f"<subscribedResource>{resource}</subscribedResource>{condition}<encoding>0</encoding>"
        f"<level>+S1</level><limit>9</limit><notificationURI>{hook.uri('/n')}</notificationURI>"
        "</Subscription>"
    )
    return await site.peer.post(f"/edev/{world.aggregator}/sub", body.encode())
