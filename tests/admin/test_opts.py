"""What VENs opt: shown to operators, and acted on as events are stated."""

from datetime import timedelta

import pytest

from server.core.availability import Opts, Qualification, Schedule, Scope, Window
from server.core.model import DeviceId, EventId
from server.core.response import Response, ResponseStatus

HOUR = timedelta(hours=1)
SIMPLE = {"signals": [{"name": "SIMPLE", "type": "level"}]}


@pytest.fixture
def change(desk, opting, registered):
    """Change what the VEN has opted."""

    async def change(made):
        await opting.change(desk.book.clients[registered], made)

    return change


@pytest.fixture
def opt_out(change, clock):
    """Have the VEN opt out by a schedule from an hour from now on."""

    async def opt_out(*, hours=1, resources=(), opt_type="optOut", contexts=()):
        start = clock.now().replace(microsecond=0) + HOUR
        schedule = Schedule(
            opt_id="o-1",
            opt_type=opt_type,
            reason="economic",
            scope=Scope(resources=frozenset(resources), market_contexts=frozenset(contexts)),
            windows=(Window(start=start, duration=hours * HOUR),),
        )
        await change(lambda opts: opts.with_schedule(schedule, clock.now()))

    return opt_out


@pytest.fixture
def body(event_body, world):
    def body(**others):
        intervals = [{"duration_s": 900, "values": [1]}, {"duration_s": 900, "values": [2]}]
        return event_body(world.program, intervals=intervals, **SIMPLE) | others

    return body


async def rule(api, world, **rules):
    answer = await api.ask("PUT", f"/api/v1/programs/{world.program}/ven-rules", rules)
    assert answer.status == 200
    return answer.json["ven_rules"]


async def test_rule_201_the_operator_sees_who_is_out_and_the_event_is_sent_all_the_same(
    api, world, desk, opt_out, body
):
    assert (await api.made("/events", body()))["opted_out"] == []
    await opt_out()
    head = desk.book.head
    foreseen = (await api.post("/events", body(supersede=True), dry_run="true")).json
    assert desk.book.head == head
    stated = await api.made("/events", body(supersede=True))
    out = {
        "device_id": world.ven,
        "stance": "opted_out",
        "resources": {},
        "is_skipped": False,
    }
    assert foreseen["opted_out"] == stated["opted_out"] == [out]
    assert stated["targeted"]["openadr"] == foreseen["targeted"]["openadr"] == 1


async def test_rule_201_a_program_may_skip_who_is_out_or_not_ask(api, world, desk, opt_out, body):
    assert await rule(api, world, opt_policy="skip") == {"opt_policy": "skip", "simple_steps": []}
    await opt_out()
    for query in ({"dry_run": "true"}, {}):
        answer = (await api.post("/events", body(), **query)).json
        assert [each["is_skipped"] for each in answer["opted_out"]] == [True]
        assert answer["targeted"]["openadr"] == 0
    event = desk.book.events[EventId(answer["event"]["id"])]
    assert event.skipped == {DeviceId(world.ven)}
    await rule(api, world, opt_policy="send")
    stated = await api.made("/events", body(supersede=True))
    assert (stated["opted_out"], stated["targeted"]["openadr"]) == ([], 1)


async def test_rule_201_the_server_s_policy_holds_where_the_program_has_none(
    api, world, opting, opt_out, body
):
    await opt_out()
    opting.policy = type(opting.policy).SKIP
    assert (await api.made("/events", body()))["targeted"]["openadr"] == 0


async def test_who_is_out_for_a_part_of_the_window_or_with_a_part_of_itself_is_told_apart(
    api, world, opt_out, body
):
    await rule(api, world, opt_policy="skip")
    await opt_out(resources=["pump"])
    (part,) = (await api.made("/events", body()))["opted_out"]
    assert (part["stance"], part["is_skipped"]) == (None, False)
    assert part["resources"] == {"pump": "opted_out"}
    longer = [{"duration_s": 7200, "values": [1]}]
    await opt_out()
    answer = await api.made("/events", body(supersede=True, intervals=longer))
    assert [each["stance"] for each in answer["opted_out"]] == ["partly_out"]


async def test_an_event_without_signals_asks_nothing_of_vens(api, world, event_body, opt_out):
    await opt_out()
    answer = await api.made("/events", event_body(world.program, supersede=True))
    assert answer["opted_out"] == []


async def test_an_event_that_cannot_be_is_refused_whoever_is_out(api, world, opt_out, body):
    await opt_out()
    wrong = body(intervals=[{"duration_s": 900, "values": []}])
    assert (await api.post("/events", wrong)).status == 422


async def test_rule_206_the_effective_opt_of_each_ven_is_shown_with_its_source(
    api, world, desk, opt_out, change
):
    body = {"program_id": world.program, "name": "e", "start_in_s": 3600, **SIMPLE}
    intervals = [{"duration_s": 900, "values": [1]}]
    event = (await api.made("/events", body | {"intervals": intervals}))["event"]["id"]

    async def shown():
        followers = (await api.get(f"/events/{event}")).json["followers"]
        return {one["device_id"]: one["opt"] for one in followers if one["opt"]}

    assert await shown() == {}
    await opt_out()
    assert await shown() == {world.ven: {"opt_type": "optOut", "source": "schedule"}}
    answer = Response(
        device_id=DeviceId(world.ven),
        event_id=EventId(event),
        status=ResponseStatus.OPTED_IN,
        received_at=desk.clock.now(),
    )
    await desk.store.add_response(answer)
    assert await shown() == {world.ven: {"opt_type": "optIn", "source": "answer"}}
    word = Qualification(opt_id="o-2", opt_type="optOut", event_id=event, reason="x")
    await change(lambda opts: opts.with_qualification(word, [event]))
    assert await shown() == {world.ven: {"opt_type": "optOut", "source": "event_opt"}}


async def test_what_a_ven_opted_is_listed_page_by_page(api, world, opt_out, change):
    registered = world.ven_client
    assert (await api.get(f"/clients/{registered}/opts")).json["items"] == []
    await opt_out(resources=["b", "a"], contexts=["urn:limits"])
    word = Qualification(opt_id="o-2", opt_type="optIn", event_id=world.event, reason="x")
    await change(lambda opts: opts.with_qualification(word, [world.event]))
    first = (await api.get(f"/clients/{registered}/opts", limit=1)).json
    (schedule,) = first["items"]
    assert (schedule["opt_id"], schedule["opt_type"]) == ("o-1", "optOut")
    assert (schedule["resources"], schedule["market_contexts"]) == (["a", "b"], ["urn:limits"])
    assert schedule["windows"][0]["duration_s"] == 3600
    path = f"/clients/{registered}/opts"
    second = (await api.get(path, cursor=first["next_cursor"])).json
    assert [each["event_id"] for each in second["items"]] == [world.event]
    assert second["next_cursor"] is None
    assert (await api.get(path, cursor="%C3")).status == 422


async def test_what_schedules_say_of_an_instant_is_shown(api, world, clock, registered, opt_out):
    await opt_out(resources=["pump"], contexts=["urn:limits"])
    later = (clock.now() + HOUR).strftime("%Y-%m-%dT%H:%M:%S.999Z")

    async def says(**query):
        answer = await api.get(f"/clients/{registered}/availability", **query)
        assert answer.status == 200
        return answer.json["opt_type"]

    here = {"resource": "pump", "program_id": world.program}
    assert await says() is None
    assert await says(at=later, **here) == "optOut"
    assert await says(at=later, device_class="Pool_Pump", **here) == "optOut"
    assert await says(at=later, resource="pump") is None
    assert await says(**here) is None


async def test_only_vens_opt(api, world, desk, opting):
    for path in ("opts", "availability"):
        assert (await api.get(f"/clients/{world.client}/{path}")).status == 409
        assert (await api.get(f"/clients/c99/{path}")).status == 404
        assert (await api.get(f"/clients/{world.ven_client}/{path}")).status == 200
    query = {"program_id": "p99"}
    answer = await api.get(f"/clients/{world.ven_client}/availability", **query)
    assert answer.status == 404
    assert await opting.of(world.ven_client) == Opts()


async def test_where_no_vens_are_served_nobody_opts(api, world, face, body):
    house = face._house
    object.__setattr__(house, "opting", None)
    assert (await api.get(f"/clients/{world.ven_client}/opts")).status == 409
    answer = await api.made("/events", body())
    assert answer["opted_out"] == []
    assert (await api.get(f"/events/{answer['event']['id']}")).json["followers"][0]["opt"] is None


@pytest.mark.parametrize(
    "rules",
    [{"opt_policy": "maybe"}, {"simple_steps": [1]}, {"simple_steps": [1, 3, 2]}, {"x": 1}],
)
async def test_rules_that_cannot_be_are_refused(api, world, rules):
    path = f"/api/v1/programs/{world.program}/ven-rules"
    assert (await api.ask("PUT", path, rules)).status == 422
    assert (await api.ask("PUT", "/api/v1/programs/p99/ven-rules", {})).status == 404
