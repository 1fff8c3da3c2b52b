"""The duty to act: one instance's at a time, soon another's if it is gone; epochs prove it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from server.duty import ALWAYS, LIFETIME_S, MARGIN_S, Lease
from server.errors import Unavailable
from server.store.store import Store
from server.store.values import Delivery
from server.tasks import Tasks

DELIVERY = Delivery(subscription_id="s1", told={"": "1"})
LATER = Delivery(subscription_id="s1", told={"": "2"})


class Watch:
    """Seconds that the test lets pass."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Instance:
    """A store of its own and the wish to act."""

    def __init__(self, store: Store, watch: Watch) -> None:
        self.store = store
        self.lease = Lease(store.leases, store.name, monotonic=watch)
        self.taken = 0
        self.lease.listen(self._note)

    def _note(self) -> None:
        self.taken += 1

    async def keep(self, delivery: Delivery = DELIVERY) -> None:
        await self.store.deliveries.keep(delivery, self.lease.claim)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture(params=["sqlite", "postgresql"])
async def two(request, tmp_path, watch) -> AsyncIterator[tuple[Instance, Instance]]:
    url = f"sqlite:///{tmp_path / 'house.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    async with AsyncExitStack() as stack:
        stores = [await Store.open(url) for _ in range(2)]
        for store in stores:
            stack.push_async_callback(store.close)
        yield Instance(stores[0], watch), Instance(stores[1], watch)


async def pass_time(watch: Watch, seconds: float, *beating: Instance) -> None:
    """Let time pass while some instances do what they do all the time."""
    for _ in range(round(seconds * 2)):
        watch.now_s += 0.5
        for instance in beating:
            await instance.lease.step()


async def test_the_first_has_it_and_keeps_it_while_it_lives(two, watch) -> None:
    one, other = two
    assert not one.lease.is_held
    for instance in two:
        await instance.lease.step()
    await pass_time(watch, 3 * LIFETIME_S, one, other)
    assert (one.lease.is_held, other.lease.is_held) == (True, False)
    assert (one.taken, other.taken) == (1, 0)
    await one.lease.confirm()
    with pytest.raises(Unavailable):
        await other.lease.confirm()


async def test_another_takes_over_soon_after_it_fell_silent_and_not_before(two, watch) -> None:
    one, other = two
    await one.lease.step()
    await other.lease.step()
    await pass_time(watch, LIFETIME_S - 0.5, other)
    assert not other.lease.is_held
    await pass_time(watch, 0.5, other)
    assert (other.lease.is_held, other.taken) == (True, 1)


async def test_the_silent_one_stops_by_itself_before_another_starts(two, watch) -> None:
    one, other = two
    await one.lease.step()
    await other.lease.step()
    await pass_time(watch, LIFETIME_S - MARGIN_S, other)
    assert (one.lease.is_held, other.lease.is_held) == (False, False)
    with pytest.raises(Unavailable):
        await one.lease.confirm()


async def test_one_that_stood_still_writes_nothing_though_it_does_not_know(two, watch) -> None:
    one, other = two
    await one.lease.step()
    await one.keep()
    await other.lease.step()
    await pass_time(watch, LIFETIME_S, other)
    await other.keep(LATER)
    # As if it had been stopped after it looked at its clock.
    one.lease._held_until = watch.now_s + 10
    assert one.lease.is_held
    with pytest.raises(Unavailable):
        await one.keep()
    with pytest.raises(Unavailable):
        await one.store.deliveries.forget("s1", one.lease.claim)
    with pytest.raises(Unavailable):
        await one.lease.confirm()
    assert await one.store.deliveries.all() == (LATER,)
    await one.lease.step()
    assert not one.lease.is_held
    await pass_time(watch, 2 * LIFETIME_S, one, other)
    assert (one.lease.is_held, other.lease.is_held) == (False, True)


async def test_who_never_had_it_writes_nothing(two) -> None:
    one, _ = two
    with pytest.raises(Unavailable):
        await one.keep()
    assert await one.store.deliveries.all() == ()


async def test_of_two_that_see_it_free_at_once_one_takes_it(two) -> None:
    one, _ = two
    seen = await one.store.leases.look("acts")
    claims = [await each.store.leases.take("acts", each.store.name, seen) for each in two]
    assert [claim is None for claim in claims] == [False, True]


async def test_it_is_given_up_at_a_stop_and_taken_at_once(two, watch) -> None:
    one, other = two
    tasks = Tasks()
    await one.lease.step()
    tasks.start(one.lease.run(), name="lease")
    await one.lease.step()
    await other.lease.step()
    assert not other.lease.is_held
    await tasks.stop()
    await other.lease.step()
    assert (one.lease.is_held, other.lease.is_held) == (False, True)


async def test_a_store_that_is_away_for_a_while_costs_the_lease_and_no_more(two, watch) -> None:
    one, other = two
    await one.lease.step()
    await other.store.close()
    await other.lease.step()
    await pass_time(watch, LIFETIME_S)
    assert not one.lease.is_held
    await one.lease.step()
    assert (one.lease.is_held, one.taken) == (True, 2)


async def test_one_alone_always_has_it(two) -> None:
    assert ALWAYS.is_held
    await ALWAYS.confirm()
    await two[0].store.deliveries.keep(DELIVERY, ALWAYS.claim)
    assert await two[0].store.deliveries.all() == (DELIVERY,)
