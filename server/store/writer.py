"""The one writer: a thread that commits what waits in one transaction and then tells the waiting.

Work that fails takes nothing of its neighbours with it. It must not know what it writes.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from server.errors import Unavailable
from server.store.faults import is_of_the_store, refusal_of, unavailable, was_undone
from server.store.tidings import Tiding

log = logging.getLogger(__name__)

QUEUE_LIMIT = 10_000
BATCH_LIMIT = 1_000
ATTEMPTS = 5

T = TypeVar("T")
Work = Callable[[Connection], T]
"""What is to be done in the transaction; it may be done again after a rollback."""
Settled = Callable[[bool], None]
Tell = Callable[[Sequence[Tiding], Connection], None]


@dataclass(frozen=True, slots=True)
class Rows:
    """Work of one statement and its rows; neighbours of the same statement are written together."""

    statement: str
    rows: Sequence[tuple[object, ...]]

    def __call__(self, connection: Connection) -> None:
        """Write the rows."""
        connection.exec_driver_sql(self.statement, list(self.rows))


@dataclass(frozen=True, slots=True)
class Batch:
    """Work of several statements, all or none of it; neighbours of the same ones are merged.

    The order among statements does not matter to them.
    """

    parts: tuple[Rows, ...]

    def __call__(self, connection: Connection) -> None:
        """Write the rows."""
        for part in self.parts:
            part(connection)


@dataclass(frozen=True, slots=True)
class _Job:
    work: Work[Any]
    future: asyncio.Future[Any]
    settled: Settled
    tiding: Tiding | None


@dataclass(frozen=True, slots=True)
class _Outcome:
    result: object = None
    fault: Exception | None = None


class Writer:
    """A queue of work, and the thread that drains it into one commit after the other."""

    def __init__(
        self, engine: Engine, *, tell: Tell | None = None, queue_limit: int = QUEUE_LIMIT
    ) -> None:
        """Take `tell`, which tells other instances in a transaction what it is about."""
        self._engine = engine
        self._tell = tell
        self._queue_limit = queue_limit
        self._loop = asyncio.get_running_loop()
        self._coming: list[_Job] = []
        self._queue: deque[_Job] = deque()
        self._wake = threading.Condition()
        self._is_closing = False
        self._thread = threading.Thread(target=self._serve, name="store-writer", daemon=True)
        self._thread.start()

    async def run(
        self, work: Work[T], *, settled: Settled | None = None, tiding: Tiding | None = None
    ) -> T:
        """Do the work and return its result after the commit that holds it.

        `settled` is called on the loop, in the order of the commits and with True if it is in one,
        even if the caller has gone; `tiding` is what other instances are told with it. Raises
        Unavailable when the queue is full, the store is closed or the commit fails, and whatever
        the work raises.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        self._enqueue(_Job(work, future, settled or _ignore, tiding))
        return await future

    async def close(self) -> None:
        """Do what waits, then end; work that comes later is refused."""
        self._hand_over()
        with self._wake:
            self._is_closing = True
            self._wake.notify()
        await asyncio.to_thread(self._thread.join)

    def _enqueue(self, job: _Job) -> None:
        if self._is_closing:
            raise Unavailable("the store is closed")
        if len(self._coming) + len(self._queue) >= self._queue_limit:
            raise Unavailable("too much waits to be written")
        self._coming.append(job)
        if len(self._coming) == 1:
            # What else the loop is about to do may bring more for the same commit.
            self._loop.call_soon(self._hand_over)

    def _hand_over(self) -> None:
        """Let the thread have what has come."""
        with self._wake:
            self._queue.extend(self._coming)
            self._coming.clear()
            self._wake.notify()

    def _serve(self) -> None:
        while jobs := self._next():
            self._deliver(jobs, self._commit(self._work_of(jobs))[: len(jobs)])
        self._engine.dispose()

    def _next(self) -> list[_Job]:
        """Wait for jobs; none come only once the writer is closed and has done them all."""
        with self._wake:
            self._wake.wait_for(lambda: self._queue or self._is_closing)
            return [self._queue.popleft() for _ in range(min(len(self._queue), BATCH_LIMIT))]

    def _work_of(self, jobs: Sequence[_Job]) -> list[Work[Any]]:
        """Return what is to be done, and last, what is to be told of it."""
        work = [job.work for job in jobs]
        tidings = dict.fromkeys(job.tiding for job in jobs if job.tiding is not None)
        return [*work, partial(self._tell, list(tidings))] if self._tell and tidings else work

    def _commit(self, work: Sequence[Work[Any]], attempts: int = ATTEMPTS) -> Sequence[_Outcome]:
        try:
            with self._engine.connect() as connection:
                return _commit(connection, work)
        except Exception as fault:
            if was_undone(fault) and attempts > 1:
                return self._commit(work, attempts - 1)
            log.exception("a commit of %d jobs failed", len(work))
            return [_Outcome(fault=unavailable(fault)) for _ in work]

    def _deliver(self, jobs: Sequence[_Job], outcomes: Sequence[_Outcome]) -> None:
        try:
            self._loop.call_soon_threadsafe(_settle, jobs, outcomes)
        except RuntimeError:
            log.warning("the loop ended before %d jobs were answered", len(jobs))


def _commit(connection: Connection, work: Sequence[Work[Any]]) -> list[_Outcome]:
    try:
        outcomes = _do(connection, work)
        # From here nothing is tried again: a commit that failed may be on disk.
        connection.commit()
    except Exception:
        # SQLite keeps a transaction open whose commit failed; the next one needs a new connection.
        connection.invalidate()
        raise
    return outcomes


def _do(connection: Connection, work: Sequence[Work[Any]]) -> list[_Outcome]:
    try:
        return _do_together(connection, work)
    except Exception as fault:
        if is_of_the_store(fault):
            raise
    connection.rollback()
    return [_do_guarded(connection, one) for one in work]


def _do_together(connection: Connection, work: Sequence[Work[Any]]) -> list[_Outcome]:
    outcomes: list[_Outcome] = []
    for statements, run in groupby(work, _statements_of):
        neighbours = list(run)
        if not statements:
            outcomes += [_Outcome(one(connection)) for one in neighbours]
            continue
        for number, statement in enumerate(statements):
            rows = [row for one in neighbours for row in _parts(one)[number].rows]
            connection.exec_driver_sql(statement, rows)
        outcomes += [_Outcome()] * len(neighbours)
    return outcomes


def _statements_of(work: Work[Any]) -> tuple[str, ...]:
    return tuple([part.statement for part in _parts(work)])


def _parts(work: Work[Any]) -> tuple[Rows, ...]:
    if isinstance(work, Rows):
        return (work,)
    return work.parts if isinstance(work, Batch) else ()


def _do_guarded(connection: Connection, work: Work[Any]) -> _Outcome:
    """Do one piece of work so that its failure undoes only itself; raises if the store fails."""
    savepoint = connection.begin_nested()
    try:
        result = work(connection)
    except Exception as fault:
        if is_of_the_store(fault):
            raise
        # Raises if the database undid more than that: then nothing of the batch is left.
        savepoint.rollback()
        return _Outcome(fault=refusal_of(fault) or fault)
    savepoint.commit()
    return _Outcome(result)


def _settle(jobs: Sequence[_Job], outcomes: Sequence[_Outcome]) -> None:
    for job, outcome in zip(jobs, outcomes, strict=True):
        job.settled(outcome.fault is None)
        if job.future.done():
            continue
        if outcome.fault is None:
            job.future.set_result(outcome.result)
        else:
            job.future.set_exception(outcome.fault)


def _ignore(is_committed: bool) -> None:
    """Do nothing: most work has nothing to settle."""
