"""Subscriptions and notifications as 2030.5 spells them.

Pure; it must not know HTTP, nor when anybody is told.
"""

from collections.abc import Sequence

from schemas.sep2 import pubsub
from schemas.sep2.base import Resource
from server.core.model import Ending, Subscription
from server.sep2.pace import Pace
from server.sep2.routes import href

XML_ENCODING = 0
DEFAULT, CANCELLED, RESOURCE_DELETED = 0, 1, 4
"""2030.5 Notification.status: the usual; no more, for no given reason; for the resource is gone."""


def path_of(subscription: Subscription) -> str:
    """Return where a client finds its subscription."""
    return href("subscription", e=subscription.home, s=subscription.id)


def subscription(of: Subscription) -> pubsub.Subscription:
    """Return a subscription as its client wrote it."""
    return pubsub.Subscription(
        href=path_of(of),
        subscribedResource=of.resource,
        Condition_=_condition(of),
        encoding=XML_ENCODING,
        level=of.level,
        limit=of.limit,
        notificationURI=of.notification_uri,
    )


def _condition(of: Subscription) -> pubsub.Condition | None:
    bounds = of.condition
    if bounds is None:
        return None
    return pubsub.Condition(
        attributeIdentifier=0, lowerThreshold=bounds.lower, upperThreshold=bounds.upper
    )


def subscription_list(
    home: str, found: Sequence[Subscription], pace: Pace, *, total: int
) -> pubsub.SubscriptionList:
    """Return some of the `total` subscriptions of a client."""
    return pubsub.SubscriptionList(
        href=href("subscriptions", e=home),
        pollRate=pace.poll_rate("SubscriptionList"),
        all=total,
        results=len(found),
        Subscription_=tuple(subscription(of) for of in found),
    )


def notification(of: Subscription, resource: Resource | None) -> pubsub.Notification:
    """Return what tells of a resource; None where the client wants no more than the fact."""
    return pubsub.Notification(
        subscribedResource=of.resource,
        Resource_=resource,
        status=DEFAULT,
        subscriptionURI=path_of(of),
    )


def farewell(of: Subscription, ending: Ending) -> pubsub.Notification:
    """Return the last notification of a subscription."""
    is_gone = ending is Ending.RESOURCE_GONE
    return pubsub.Notification(
        subscribedResource=of.resource,
        status=RESOURCE_DELETED if is_gone else CANCELLED,
        subscriptionURI=path_of(of),
    )
