"""A 2030.5 client: one device that finds its programs, follows their controls and says so.

Polls at the server's rates or a given one, acts on its own timers when the server is silent, and
never ends of a failure: what failed becomes a notice and is tried again after a pause. Events go
to a callback; what a control does to a machine is not known here.
"""

import asyncio
import logging
import random
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from schemas.sep2.der import DERControl, DERControlList
from server.clients.backoff import Backoff
from server.clients.notice import Kind, Notice, Notify
from server.clients.peer import ExchangeFailed, Peer
from server.clients.sep2_clock import ServerClock
from server.clients.sep2_discovery import Assigned, Discovery, Document, Documents, Found
from server.clients.sep2_responses import Responses
from server.clients.sep2_schedule import Schedule, Step
from server.clients.sep2_tree import Tree
from server.clients.wake import set_within
from server.clock import Clock

log = logging.getLogger(__name__)

_LONGEST_SLEEP_S: Final = 60.0


def no_documents(now: datetime) -> Iterable[Document]:
    """Say nothing of the DER."""
    return ()


class Sep2Client:
    """One device of one 2030.5 server."""

    def __init__(
        self,
        peer: Peer,
        *,
        lfdi: str,
        clock: Clock,
        rng: random.Random,
        notify: Notify,
        start: str = "/dcap",
        documents: Documents = no_documents,
        category: int | None = None,
        poll_s: float | None = None,
    ) -> None:
        """Take the server, who the device is, and where its DeviceCapability stands.

        `lfdi` is that of the peer's certificate or of a device that its holder speaks for;
        `documents` is asked at each walk; `category` goes into an in-band registration; `poll_s`
        takes the place of the server's pollRate.
        """
        self._tree = Tree(peer)
        self._clock = ServerClock(clock)
        self._notify = notify
        self._documents = documents
        self._poll_s = poll_s
        self._discovery = Discovery(
            self._tree, self._clock, lfdi=lfdi, start=start, category=category
        )
        self._schedule = Schedule(rng)
        self._responses = Responses(self._tree, lfdi=lfdi, now=clock.now, notify=notify)
        self._backoff = Backoff(rng, most_s=_LONGEST_SLEEP_S)
        self._telling = Backoff(rng, most_s=_LONGEST_SLEEP_S)
        self._found: Found | None = None
        self._walked_at: datetime | None = None
        self._acted = asyncio.Event()
        self._said = asyncio.Event()

    @property
    def found(self) -> Found | None:
        """What the last walk found; None before the first one succeeded."""
        return self._found

    @property
    def in_force(self) -> tuple[DERControl, ...]:
        """The controls that have started and not ended."""
        return self._schedule.in_force()

    def now(self) -> datetime:
        """Return the server's time as far as it is known."""
        return self._clock.now()

    async def run(self) -> None:
        """Follow the server until cancelled."""
        async with asyncio.TaskGroup() as group:
            for loop in (self._poll_forever(), self._act_forever(), self._tell_forever()):
                group.create_task(loop)

    async def discover(self) -> None:
        """Walk to the device's programs and put its documents; raises ExchangeFailed."""
        found = await self._discovery.walk()
        is_first = self._found is None
        self._found, self._walked_at = found, self._clock.own_now()
        if is_first:
            self._tell(Kind.REGISTERED, detail=found.device.href or "")
        kept = (assigned.program.mRID for assigned in found.programs)
        self._do(self._schedule.drop_programs_but(kept, self._clock.now()))
        await self._discovery.put_documents(found.der, self._documents(self._clock.now()))
        if is_first:
            self._tell(Kind.READY, detail=f"{len(found.programs)} programs")

    async def put(self, *documents: Document) -> None:
        """Put documents of the DER between two walks; raises ExchangeFailed."""
        if self._found is not None:
            await self._discovery.put_documents(self._found.der, documents)

    async def poll(self) -> None:
        """Read the controls of all programs; raises ExchangeFailed after having read all it can."""
        failure: ExchangeFailed | None = None
        for assigned in self._found.programs if self._found else ():
            try:
                controls = await self._controls(assigned)
            except ExchangeFailed as fault:
                failure = fault
            else:
                mrid = assigned.program.mRID
                self._do(self._schedule.take(mrid, controls, self._clock.now()))
        if failure is not None:
            raise failure

    def act(self) -> None:
        """Do what has come due."""
        self._do(self._schedule.advance(self._clock.now()))

    async def tell(self) -> ExchangeFailed | None:
        """Send the responses that wait; return the failure after which more is to be tried."""
        return await self._responses.send()

    async def _controls(self, assigned: Assigned) -> tuple[DERControl, ...]:
        link = assigned.program.DERControlListLink
        if link is None:
            return ()
        _, controls = await self._tree.fetch_list(
            link.href, DERControlList, lambda page: page.DERControl_
        )
        return controls

    async def _poll_forever(self) -> None:
        while True:
            pause_s = await self._poll_once()
            await asyncio.sleep(pause_s)

    async def _poll_once(self) -> float:
        """Walk if it is due, poll, and return the seconds to the next time."""
        try:
            if self._is_walk_due():
                await self.discover()
            await self.poll()
        except ExchangeFailed as fault:
            self._tell(Kind.FAILED, detail=fault.why)
            if fault.is_final:
                self._walked_at = None
            return self._backoff.failed(fault.retry_after_s)
        self._backoff.succeeded()
        return self._poll_s or (self._found.poll_s if self._found else 0.0)

    def _is_walk_due(self) -> bool:
        if self._found is None or self._walked_at is None:
            return True
        age_s = (self._clock.own_now() - self._walked_at).total_seconds()
        return not 0 <= age_s < self._found.walk_s

    async def _act_forever(self) -> None:
        while True:
            self._acted.clear()
            self.act()
            due = self._schedule.next_due()
            pause_s = _LONGEST_SLEEP_S if due is None else (due - self._clock.now()).total_seconds()
            await set_within(self._acted, min(max(pause_s, 0.0), _LONGEST_SLEEP_S))

    async def _tell_forever(self) -> None:
        while True:
            self._said.clear()
            failure = await self.tell()
            if failure is None:
                self._telling.succeeded()
                await self._said.wait()
            else:
                await asyncio.sleep(self._telling.failed(failure.retry_after_s))

    def _do(self, steps: Iterable[Step]) -> None:
        for step in steps:
            now = self._clock.now()
            self._responses.add(step, now)
            self._tell_step(step)
            self._acted.set()
            self._said.set()

    def _tell_step(self, step: Step) -> None:
        limit = step.control.DERControlBase_.opModMaxLimW
        self._notify(
            Notice(
                at=self._clock.own_now(),
                kind=step.kind,
                subject=step.control.mRID,
                due=step.due,
                value=None if limit is None else limit / 100,
            )
        )

    def _tell(self, kind: Kind, *, detail: str) -> None:
        if kind is Kind.FAILED:
            log.warning("%s", detail)
        self._notify(Notice(at=self._clock.own_now(), kind=kind, detail=detail))
