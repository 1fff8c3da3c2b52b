"""Judges a command against the book: out come the changes that follow, or a Refusal.

Pure: the same book, command, instant and randomness give the same answer. Each kind of command has
its function in the module of its subject; this one only knows which.
"""

import random
from collections.abc import Callable
from datetime import datetime
from typing import Any

from server.core import (
    curves,
    enrolment,
    events,
    presence,
    programs,
    publishing,
    rates,
    registrations,
    revision,
    subscriptions,
    tokens,
)
from server.core.book import Book
from server.core.change import Change
from server.core.command import (
    AddCurve,
    AddDevice,
    AskVen,
    CancelEvent,
    CancelEvents,
    CancelRegistration,
    ChangeMembers,
    Command,
    CreateEvent,
    CreateGroup,
    CreateProgram,
    DescribeDevice,
    EndSubscription,
    EnrolClient,
    EnsureDevice,
    IssueToken,
    LearnProfile,
    RegisterDevice,
    RegisterVen,
    RemoveCurve,
    RemoveDevice,
    RevokeToken,
    SetAccess,
    SetDefault,
    SetPin,
    SetPollRate,
    SetPostRate,
    SetProfile,
    SetVen,
    Subscribe,
)
from server.core.context import Context
from server.core.event_commands import ChangeEvent
from server.core.ids import Names
from server.core.program_commands import ChangeProgram, RemoveGroup, RemoveProgram, SetVenRules
from server.core.publication_commands import CancelPublication, Publish, Revise, Withdraw

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
    SetProfile: enrolment.set_profile,
    LearnProfile: enrolment.learn_profile,
    AddDevice: enrolment.add_device,
    EnsureDevice: presence.ensure_device,
    RegisterDevice: enrolment.register_device,
    DescribeDevice: enrolment.describe_device,
    SetPin: enrolment.set_pin,
    RemoveDevice: enrolment.remove_device,
    RegisterVen: registrations.register_ven,
    CancelRegistration: registrations.cancel_registration,
    AskVen: registrations.ask_ven,
    SetVen: registrations.set_ven,
    CreateGroup: programs.create_group,
    ChangeMembers: programs.change_members,
    RemoveGroup: programs.remove_group,
    CreateProgram: programs.create_program,
    ChangeProgram: programs.change_program,
    RemoveProgram: programs.remove_program,
    SetVenRules: programs.set_ven_rules,
    SetDefault: programs.set_default,
    AddCurve: curves.add_curve,
    RemoveCurve: curves.remove_curve,
    CreateEvent: events.create_event,
    CancelEvent: events.cancel_event,
    CancelEvents: events.cancel_events,
    ChangeEvent: revision.change_event,
    IssueToken: tokens.issue_token,
    RevokeToken: tokens.revoke_token,
    Subscribe: subscriptions.subscribe,
    EndSubscription: subscriptions.end_subscription,
    Publish: publishing.publish,
    Revise: publishing.revise,
    CancelPublication: publishing.cancel_publication,
    Withdraw: publishing.withdraw,
    SetPollRate: rates.set_poll_rate,
    SetPostRate: rates.set_post_rate,
}
