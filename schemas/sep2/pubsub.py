"""Subscriptions, and the notifications that they lead to.

A Notification carries any Resource; which kind it is says its `xsi:type`.
"""

from typing import Annotated

from schemas.sep2.base import List, Resource
from schemas.sep2.names import NS
from schemas.simple import AnyURI, Int48, String16, UInt8, UInt32
from schemas.wire import ATTR, Element


class Condition(Element, ns=NS):
    """The bounds outside of which a value is told; attribute 0 is the value of a Reading."""

    attributeIdentifier: UInt8
    lowerThreshold: Int48
    upperThreshold: Int48


class SubscriptionBase(Resource):
    """The resource that it is about."""

    subscribedResource: AnyURI


class Subscription(SubscriptionBase):
    """Who is to be told, where, and how much at once."""

    Condition_: Condition | None = None
    encoding: UInt8
    level: String16
    limit: UInt32
    notificationURI: AnyURI


class SubscriptionList(List):
    """The subscriptions of a device."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    Subscription_: tuple[Subscription, ...] = ()


class Notification(SubscriptionBase):
    """What has become of a resource; status 0, or 1 to 4 when the subscription ended."""

    newResourceURI: AnyURI | None = None
    Resource_: Resource | None = None
    status: UInt8
    subscriptionURI: AnyURI


class NotificationList(List):
    """The notifications received."""

    Notification_: tuple[Notification, ...] = ()
