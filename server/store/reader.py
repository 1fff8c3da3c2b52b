"""Reads beside the writer: a few threads with connections of their own.

They see what is committed and never wait for the writer. It must not know what it reads.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, Engine

from server.errors import Unavailable
from server.store.dialect import READERS
from server.store.faults import refusal_of

T = TypeVar("T")
Query = Callable[[Connection], T]


class Reader:
    """A pool of threads that answer queries."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._is_closed = False

    async def run(self, query: Query[T]) -> T:
        """Return the query's result; raises Unavailable if the store fails or is closed."""
        if self._is_closed:
            raise Unavailable("the store is closed")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._ask, query)

    async def close(self) -> None:
        """Answer what was asked, then end."""
        self._is_closed = True
        await asyncio.to_thread(self._threads.shutdown)
        self._engine.dispose()

    def _ask(self, query: Query[T]) -> T:
        try:
            with self._engine.begin() as connection:
                return query(connection)
        except Exception as fault:
            if (refusal := refusal_of(fault)) is None:
                raise
            raise refusal from fault
