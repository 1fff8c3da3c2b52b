"""Decides on subscriptions: who is told of which resource, and where to.

Whether the resource exists, may be seen and may be subscribed to, and whether the URI is one to
send to, was found out by the face. It must not know how anybody is told.
"""

from dataclasses import replace
from datetime import timedelta

from server.core.book import Book
from server.core.change import Change, SubscriptionEnded, SubscriptionSet
from server.core.command import EndSubscription, Subscribe
from server.core.context import Context, check_known, find
from server.core.model import ClientKind, Device, Ending, ProgramId, Subscription, SubscriptionId
from server.errors import Conflict, Invalid, Unknown

MOST_ITEMS = 2**32 - 1
"""What fits 2030.5 Subscription.limit."""
RENEWALS_NOTED_EVERY = timedelta(hours=1)
"""Renewals in shorter succession that change nothing leave no trace in the feed."""


def subscribe(book: Book, command: Subscribe, context: Context) -> tuple[Change, ...]:
    """Make a subscription, or renew or replace the one that is meant.

    Raises Unknown if the one to replace is not the client's, Conflict if it would become another's
    twin, Invalid for values out of range.
    """
    client = find(book.clients, command.client_id, "client")
    _check_values(book, command)
    held = _held(book, command)
    wanted = Subscription(
        id=SubscriptionId(context.names.id("s")) if held is None else held.id,
        client_id=client.id,
        home=command.home,
        resource=command.resource,
        subject=command.subject,
        level=command.level,
        limit=command.limit,
        notification_uri=command.notification_uri,
        condition=command.condition,
        created_at=context.now if held is None else held.created_at,
        renewed_at=context.now,
    )
    if held is not None and _is_idle_renewal(held, wanted):
        return ()
    return (SubscriptionSet(subscription=wanted),)


def _check_values(book: Book, command: Subscribe) -> None:
    if not 0 <= command.limit <= MOST_ITEMS:
        raise Invalid("limit is out of range", pointer="/limit")
    subject = command.subject
    if subject.device_id is not None:
        check_known(book.devices, (subject.device_id,), "device", "/subscribedResource")
    if subject.program_id is not None:
        check_known(book.programs, (subject.program_id,), "program", "/subscribedResource")


def _held(book: Book, command: Subscribe) -> Subscription | None:
    place = (command.client_id, command.resource, command.notification_uri)
    twin = book.subscription_by_place.get(place)
    if command.subscription_id is None:
        return None if twin is None else book.subscriptions[twin]
    held = find(book.subscriptions, command.subscription_id, "subscription")
    if held.client_id != command.client_id:
        raise Unknown(f"there is no subscription {command.subscription_id!r}")
    if twin not in (None, held.id):
        raise Conflict(f"{twin} tells of that resource at that URI")
    return held


def _is_idle_renewal(held: Subscription, wanted: Subscription) -> bool:
    is_same = replace(wanted, renewed_at=held.renewed_at) == held
    return is_same and wanted.renewed_at - held.renewed_at < RENEWALS_NOTED_EVERY


def end_subscription(book: Book, command: EndSubscription, context: Context) -> tuple[Change, ...]:
    """Take a subscription out."""
    subscription = find(book.subscriptions, command.subscription_id, "subscription")
    return (SubscriptionEnded(subscription_id=subscription.id, ending=command.ending),)


def endings_with_program(book: Book, program_id: ProgramId) -> tuple[SubscriptionEnded, ...]:
    """Return the ends of all subscriptions that cannot outlast a program."""
    ids = book.subscriptions_by_program.get(program_id, ())
    return tuple(SubscriptionEnded(subscription_id=s, ending=Ending.RESOURCE_GONE) for s in ids)


def endings_with(book: Book, device: Device) -> tuple[SubscriptionEnded, ...]:
    """Return the ends of all subscriptions that cannot outlast a device.

    They are those about it, and all of a client that is that device.
    """
    endings = dict.fromkeys(book.subscriptions_by_device.get(device.id, ()), Ending.RESOURCE_GONE)
    client = None if device.client_id is None else book.clients[device.client_id]
    if client is not None and client.kind is ClientKind.DEVICE:
        for subscription_id in book.subscriptions_by_client.get(client.id, ()):
            endings.setdefault(subscription_id, Ending.BY_SERVER)
    return tuple(SubscriptionEnded(subscription_id=s, ending=e) for s, e in endings.items())
