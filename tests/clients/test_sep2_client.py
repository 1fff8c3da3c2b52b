import random
import re

import pytest

from schemas.sep2.der import DERCapability, DERSettings
from schemas.sep2.derstatus import DERStatus
from schemas.sep2.units import ActivePower
from server.clients.notice import Kind
from server.clients.peer import ExchangeFailed
from server.clients.sep2 import Sep2Client
from server.clock import SystemClock
from server.core.command import CancelEvent, ChangeMembers, EnrolClient, RemoveDevice
from server.core.model import ClientKind, Lfdi
from server.core.response import ResponseStatus
from server.sep2.face import Sep2Face
from server.sep2.settings import InBand, Sep2Settings

RECEIVED, STARTED, COMPLETED = (
    ResponseStatus.RECEIVED,
    ResponseStatus.STARTED,
    ResponseStatus.COMPLETED,
)
TEN_KW = ActivePower(multiplier=0, value=10_000)


def documents(reading_s: int = 1_770_000_000):
    return (
        DERCapability(modesSupported="00100000", rtgMaxW=TEN_KW, type=4),
        DERSettings(setGradW=100, setMaxW=TEN_KW, updatedTime=1_770_000_000),
        DERStatus(readingTime=reading_s),
    )


async def turn(client: Sep2Client) -> None:
    await client.poll()
    client.act()
    await client.tell()


async def test_it_finds_its_programs_by_links_alone(client, sep2, world, pki):
    await world.add(pki.alpha)
    await world.add(pki.bravo)
    await world.state()
    alpha = client(documents=lambda now: documents())
    await alpha.discover()
    await turn(alpha)
    first, *others = [path.partition("?")[0] for _, path in sep2.seen]
    assert first == "/dcap"
    told = " ".join(sep2.told)
    for path in others:
        assert re.search(rf"['\"]{re.escape(path)}['\"]", told), f"{path} was guessed"
    assert [one.program.primacy for one in alpha.found.programs] == [10]
    assert alpha.found.programs[0].default.DERControlBase_.opModMaxLimW == 10_000
    assert alpha.found.device.lFDI == pki.alpha.identity.lfdi


async def test_it_takes_its_rates_from_the_server(client, world, pki):
    await world.add(pki.alpha)
    alpha = client()
    await alpha.discover()
    assert (alpha.found.walk_s, alpha.found.poll_s) == (30, 30)


async def test_it_registers_itself_when_it_is_absent(client, world, desk, pki, notices):
    alpha = client(category=0x200000)
    await alpha.discover()
    (device,) = desk.book.devices.values()
    assert device.lfdi == pki.alpha.identity.lfdi
    assert device.in_band
    assert device.device_category == 0x200000
    assert notices.kinds() == [Kind.REGISTERED, Kind.READY]
    await alpha.discover()
    assert len(desk.book.devices) == 1


async def test_it_registers_again_after_it_was_removed(client, world, desk, pki):
    device_id = await world.add(pki.alpha)
    alpha = client()
    await alpha.discover()
    await world.do(RemoveDevice(device_id=device_id))
    await alpha.discover()
    (device,) = desk.book.devices.values()
    assert device.in_band


async def test_an_aggregator_registers_a_device_that_it_speaks_for(client, world, desk, pki):
    boss = EnrolClient(kind=ClientKind.AGGREGATOR, name="boss", lfdi=Lfdi(pki.boss.identity.lfdi))
    await world.do(boss)
    child = Lfdi("3E4F45AB31EDFE5B67E343E5E4562E31984E23E5")
    event = await world.state()
    one = client(pki.boss, lfdi=child)
    await one.discover()
    await turn(one)
    (device,) = desk.book.devices.values()
    assert device.lfdi == child
    assert await world.said(event) == [RECEIVED]


async def test_a_certificate_that_may_not_register_is_told_so(
    *, desk, serve, sep2_server_tls, pki, clock, peer, notices
):
    face = Sep2Face(desk, Sep2Settings(in_band=InBand.OFF))
    base = await serve(face.handle, sep2_server_tls)
    alpha = Sep2Client(
        peer(base, pki.sep2_tls(pki.alpha)),
        lfdi=pki.alpha.identity.lfdi,
        clock=clock,
        rng=random.Random(1),
        notify=notices,
    )
    with pytest.raises(ExchangeFailed) as caught:
        await alpha.discover()
    assert caught.value.is_final
    assert alpha.found is None


async def test_it_puts_its_documents_and_not_the_same_twice(client, sep2, world, desk, pki):
    device_id = await world.add(pki.alpha)
    told = [documents()]
    alpha = client(documents=lambda now: told[-1])
    await alpha.discover()
    kept = {one.name for one in await desk.store.documents(device_id)}
    assert kept == {"DERCapability", "DERSettings", "DERStatus"}
    await alpha.discover()
    assert sum(method == "PUT" for method, _ in sep2.seen) == 3
    told.append(documents(1_770_000_060))
    await alpha.discover()
    assert sum(method == "PUT" for method, _ in sep2.seen) == 4
    await alpha.put(DERStatus(readingTime=1_770_000_090))
    document = await desk.store.document(device_id, "DERStatus")
    assert b"1770000090" in document.body


async def test_it_says_once_that_it_received_started_and_completed(
    client, world, pki, clock, notices
):
    await world.add(pki.alpha)
    event = await world.state(start_s=60, length_s=60)
    alpha = client()
    await alpha.discover()
    for _ in range(3):
        await turn(alpha)
    assert await world.said(event) == [RECEIVED]
    clock.move(seconds=60)
    for _ in range(3):
        await turn(alpha)
    assert await world.said(event) == [RECEIVED, STARTED]
    assert [one.mRID for one in alpha.in_force] == [event.intervals[0].mrid]
    clock.move(seconds=60)
    for _ in range(3):
        await turn(alpha)
    assert await world.said(event) == [RECEIVED, STARTED, COMPLETED]
    own = notices.kinds(Kind.REGISTERED, Kind.READY, Kind.TOLD)
    assert own == [Kind.RECEIVED, Kind.STARTED, Kind.COMPLETED]
    assert {notice.value for notice in notices if notice.kind is Kind.STARTED} == {50.0}


async def test_it_says_that_a_control_was_cancelled(client, world, pki, clock):
    await world.add(pki.alpha)
    event = await world.state(start_s=0)
    alpha = client()
    await alpha.discover()
    await turn(alpha)
    clock.move(seconds=5)
    await world.do(CancelEvent(event_id=event.id))
    await turn(alpha)
    await turn(alpha)
    assert await world.said(event) == [RECEIVED, STARTED, ResponseStatus.CANCELLED]
    assert alpha.in_force == ()


async def test_it_says_that_a_control_was_superseded(client, world, pki, clock):
    await world.add(pki.alpha)
    old = await world.state(start_s=0, length_s=600)
    alpha = client()
    await alpha.discover()
    await turn(alpha)
    clock.move(seconds=5)
    new = await world.state(start_s=0, length_s=60, supersede=True)
    await turn(alpha)
    assert await world.said(old) == [RECEIVED, STARTED, ResponseStatus.SUPERSEDED]
    assert await world.said(new) == [RECEIVED, STARTED]


async def test_a_device_that_leaves_the_program_ends_its_controls(
    client, world, pki, clock, notices
):
    device_id = await world.add(pki.alpha)
    await world.state(start_s=0)
    alpha = client()
    await alpha.discover()
    await turn(alpha)
    await world.do(ChangeMembers(group_id=world.group, remove=frozenset({device_id})))
    await alpha.discover()
    await alpha.tell()
    assert Kind.CANCELLED in notices.kinds()
    assert alpha.in_force == ()


@pytest.mark.parametrize("status", [500, 503, 429, 0])
async def test_a_response_that_may_be_lost_is_sent_again_and_kept_once(
    *, client, sep2, world, pki, clock, status
):
    await world.add(pki.alpha)
    event = await world.state()
    alpha = client()
    await alpha.discover()
    sep2.fails = {"/rsp": status}
    await turn(alpha)
    assert await alpha.tell() is not None
    sep2.fails = {}
    assert await alpha.tell() is None
    assert await alpha.tell() is None
    assert sep2.count("POST", "/rsp") == 3
    assert await world.said(event) == [RECEIVED]


async def test_what_is_sent_again_is_the_same_to_the_byte(client, sep2, world, pki, clock):
    await world.add(pki.alpha)
    await world.state()
    alpha = client()
    await alpha.discover()
    sep2.fails = {"/rsp": 0}
    await turn(alpha)
    sep2.fails = {}
    clock.move(seconds=30)
    await alpha.tell()
    one, other = (body for body in sep2.bodies if b"DERControlResponse" in body)
    assert one == other


async def test_a_response_that_is_declined_is_given_up(client, sep2, world, pki, notices):
    await world.add(pki.alpha)
    event = await world.state()
    alpha = client()
    await alpha.discover()
    sep2.fails = {"/rsp": 400}
    await turn(alpha)
    sep2.fails = {}
    await turn(alpha)
    assert sep2.count("POST", "/rsp") == 1
    assert await world.said(event) == []
    assert Kind.FAILED in notices.kinds()


async def test_it_starts_and_ends_by_itself_while_the_server_is_out(
    *, client, sep2, world, pki, clock, notices
):
    await world.add(pki.alpha)
    event = await world.state(start_s=60, length_s=60)
    alpha = client()
    await alpha.discover()
    await turn(alpha)
    sep2.fails = {"": 503}
    clock.move(seconds=61)
    with pytest.raises(ExchangeFailed):
        await alpha.poll()
    alpha.act()
    assert [one.mRID for one in alpha.in_force] == [event.intervals[0].mrid]
    clock.move(seconds=60)
    alpha.act()
    await alpha.tell()
    assert alpha.in_force == ()
    sep2.fails = {}
    await alpha.tell()
    assert await world.said(event) == [RECEIVED, STARTED, COMPLETED]


async def test_one_program_that_fails_does_not_hold_up_the_others(client, sep2, world, pki, desk):
    from server.core.command import CreateProgram

    await world.add(pki.alpha)
    other = CreateProgram(
        name="other",
        primacy=1,
        groups=frozenset({world.group}),
        market_context="http://utility.example/other",
    )
    other_id = (await world.do(other))[0].program.id
    event = await world.state()
    alpha = client()
    await alpha.discover()
    sep2.fails = {f"/derp/{other_id}/derc": 500}
    with pytest.raises(ExchangeFailed):
        await alpha.poll()
    await alpha.tell()
    assert await world.said(event) == [RECEIVED]


async def test_it_goes_by_the_servers_time(client, world, pki, clock):
    class Slow:
        """Two minutes behind."""

        def now(self):
            from datetime import timedelta

            return clock.now() - timedelta(minutes=2)

    await world.add(pki.alpha)
    event = await world.state(start_s=60)
    alpha = client(clock=Slow())
    await alpha.discover()
    assert abs((alpha.now() - clock.now()).total_seconds()) <= 1
    clock.move(seconds=62)
    await turn(alpha)
    assert await world.said(event) == [RECEIVED, STARTED]


async def test_running_it_survives_a_server_that_fails_at_first(
    *, client, sep2, pki, world, notices, tasks
):
    await world.add(pki.alpha)
    event = await world.state(start_s=0, length_s=3600)
    sep2.fails = {"": 500}
    tasks.start(client(clock=SystemClock(), poll_s=0.05).run(), name="alpha")
    await notices.until(Kind.FAILED)
    sep2.fails = {}
    await notices.until(Kind.TOLD, 2)
    assert notices.kinds()[0] is Kind.FAILED
    assert await world.said(event) == [RECEIVED, STARTED]


async def test_running_it_starts_and_ends_on_time_without_another_poll(
    *, client, sep2, pki, world, notices, tasks, clock
):
    class Ticking:
        """Stands at the hand clock's time and goes on from there."""

        def __init__(self) -> None:
            self._ahead = SystemClock().now() - clock.now()

        def now(self):
            return SystemClock().now() - self._ahead

    await world.add(pki.alpha)
    await world.state(start_s=1, length_s=1)
    one = client(clock=Ticking(), poll_s=3600.0)
    tasks.start(one.run(), name="alpha")
    await notices.until(Kind.COMPLETED)
    assert sep2.count("GET", "/derc") == 1
    late_s = [(one.at - one.due).total_seconds() for one in notices if one.due is not None]
    assert min(late_s) >= 0
