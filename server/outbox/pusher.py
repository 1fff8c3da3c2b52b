"""Pushes to clients that do not poll: what a face has to say to each, one word after the other.

What there is to say is derived anew each time, from what is kept, so nothing is lost by a restart
and a retry says the latest. A client that cannot be reached is tried again for as long as it is
registered. It must not know any message.
"""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Final, Generic, Protocol, TypeVar
from urllib.parse import urlsplit

from server.clients.backoff import Backoff
from server.clients.peer import Peer, Reply
from server.core.model import ClientId
from server.desk import Desk
from server.duty import ALWAYS, Duty
from server.errors import Refusal
from server.outbox.courier import Courier, Failure, exchange
from server.outbox.pushed import clients_concerned
from server.store.store import Entry
from server.tasks import Tasks

log = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/xml"
LONGEST_PAUSE_S: Final = 300.0
BREATH: Final = timedelta(seconds=1)
"""Between what a client says and the next word to it, lest it overtakes our answer."""
START_SPREAD_S: Final = 5.0
DECLINED: Final = frozenset({404, 406})
"""With these a client declines one message and not those after it (OADR 2.0b 9.1.5)."""


class Push(Protocol):
    """A document and where it goes."""

    @property
    def uri(self) -> str:
        """Where it goes."""
        ...

    @property
    def body(self) -> bytes:
        """The document."""
        ...

    @property
    def fingerprint(self) -> str | None:
        """SHA-256, in hex, of the one certificate that the server may show."""
        ...

    @property
    def take_back(self) -> Callable[[], None]:
        """What is to be called if it did not arrive."""
        ...


P = TypeVar("P", bound=Push)


class Teller(Protocol[P]):
    """Knows what there is to say to whom."""

    def listen(self, listener: Callable[[ClientId], None]) -> None:
        """Call `listener` with each client that is pushed to and has just said something."""
        ...

    def is_pushed(self, client_id: ClientId) -> bool:
        """Tell whether a client is pushed to."""
        ...

    async def next(self, client_id: ClientId, *, counts: bool) -> P | None:
        """Return the next word; `counts` if it was time for a look, whatever happened."""
        ...

    async def heard(self, client_id: ClientId, push: P, body: bytes, der: bytes) -> None:
        """Take a reply and the certificate that came with it; raises a Refusal."""
        ...

    def looks_after(self, client_id: ClientId) -> timedelta | None:
        """Return after what time to look again in any case; None if never."""
        ...


@dataclass(slots=True)
class _Line:
    """One client and how the pushing to it goes."""

    client_id: ClientId
    backoff: Backoff
    is_due: bool = False
    """Whether there may be something to say."""
    is_running: bool = False
    is_refused: bool = False
    """Whether sending the same again is useless: time alone brings up nothing then."""
    not_before: datetime | None = None
    look_at: datetime | None = None
    counts_at: datetime | None = None
    """From when on a look counts as one more in the wait for an answer."""
    peer: tuple[str, Peer] | None = None
    """The connection, by its origin, while there is something to say."""


class Pusher(Generic[P]):
    """The pushing of one face."""

    def __init__(
        self,
        desk: Desk,
        tasks: Tasks,
        teller: Teller[P],
        courier: Courier,
        *,
        rng: random.Random,
        duty: Duty = ALWAYS,
    ) -> None:
        self._duty = duty
        self._desk = desk
        self._tasks = tasks
        self._teller = teller
        self._courier = courier
        self._rng = rng
        self._lines: dict[ClientId, _Line] = {}
        self._times: list[tuple[datetime, ClientId]] = []

    def open(self) -> None:
        """Begin, with some time between the clients, and follow the feed and what is said."""
        self._desk.listen(self._heed)
        self._teller.listen(self._heed_word)
        self._duty.listen(self._take_up)
        self._take_up()

    def _take_up(self) -> None:
        now = self._desk.clock.now()
        for client_id in self._desk.book.clients:
            if self._teller.is_pushed(client_id):
                wait = timedelta(seconds=self._rng.uniform(0.0, START_SPREAD_S))
                self._look_at(self._line(client_id), now + wait)

    def next_change(self) -> datetime | None:
        """Return when time alone may next give something to do."""
        while self._times and self._lines[self._times[0][1]].look_at != self._times[0][0]:
            heappop(self._times)
        return self._times[0][0] if self._times else None

    def wake(self) -> None:
        """Look at what time has brought up; to be called at `next_change` and about each second."""
        now = self._desk.clock.now()
        while (due := self.next_change()) is not None and due <= now:
            line = self._lines[heappop(self._times)[1]]
            line.look_at = None
            if not line.is_refused:
                self._start(line)

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing is being said; those who wait for a time do not count."""
        return not any(line.is_running for line in self._lines.values())

    def _heed(self, entry: Entry) -> None:
        for client_id in clients_concerned(entry.change, self._lines):
            self._lines[client_id].is_refused = False
            self._start(self._lines[client_id])

    def _heed_word(self, client_id: ClientId) -> None:
        line = self._line(client_id)
        line.is_refused = False
        self._look_at(line, self._desk.clock.now() + BREATH)

    def _line(self, client_id: ClientId) -> _Line:
        if client_id not in self._lines:
            backoff = Backoff(self._rng, most_s=LONGEST_PAUSE_S)
            self._lines[client_id] = _Line(client_id, backoff)
        return self._lines[client_id]

    def _start(self, line: _Line) -> None:
        line.is_due = True
        if self._duty.is_held and not line.is_running:
            line.is_running = True
            self._tasks.start(self._serve(line), name=f"push {line.client_id}")

    async def _serve(self, line: _Line) -> None:
        try:
            while line.is_due and self._duty.is_held:
                line.is_due = False
                await self._look(line)
        except Exception:
            log.exception("pushing to client %s failed", line.client_id)
            self._pause(line, Failure("a fault of ours", is_final=False))
        finally:
            line.is_running = False
            await _hang_up(line)

    async def _look(self, line: _Line) -> None:
        now = self._desk.clock.now()
        if line.not_before is not None and now < line.not_before:
            self._look_at(line, line.not_before)
            return
        counts = line.counts_at is not None and line.counts_at <= now
        if counts:
            line.counts_at = None
        try:
            await self._duty.confirm()
            push = await self._teller.next(line.client_id, counts=counts)
        except Refusal as refusal:
            log.warning("client %s waits: %s", line.client_id, refusal)
            self._pause(line, Failure(refusal.reason, is_final=False))
            return
        if push is None:
            self._rest(line, now)
        else:
            await self._say(line, push)

    def _rest(self, line: _Line, now: datetime) -> None:
        wait = self._teller.looks_after(line.client_id)
        if wait is None:
            line.counts_at = None
            return
        line.counts_at = line.counts_at or now + wait
        self._look_at(line, line.counts_at)

    async def _say(self, line: _Line, push: P) -> None:
        if not self._duty.is_held:
            push.take_back()
            return
        answer = await self._exchange(line, push)
        if isinstance(answer, Failure) and answer.status not in DECLINED:
            push.take_back()
            self._pause(line, answer)
            return
        line.backoff.succeeded()
        line.not_before, line.is_due = None, True
        if isinstance(answer, Failure):
            log.warning("client %s does not take this: %s", line.client_id, answer.why)
            return
        try:
            await self._teller.heard(line.client_id, push, answer.body, answer.certificate)
        except Refusal as refusal:
            log.warning("the reply of client %s is not taken: %s", line.client_id, refusal)

    async def _exchange(self, line: _Line, push: Push) -> Reply | Failure:
        parts = urlsplit(push.uri)
        origin = f"{parts.scheme}://{parts.netloc}"
        try:
            if line.peer is None or line.peer[0] != origin:
                await _hang_up(line)
                peer = self._courier.peer(push.uri, fingerprint=push.fingerprint)
                line.peer = origin, peer
        except ValueError as fault:
            return Failure(str(fault), is_final=True)
        return await exchange(
            line.peer[1], push.uri, push.body, media_type=MEDIA_TYPE, accept=MEDIA_TYPE
        )

    def _pause(self, line: _Line, failure: Failure) -> None:
        """Wait before the next attempt; a final failure waits for something else to happen."""
        asked_s = min(failure.retry_after_s, LONGEST_PAUSE_S)
        pause = timedelta(seconds=line.backoff.failed(asked_s))
        line.not_before = self._desk.clock.now() + pause
        # What came up meanwhile is something else.
        line.is_refused, line.is_due = failure.is_final and not line.is_due, False
        if not line.is_refused:
            self._look_at(line, line.not_before)
        log.warning("client %s is not pushed to: %s", line.client_id, failure.why)

    def _look_at(self, line: _Line, at: datetime) -> None:
        """Have time bring a line up, unless it does so before."""
        if line.look_at is None or at < line.look_at:
            line.look_at = at
            heappush(self._times, (at, line.client_id))


async def _hang_up(line: _Line) -> None:
    # Taken away first, because the next run may begin before the connection is closed.
    held, line.peer = line.peer, None
    if held is not None:
        await held[1].close()
