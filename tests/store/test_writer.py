"""The writer: one commit for what waits, and each piece of work on its own account."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

from server.errors import Invalid, Unavailable
from server.store import dialect
from server.store.writer import Rows, Writer
from server.tasks import Tasks

NONE = type(None)
INSERT = "INSERT INTO kept VALUES (?)"


class PoisonError(Exception):
    pass


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = dialect.writing_engine(dialect.read_url(f"sqlite:///{tmp_path / 'writer.db'}"))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE kept (number INTEGER UNIQUE)")
        connection.exec_driver_sql(
            "CREATE TABLE owed (number REFERENCES kept (number) DEFERRABLE INITIALLY DEFERRED)"
        )
    yield engine
    engine.dispose()


@pytest.fixture
async def writer(engine: Engine) -> AsyncIterator[Writer]:
    writer = Writer(engine, queue_limit=50)
    yield writer
    await writer.close()


@pytest.fixture
def commits(engine: Engine) -> list[Connection]:
    seen: list[Connection] = []
    event.listen(engine, "commit", seen.append)
    return seen


class Gate:
    """Work that holds the writer until it is opened, so that the rest comes in one batch."""

    def __init__(self) -> None:
        self._entered = threading.Event()
        self._opened = threading.Event()

    def __call__(self, connection: Connection) -> None:
        self._entered.set()
        assert self._opened.wait(10)

    def open(self) -> None:
        self._opened.set()

    async def reached(self) -> None:
        assert await asyncio.to_thread(self._entered.wait, 10)


def kept(engine: Engine) -> list[int]:
    with engine.begin() as connection:
        return list(connection.exec_driver_sql("SELECT number FROM kept ORDER BY rowid").scalars())


async def in_one_batch(writer: Writer, *work: object) -> list[object]:
    gate = Gate()
    held = asyncio.gather(writer.run(gate))
    await gate.reached()
    waiting = asyncio.gather(*(writer.run(one) for one in work), return_exceptions=True)  # type: ignore[arg-type]
    await asyncio.sleep(0)
    gate.open()
    await held
    return list(await waiting)


def add(number: int) -> Rows:
    return Rows(INSERT, [(number,)])


def add_and_return(number: int) -> object:
    def work(connection: Connection) -> int:
        connection.exec_driver_sql(INSERT, (number,))
        return number

    return work


def add_and_fail(number: int) -> object:
    def work(connection: Connection) -> None:
        connection.exec_driver_sql(INSERT, (number,))
        raise PoisonError

    return work


async def test_what_waits_goes_into_one_commit(
    writer: Writer, engine: Engine, commits: list[Connection]
) -> None:
    results = await in_one_batch(writer, *(add_and_return(number) for number in range(40)))
    assert results == list(range(40))
    assert len(commits) == 1
    assert kept(engine) == list(range(40))


async def test_rows_and_other_work_keep_their_order(writer: Writer, engine: Engine) -> None:
    work = [add(3), add(1), add_and_return(2), add(5), Rows(INSERT, [(9,), (4,)])]
    assert await in_one_batch(writer, *work) == [None, None, 2, None, None]
    assert kept(engine) == [3, 1, 2, 5, 9, 4]


async def test_a_poisoned_piece_of_work_sinks_no_neighbour(writer: Writer, engine: Engine) -> None:
    work = [add(1), add_and_fail(2), add_and_return(3), add_and_fail(4), add(5)]
    results = await in_one_batch(writer, *work)
    assert [type(result) for result in results] == [
        type(None),
        PoisonError,
        int,
        PoisonError,
        type(None),
    ]
    assert kept(engine) == [1, 3, 5]


async def test_rows_that_collide_sink_only_themselves(writer: Writer, engine: Engine) -> None:
    results = await in_one_batch(writer, add(1), Rows(INSERT, [(2,), (1,)]), add(3))
    assert [type(result) for result in results] == [NONE, Invalid, NONE]
    assert kept(engine) == [1, 3]


async def test_a_statement_that_is_wrong_is_a_bug_of_its_own(
    writer: Writer, engine: Engine
) -> None:
    results = await in_one_batch(writer, add(1), Rows("INSERT INTO kept VALUES (?, ?)", [(2,)]))
    assert results[0] is None
    assert isinstance(results[1], DBAPIError)
    assert kept(engine) == [1]


async def test_a_full_queue_refuses_and_then_takes_again(writer: Writer, engine: Engine) -> None:
    results = await in_one_batch(writer, *(add(number) for number in range(53)))
    refused = [isinstance(result, Unavailable) for result in results]
    assert refused == [False] * 50 + [True] * 3
    await writer.run(add(99))
    assert kept(engine) == [*range(50), 99]


async def test_closing_does_what_waits_and_refuses_what_comes(
    writer: Writer, engine: Engine
) -> None:
    gate = Gate()
    waiting = asyncio.gather(writer.run(gate), *(writer.run(add(number)) for number in range(20)))
    await gate.reached()
    closing = asyncio.gather(writer.close())
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await writer.run(add(99))
    gate.open()
    await closing
    assert await waiting == [None] * 21
    assert kept(engine) == list(range(20))


async def test_work_is_done_though_its_caller_gave_up(writer: Writer, engine: Engine) -> None:
    gate, tasks = Gate(), Tasks()
    settled: list[bool] = []
    tasks.start(writer.run(gate), name="gate")
    await gate.reached()
    tasks.start(writer.run(add(1), settled=settled.append), name="gives up")
    await asyncio.sleep(0)
    await tasks.stop()
    gate.open()
    await writer.run(add(2))
    assert settled == [True]
    assert kept(engine) == [1, 2]


async def test_settled_tells_of_failure_too_and_in_order(writer: Writer) -> None:
    told: list[tuple[int, bool]] = []

    def note(number: int) -> object:
        return lambda is_committed: told.append((number, is_committed))

    work = [add(1), add(1), add(2)]
    await asyncio.gather(
        *(writer.run(one, settled=note(number)) for number, one in enumerate(work)),  # type: ignore[arg-type]
        return_exceptions=True,
    )
    assert told == [(0, True), (1, False), (2, True)]


async def test_nothing_is_answered_before_the_commit(writer: Writer, engine: Engine) -> None:
    order: list[str] = []
    event.listen(engine, "commit", lambda _: order.append("commit"))
    await writer.run(add(1), settled=lambda _: order.append("settled"))
    order.append("answered")
    assert order == ["commit", "settled", "answered"]


async def test_a_failed_commit_fails_all_its_work_and_no_later_work(
    writer: Writer, engine: Engine
) -> None:
    owed = Rows("INSERT INTO owed VALUES (?)", [(404,)])
    outcomes = await in_one_batch(writer, add(1), owed, add_and_return(2))
    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 3
    assert kept(engine) == []
    await writer.run(add(7))
    assert kept(engine) == [7]


async def test_a_transaction_that_the_database_undid_is_not_acknowledged(
    writer: Writer, engine: Engine
) -> None:
    def undo_all(connection: Connection) -> None:
        connection.exec_driver_sql("INSERT OR ROLLBACK INTO kept VALUES (1)")

    outcomes = await in_one_batch(writer, add(1), undo_all, add(2))
    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 3
    assert kept(engine) == []


def test_a_loop_that_ended_does_not_kill_the_writer(engine: Engine) -> None:
    gate = Gate()

    async def leave() -> Writer:
        writer, tasks = Writer(engine), Tasks()
        tasks.start(writer.run(gate), name="gate")
        tasks.start(writer.run(add(1)), name="add")
        await gate.reached()
        await tasks.stop()
        return writer

    writer = asyncio.run(leave())
    gate.open()
    asyncio.run(writer.close())
    assert kept(engine) == [1]
