"""What subscribed resources say, and the notifications that tell of it.

Most of it comes from the book; what the store holds of a resource is gathered first, and handed
back with each question. It must not know when or how often anybody is told.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any

from schemas.sep2 import decode, encode
from schemas.sep2.base import Resource
from schemas.sep2.der import DERControlList
from server.core.book import Book
from server.core.model import (
    Client,
    Condition,
    Device,
    DeviceId,
    Ending,
    Group,
    GroupId,
    Program,
    Subject,
    Subscription,
)
from server.errors import Unknown
from server.sep2 import project_device, project_fsa, project_program, project_subscription
from server.sep2.access import Access, caller_of
from server.sep2.content import STATIC, WHOLE, Content, Part
from server.sep2.entries import Entries, ItemCount
from server.sep2.metering_notices import TOPICS as METERING_TOPICS
from server.sep2.metering_notices import MeteringNotices
from server.sep2.pace import Pace, Paces
from server.sep2.profiles import Profiles
from server.sep2.published.links import published_sets
from server.sep2.published.notices import TOPICS as PUBLISHED_TOPICS
from server.sep2.published.notices import PublishedNotices
from server.sep2.routes import BY_NAME, href
from server.sep2.settings import Sep2Settings
from server.sep2.views import Row, Views
from server.store.store import Document

OF_PROGRAMS = frozenset({"program", "controls", "active_controls", "control", "default_control"})
"""The topics below one program."""
TIMED = frozenset({"controls", "active_controls", "control"})
"""The topics that change by time alone."""
DOCUMENTS = frozenset({"der_settings", "der_status", "der_availability"})
"""The topics that are documents of a device."""


class Notices:
    """The resources that may be subscribed to, by the name of their route."""

    def __init__(
        self,
        book: Book,
        access: Access,
        settings: Sep2Settings,
        *,
        count: ItemCount,
        views: Views,
        metering: MeteringNotices,
        document: Callable[[DeviceId, str], Awaitable[Document | None]],
    ) -> None:
        """Take `document`, which returns what a device keeps under a name."""
        self._metering = metering
        self._published = PublishedNotices(book)
        self._document_of = document
        self._book = book
        self._access = access
        self._paces = Paces(book, settings)
        self._entries = Entries(book, access, settings, count)
        self._views = views
        self._profiles = Profiles(settings.profile)
        about_device: dict[str, Callable[[Device, Subject, datetime], Content]] = {
            "assignments": self._assignments,
            "assignment": self._assignment,
            "group_programs": self._group_programs,
            "programs": self._programs,
            "program": self._program,
            "controls": self._controls,
            "active_controls": self._controls,
            "control": self._control,
            "default_control": self._default_control,
            "der": self._der,
            "der_programs": self._der_programs,
            **dict.fromkeys(PUBLISHED_TOPICS, self._publication),
        }
        self._about_device = about_device
        self.topics = frozenset(
            {*about_device, *DOCUMENTS, *METERING_TOPICS, "end_devices", "end_device"}
        )

    async def gather(self, subscription: Subscription) -> object:
        """Return what the store holds of a resource; None if nothing, or nothing any more."""
        client = self._book.clients[subscription.client_id]
        try:
            return await self._gathered(client, subscription.subject, subscription.condition)
        except Unknown:
            return None

    async def _gathered(
        self, client: Client, subject: Subject, condition: Condition | None
    ) -> Document | Content | None:
        if subject.topic in METERING_TOPICS:
            return await self._metering.content(client, subject, condition)
        if not subject.document or subject.device_id is None:
            return None
        return await self._document_of(subject.device_id, subject.document)

    async def check_readable(self, client: Client, subject: Subject, now: datetime) -> None:
        """Raise Unknown if there is no such resource for a client."""
        self.content(client, subject, await self._gathered(client, subject, None), now)

    def survey(
        self, subscription: Subscription, matter: object, now: datetime
    ) -> Mapping[str, str] | None:
        """Return the versions of what its client would read; None if that is gone for it."""
        client = self._book.clients[subscription.client_id]
        try:
            return self.content(client, subscription.subject, matter, now).versions
        except Unknown:
            return None

    def render(
        self,
        subscription: Subscription,
        keys: Collection[str],
        matter: object,
        now: datetime,
    ) -> bytes:
        """Return the notification that tells of some parts; Unknown if the resource is gone."""
        client = self._book.clients[subscription.client_id]
        content = self.content(client, subscription.subject, matter, now)
        resource = content.resource(keys, subscription.limit)
        notification = project_subscription.notification(subscription, resource)
        return encode(notification, profile=self._profiles.of(client))

    def farewell(self, subscription: Subscription, ending: Ending) -> bytes:
        """Return the last notification of a subscription."""
        client = self._book.clients[subscription.client_id]
        notification = project_subscription.farewell(subscription, ending)
        return encode(notification, profile=self._profiles.of(client))

    def next_change(self, subscription: Subscription, now: datetime) -> datetime | None:
        """Return when time alone may next change what the resource says."""
        subject = subscription.subject
        device = None if subject.device_id is None else self._book.devices.get(subject.device_id)
        if subject.topic not in TIMED | PUBLISHED_TOPICS or device is None:
            return None
        try:
            if subject.topic in PUBLISHED_TOPICS:
                return self._published.next_change(device, subject, now)
            return self._views.view(device, subject.program_id or "", now).next_change(now)
        except Unknown:
            return None

    def content(self, client: Client, subject: Subject, matter: object, now: datetime) -> Content:
        """Return what a client would read of a resource; Unknown if there is none for it.

        `matter` is what was gathered.
        """
        if subject.topic in METERING_TOPICS:
            if not isinstance(matter, Content):
                raise Unknown("there is no such resource")
            return matter
        if subject.topic == "end_devices":
            return self._end_devices(client)
        if subject.device_id is None:
            return self._own_entry(client, subject)
        device = self._access.device(caller_of(client), subject.device_id)
        if subject.topic == "end_device":
            return Content([self._entry(client, device)._replace(key=WHOLE)])
        if subject.topic in DOCUMENTS:
            return self._document(subject, matter)
        return self._about_device[subject.topic](device, subject, now)

    def _end_devices(self, client: Client) -> Content:
        seen = self._entries.seen_by(caller_of(client))
        pace = self._paces.of(client)
        frame = partial(project_device.end_device_list, pace=pace, total=len(seen))
        parts = [self._entry(client, entry) for entry in seen]
        return Content(parts, frame, _rate(pace, "EndDeviceList"))

    def _own_entry(self, client: Client, subject: Subject) -> Content:
        own = self._access.own_entry(caller_of(client), subject.item)
        if own is None:
            raise Unknown("there is no such resource")
        return Content([self._entry(client, own)._replace(key=WHOLE)])

    def _entry(self, client: Client, of: Client | Device) -> Part:
        version = STATIC
        if isinstance(of, Device):
            post_rate_s = self._entries.post_rate(of)
            version = f"{of.device_category}.{of.changed_at}.{post_rate_s}"
        return Part(of.id, version, partial(self._entries.element, of, client))

    def _document(self, subject: Subject, document: object) -> Content:
        project_device.check_der(subject.item)
        if not isinstance(document, Document):
            return Content([])
        kind = BY_NAME[subject.topic].gives
        version = sha256(document.body).hexdigest()[:16]
        return Content([Part(WHOLE, version, partial(decode, kind, document.body))])

    def _assignments(self, device: Device, subject: Subject, now: datetime) -> Content:
        groups = project_fsa.assigned_groups(self._book, device)
        make = partial(project_fsa.assignment, self._book, device)
        pace = self._paces.of_device(device)
        frame = partial(project_fsa.assignment_list, device, pace=pace, total=len(groups))
        parts = [
            Part(group.id, self._offer(device, group), partial(make, group)) for group in groups
        ]
        return Content(parts, frame, _rate(pace, "FunctionSetAssignmentsList"))

    def _assignment(self, device: Device, subject: Subject, now: datetime) -> Content:
        for group in project_fsa.assigned_groups(self._book, device):
            if group.id == subject.item:
                make = partial(project_fsa.assignment, self._book, device, group)
                return Content([Part(WHOLE, self._offer(device, group), make)])
        raise Unknown("there is no such resource")

    def _offer(self, device: Device, group: Group) -> str:
        """Return what changes with what a group gives a device."""
        return " ".join((group.name, *published_sets(self._book, device, group)))

    def _group_programs(self, device: Device, subject: Subject, now: datetime) -> Content:
        group_id = GroupId(subject.item)
        if group_id not in self._book.groups_by_device.get(device.id, {}):
            raise Unknown("there is no such resource")
        path = href("group_programs", e=device.id, g=group_id)
        return self._program_list(device, self._book.programs_of_group(group_id), path, now)

    def _programs(self, device: Device, subject: Subject, now: datetime) -> Content:
        path = href("programs", e=device.id)
        return self._program_list(device, self._book.programs_of(device.id), path, now)

    def _der_programs(self, device: Device, subject: Subject, now: datetime) -> Content:
        project_device.check_der(subject.item)
        path = href("der_programs", e=device.id, d=subject.item)
        return self._program_list(device, self._book.programs_of(device.id), path, now)

    def _program_list(
        self, device: Device, programs: Sequence[Program], path: str, now: datetime
    ) -> Content:
        pace = self._paces.of_device(device)
        frame = partial(project_program.program_list, path, pace=pace, total=len(programs))
        parts = [self._program_part(device, program, now) for program in programs]
        return Content(parts, frame, _rate(pace, "DERProgramList"))

    def _program_part(self, device: Device, program: Program, now: datetime) -> Part:
        def make() -> Resource:
            controls, active = self._views.view(device, program.id, now).counts(now)
            curves = len(self._book.curves_of(program.id))
            return project_program.program(
                program, device.id, controls=controls, active=active, curves=curves
            )

        return Part(program.id, f"{program.version}.{program.primacy}", make)

    def _offered(self, device: Device, subject: Subject) -> Program:
        for program in self._book.programs_of(device.id):
            if program.id == subject.program_id:
                return program
        raise Unknown("there is no such resource")

    def _program(self, device: Device, subject: Subject, now: datetime) -> Content:
        part = self._program_part(device, self._offered(device, subject), now)
        return Content([part._replace(key=WHOLE)])

    def _controls(self, device: Device, subject: Subject, now: datetime) -> Content:
        view = self._views.view(device, subject.program_id or "", now)
        rows = view.rows(now, only_active=subject.topic == "active_controls")

        def frame(items: Sequence[Any]) -> Resource:
            return DERControlList(
                href=href(subject.topic, e=device.id, p=subject.program_id or ""),
                subscribable=project_device.SUBSCRIBABLE,
                all=len(rows),
                results=len(items),
                DERControl_=tuple(items),
            )

        return Content([self._control_part(device, row) for row in rows], frame)

    def _control(self, device: Device, subject: Subject, now: datetime) -> Content:
        view = self._views.view(device, subject.program_id or "", now)
        part = self._control_part(device, view.row(subject.item, now))
        return Content([part._replace(key=WHOLE)])

    def _control_part(self, device: Device, row: Row) -> Part:
        of, standing = row
        version = f"{of.version}.{standing.status}.{standing.potentially_superseded:d}"
        make = partial(project_program.control, of, standing, device.id)
        return Part(of.mrid, version, make)

    def _default_control(self, device: Device, subject: Subject, now: datetime) -> Content:
        program = self._offered(device, subject)
        make = partial(project_program.default_control, program, device.id)
        return Content([Part(WHOLE, str(program.default_version), make)])

    def _publication(self, device: Device, subject: Subject, now: datetime) -> Content:
        client = None if device.client_id is None else self._book.clients[device.client_id]
        pace, profile = self._paces.of(client), self._profiles.of(client)
        return self._published.content(device, subject, now, pace=pace, profile=profile)

    def _der(self, device: Device, subject: Subject, now: datetime) -> Content:
        project_device.check_der(subject.item)
        programs = len(self._book.programs_of(device.id))
        return Content(
            [Part(WHOLE, STATIC, partial(project_device.der, device, programs=programs))]
        )


def _rate(pace: Pace, element: str) -> str:
    return str(pace.poll_rate(element))
