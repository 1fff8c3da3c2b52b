"""The book: the control plane as every instance holds it in memory.

Answers questions about what is so; changed only by `server.core.apply`. Reads cost dictionary
look-ups, because every poll makes several. It must not know who asks or how it is stored.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeVar

from server.core.model import (
    Client,
    ClientId,
    Device,
    DeviceId,
    Event,
    EventId,
    Fingerprint,
    Group,
    GroupId,
    Lfdi,
    Mrid,
    Program,
    ProgramId,
    Subscription,
    SubscriptionId,
    Token,
    TokenId,
)

K = TypeVar("K")
_Subscriptions = defaultdict[K, dict[SubscriptionId, None]]
Place = tuple[ClientId, str, str]
"""What a client may subscribe to once: a resource as it wrote it, told to one URI."""


class Book:
    """Clients, devices, groups, programs, events and so on, with the indexes that polls need."""

    def __init__(self) -> None:
        self.head = 0
        """Sequence number of the last change that was applied."""
        self.clients: dict[ClientId, Client] = {}
        self.devices: dict[DeviceId, Device] = {}
        self.groups: dict[GroupId, Group] = {}
        self.programs: dict[ProgramId, Program] = {}
        self.events: dict[EventId, Event] = {}
        self.tokens: dict[TokenId, Token] = {}
        self.subscriptions: dict[SubscriptionId, Subscription] = {}
        self.client_by_lfdi: dict[Lfdi, ClientId] = {}
        self.client_by_fingerprint: dict[Fingerprint, ClientId] = {}
        self.client_by_ven_id: dict[str, ClientId] = {}
        self.device_by_lfdi: dict[Lfdi, DeviceId] = {}
        self.token_by_digest: dict[str, TokenId] = {}
        self.event_by_mrid: dict[Mrid, tuple[EventId, int]] = {}
        """The event and the number of the interval that carries the mRID."""
        self.devices_by_client: defaultdict[ClientId, dict[DeviceId, None]] = defaultdict(dict)
        self.groups_by_device: defaultdict[DeviceId, dict[GroupId, None]] = defaultdict(dict)
        self.programs_by_group: defaultdict[GroupId, dict[ProgramId, None]] = defaultdict(dict)
        self.events_by_program: defaultdict[ProgramId, dict[EventId, None]] = defaultdict(dict)
        self.subscription_by_place: dict[Place, SubscriptionId] = {}
        self.subscriptions_by_client: _Subscriptions[ClientId] = defaultdict(dict)
        self.subscriptions_by_device: _Subscriptions[DeviceId | None] = defaultdict(dict)
        """None holds those that are about no single device."""
        self.subscriptions_by_program: _Subscriptions[ProgramId] = defaultdict(dict)
        self.revision_by_program: defaultdict[ProgramId, int] = defaultdict(int)
        """The head at the last change that could alter what a program says to anyone."""
        self.membership_revision = 0
        """The head at the last change of who is in which group or program."""
        self.next_number = 1

    def devices_of(self, client_id: ClientId) -> tuple[Device, ...]:
        """Return the devices that a client speaks for, oldest first."""
        return tuple(self.devices[d] for d in self.devices_by_client.get(client_id, ()))

    def groups_of(self, device_id: DeviceId) -> tuple[Group, ...]:
        """Return the groups that a device is in, oldest membership first."""
        return tuple(self.groups[g] for g in self.groups_by_device.get(device_id, ()))

    def programs_of_group(self, group_id: GroupId) -> tuple[Program, ...]:
        """Return the programs offered to a group, the strongest primacy first."""
        return _by_primacy(self.programs[p] for p in self.programs_by_group.get(group_id, ()))

    def programs_of(self, device_id: DeviceId) -> tuple[Program, ...]:
        """Return the programs offered to a device, the strongest primacy first."""
        ids = {
            program: None
            for group in self.groups_by_device.get(device_id, ())
            for program in self.programs_by_group.get(group, ())
        }
        return _by_primacy(self.programs[p] for p in ids)

    def is_targeted(self, event: Event, device_id: DeviceId) -> bool:
        """Tell whether an event is for a device."""
        mine = self.groups_by_device.get(device_id, {})
        if not any(group in mine for group in self.programs[event.program_id].groups):
            return False
        targets = event.targets
        if not targets.groups and not targets.devices:
            return True
        return device_id in targets.devices or any(group in mine for group in targets.groups)

    def targeted_devices(self, event: Event) -> tuple[Device, ...]:
        """Return the devices that an event is for, in the order they came."""
        members: set[DeviceId] = set()
        for group in self.programs[event.program_id].groups:
            members |= self.groups[group].members
        return tuple(
            device
            for device in self.devices.values()
            if device.id in members and self.is_targeted(event, device.id)
        )

    def events_for(self, device_id: DeviceId, program_id: ProgramId) -> tuple[Event, ...]:
        """Return a program's events that are for a device, oldest first; ended ones too."""
        events = (self.events[e] for e in self.events_by_program.get(program_id, ()))
        return tuple(event for event in events if self.is_targeted(event, device_id))


def place_of(subscription: Subscription) -> Place:
    """Return what tells a subscription from all others."""
    return subscription.client_id, subscription.resource, subscription.notification_uri


def _by_primacy(programs: Iterable[Program]) -> tuple[Program, ...]:
    """Order as 2030.5 lists programs: primacy ascending, then mRID descending."""
    newest_first = sorted(programs, key=lambda program: program.mrid, reverse=True)
    return tuple(sorted(newest_first, key=lambda program: program.primacy))
