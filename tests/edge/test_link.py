"""The checks that the link adds, against peers that do each thing wrong."""

import asyncio
import random
import socket
from collections import Counter

import pytest

from server.edge.faults import FaultKind, LinkFault
from server.edge.link import ModbusLink
from server.edge.registers import Table

FOREVER = 60.0
READ_ONLY = 17


class Losses:
    def __init__(self) -> None:
        self.count = 0

    def note(self) -> None:
        self.count += 1


def link_to(port: int, losses: Losses | None = None, *, timeout_s: float = FOREVER) -> ModbusLink:
    losses = losses or Losses()
    return ModbusLink(
        "127.0.0.1",
        port,
        timeout_s=timeout_s,
        connect_timeout_s=FOREVER,
        on_lost=losses.note,
        may_write=lambda unit: unit != READ_ONLY,
    )


async def test_what_is_written_is_read(simulate):
    inverter = await simulate("--units", "2")
    link = link_to(inverter.port)
    assert await link.connect() is None
    assert await link.write(2, 114, (0xFFFF, 0xF000)) is None
    assert await link.write(2, 116, (1,), function=6) is None
    assert await link.read(2, Table.HOLDING, 114, 3) == (0xFFFF, 0xF000, 1)
    assert await link.read(1, Table.HOLDING, 114, 3) == (0, 0, 0)
    assert await link.read(1, Table.INPUT, 30, 2) == (0, 8000)
    await inverter.registers()
    assert inverter.written(2) == [(114, [0xFFFF, 0xF000]), (116, [1])]
    link.close()


@pytest.mark.parametrize(
    ("kind", "is_write", "expected"),
    [
        ("wrong-function", False, FaultKind.WRONG_REPLY),
        ("wrong-function", True, FaultKind.WRONG_REPLY),
        ("short", False, FaultKind.WRONG_REPLY),
        ("wrong-address", True, FaultKind.WRONG_REPLY),
        ("wrong-value", True, FaultKind.WRONG_REPLY),
        ("unknown-function", False, FaultKind.HUNG_UP),
        ("short", True, FaultKind.HUNG_UP),
        ("hang-up", False, FaultKind.HUNG_UP),
        ("hang-up", True, FaultKind.HUNG_UP),
    ],
)
async def test_a_reply_that_does_not_fit_is_a_fault_at_once(mischief, kind, is_write, expected):
    link = link_to(await mischief(kind))
    assert await link.connect() is None
    if is_write:
        outcome = await link.write(1, 10, (1, 2))
    else:
        outcome = await link.read(1, Table.HOLDING, 10, 4)
    assert isinstance(outcome, LinkFault)
    assert outcome.kind is expected
    link.close()


@pytest.mark.parametrize("kind", ["wrong-address", "wrong-value"])
async def test_the_echo_of_a_single_write_is_checked(mischief, kind):
    link = link_to(await mischief(kind))
    assert await link.connect() is None
    outcome = await link.write(1, 10, (1,), function=6)
    assert outcome is not None
    assert outcome.kind is FaultKind.WRONG_REPLY
    link.close()


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 6, 7, 8, 10, 11])
async def test_an_exception_is_a_value_with_its_code(mischief, code):
    link = link_to(await mischief(f"exception-{code}"))
    assert await link.connect() is None
    for outcome in (
        await link.read(1, Table.HOLDING, 10, 1),
        await link.write(1, 10, (1,)),
        await link.write(1, 10, (1,), function=6),
    ):
        assert isinstance(outcome, LinkFault)
        assert (outcome.kind, outcome.code) == (FaultKind.EXCEPTION, code)
    link.close()


@pytest.mark.parametrize("kind", ["silent", "wrong-transaction"])
async def test_no_fitting_reply_is_a_timeout_and_three_in_a_row_end_the_connection(mischief, kind):
    link = link_to(await mischief(kind), timeout_s=0.05)
    assert await link.connect() is None
    for is_still_connected in (True, True, False):
        outcome = await link.read(1, Table.HOLDING, 10, 1)
        assert isinstance(outcome, LinkFault)
        assert outcome.kind is FaultKind.TIMEOUT
        assert link.is_connected is is_still_connected


async def test_one_reply_is_enough_to_keep_a_connection_with_silent_units(simulate):
    inverter = await simulate()
    link = link_to(inverter.port, timeout_s=0.2)
    assert await link.connect() is None
    for _ in range(2):
        await inverter.order("silence", is_silent=True)
        for _ in range(2):
            assert isinstance(await link.read(1, Table.HOLDING, 108, 1), LinkFault)
        await inverter.order("silence", is_silent=False)
        assert await link.read(1, Table.HOLDING, 108, 1) == (1,)
    link.close()


async def test_a_late_reply_is_not_taken_for_the_next_one(mischief):
    link = link_to(await mischief("late"), timeout_s=1.0)
    assert await link.connect() is None
    first = await link.read(1, Table.HOLDING, 10, 1)
    assert isinstance(first, LinkFault)
    assert first.kind is FaultKind.TIMEOUT
    assert await link.read(1, Table.HOLDING, 20, 3) == (7, 7, 7)
    assert await link.read(1, Table.HOLDING, 20, 2) == (7, 7)
    link.close()


async def test_a_thousand_replies_of_any_kind_never_give_a_wrong_value(mischief):
    link = link_to(await mischief("random"), timeout_s=0.01)
    chance = random.Random(11)
    told: Counter[str] = Counter()
    async with asyncio.timeout(60):
        for _ in range(1000):
            if not link.is_connected:
                assert await link.connect() is None
            address, count = chance.randint(0, 60000), chance.randint(1, 9)
            outcome = await link.read(1, Table.HOLDING, address, count)
            if isinstance(outcome, LinkFault):
                told[outcome.kind] += 1
            else:
                told["value"] += 1
                assert outcome == tuple(range(address, address + count))
    link.close()
    assert told["value"] > 300
    assert told.keys() >= {"timeout", "hung-up", "wrong-reply", "exception"}


async def test_a_reply_in_pieces_is_put_together(mischief):
    link = link_to(await mischief("in-pieces"))
    assert await link.connect() is None
    assert await link.read(1, Table.HOLDING, 10, 5) == (7,) * 5
    link.close()


async def test_a_peer_that_hangs_up_is_told_once_and_nothing_can_be_asked_until_reconnected(
    mischief,
):
    losses = Losses()
    link = link_to(await mischief("hang-up"), losses)
    assert await link.connect() is None
    await link.read(1, Table.HOLDING, 10, 1)
    assert losses.count == 1
    assert not link.is_connected
    for outcome in (await link.read(1, Table.HOLDING, 10, 1), await link.write(1, 10, (1,))):
        assert isinstance(outcome, LinkFault)
        assert outcome.kind is FaultKind.NOT_CONNECTED
    assert await link.connect() is None
    assert link.is_connected
    link.close()
    await asyncio.sleep(0)
    assert losses.count == 1


async def test_a_connection_that_ends_as_it_begins_is_never_waited_on(mischief):
    link = link_to(await mischief("slam"))
    for _ in range(100):
        outcome = await link.connect() or await link.read(1, Table.HOLDING, 10, 1)
        assert isinstance(outcome, LinkFault)
        assert outcome.kind in {FaultKind.NOT_CONNECTED, FaultKind.HUNG_UP}
    link.close()


async def test_nobody_listening_is_a_fault():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        link = link_to(closed.getsockname()[1])
        fault = await link.connect()
    assert fault is not None
    assert fault.kind is FaultKind.NOT_CONNECTED


@pytest.mark.parametrize("function", [6, 16])
async def test_no_write_to_a_unit_that_must_not_be_written_ever_leaves(simulate, function):
    inverter = await simulate("--units", str(READ_ONLY))
    link = link_to(inverter.port)
    assert await link.connect() is None
    fault = await link.write(READ_ONLY, 110, (1,), function=function)
    assert fault is not None
    assert fault.kind is FaultKind.READ_ONLY
    assert await link.read(READ_ONLY, Table.HOLDING, 110, 1) == (10000,)
    await inverter.order("dump", unit=READ_ONLY)
    assert inverter.writes == []
    link.close()


@pytest.mark.parametrize(
    ("unit", "address", "count"),
    [(1, 0, 0), (1, 0, 126), (1, 65535, 2), (1, -1, 1), (256, 0, 1), (-1, 0, 1)],
)
async def test_what_no_request_can_carry_is_not_sent(simulate, unit, address, count):
    inverter = await simulate()
    link = link_to(inverter.port)
    assert await link.connect() is None
    for outcome in (
        await link.read(unit, Table.HOLDING, address, count),
        await link.write(unit, address, (0,) * count),
        await link.write(unit, address, (0,) * count, function=6) if count != 1 else None,
    ):
        assert outcome is None or isinstance(outcome, LinkFault)
        assert outcome is None or outcome.kind is FaultKind.UNSENDABLE
    assert await link.read(1, Table.HOLDING, 108, 1) == (1,)
    link.close()
