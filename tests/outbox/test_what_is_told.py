"""What notifications say, resource by resource, and when there are none."""

from server.core.command import (
    AddCurve,
    AddDevice,
    CancelEvent,
    ChangeMembers,
    DescribeDevice,
    SetAccess,
    SetDefault,
)
from server.core.curve import CurveKind, CurvePoint, CurveReference, CurveShape
from server.core.inverter import DefaultSettings
from server.core.model import Controls, Language, ModbusEndpoint
from server.net.listener import listen

STATUS = '<DERStatus xmlns="urn:ieee:std:2030.5:ns"><readingTime>{}</readingTime></DERStatus>'


def controls_of(world, device: str = "one") -> str:
    return f"/edev/{getattr(world, device)}/derp/{world.common}/derc"


async def test_a_new_control_is_told_alone_and_in_the_clients_words(
    way, subscribe, hook, world, state
):
    await state(world.common, 100, name="before")
    resource = controls_of(world) + "?s=0&amp;l=10"
    place = await subscribe(resource)
    assert hook.got == []
    await state(world.common, 1000, name="new")
    await way.rest()
    (notice,) = hook.got
    assert notice.media_type == "application/sep+xml"
    assert (notice.status, notice.kind) == ("0", "DERControlList")
    assert notice.text("subscribedResource") == resource.replace("&amp;", "&")
    assert notice.text("subscriptionURI") == place
    assert notice.items == ["new"]
    assert (notice.resource.get("all"), notice.resource.get("results")) == ("2", "1")
    assert notice.resource.get("href") == controls_of(world)


async def test_a_cancelled_control_is_a_change_and_no_end(way, subscribe, hook, world, state):
    event = await state(world.common, 0)
    await subscribe(controls_of(world))
    await world.do(CancelEvent(event_id=event.id))
    await way.rest()
    (notice,) = hook.got
    assert notice.status == "0"
    assert [n.findtext("{*}EventStatus/{*}currentStatus") for n in notice.list] == ["2"]


async def test_time_alone_starts_and_ends_a_control(*, way, subscribe, hook, world, state, clock):
    await subscribe(controls_of(world))
    await subscribe(f"/edev/{world.one}/derp/{world.common}/actderc", path="/active")
    await state(world.common, 60, 60, name="soon")
    await way.rest()
    assert [notice.items for notice in hook.at("/n")] == [["soon"]]
    assert hook.at("/active") == []
    assert way.outbox.next_change() == clock.now().replace(minute=1)
    clock.move(seconds=59)
    way.outbox.wake()
    await way.rest()
    assert len(hook.got) == 1
    for told in (["soon"], []):
        hook.got.clear()
        clock.move(seconds=1 if told else 60)
        way.outbox.wake()
        await way.rest()
        for path in ("/n", "/active"):
            (notice,) = hook.at(path)
            assert notice.items == told
            assert notice.resource.get("all") == str(len(told))
    assert way.outbox.next_change() is None


async def test_what_supersedes_is_told_with_what_it_superseded(
    *, way, subscribe, hook, world, state, clock
):
    await state(world.common, 0, 600, Controls(connect=True), name="old")
    await subscribe(controls_of(world))
    clock.move(seconds=5)
    await state(world.common, 0, 600, Controls(connect=False), name="new", supersede=True)
    await way.rest()
    (notice,) = hook.got
    found = {
        node.findtext("{*}description"): node.findtext("{*}EventStatus/{*}currentStatus")
        for node in notice.list
    }
    assert found == {"old": "4", "new": "1"}


async def test_a_default_is_told_whole_and_once_for_each_change(way, subscribe, hook, world):
    await subscribe(f"/edev/{world.one}/derp/{world.common}/dderc")
    await world.do(SetDefault(program_id=world.special, controls=Controls(export_limit_w=1.0)))
    await way.rest()
    assert hook.got == []
    await world.do(SetDefault(program_id=world.common, controls=Controls(export_limit_w=1.0)))
    await way.rest()
    (notice,) = hook.got
    assert notice.kind == "DefaultDERControl"
    assert notice.resource.find("{*}DERControlBase") is not None
    hook.got.clear()
    settings = DefaultSettings(ramp_percent_per_s=1.0)
    faster = SetDefault(
        program_id=world.common, controls=Controls(export_limit_w=1.0), settings=settings
    )
    await world.do(faster)
    await world.do(faster)
    await way.rest()
    (notice,) = hook.got
    assert notice.resource.findtext("{*}setGradW") == "100"


async def test_a_curve_is_told_by_its_href_under_the_subscribers_device(
    way, subscribe, hook, world, state
):
    await subscribe(controls_of(world))
    shape = CurveShape(
        kind=CurveKind.LFRT_MUST_TRIP,
        points=(CurvePoint(x=0.16, y=57.0),),
        y_reference=CurveReference.NONE,
    )
    added = await world.do(AddCurve(program_id=world.common, name="trip", shape=shape))
    await way.rest()
    assert hook.got == []
    curve = added[0].curve.id
    await state(world.common, 0, 600, Controls(lfrt_must_trip=curve))
    await way.rest()
    (notice,) = hook.got
    link = notice.list[0].find("{*}DERControlBase/{*}opModLFRTMustTrip")
    assert link.get("href") == f"/edev/{world.one}/derp/{world.common}/dc/{curve}"


async def test_a_new_program_and_assignment_are_told_to_those_they_are_for(
    way, subscribe, hook, world
):
    await subscribe(f"/edev/{world.one}/fsa", "/fsa")
    await subscribe(f"/edev/{world.one}/derp", "/derp")
    await subscribe(f"/edev/{world.two}/derp", "/other")
    await subscribe(f"/edev/{world.one}/fsa/{world.everyone}/derp", "/group")
    group = await world.group("ones", world.one)
    await way.rest()
    assert hook.got == []
    await world.program("extra", 1, group)
    await way.rest()
    assert [(n.path, n.kind, n.items, n.resource.get("all")) for n in hook.got] == [
        ("/fsa", "FunctionSetAssignmentsList", ["ones"], "2"),
        ("/derp", "DERProgramList", ["extra"], "2"),
    ]
    hook.got.clear()
    await world.do(ChangeMembers(group_id=group, add=frozenset({world.two})))
    await way.rest()
    assert [(n.path, n.items) for n in hook.got] == [("/other", ["extra"])]


async def test_a_new_device_is_told_to_its_aggregator(way, subscribe, hook, world):
    await subscribe("/edev")
    await subscribe("/edev", "/alpha", who="alpha")
    new = AddDevice(
        name="x", language=Language.SEP2, lfdi="C" * 40, client_id=world.aggregator, pin=111115
    )
    await world.do(new)
    await way.rest()
    (notice,) = hook.got
    assert (notice.path, notice.kind, notice.items) == ("/n", "EndDeviceList", ["C" * 40])
    assert notice.resource.get("all") == "4"


async def test_a_device_that_is_described_anew_is_told(way, subscribe, hook, world, clock):
    await subscribe("/edev")
    await subscribe(f"/edev/{world.one}", "/one")
    described = DescribeDevice(
        device_id=world.one, device_category=1, changed_at=clock.now(), post_rate_s=60
    )
    await world.do(described)
    await way.rest()
    assert sorted((n.path, n.kind) for n in hook.got) == [
        ("/n", "EndDeviceList"),
        ("/one", "EndDevice"),
    ]


async def test_a_device_that_nobody_speaks_for_is_no_news(way, subscribe, hook, world):
    await subscribe("/edev")
    endpoint = ModbusEndpoint(host="h", port=502, unit=1, register_map="m")
    await world.do(AddDevice(name="m", language=Language.MODBUS, modbus=endpoint))
    await way.rest()
    assert hook.tries == []


async def test_a_lab_is_told_by_plain_http(*, way, start, desk, world, hook, state):
    plain = await listen(hook.handle, host="127.0.0.1", port=0, tls=None)
    await way.stop()
    lab = await start(desk, may_be_plain=True, may_notify_plain_loopback=True)
    body = (
        '<Subscription xmlns="urn:ieee:std:2030.5:ns"><subscribedResource>'
        f"/edev/{world.one}/derp/{world.common}/derc</subscribedResource><encoding>0</encoding>"
        "<level>+S1</level><limit>9</limit>"
        f"<notificationURI>http://127.0.0.1:{plain.port}/plain</notificationURI></Subscription>"
    )
    boss = lab.house.peer("boss")
    assert (await boss.post(f"/edev/{world.aggregator}/sub", body.encode())).status == 201
    await state(world.common, 100)
    await lab.rest()
    assert "/plain" in hook.tries
    await lab.stop()
    await plain.stop()


async def test_documents_are_told_when_they_are_put(way, subscribe, hook, world, clock):
    path = f"/edev/{world.one}/der/1/ders"
    boss = way.house.peer("boss")
    await subscribe(path)
    await boss.put(path, STATUS.format(1).encode())
    await way.rest()
    clock.move(seconds=1)
    await boss.put(path, STATUS.format(1).encode())
    await boss.put(f"/edev/{world.two}/der/1/ders", STATUS.format(1).encode())
    await way.rest()
    await boss.put(path, STATUS.format(2).encode())
    await way.rest()
    assert [(n.kind, n.resource.findtext("{*}readingTime")) for n in hook.got] == [
        ("DERStatus", "1"),
        ("DERStatus", "2"),
    ]


async def test_a_document_that_was_there_before_is_no_news(way, subscribe, hook, world):
    path = f"/edev/{world.one}/der/1/ders"
    await way.house.peer("boss").put(path, STATUS.format(1).encode())
    await subscribe(path)
    assert hook.got == []


async def test_whatever_can_be_subscribed_to_can_be_told(
    *, way, subscribe, hook, world, state, clock
):
    event = await state(world.common, 60)
    mrid = event.intervals[0].mrid
    base = f"/edev/{world.one}"
    for path in ("", "/der/1", f"/fsa/{world.everyone}", f"/derp/{world.common}"):
        await subscribe(base + path)
    await subscribe(f"/edev/{world.aggregator}")
    await subscribe(f"{controls_of(world)}/{mrid}", "/control")
    await world.do(CancelEvent(event_id=event.id))
    await way.rest()
    assert [(n.path, n.kind, n.text("status")) for n in hook.got] == [
        ("/control", "DERControl", "0")
    ]
    assert hook.got[0].resource.findtext("{*}mRID") == mrid


async def test_one_notification_holds_no_more_than_its_client_takes(
    way, subscribe, hook, world, state
):
    await subscribe(controls_of(world), "/one", limit=1)
    await subscribe(controls_of(world), "/none", limit=0)
    await subscribe(f"/edev/{world.one}/derp/{world.common}/dderc", "/bare", limit=0)
    hook.answers["/one"] = 503
    for number in range(3):
        await state(world.common, 1000 * (number + 1), name=str(number))
        await way.rest()
    hook.answers["/one"] = 204
    way.outbox.replay(next(iter(way.house.desk.book.subscriptions)))
    await world.do(SetDefault(program_id=world.common, controls=Controls(connect=True)))
    await way.rest()
    assert [notice.items for notice in hook.at("/one")] == [["0"], ["1"], ["2"]]
    assert {notice.resource.get("all") for notice in hook.at("/one")} == {"3"}
    assert [notice.resource.get("results") for notice in hook.at("/none")] == ["0"] * 3
    (bare,) = hook.at("/bare")
    assert bare.resource is None


async def test_a_denied_client_is_told_nothing_until_it_is_let_in_again(
    way, subscribe, hook, world, state
):
    await subscribe(controls_of(world))
    await world.do(SetAccess(client_id=world.aggregator, enabled=False))
    await state(world.common, 100, name="missed")
    await way.rest()
    assert hook.tries == []
    await world.do(SetAccess(client_id=world.aggregator, enabled=True))
    await way.rest()
    assert [notice.items for notice in hook.got] == [["missed"]]


async def test_a_poll_rate_that_was_set_anew_is_told(*, start, desk, world, hook, way, subscribe):
    await subscribe("/edev")
    await way.stop()
    later = await start(desk, poll_rates_s={"EndDeviceList": 30})
    await later.rest()
    (notice,) = hook.got
    assert notice.resource.get("pollRate") == "30"
    assert notice.items == []
    await later.stop()
