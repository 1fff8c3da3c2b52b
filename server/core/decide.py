"""Judges a command against the book: out come the changes that follow, or a Refusal.

Pure: the same book, command, instant and randomness give the same answer. Each kind of command has
its function in the module of its subject; this one only knows which.
"""

import random
from collections.abc import Callable
from datetime import datetime
from typing import Any

from server.core import enrolment, events, programs, subscriptions, tokens
from server.core.book import Book
from server.core.change import Change
from server.core.command import (
    AddDevice,
    CancelEvent,
    CancelRegistration,
    ChangeMembers,
    Command,
    CreateEvent,
    CreateGroup,
    CreateProgram,
    DescribeDevice,
    EndSubscription,
    EnrolClient,
    IssueToken,
    RegisterDevice,
    RegisterVen,
    RemoveDevice,
    RevokeToken,
    SetAccess,
    SetDefault,
    Subscribe,
)
from server.core.context import Context
from server.core.ids import Names

Changes = tuple[Change, ...]


def decide(book: Book, command: Command, *, now: datetime, rng: random.Random, pen: int) -> Changes:
    """Return the changes that a command brings; raise a Refusal if it is not to be.

    `pen` is the IANA enterprise number that ends our mRIDs.
    """
    context = Context(now=now, rng=rng, names=Names(book, rng, pen))
    return _DECIDERS[type(command)](book, command, context)


_DECIDERS: dict[type[Command], Callable[[Book, Any, Context], Changes]] = {
    EnrolClient: enrolment.enrol_client,
    SetAccess: enrolment.set_access,
    AddDevice: enrolment.add_device,
    RegisterDevice: enrolment.register_device,
    DescribeDevice: enrolment.describe_device,
    RemoveDevice: enrolment.remove_device,
    RegisterVen: enrolment.register_ven,
    CancelRegistration: enrolment.cancel_registration,
    CreateGroup: programs.create_group,
    ChangeMembers: programs.change_members,
    CreateProgram: programs.create_program,
    SetDefault: programs.set_default,
    CreateEvent: events.create_event,
    CancelEvent: events.cancel_event,
    IssueToken: tokens.issue_token,
    RevokeToken: tokens.revoke_token,
    Subscribe: subscriptions.subscribe,
    EndSubscription: subscriptions.end_subscription,
}
