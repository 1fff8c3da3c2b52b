"""Whose news an entry of the feed may be: the subscriptions to look at again.

Rather one too many than one too few, because what is looked at is compared. It must not know how
anybody is told.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from server.core.book import Book
from server.core.change import (
    AccessSet,
    Change,
    DefaultSet,
    DeviceAdded,
    DeviceDescribed,
    DeviceRemoved,
    DeviceRevised,
    EventCancelled,
    EventCreated,
    GroupCreated,
    GroupRemoved,
    MembersChanged,
    PollRateSet,
    PostRateSet,
    ProgramChanged,
    ProgramCreated,
    ProgramRemoved,
    PublicationCancelled,
    Published,
    Revised,
    Withdrawn,
)
from server.core.model import DeviceId, GroupId, SubscriptionId
from server.core.publication import Publication

Concerned = Iterable[SubscriptionId]


def concerned(book: Book, change: Change) -> Concerned:
    """Return the subscriptions whose resources a change, already applied, may have changed."""
    find = _FINDERS.get(type(change))
    return () if find is None else tuple(find(book, change))


def _of_program(book: Book, change: DefaultSet) -> Concerned:
    return book.subscriptions_by_program.get(change.program_id, ())


def _of_new_event(book: Book, change: EventCreated) -> Concerned:
    return book.subscriptions_by_program.get(change.event.program_id, ())


def _of_cancelled_event(book: Book, change: EventCancelled) -> Concerned:
    return book.subscriptions_by_program.get(book.events[change.event_id].program_id, ())


def _of_new_device(book: Book, change: DeviceAdded) -> Concerned:
    client_id = change.device.client_id
    if client_id is None:
        return ()
    mine = book.subscriptions_by_client.get(client_id, ())
    return (one for one in mine if book.subscriptions[one].subject.device_id is None)


def _of_described_device(
    book: Book, change: DeviceDescribed | DeviceRevised | PostRateSet
) -> Concerned:
    client_id = book.devices[change.device_id].client_id
    mine = () if client_id is None else book.subscriptions_by_client.get(client_id, ())
    about = (None, change.device_id)
    return (one for one in mine if book.subscriptions[one].subject.device_id in about)


def _of_poll_rate(book: Book, change: PollRateSet) -> Concerned:
    if change.client_id is None:
        return book.subscriptions
    return book.subscriptions_by_client.get(change.client_id, ())


def _of_removed_device(book: Book, change: DeviceRemoved) -> Concerned:
    return book.subscriptions_by_device.get(None, ())


def _of_devices(book: Book, devices: Iterable[DeviceId]) -> Iterator[SubscriptionId]:
    for device_id in devices:
        yield from book.subscriptions_by_device.get(device_id, ())


def _of_new_group(book: Book, change: GroupCreated) -> Concerned:
    return _of_devices(book, change.group.members)


def _of_members(book: Book, change: MembersChanged) -> Concerned:
    return _of_devices(book, change.joined | change.left)


def _of_new_program(book: Book, change: ProgramCreated) -> Concerned:
    return _of_groups(book, change.program.groups)


def _of_groups(book: Book, groups: Iterable[GroupId]) -> Concerned:
    members = (device for group in groups for device in book.devices_by_group.get(group, ()))
    return _of_devices(book, dict.fromkeys(members))


def _of_changed_program(book: Book, change: ProgramChanged) -> Concerned:
    yield from book.subscriptions_by_program.get(change.program_id, ())
    groups = book.programs[change.program_id].groups | change.left
    yield from _of_groups(book, groups)


def _of_removed_program(book: Book, change: ProgramRemoved) -> Concerned:
    return _of_groups(book, change.groups)


def _of_removed_group(book: Book, change: GroupRemoved) -> Concerned:
    return _of_devices(book, change.members)


def _of_published(book: Book, change: Published) -> Concerned:
    return _of_publication(book, book.line_of(change.publication)[-1])


def _of_publication_of(book: Book, change: Revised | PublicationCancelled) -> Concerned:
    publication = book.publications[change.publication_id]
    return _of_publication(book, book.line_of(publication)[-1])


def _of_publication(book: Book, offered: Publication | Withdrawn) -> Concerned:
    yield from _of_groups(book, offered.groups)
    if offered.device_id is not None:
        yield from book.subscriptions_by_device.get(offered.device_id, ())


def _of_client(book: Book, change: AccessSet) -> Concerned:
    return book.subscriptions_by_client.get(change.client_id, ())


_FINDERS: dict[type[Change], Callable[[Book, Any], Concerned]] = {
    DefaultSet: _of_program,
    EventCreated: _of_new_event,
    EventCancelled: _of_cancelled_event,
    Published: _of_published,
    Revised: _of_publication_of,
    PublicationCancelled: _of_publication_of,
    Withdrawn: _of_publication,
    DeviceAdded: _of_new_device,
    DeviceDescribed: _of_described_device,
    DeviceRevised: _of_described_device,
    DeviceRemoved: _of_removed_device,
    GroupCreated: _of_new_group,
    MembersChanged: _of_members,
    GroupRemoved: _of_removed_group,
    ProgramCreated: _of_new_program,
    ProgramChanged: _of_changed_program,
    ProgramRemoved: _of_removed_program,
    AccessSet: _of_client,
    PollRateSet: _of_poll_rate,
    PostRateSet: _of_described_device,
}
