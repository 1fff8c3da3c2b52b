"""How the telling of one subscription goes on: pure steps from one Delivery to the next.

A resource is known by the version of each of its parts. It must not know what they are.
"""

import json
import random
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from server.core.model import Subscription
from server.outbox.courier import Failure
from server.store.values import Delivery

PAUSES_S = (5, 15, 60, 120, 300, 600, 1800)
"""Before each attempt after the first."""
LONGEST_PAUSE_S = 3600
MOST_ITEMS = 100
"""Of one notification, however many a client would take."""
WHOLE = ""
QUIET = ""
"""The version of what its client does not want to be told of."""

Versions = Mapping[str, str]


class News(NamedTuple):
    """What the next notification tells: some parts, and what the client then knows."""

    keys: frozenset[str]
    told: Versions
    is_all: bool


def news_of(subscription: Subscription, told: Versions, versions: Versions) -> News | None:
    """Return what a client has not been told, as much as one notification takes.

    What is no longer there is told by the list without it.
    """
    changed = [key for key, version in versions.items() if version not in (QUIET, told.get(key))]
    if not changed and told.keys() <= versions.keys():
        return None
    items = [key for key in changed if key != WHOLE]
    most = min(subscription.limit, MOST_ITEMS) or len(items)
    chosen, later = frozenset(items[:most]), items[most:]
    return News(chosen, _after(told, versions, later), is_all=not later)


def _after(told: Versions, versions: Versions, later: Collection[str]) -> Versions:
    """Return what a client knows that is told all but some items."""
    left = set(later)
    known = {key: version for key, version in versions.items() if key not in left}
    return known | {key: told[key] for key in left if key in told}


def digest(versions: Versions) -> str:
    """Return what stands for the versions of all parts."""
    text = json.dumps(sorted(versions.items()))
    return sha256(text.encode()).hexdigest()[:16]


def begun(delivery: Delivery, tried: str, now: datetime, rng: random.Random) -> Delivery:
    """Return a delivery whose next attempt begins: should it be cut off, the next one is due."""
    attempts = 1 if delivery.is_dead else delivery.attempts + 1
    pause_s = PAUSES_S[min(attempts, len(PAUSES_S)) - 1] * rng.uniform(1.0, 1.1)
    return replace(
        delivery,
        tried=tried,
        attempts=attempts,
        due_at=now + timedelta(seconds=pause_s),
        is_dead=False,
    )


def succeeded(delivery: Delivery, told: Versions) -> Delivery:
    """Return a delivery whose attempt was taken."""
    return Delivery(subscription_id=delivery.subscription_id, told=told)


def failed(delivery: Delivery, failure: Failure, now: datetime) -> Delivery:
    """Return a delivery whose attempt failed; after the last one it is dead."""
    if failure.is_final or delivery.attempts > len(PAUSES_S):
        return replace(delivery, due_at=None, failure=failure.why, is_dead=True)
    asked = now + timedelta(seconds=min(failure.retry_after_s, LONGEST_PAUSE_S))
    due_at = asked if delivery.due_at is None else max(asked, delivery.due_at)
    return replace(delivery, due_at=due_at, failure=failure.why)


def revived(delivery: Delivery) -> Delivery:
    """Return a delivery that begins anew with what is untold."""
    return succeeded(delivery, delivery.told)
