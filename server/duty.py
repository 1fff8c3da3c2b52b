"""Which instance acts on what is outside: notifies, pushes, writes to devices.

One of those on a store does, by a lease; when it is gone another takes over within seconds. Whether
it is ours is asked before each act. It must not know what the acts are.
"""

import asyncio
import logging
from collections.abc import Callable

from server.errors import Unavailable
from server.store.leases import NOBODY, Claim, Leases, Seen

log = logging.getLogger(__name__)

NAME = "acts"
LIFETIME_S = 3.0
"""How long a beat must have stood still for the lease to be taken from its holder."""
MARGIN_S = 1.0
"""By how much earlier the holder itself stops."""
EVERY_S = 0.5

Heed = Callable[[], None]
"""It must not block or raise."""


class Duty:
    """The duty of an instance that has no others beside it: always its own."""

    @property
    def is_held(self) -> bool:
        """Tell whether this instance may act, as far as it knows by itself."""
        return True

    @property
    def claim(self) -> Claim | None:
        """Return what proves the duty in a transaction; None if nothing needs to."""
        return None

    async def confirm(self) -> None:
        """Return if this instance may act, by the store's word; raises Unavailable if not."""

    def listen(self, heed: Heed) -> None:
        """Call `heed` each time the duty has become this instance's."""


ALWAYS = Duty()


class Lease(Duty):
    """The duty of one among several instances, while `run` runs."""

    def __init__(self, leases: Leases, holder: str, *, monotonic: Callable[[], float]) -> None:
        """Take the name of the instance and what tells seconds, also those in which it stood."""
        self._leases = leases
        self._holder = holder
        self._monotonic = monotonic
        self._claim: Claim | None = None
        self._held_until = 0.0
        self._seen = Seen(NOBODY, 0, 0)
        self._seen_at = 0.0
        self._listeners: list[Heed] = []

    @property
    def is_held(self) -> bool:
        """Tell whether this instance may act, as far as it knows by itself."""
        return self._claim is not None and self._monotonic() < self._held_until

    @property
    def claim(self) -> Claim | None:
        """Return what proves the duty in a transaction; one that nobody has if it is not ours."""
        return self._claim or Claim(NAME, 0)

    async def confirm(self) -> None:
        """Return if this instance may act, by the store's word; raises Unavailable if not."""
        if not self.is_held or self._claim is None:
            raise Unavailable("another instance does this now")
        await self._leases.confirm(self._claim)

    def listen(self, heed: Heed) -> None:
        """Call `heed` each time the duty has become this instance's."""
        self._listeners.append(heed)

    async def run(self) -> None:
        """Keep the lease, or wait for it, until cancelled; then let it go."""
        try:
            while True:
                await self.step()
                await asyncio.sleep(EVERY_S)
        finally:
            await self._give_up()

    async def step(self) -> None:
        """Let the lease's beat go on, or take it if its holder is gone."""
        try:
            await self._step()
        except Unavailable as refusal:
            log.warning("the lease cannot be looked at: %s", refusal)

    async def _step(self) -> None:
        began = self._monotonic()
        if self._claim is None:
            await self._try_to_take(began)
        elif await self._leases.renew(self._claim):
            self._hold(self._claim, began)
        else:
            log.warning("another instance acts now")
            self._claim = None

    async def _try_to_take(self, began: float) -> None:
        seen = await self._leases.look(NAME)
        if seen != self._seen:
            self._seen, self._seen_at = seen, self._monotonic()
        if seen.holder != NOBODY and self._monotonic() < self._seen_at + LIFETIME_S:
            return
        claim = await self._leases.take(NAME, self._holder, seen)
        if claim is not None:
            log.info("this instance acts from now on, epoch %d", claim.epoch)
            self._hold(claim, began)

    def _hold(self, claim: Claim, began: float) -> None:
        """Take note that the lease was ours at an instant after `began`."""
        had_it = self.is_held
        self._claim, self._held_until = claim, began + LIFETIME_S - MARGIN_S
        if not had_it:
            for heed in self._listeners:
                heed()

    async def _give_up(self) -> None:
        claim, self._claim = self._claim, None
        if claim is None:
            return
        try:
            await self._leases.give_up(claim)
        except Unavailable:
            log.warning("the lease could not be given up; it runs out")
