"""Decides on rates: how often clients are to poll and to post, on an operator's word.

A resource is known by the name that the face gives it; which of them have a rate was found out
before. It must not know what clients themselves propose.
"""

from server.core.book import Book
from server.core.change import Change, PollRateSet, PostRateSet
from server.core.command import SetPollRate, SetPostRate
from server.core.context import Context, find
from server.errors import Invalid, Unknown

LONGEST_S = 86_400


def set_poll_rate(book: Book, command: SetPollRate, context: Context) -> tuple[Change, ...]:
    """Say how often a resource is to be polled, by everybody or by one client.

    Raises Unknown for a client that is not there or a rate to clear that was not set, Invalid for
    a client that does not poll and a rate out of range.
    """
    if command.client_id is not None:
        client = find(book.clients, command.client_id, "client")
        if client.lfdi is None:
            raise Invalid("a VEN is no 2030.5 client", pointer="/client_id")
    held = book.poll_rates.get((command.resource, command.client_id))
    _check(held, command.rate_s)
    if held == command.rate_s:
        return ()
    change = PollRateSet(
        resource=command.resource, client_id=command.client_id, rate_s=command.rate_s
    )
    return (change,)


def set_post_rate(book: Book, command: SetPostRate, context: Context) -> tuple[Change, ...]:
    """Say how often a device is to post; it goes before what its client proposes.

    Raises Unknown for a device that is not there or a rate to clear that was not set, Invalid for a
    rate out of range.
    """
    device = find(book.devices, command.device_id, "device")
    held = book.post_rates.get(device.id, {}).get((command.resource, command.item))
    _check(held, command.rate_s)
    if held == command.rate_s:
        return ()
    change = PostRateSet(
        device_id=device.id,
        resource=command.resource,
        item=command.item,
        rate_s=command.rate_s,
    )
    return (change,)


def _check(held: int | None, rate_s: int | None) -> None:
    if rate_s is None and held is None:
        raise Unknown("no such rate was set")
    if rate_s is not None and not 1 <= rate_s <= LONGEST_S:
        raise Invalid(f"a rate is 1 to {LONGEST_S} seconds", pointer="/rate_s")
