"""Groups and programs that change or go while clients have subscribed to them (CSIP MAINT)."""

from server.core.command import CancelEvent
from server.core.program_commands import ChangeProgram, RemoveGroup, RemoveProgram


async def test_a_new_primacy_is_told_as_a_change_of_the_program_and_its_lists(
    way, subscribe, hook, world
):
    await subscribe(f"/edev/{world.one}/derp/{world.common}", "/program")
    await subscribe(f"/edev/{world.one}/derp", "/derp")
    await subscribe(f"/edev/{world.one}/fsa/{world.everyone}/derp", "/group")
    await subscribe(f"/edev/{world.one}/fsa", "/fsa")
    await world.do(ChangeProgram(program_id=world.common, primacy=77, name="renamed"))
    await way.rest()
    assert {(n.path, n.kind, n.status) for n in hook.got} == {
        ("/program", "DERProgram", "0"),
        ("/derp", "DERProgramList", "0"),
        ("/group", "DERProgramList", "0"),
    }
    (program,) = hook.at("/program")
    assert program.resource.findtext("{*}primacy") == "77"
    assert program.resource.findtext("{*}version") == "1"
    (listed,) = hook.at("/derp")
    assert listed.items == ["renamed"]


async def test_a_program_that_is_offered_elsewhere_is_told_to_those_it_comes_to_and_leaves(
    way, subscribe, hook, world
):
    ones = await world.group("ones", world.one)
    twos = await world.group("twos", world.two)
    extra = await world.program("extra", 1, ones)
    for name, device in (("one", world.one), ("two", world.two)):
        await subscribe(f"/edev/{device}/fsa", f"/fsa/{name}")
        await subscribe(f"/edev/{device}/derp", f"/derp/{name}")
    await subscribe(f"/edev/{world.one}/derp/{extra}", "/program")
    await world.do(ChangeProgram(program_id=extra, groups=frozenset({twos})))
    await way.rest()
    assert {(n.path, n.status) for n in hook.got} == {
        ("/fsa/one", "0"),
        ("/derp/one", "0"),
        ("/fsa/two", "0"),
        ("/derp/two", "0"),
        ("/program", "4"),
    }
    assert {path: hook.at(path)[0].items for path in ("/derp/one", "/derp/two", "/fsa/two")} == {
        "/derp/one": [],
        "/derp/two": ["extra"],
        "/fsa/two": ["twos"],
    }
    assert hook.at("/fsa/one")[0].resource.get("all") == "1"


async def test_with_a_program_go_all_subscriptions_below_it(*, way, subscribe, hook, world, state):
    controls = f"/edev/{world.one}/derp/{world.common}/derc"
    event = await state(world.common, 0, 600)
    await subscribe(controls)
    await subscribe(f"/edev/{world.one}/derp/{world.common}", "/program")
    await subscribe(f"/edev/{world.one}/derp", "/derp")
    await world.do(CancelEvent(event_id=event.id))
    await way.rest()
    hook.got.clear()
    await world.do(RemoveProgram(program_id=world.common))
    await way.rest()
    assert {(n.path, n.status) for n in hook.got} == {
        ("/n", "4"),
        ("/program", "4"),
        ("/derp", "0"),
    }
    (listed,) = hook.at("/derp")
    assert (listed.resource.get("all"), listed.items) == ("0", [])
    boss = way.house.peer("boss")
    assert (await boss.get(f"/edev/{world.one}/derp/{world.common}")).status == 404
    assert (await boss.get(controls)).status == 404
    assert (await boss.get(f"/edev/{world.one}/derp")).xml.get("all") == "0"


async def test_with_a_group_go_the_subscriptions_to_its_programs(way, subscribe, hook, world):
    group = await world.group("ones", world.one)
    program = await world.program("extra", 1, group)
    await subscribe(f"/edev/{world.one}/fsa/{group}", "/assignment")
    await subscribe(f"/edev/{world.one}/fsa/{group}/derp", "/group")
    await world.do(RemoveProgram(program_id=program))
    await world.do(RemoveGroup(group_id=group))
    await way.rest()
    assert [n.status for n in hook.at("/assignment")] == ["4"]
    assert [n.status for n in hook.at("/group")][-1] == "4"
