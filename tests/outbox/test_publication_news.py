"""What subscribers of publications are told: what is new, what time changes, what is gone."""

import pytest

from server.core.publication_commands import CancelPublication, Publish, Revise, Withdraw
from server.publications.drafts import from_view
from server.publications.kinds import KINDS


@pytest.fixture
def publish(world):
    async def make(kind, view, parent=None):
        draft = from_view(KINDS[kind], view)
        command = Publish(
            kind=kind,
            parent=parent,
            groups=frozenset() if parent else frozenset({world.everyone}),
            document=draft.document,
            window=draft.window,
        )
        return (await world.do(command))[0].publication.id

    return make


@pytest.fixture
async def line(publish):
    return await publish("messaging_program", {"primacy": 1, "locale": "en"})


@pytest.fixture
def message(publish, line, clock):
    async def make(offset_s, length_s=60, text="hi"):
        start = int(clock.now().timestamp()) + offset_s
        interval = {"start": start, "duration": length_s}
        view = {"interval": interval, "priority": 1, "textMessage": text}
        return await publish("text_message", view, line)

    return make


def texts(notice):
    return [node.findtext("{*}textMessage") for node in notice.list]


def statuses(notice):
    return [node.findtext("{*}EventStatus/{*}currentStatus") for node in notice.list]


async def test_a_new_message_is_told_and_so_is_what_becomes_of_it(
    *, way, subscribe, hook, world, line, message, clock
):
    await message(3600, text="before")
    await subscribe(f"/edev/{world.one}/msg/{line}/txt")
    made = await message(60, text="new")
    await way.rest()
    (notice,) = hook.got
    assert (notice.kind, texts(notice), statuses(notice)) == ("TextMessageList", ["new"], ["0"])
    assert (notice.resource.get("all"), notice.resource.get("results")) == ("2", "1")
    assert way.outbox.next_change() == clock.now().replace(minute=1)
    clock.move(seconds=60)
    way.outbox.wake()
    await way.rest()
    assert statuses(hook.got[-1]) == ["1"]
    await world.do(CancelPublication(publication_id=made))
    await way.rest()
    assert statuses(hook.got[-1]) == ["2"]
    assert len(hook.got) == 3


async def test_a_single_message_and_a_program_are_told_of(
    *, way, subscribe, hook, world, line, message
):
    made = await message(60)
    await subscribe(f"/edev/{world.one}/msg/{line}/txt/{made}", path="/one")
    await subscribe(f"/edev/{world.one}/msg", path="/all")
    view = from_view(KINDS["messaging_program"], {"primacy": 1, "locale": "de"})
    await world.do(Revise(publication_id=line, document=view.document))
    await way.rest()
    (notice,) = hook.at("/all")
    assert notice.list[0].findtext("{*}locale") == "de"
    assert hook.at("/one") == []
    await world.do(CancelPublication(publication_id=made))
    await way.rest()
    (notice,) = hook.at("/one")
    assert notice.kind == "TextMessage"
    await world.do(Withdraw(publication_id=line))
    await way.rest()
    assert hook.at("/one")[-1].status == "4"
    assert hook.at("/all")[-1].resource.get("all") == "0"


async def test_what_cannot_be_subscribed_to_says_so(way, house_of, world, line, publish):
    tariff = await publish("tariff_profile", {"primacy": 1, "serviceCategoryKind": 0})
    client = house_of(way)
    found = await client.get(f"/edev/{world.alpha}/tp?l=9")
    assert found.xml.get("subscribable") == "1"
    assert (await client.get(f"/edev/{world.alpha}/tp/{tariff}")).xml.get("subscribable") is None
    assert (await client.get(f"/edev/{world.alpha}/msg/{line}")).xml.get("subscribable") == "1"


@pytest.fixture
def house_of():
    return lambda way: way.house.peer("alpha")


async def test_an_assignment_that_gives_something_new_is_told(way, subscribe, hook, world, publish):
    await subscribe(f"/edev/{world.one}/fsa")
    await publish("demand_response_program", {"primacy": 1})
    await way.rest()
    (notice,) = hook.got
    assert notice.list[0].find("{*}DemandResponseProgramListLink") is not None
    await publish("demand_response_program", {"primacy": 2})
    await way.rest()
    assert len(hook.got) == 1
