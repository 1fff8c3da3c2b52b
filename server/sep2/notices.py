"""What subscribed resources say, part by part, and the notifications that tell of it.

A part is an item of a list, or the whole of what is no list; its version changes with what a
reader would find new in it, the counts of other lists apart. It must not know when or how often
anybody is told.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any, NamedTuple

from schemas.sep2 import decode, encode
from schemas.sep2.base import Resource
from schemas.sep2.der import DERControlList
from server.core.book import Book
from server.core.model import Client, Device, Ending, GroupId, Program, Subject, Subscription
from server.errors import Unknown
from server.sep2 import project_device, project_fsa, project_program, project_subscription
from server.sep2.access import Access, Caller
from server.sep2.entries import Entries, ItemCount
from server.sep2.routes import BY_NAME, href
from server.sep2.settings import Sep2Settings
from server.sep2.views import Row, Views
from server.store.store import Document

WHOLE = ""
"""The key of what is no list, and of a list without its items."""
STATIC = "1"
"""The version of what never changes while it is there."""
OF_PROGRAMS = frozenset({"program", "controls", "active_controls", "control", "default_control"})
"""The topics below one program."""
TIMED = frozenset({"controls", "active_controls", "control"})
"""The topics that change by time alone."""
DOCUMENTS = frozenset({"der_settings", "der_status", "der_availability"})
"""The topics that are documents of a device."""


class Part(NamedTuple):
    """A part of a resource; `make` projects it."""

    key: str
    version: str
    make: Callable[[], Any]


class Content(NamedTuple):
    """What a resource says; `frame` makes the list that holds some of the items, if it is one."""

    parts: Sequence[Part]
    frame: Callable[[Sequence[Any]], Resource] | None = None
    frame_version: str = STATIC

    @property
    def versions(self) -> Mapping[str, str]:
        """Return the version of each part, in the order of the list."""
        found = {part.key: part.version for part in self.parts}
        return found if self.frame is None else {WHOLE: self.frame_version, **found}

    def resource(self, keys: Collection[str], limit: int) -> Resource | None:
        """Return the list with the items of those keys, or the whole; None for none of it."""
        if self.frame is None:
            made: Resource | None = self.parts[0].make() if limit and self.parts else None
            return made
        return self.frame([part.make() for part in self.parts if part.key in keys][:limit])


class Notices:
    """The resources that may be subscribed to, by the name of their route."""

    def __init__(
        self,
        book: Book,
        access: Access,
        settings: Sep2Settings,
        count: ItemCount,
        views: Views,
    ) -> None:
        self._book = book
        self._access = access
        self._settings = settings
        self._entries = Entries(book, access, settings, count)
        self._views = views
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
        }
        self._about_device = about_device
        self.topics = frozenset({*about_device, *DOCUMENTS, "end_devices", "end_device"})

    def survey(
        self, subscription: Subscription, document: Document | None, now: datetime
    ) -> Mapping[str, str] | None:
        """Return the versions of what its client would read; None if that is gone for it."""
        client = self._book.clients[subscription.client_id]
        try:
            return self.content(client, subscription.subject, document, now).versions
        except Unknown:
            return None

    def render(
        self,
        subscription: Subscription,
        keys: Collection[str],
        document: Document | None,
        now: datetime,
    ) -> bytes:
        """Return the notification that tells of some parts; Unknown if the resource is gone."""
        client = self._book.clients[subscription.client_id]
        content = self.content(client, subscription.subject, document, now)
        resource = content.resource(keys, subscription.limit)
        return encode(project_subscription.notification(subscription, resource))

    def farewell(self, subscription: Subscription, ending: Ending) -> bytes:
        """Return the last notification of a subscription."""
        return encode(project_subscription.farewell(subscription, ending))

    def next_change(self, subscription: Subscription, now: datetime) -> datetime | None:
        """Return when time alone may next change what the resource says."""
        subject = subscription.subject
        device = None if subject.device_id is None else self._book.devices.get(subject.device_id)
        if subject.topic not in TIMED or device is None:
            return None
        try:
            return self._views.view(device, subject.program_id or "", now).next_change(now)
        except Unknown:
            return None

    def content(
        self, client: Client, subject: Subject, document: Document | None, now: datetime
    ) -> Content:
        """Return what a client would read of a resource; Unknown if there is none for it."""
        if subject.topic == "end_devices":
            return self._end_devices(client)
        if subject.device_id is None:
            return self._own_entry(client, subject)
        device = self._access.device(_caller(client), subject.device_id)
        if subject.topic == "end_device":
            return Content([self._entry(client, device)._replace(key=WHOLE)])
        if subject.topic in DOCUMENTS:
            return self._document(subject, document)
        return self._about_device[subject.topic](device, subject, now)

    def _end_devices(self, client: Client) -> Content:
        seen = self._entries.seen_by(_caller(client))
        frame = partial(project_device.end_device_list, settings=self._settings, total=len(seen))
        parts = [self._entry(client, entry) for entry in seen]
        return Content(parts, frame, self._pace("EndDeviceList"))

    def _own_entry(self, client: Client, subject: Subject) -> Content:
        own = self._access.own_entry(_caller(client), subject.item)
        if own is None:
            raise Unknown("there is no such resource")
        return Content([self._entry(client, own)._replace(key=WHOLE)])

    def _entry(self, client: Client, of: Client | Device) -> Part:
        version = STATIC
        if isinstance(of, Device):
            version = f"{of.device_category}.{of.changed_at}.{of.post_rate_s}"
        return Part(of.id, version, partial(self._entries.element, of, client))

    def _pace(self, element: str) -> str:
        return str(self._settings.poll_rate(element))

    def _document(self, subject: Subject, document: Document | None) -> Content:
        project_device.check_der(subject.item)
        if document is None:
            return Content([])
        kind = BY_NAME[subject.topic].gives
        version = sha256(document.body).hexdigest()[:16]
        return Content([Part(WHOLE, version, partial(decode, kind, document.body))])

    def _assignments(self, device: Device, subject: Subject, now: datetime) -> Content:
        groups = project_fsa.groups_with_programs(self._book, device)
        make = partial(project_fsa.assignment, self._book, device)
        frame = partial(
            project_fsa.assignment_list, device, settings=self._settings, total=len(groups)
        )
        parts = [Part(group.id, group.name, partial(make, group)) for group in groups]
        return Content(parts, frame, self._pace("FunctionSetAssignmentsList"))

    def _assignment(self, device: Device, subject: Subject, now: datetime) -> Content:
        for group in project_fsa.groups_with_programs(self._book, device):
            if group.id == subject.item:
                make = partial(project_fsa.assignment, self._book, device, group)
                return Content([Part(WHOLE, group.name, make)])
        raise Unknown("there is no such resource")

    def _group_programs(self, device: Device, subject: Subject, now: datetime) -> Content:
        group_id = GroupId(subject.item)
        if group_id not in self._book.groups_by_device.get(device.id, {}):
            raise Unknown("there is no such resource")
        path = href("group_programs", e=device.id, g=group_id)
        return self._program_list(device, self._book.programs_of_group(group_id), path, now)

    def _programs(self, device: Device, subject: Subject, now: datetime) -> Content:
        path = href("programs", e=device.id)
        return self._program_list(device, self._book.programs_of(device.id), path, now)

    def _program_list(
        self, device: Device, programs: Sequence[Program], path: str, now: datetime
    ) -> Content:
        frame = partial(
            project_program.program_list, path, settings=self._settings, total=len(programs)
        )
        parts = [self._program_part(device, program, now) for program in programs]
        return Content(parts, frame, self._pace("DERProgramList"))

    def _program_part(self, device: Device, program: Program, now: datetime) -> Part:
        def make() -> Resource:
            controls, active = self._views.view(device, program.id, now).counts(now)
            return project_program.program(program, device.id, controls=controls, active=active)

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
        version = f"{of.event.version}.{standing.status}.{standing.potentially_superseded:d}"
        csip_aus = self._settings.csip_aus
        make = partial(project_program.control, of, standing, device.id, csip_aus=csip_aus)
        return Part(of.mrid, version, make)

    def _default_control(self, device: Device, subject: Subject, now: datetime) -> Content:
        program = self._offered(device, subject)
        csip_aus = self._settings.csip_aus
        make = partial(project_program.default_control, program, device.id, csip_aus=csip_aus)
        return Content([Part(WHOLE, str(program.default_version), make)])

    def _der(self, device: Device, subject: Subject, now: datetime) -> Content:
        project_device.check_der(subject.item)
        programs = len(self._book.programs_of(device.id))
        return Content(
            [Part(WHOLE, STATIC, partial(project_device.der, device, programs=programs))]
        )


def _caller(client: Client) -> Caller:
    if client.lfdi is None:
        raise Unknown("there is no such resource")
    return Caller(client.lfdi, client)
