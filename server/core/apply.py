"""Applies changes to the book: the only place where the control plane changes.

Cannot refuse: what is in the feed has happened. Every instance that applies the same entries in the
same order holds the same book.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from server.core import apply_publications
from server.core.book import Book, place_of
from server.core.change import (
    AccessSet,
    Change,
    ClientEnrolled,
    CurveAdded,
    CurveRemoved,
    DefaultSet,
    DeviceAdded,
    DeviceDescribed,
    DeviceRemoved,
    DeviceRevised,
    EventCancelled,
    EventChanged,
    EventCreated,
    GroupCreated,
    GroupRemoved,
    MembersChanged,
    PinSet,
    PollRateSet,
    PostRateSet,
    ProfileSet,
    ProgramChanged,
    ProgramCreated,
    ProgramRemoved,
    RegistrationCancelled,
    RegistrationWished,
    SubscriptionEnded,
    SubscriptionSet,
    TokenIssued,
    TokenRevoked,
    VenRegistered,
    VenRulesSet,
    VenSet,
)
from server.core.ids import number_of
from server.core.model import DeviceId, GroupId, ProgramId, Subscription

K = TypeVar("K")


def apply(book: Book, change: Change, *, seq: int) -> None:
    """Make the book say what a change says; `seq` is the change's place in the feed."""
    book.head = seq
    _APPLIERS[type(change)](book, change)


def _name_taken(book: Book, name: str) -> None:
    book.next_number = max(book.next_number, number_of(name) + 1)


def _program_moved(book: Book, program_id: ProgramId) -> None:
    book.revision_by_program[program_id] = book.head


def _client_enrolled(book: Book, change: ClientEnrolled) -> None:
    client = change.client
    _name_taken(book, client.id)
    book.clients[client.id] = client
    if client.lfdi is not None:
        book.client_by_lfdi[client.lfdi] = client.id
    if client.fingerprint is not None:
        book.client_by_fingerprint[client.fingerprint] = client.id
    if client.ven_id is not None:
        book.client_by_ven_id[client.ven_id] = client.id


def _access_set(book: Book, change: AccessSet) -> None:
    client = book.clients[change.client_id]
    book.clients[client.id] = replace(client, enabled=change.enabled)


def _profile_set(book: Book, change: ProfileSet) -> None:
    client = book.clients[change.client_id]
    book.clients[client.id] = replace(
        client, profile=change.profile, is_profile_fixed=change.is_fixed
    )


def _ven_registered(book: Book, change: VenRegistered) -> None:
    client = book.clients[change.client_id]
    book.clients[client.id] = replace(client, registration=change.registration)


def _registration_cancelled(book: Book, change: RegistrationCancelled) -> None:
    client = book.clients[change.client_id]
    book.clients[client.id] = replace(client, registration=None)


def _registration_wished(book: Book, change: RegistrationWished) -> None:
    client = book.clients[change.client_id]
    if client.registration is not None:
        wished = replace(client.registration, wish=change.wish)
        book.clients[client.id] = replace(client, registration=wished)


def _ven_set(book: Book, change: VenSet) -> None:
    client = book.clients[change.client_id]
    book.clients[client.id] = replace(client, ven_settings=change.settings)


def _device_added(book: Book, change: DeviceAdded) -> None:
    device = change.device
    _name_taken(book, device.id)
    book.devices[device.id] = device
    if device.client_id is not None:
        book.devices_by_client[device.client_id][device.id] = None
    if device.lfdi is not None:
        book.device_by_lfdi[device.lfdi] = device.id
    for group_id in change.groups:
        _join(book, group_id, frozenset({device.id}))
    book.membership_revision = book.head


def _device_described(book: Book, change: DeviceDescribed) -> None:
    book.devices[change.device_id] = replace(
        book.devices[change.device_id],
        device_category=change.device_category,
        changed_at=change.changed_at,
        post_rate_s=change.post_rate_s,
    )
    # Whoever keeps devices in order of membership keeps these values with them.
    book.membership_revision = book.head


def _device_revised(book: Book, change: DeviceRevised) -> None:
    book.devices[change.device_id] = replace(
        book.devices[change.device_id],
        name=change.name,
        pin=change.pin,
        device_category=change.device_category,
        rated_w=change.rated_w,
    )
    book.membership_revision = book.head


def _pin_set(book: Book, change: PinSet) -> None:
    device = book.devices[change.device_id]
    book.devices[device.id] = replace(device, pin=change.pin)


def _device_removed(book: Book, change: DeviceRemoved) -> None:
    device = book.devices[change.device_id]
    for group_id in tuple(book.groups_by_device[device.id]):
        _leave(book, group_id, frozenset({device.id}))
    del book.groups_by_device[device.id]
    del book.devices[device.id]
    book.post_rates.pop(device.id, None)
    if device.client_id is not None:
        del book.devices_by_client[device.client_id][device.id]
    if device.lfdi is not None:
        del book.device_by_lfdi[device.lfdi]
    book.membership_revision = book.head


def _join(book: Book, group_id: GroupId, joined: frozenset[DeviceId]) -> None:
    members = book.devices_by_group[group_id]
    for device_id in joined:
        members[device_id] = None
        book.groups_by_device[device_id][group_id] = None


def _leave(book: Book, group_id: GroupId, left: frozenset[DeviceId]) -> None:
    members = book.devices_by_group[group_id]
    for device_id in left:
        members.pop(device_id, None)
        book.groups_by_device[device_id].pop(group_id, None)


def _group_created(book: Book, change: GroupCreated) -> None:
    group = change.group
    _name_taken(book, group.id)
    book.groups[group.id] = replace(group, members=frozenset())
    _join(book, group.id, group.members)
    book.membership_revision = book.head


def _members_changed(book: Book, change: MembersChanged) -> None:
    _join(book, change.group_id, change.joined)
    _leave(book, change.group_id, change.left)
    book.membership_revision = book.head


def _group_removed(book: Book, change: GroupRemoved) -> None:
    _leave(book, change.group_id, change.members)
    del book.groups[change.group_id]
    book.devices_by_group.pop(change.group_id, None)
    book.membership_revision = book.head


def _program_created(book: Book, change: ProgramCreated) -> None:
    program = change.program
    _name_taken(book, program.id)
    book.programs[program.id] = program
    for group_id in program.groups:
        book.programs_by_group[group_id][program.id] = None
    book.membership_revision = book.head
    _program_moved(book, program.id)


def _program_changed(book: Book, change: ProgramChanged) -> None:
    program = book.programs[change.program_id]
    book.programs[program.id] = replace(
        program,
        name=change.name,
        primacy=change.primacy,
        groups=program.groups - change.left | change.joined,
        version=change.version,
    )
    for group_id in change.left:
        del book.programs_by_group[group_id][program.id]
    for group_id in change.joined:
        book.programs_by_group[group_id][program.id] = None
    book.membership_revision = book.head
    _program_moved(book, program.id)


def _ven_rules_set(book: Book, change: VenRulesSet) -> None:
    program = book.programs[change.program_id]
    book.programs[program.id] = replace(program, ven_rules=change.rules)


def _program_removed(book: Book, change: ProgramRemoved) -> None:
    """Take a program out; its events stay known, for nobody."""
    program = book.programs.pop(change.program_id)
    for group_id in program.groups:
        del book.programs_by_group[group_id][program.id]
    for curve_id in book.curves_by_program.pop(program.id, ()):
        del book.curves[curve_id]
    book.membership_revision = book.head
    _program_moved(book, program.id)


def _default_set(book: Book, change: DefaultSet) -> None:
    program = book.programs[change.program_id]
    book.programs[program.id] = replace(
        program,
        default=change.controls,
        default_settings=change.settings,
        default_version=change.version,
    )
    _program_moved(book, program.id)


def _curve_added(book: Book, change: CurveAdded) -> None:
    curve = change.curve
    _name_taken(book, curve.id)
    book.curves[curve.id] = curve
    book.curves_by_program[curve.program_id][curve.id] = None
    _program_moved(book, curve.program_id)


def _curve_removed(book: Book, change: CurveRemoved) -> None:
    curve = book.curves.pop(change.curve_id)
    del book.curves_by_program[curve.program_id][curve.id]
    _program_moved(book, curve.program_id)


def _event_created(book: Book, change: EventCreated) -> None:
    event = change.event
    _name_taken(book, event.id)
    book.events_by_program[event.program_id][event.id] = None
    _event_changed(book, change)


def _event_changed(book: Book, change: EventCreated | EventChanged) -> None:
    event = change.event
    book.events[event.id] = event
    for index, interval in enumerate(event.published):
        book.event_by_mrid[interval.mrid] = (event.id, index)
    _program_moved(book, event.program_id)


def _event_cancelled(book: Book, change: EventCancelled) -> None:
    event = book.events[change.event_id]
    book.events[event.id] = replace(
        event,
        cancelled_at=change.at,
        is_cancelled_at_random=change.at_random,
        version=event.version + 1,
    )
    _program_moved(book, event.program_id)


def _token_issued(book: Book, change: TokenIssued) -> None:
    token = change.token
    _name_taken(book, token.id)
    book.tokens[token.id] = token
    book.token_by_digest[token.digest] = token.id


def _token_revoked(book: Book, change: TokenRevoked) -> None:
    token = book.tokens[change.token_id]
    book.tokens[token.id] = replace(token, is_revoked=True)


def _subscription_set(book: Book, change: SubscriptionSet) -> None:
    subscription = change.subscription
    _name_taken(book, subscription.id)
    replaced = book.subscriptions.get(subscription.id)
    if replaced is not None:
        _unlink(book, replaced)
    book.subscriptions[subscription.id] = subscription
    _link(book, subscription)


def _subscription_ended(book: Book, change: SubscriptionEnded) -> None:
    _unlink(book, book.subscriptions.pop(change.subscription_id))


def _link(book: Book, subscription: Subscription) -> None:
    book.subscription_by_place[place_of(subscription)] = subscription.id
    book.subscriptions_by_client[subscription.client_id][subscription.id] = None
    book.subscriptions_by_device[subscription.subject.device_id][subscription.id] = None
    if subscription.subject.program_id is not None:
        book.subscriptions_by_program[subscription.subject.program_id][subscription.id] = None


def _unlink(book: Book, subscription: Subscription) -> None:
    del book.subscription_by_place[place_of(subscription)]
    del book.subscriptions_by_client[subscription.client_id][subscription.id]
    del book.subscriptions_by_device[subscription.subject.device_id][subscription.id]
    if subscription.subject.program_id is not None:
        del book.subscriptions_by_program[subscription.subject.program_id][subscription.id]


def _poll_rate_set(book: Book, change: PollRateSet) -> None:
    _put(book.poll_rates, (change.resource, change.client_id), change.rate_s)


def _post_rate_set(book: Book, change: PostRateSet) -> None:
    rates = book.post_rates[change.device_id]
    _put(rates, (change.resource, change.item), change.rate_s)


def _put(rates: dict[K, int], key: K, rate_s: int | None) -> None:
    if rate_s is None:
        del rates[key]
    else:
        rates[key] = rate_s


_APPLIERS: dict[type[Change], Callable[[Book, Any], None]] = {
    **apply_publications.APPLIERS,
    ClientEnrolled: _client_enrolled,
    AccessSet: _access_set,
    ProfileSet: _profile_set,
    VenRegistered: _ven_registered,
    RegistrationCancelled: _registration_cancelled,
    RegistrationWished: _registration_wished,
    VenSet: _ven_set,
    DeviceAdded: _device_added,
    DeviceDescribed: _device_described,
    DeviceRevised: _device_revised,
    PinSet: _pin_set,
    DeviceRemoved: _device_removed,
    GroupCreated: _group_created,
    MembersChanged: _members_changed,
    GroupRemoved: _group_removed,
    ProgramCreated: _program_created,
    ProgramChanged: _program_changed,
    ProgramRemoved: _program_removed,
    VenRulesSet: _ven_rules_set,
    DefaultSet: _default_set,
    CurveAdded: _curve_added,
    CurveRemoved: _curve_removed,
    EventCreated: _event_created,
    EventCancelled: _event_cancelled,
    EventChanged: _event_changed,
    TokenIssued: _token_issued,
    TokenRevoked: _token_revoked,
    SubscriptionSet: _subscription_set,
    SubscriptionEnded: _subscription_ended,
    PollRateSet: _poll_rate_set,
    PostRateSet: _post_rate_set,
}
