"""Operations on subscriptions: what clients are told of, how far that is, and its end."""

from typing import Any

from server.admin.call import Call
from server.admin.models import PageQuery
from server.admin.paging import page
from server.admin.telling import (
    ConditionView,
    DeadLetterList,
    DeliveryView,
    SubscriptionDetail,
    SubscriptionList,
    SubscriptionsQuery,
    SubscriptionView,
)
from server.core.command import EndSubscription
from server.core.context import find
from server.core.ids import number_of
from server.core.model import Ending, Subscription, SubscriptionId
from server.errors import Unknown


async def list_subscriptions(call: Call, *, query: SubscriptionsQuery) -> SubscriptionList:
    """List subscriptions, the oldest first."""
    wanted = (
        one for one in call.book.subscriptions.values() if query.client_id in (None, one.client_id)
    )
    found, cursor = page(wanted, query)
    items = tuple(SubscriptionView(**_told(one)) for one in found)
    return SubscriptionList(items=items, next_cursor=cursor)


async def show_subscription(call: Call, *, subscription_id: str) -> SubscriptionDetail:
    """Show a subscription and how far its telling is."""
    return _detail(call, _found(call, subscription_id))


async def end_subscription(call: Call, *, subscription_id: str) -> None:
    """End a subscription; its client is told so by a last notification."""
    held = _found(call, subscription_id)
    await call.submit(EndSubscription(subscription_id=held.id, ending=Ending.BY_SERVER))


async def list_dead_letters(call: Call, *, query: PageQuery) -> DeadLetterList:
    """List the subscriptions whose notification was given up, the oldest first."""
    outbox = call.house.outbox
    dead = () if outbox is None else outbox.dead_letters()
    found, cursor = page(sorted((one for one, _ in dead), key=_number), query)
    items = tuple(_detail(call, one) for one in found)
    return DeadLetterList(items=items, next_cursor=cursor)


async def replay_dead_letter(call: Call, *, subscription_id: str) -> SubscriptionDetail:
    """Begin anew with a notification that was given up; it tells the latest."""
    held, outbox = _found(call, subscription_id), call.house.outbox
    if outbox is None or held.id not in {one.id for one, _ in outbox.dead_letters()}:
        raise Unknown(f"nothing was given up of {subscription_id!r}")
    outbox.replay(held.id)
    return _detail(call, held)


def _found(call: Call, subscription_id: str) -> Subscription:
    return find(call.book.subscriptions, SubscriptionId(subscription_id), "subscription")


def _number(subscription: Subscription) -> int:
    return number_of(subscription.id)


def _detail(call: Call, of: Subscription) -> SubscriptionDetail:
    outbox = call.house.outbox
    held = None if outbox is None else outbox.delivery(of.id)
    view = None
    if held is not None:
        view = DeliveryView(
            attempts=held.attempts,
            due_at=held.due_at,
            failure=held.failure,
            is_dead=held.is_dead,
        )
    return SubscriptionDetail(**_told(of), delivery=view)


def _told(of: Subscription) -> dict[str, Any]:
    condition = None
    if of.condition is not None:
        condition = ConditionView(lower=of.condition.lower, upper=of.condition.upper)
    return {
        "id": of.id,
        "client_id": of.client_id,
        "resource": of.resource,
        "level": of.level,
        "limit": of.limit,
        "condition": condition,
        "notification_uri": of.notification_uri,
        "created_at": of.created_at,
        "renewed_at": of.renewed_at,
    }
