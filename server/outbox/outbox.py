"""Tells subscribers what they have not been told: the book, documents and the clock drive it.

What a resource says is compared with what its subscriber was told last, which the store keeps: so
nothing is lost by a restart, several changes make one notification, and a retry tells the latest.
It must not know any wire format or what a version means.
"""

import asyncio
import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush

from server.core.change import SubscriptionEnded, SubscriptionSet
from server.core.command import EndSubscription
from server.core.model import DeviceId, Ending, Subscription, SubscriptionId
from server.core.subscriptions import RENEWALS_NOTED_EVERY
from server.desk import Desk
from server.duty import ALWAYS, Duty
from server.errors import Refusal, Unavailable
from server.outbox.concerned import concerned
from server.outbox.courier import Courier, Failure
from server.outbox.lane import Address, Lane, address_of
from server.outbox.progress import (
    News,
    Versions,
    begun,
    digest,
    failed,
    news_of,
    revived,
    succeeded,
)
from server.outbox.renderer import Renderer
from server.store.metering import METERING
from server.store.store import Entry
from server.store.values import Delivery
from server.tasks import Tasks

log = logging.getLogger(__name__)

ACTOR = "outbox"
AFTER_A_REFUSAL = timedelta(seconds=5)


@dataclass(slots=True)
class _Line:
    """One subscription and how far its telling is."""

    subscription: Subscription
    delivery: Delivery
    is_kept: bool = True
    """False until the store holds its delivery."""
    is_unseen: bool = False
    """True until what the store held of it when it was subscribed to has been looked at."""
    is_stirred: bool = False
    """True if the store has told of it since."""
    ending: Ending | None = None
    """Why it is no more; its client has yet to be told."""
    look_at: datetime | None = None
    """When time is to bring it up next."""


class Outbox:
    """The notifications of one server."""

    def __init__(
        self,
        desk: Desk,
        tasks: Tasks,
        renderer: Renderer,
        courier: Courier,
        *,
        rng: random.Random,
        lifetime: timedelta | None = None,
        duty: Duty = ALWAYS,
    ) -> None:
        """Take `lifetime`, after which a subscription that nobody renewed ends; None is never."""
        self._duty = duty
        self._lifetime = lifetime
        self._desk = desk
        self._book = desk.book
        self._store = desk.store
        self._tasks = tasks
        self._renderer = renderer
        self._courier = courier
        self._rng = rng
        self._lines: dict[SubscriptionId, _Line] = {}
        self._lanes: dict[Address, Lane] = {}
        self._times: list[tuple[datetime, SubscriptionId]] = []

    async def open(self) -> None:
        """Take up where the last run ended, and follow the feed and the documents from now on."""
        kept = await self._kept()
        self._desk.listen(self._heed)
        self._store.listen(self._heed_document)
        self._store.metering.listen(self._heed_mirrors)
        self._store.metering.listen_for_values(self._heed_values)
        self._duty.listen(self._heed_duty)
        await self._take_up(kept)

    def _heed_duty(self) -> None:
        async def take_up() -> None:
            await self._take_up(await self._kept())

        self._tasks.start(take_up(), name="outbox takes over")

    async def _kept(self) -> dict[SubscriptionId, Delivery]:
        return {one.subscription_id: one for one in await self._store.deliveries.all()}

    async def _take_up(self, kept: dict[SubscriptionId, Delivery]) -> None:
        """Go on from what the store holds, whoever put it there."""
        self._lines.clear()
        for subscription in self._book.subscriptions.values():
            delivery = kept.pop(subscription.id, None)
            # Nobody knows what a client was told before a crash: tell it all.
            known = delivery or Delivery(subscription_id=subscription.id)
            line = _Line(subscription, known, is_kept=delivery is not None)
            self._lines[subscription.id] = line
        if kept:
            await self._recall(kept)
        for subscription_id in tuple(self._lines):
            self._mark(subscription_id)

    async def _recall(self, orphans: dict[SubscriptionId, Delivery]) -> None:
        """Find in the feed whom ended subscriptions were of, whose clients were not told so."""
        for entry in await self._store.entries(after=0):
            change = entry.change
            if isinstance(change, SubscriptionSet) and change.subscription.id in orphans:
                one = change.subscription
                self._lines[one.id] = _Line(one, orphans[one.id])
            elif isinstance(change, SubscriptionEnded) and change.subscription_id in orphans:
                self._lines[change.subscription_id].ending = change.ending

    def next_change(self) -> datetime | None:
        """Return when time alone may next give something to do."""
        return self._times[0][0] if self._times else None

    def wake(self) -> None:
        """Look at what time has brought up; to be called at `next_change` and about each second."""
        now = self._desk.clock.now()
        while self._times and self._times[0][0] <= now:
            _, subscription_id = heappop(self._times)
            if (line := self._lines.get(subscription_id)) is not None:
                line.look_at = None
                self._mark(subscription_id)

    @property
    def is_idle(self) -> bool:
        """Tell whether nobody waits to be looked at or told; those who wait for a time do not."""
        return not self._lanes

    def delivery(self, subscription_id: SubscriptionId) -> Delivery | None:
        """Return how far the telling of a subscription is."""
        line = self._lines.get(subscription_id)
        return None if line is None else line.delivery

    def dead_letters(self) -> tuple[tuple[Subscription, Delivery], ...]:
        """Return the subscriptions that were given up until there is something else to tell."""
        lines = self._lines.values()
        return tuple((one.subscription, one.delivery) for one in lines if one.delivery.is_dead)

    def replay(self, subscription_id: SubscriptionId) -> None:
        """Begin anew with what a subscriber has not been told; KeyError for an unknown one."""
        line = self._lines[subscription_id]
        line.delivery = revived(line.delivery)
        self._mark(subscription_id)

    def _heed(self, entry: Entry) -> None:
        change = entry.change
        if isinstance(change, SubscriptionSet):
            self._set(change.subscription)
        elif isinstance(change, SubscriptionEnded):
            line = self._lines[change.subscription_id]
            line.ending, line.delivery = change.ending, revived(line.delivery)
            self._mark(change.subscription_id)
        for subscription_id in concerned(self._book, change):
            self._mark(subscription_id)

    def _heed_document(self, device_id: DeviceId, name: str) -> None:
        for subscription_id in self._book.subscriptions_by_device.get(device_id, ()):
            if self._book.subscriptions[subscription_id].subject.document == name:
                self._stir(subscription_id)

    def _heed_values(self, device_id: DeviceId) -> None:
        self._heed_document(device_id, METERING)

    def _heed_mirrors(self, device_id: DeviceId) -> None:
        """Look at what is about the device's metering, and about that of all its client has."""
        self._heed_values(device_id)
        device = self._book.devices.get(device_id)
        if device is None or device.client_id is None:
            return
        for subscription_id in self._book.subscriptions_by_client.get(device.client_id, ()):
            subject = self._book.subscriptions[subscription_id].subject
            if subject.device_id is None and subject.document == METERING:
                self._stir(subscription_id)

    def _stir(self, subscription_id: SubscriptionId) -> None:
        self._lines[subscription_id].is_stirred = True
        self._mark(subscription_id)

    def _set(self, subscription: Subscription) -> None:
        """Take in a subscription: what is so by now is no news to its client."""
        line = self._lines.get(subscription.id)
        if line is None:
            new = Delivery(subscription_id=subscription.id)
            line = self._lines[subscription.id] = _Line(subscription, new, is_kept=False)
            self._begin(line)
        elif line.subscription.subject != subscription.subject:
            line.subscription = subscription
            self._begin(line)
        else:
            line.subscription, line.delivery = subscription, revived(line.delivery)
        self._mark(subscription.id)

    def _begin(self, line: _Line) -> None:
        subscription, now = line.subscription, line.subscription.renewed_at
        versions: Versions = {}
        line.is_unseen, line.is_stirred = bool(subscription.subject.document), False
        if not line.is_unseen:
            versions = self._renderer.survey(subscription, None, now) or {}
        line.delivery, line.is_kept = succeeded(line.delivery, versions), False

    def _mark(self, subscription_id: SubscriptionId) -> None:
        """Have a subscription looked at soon, if that is for this instance to do."""
        if not self._duty.is_held:
            return
        address = address_of(self._lines[subscription_id].subscription)
        lane = self._lanes.get(address)
        if lane is None:
            lane = self._lanes[address] = Lane(self._courier)
            self._tasks.start(self._serve(address, lane), name=f"notify {address[0]}")
        lane.waiting[subscription_id] = None

    async def _serve(self, address: Address, lane: Lane) -> None:
        try:
            while self._duty.is_held and (subscription_id := lane.next()) is not None:
                line = self._lines.get(subscription_id)
                if line is not None:
                    await self._look(line, lane)
                await asyncio.sleep(0)
        finally:
            del self._lanes[address]
            await lane.close()

    async def _look(self, line: _Line, lane: Lane) -> None:
        try:
            await (self._tell(line, lane) if line.ending is None else self._part(line, lane))
        except Refusal as refusal:
            log.warning("subscription %s waits: %s", line.subscription.id, refusal)
            self._look_again(line, self._desk.clock.now() + AFTER_A_REFUSAL)
        except Exception:
            # It rests until something else changes; the others go on.
            log.exception("subscription %s cannot be told", line.subscription.id)

    async def _tell(self, line: _Line, lane: Lane) -> None:
        subscription = line.subscription
        matter = await self._renderer.gather(subscription)
        now = self._desk.clock.now()
        if self._has_expired(line, now):
            await self._end(subscription, Ending.BY_SERVER)
            return
        versions = self._renderer.survey(subscription, matter, now)
        if versions is None:
            await self._end(subscription, Ending.RESOURCE_GONE)
            return
        self._look_again(line, self._renderer.next_change(subscription, now))
        if line.is_unseen:
            line.delivery = succeeded(line.delivery, {} if line.is_stirred else versions)
            line.is_unseen = False
        news = news_of(subscription, line.delivery.told, versions)
        if news is None:
            await self._rest(line)
        elif self._may_try(line, versions, now):
            body = self._renderer.render(subscription, news.keys, matter, now)
            await self._tell_news(line, lane, body, digest(versions), news)

    def _has_expired(self, line: _Line, now: datetime) -> bool:
        """Tell whether nobody has renewed a subscription for too long; if not yet, look again."""
        if self._lifetime is None:
            return False
        # A renewal may have been too soon after the last one to be noted.
        ends_at = line.subscription.renewed_at + self._lifetime + RENEWALS_NOTED_EVERY
        self._look_again(line, ends_at)
        return ends_at <= now

    async def _end(self, subscription: Subscription, ending: Ending) -> None:
        over = EndSubscription(subscription_id=subscription.id, ending=ending)
        await self._desk.submit(over, actor=ACTOR)

    async def _rest(self, line: _Line) -> None:
        """Keep that there is nothing to tell."""
        resting = revived(line.delivery)
        if resting != line.delivery or not line.is_kept:
            line.delivery = resting
            await self._keep(line)

    async def _keep(self, line: _Line) -> None:
        line.is_kept = False
        await self._store.deliveries.keep(line.delivery, self._duty.claim)
        line.is_kept = True

    def _may_try(self, line: _Line, versions: Versions, now: datetime) -> bool:
        """Tell whether an attempt may begin; if only time is against it, it is brought up again."""
        delivery = line.delivery
        if not self._book.clients[line.subscription.client_id].enabled:
            return False
        if delivery.is_dead:
            return delivery.tried != digest(versions)
        if delivery.due_at is not None and delivery.due_at > now:
            self._look_again(line, delivery.due_at)
            return False
        return True

    async def _tell_news(
        self, line: _Line, lane: Lane, body: bytes, tried: str, news: News
    ) -> None:
        attempt, failure = await self._attempt(line, lane, body, tried)
        if line.delivery is not attempt:
            return  # it was renewed or ended meanwhile, and waits for its turn
        if failure is None:
            line.delivery = succeeded(attempt, news.told)
            if not news.is_all:
                self._mark(line.subscription.id)
        else:
            self._note_failure(line, failure)
        await self._keep(line)

    async def _part(self, line: _Line, lane: Lane) -> None:
        """Send the last notification; who cannot be reached goes without."""
        subscription, now = line.subscription, self._desk.clock.now()
        is_enabled = self._book.clients[subscription.client_id].enabled
        if is_enabled and line.delivery.due_at is not None and line.delivery.due_at > now:
            self._look_again(line, line.delivery.due_at)
            return
        if is_enabled and line.ending is not None:
            body = self._renderer.farewell(subscription, line.ending)
            _, failure = await self._attempt(line, lane, body, "")
            if failure is not None:
                self._note_failure(line, failure)
                if not line.delivery.is_dead:
                    await self._keep(line)
                    return
        await self._store.deliveries.forget(subscription.id, self._duty.claim)
        self._lines.pop(subscription.id, None)

    async def _attempt(
        self, line: _Line, lane: Lane, body: bytes, tried: str
    ) -> tuple[Delivery, Failure | None]:
        """Send a body, the attempt being counted before; return it and how it failed, if so."""
        attempt = begun(line.delivery, tried, self._desk.clock.now(), self._rng)
        line.delivery = attempt
        await self._keep(line)
        if not self._duty.is_held:
            raise Unavailable("another instance may do this now")
        return attempt, await lane.send(line.subscription.notification_uri, body)

    def _note_failure(self, line: _Line, failure: Failure) -> None:
        line.delivery = failed(line.delivery, failure, self._desk.clock.now())
        log.warning(
            "subscription %s, attempt %d: %s%s",
            line.subscription.id,
            line.delivery.attempts,
            failure.why,
            "; given up" if line.delivery.is_dead else "",
        )
        self._look_again(line, line.delivery.due_at)

    def _look_again(self, line: _Line, at: datetime | None) -> None:
        """Have time bring a line up, unless it does so before."""
        if at is not None and (line.look_at is None or at < line.look_at):
            line.look_at = at
            heappush(self._times, (at, line.subscription.id))
