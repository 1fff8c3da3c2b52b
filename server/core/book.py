"""The book: the control plane as every instance holds it in memory.

Answers questions about what is so; changed only by `server.core.apply`. Reads cost dictionary
look-ups, because every poll makes several. It must not know who asks or how it is stored.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import TypeVar

from server.core.curve import Curve
from server.core.model import (
    Client,
    ClientId,
    CurveId,
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
from server.core.publication import Publication, PublicationId

K = TypeVar("K")
_Subscriptions = defaultdict[K, dict[SubscriptionId, None]]
_Publications = defaultdict[K, dict[PublicationId, None]]
Place = tuple[ClientId, str, str]
"""What a client may subscribe to once: a resource as it wrote it, told to one URI."""


class _Rates:
    """How often clients are to poll and to post, on an operator's word."""

    def __init__(self) -> None:
        self.poll_rates: dict[tuple[str, ClientId | None], int] = {}
        """Seconds by the name of the resource and the client; None is for all clients."""
        self.post_rates: defaultdict[DeviceId, dict[tuple[str, str], int]] = defaultdict(dict)
        """Seconds by the name of the resource and the item; an empty one is for all of a kind."""

    def poll_rate_s(self, resource: str, client_id: ClientId | None) -> int | None:
        """Return how often a client is to poll a resource, if an operator said so."""
        rates = self.poll_rates
        return rates.get((resource, client_id)) or rates.get((resource, None))

    def post_rate_s(self, device_id: DeviceId, resource: str, item: str = "") -> int | None:
        """Return how often a device is to post, if an operator said so."""
        rates = self.post_rates.get(device_id, {})
        return rates.get((resource, item)) or rates.get((resource, ""))


class _Published:
    """What operators publish beside programs."""

    def __init__(self) -> None:
        self.publications: dict[PublicationId, Publication] = {}
        self.publication_by_mrid: dict[Mrid, PublicationId] = {}
        self.publications_by_parent: _Publications[PublicationId] = defaultdict(dict)
        self.publications_by_group: _Publications[GroupId] = defaultdict(dict)
        self.publications_by_device: _Publications[DeviceId] = defaultdict(dict)
        self.revision_by_family: defaultdict[str, int] = defaultdict(int)
        """The head at the last change of one of the publications that stand beside each other."""


class Book(_Rates, _Published):
    """Clients, devices, groups, programs, events and so on, with the indexes that polls need."""

    def __init__(self) -> None:
        _Rates.__init__(self)
        _Published.__init__(self)
        self.head = 0
        """Sequence number of the last change that was applied."""
        self.clients: dict[ClientId, Client] = {}
        self.devices: dict[DeviceId, Device] = {}
        self.groups: dict[GroupId, Group] = {}
        self.programs: dict[ProgramId, Program] = {}
        self.events: dict[EventId, Event] = {}
        self.curves: dict[CurveId, Curve] = {}
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
        self.devices_by_group: defaultdict[GroupId, dict[DeviceId, None]] = defaultdict(dict)
        """Who is in a group; `Group.members` is empty here, or each that joins would copy it."""
        self.programs_by_group: defaultdict[GroupId, dict[ProgramId, None]] = defaultdict(dict)
        self.events_by_program: defaultdict[ProgramId, dict[EventId, None]] = defaultdict(dict)
        self.curves_by_program: defaultdict[ProgramId, dict[CurveId, None]] = defaultdict(dict)
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

    def curves_of(self, program_id: ProgramId) -> dict[CurveId, Curve]:
        """Return the curves that a program's controls may ask for, oldest first."""
        return {curve: self.curves[curve] for curve in self.curves_by_program.get(program_id, ())}

    def is_targeted(self, event: Event, device_id: DeviceId) -> bool:
        """Tell whether an event is for a device."""
        mine = self.groups_by_device.get(device_id, {}).keys()
        program = self.programs.get(event.program_id)
        if program is None or mine.isdisjoint(program.groups) or device_id in event.skipped:
            return False
        targets = event.targets
        if not targets.groups and not targets.devices:
            return True
        return device_id in targets.devices or not mine.isdisjoint(targets.groups)

    def targeted_devices(self, event: Event) -> tuple[Device, ...]:
        """Return the devices that an event is for, oldest first; none without program."""
        program = self.programs.get(event.program_id)
        if program is None:
            return ()
        targets = event.targets
        ids = set(targets.devices)
        for group in targets.groups or (() if ids else program.groups):
            ids.update(self.devices_by_group.get(group, ()))
        found = (self.devices[one] for one in ids if self.is_targeted(event, one))
        return tuple(sorted(found, key=attrgetter("added_at", "id")))

    def events_for(self, device_id: DeviceId, program_id: ProgramId) -> tuple[Event, ...]:
        """Return a program's events that are for a device, oldest first; ended ones too."""
        events = (self.events[e] for e in self.events_by_program.get(program_id, ()))
        return tuple(event for event in events if self.is_targeted(event, device_id))

    def publications_below(self, parent: PublicationId) -> tuple[Publication, ...]:
        """Return what stands right below a publication, oldest first."""
        return tuple(self.publications[p] for p in self.publications_by_parent.get(parent, ()))

    def publications_for(self, device_id: DeviceId) -> tuple[Publication, ...]:
        """Return what is offered to a device, by its groups or to itself; nothing below that."""
        ids = dict.fromkeys(self.publications_by_device.get(device_id, ()))
        for group in self.groups_by_device.get(device_id, ()):
            ids |= self.publications_by_group.get(group, {})
        return tuple(self.publications[p] for p in ids)

    def beside(self, publication: Publication) -> Iterator[Publication]:
        """Yield those of the same kind and family; what is offered to groups has none."""
        if publication.parent is not None:
            ids = self.publications_by_parent.get(publication.parent, {})
        elif publication.device_id is not None:
            ids = self.publications_by_device.get(publication.device_id, {})
        else:
            ids = {}
        found = (self.publications[one] for one in ids)
        return (one for one in found if one.kind == publication.kind)

    def line_of(self, publication: Publication) -> tuple[Publication, ...]:
        """Return a publication and what it stands below, the one that is offered last."""
        line = [publication]
        while line[-1].parent is not None:
            line.append(self.publications[line[-1].parent])
        return tuple(line)

    def is_offered(self, publication: Publication, device_id: DeviceId) -> bool:
        """Tell whether what a publication stands below in the end is for a device."""
        root = self.line_of(publication)[-1]
        mine = self.groups_by_device.get(device_id, {})
        return root.device_id == device_id or any(group in mine for group in root.groups)


def place_of(subscription: Subscription) -> Place:
    """Return what tells a subscription from all others."""
    return subscription.client_id, subscription.resource, subscription.notification_uri


def _by_primacy(programs: Iterable[Program]) -> tuple[Program, ...]:
    """Order as 2030.5 lists programs: primacy ascending, then mRID descending."""
    newest_first = sorted(programs, key=lambda program: program.mrid, reverse=True)
    return tuple(sorted(newest_first, key=lambda program: program.primacy))
