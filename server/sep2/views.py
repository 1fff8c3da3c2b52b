"""The lists of controls, settled once for all devices that see the same events.

A list is rendered with the EndDevice left open and joined with it for each request; it holds until
its program changes in the book or the next instant at which a status does. Bounded by what the book
holds and by fixed counts. It must not know HTTP or who asks.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from schemas.sep2 import Profile, encode, encode_fragment
from schemas.sep2.der import DERControlList
from server.core.book import Book
from server.core.model import Device, DeviceId, Event, EventId, Mrid, ProgramId
from server.core.timeline import Control, Standing, Status, controls_of, courses
from server.errors import Unknown
from server.sep2.project_device import SUBSCRIBABLE
from server.sep2.project_program import control
from server.sep2.query import Page
from server.sep2.recent import relevant
from server.sep2.routes import href

SCOPE = "\ue000"
"""Stands for the EndDevice in rendered hrefs; no name that the book takes can hold it."""
_NEVER = datetime.max.replace(tzinfo=UTC)
_PAGES_LIMIT = 64
_VIEWS_LIMIT = 1024
_DEVICES_LIMIT = 200_000

Open = tuple[bytes, ...]
"""A rendered body, cut where the EndDevice's id belongs."""
Row = tuple[Control, Standing]


def fill(body: Open, scope: str) -> bytes:
    """Return a rendered body for one EndDevice."""
    return scope.encode().join(body)


class View:
    """A program's controls as one set of devices sees them."""

    def __init__(self, program_id: ProgramId, controls: Sequence[Control]) -> None:
        """Take the controls in the order of the list."""
        self._program_id = program_id
        settled = {course.control.mrid: course for course in courses(controls)}
        self._courses = {control.mrid: settled[control.mrid] for control in controls}
        self._since = _NEVER
        self._until = _NEVER
        self._rows: tuple[Row, ...] = ()
        self._active: tuple[Row, ...] = ()
        self._pages: dict[tuple[bool, Page, Profile], Open] = {}
        self._fragments: dict[tuple[Mrid, Profile], tuple[Standing, bytes]] = {}

    def counts(self, now: datetime) -> tuple[int, int]:
        """Return how many controls are listed, and how many of them are active."""
        if not self._since <= now < self._until:
            self._settle(now)
        return len(self._rows), len(self._active)

    def rows(self, now: datetime, *, only_active: bool = False) -> tuple[Row, ...]:
        """Return all controls that are listed, or the active ones, in the order of the list."""
        if not self._since <= now < self._until:
            self._settle(now)
        return self._active if only_active else self._rows

    def next_change(self, now: datetime) -> datetime | None:
        """Return the first instant after now at which a control comes to stand elsewhere."""
        if not self._since <= now < self._until:
            self._settle(now)
        return None if self._until == _NEVER else self._until

    def page(
        self, page: Page, now: datetime, profile: Profile, *, only_active: bool = False
    ) -> Open:
        """Return a page of the list of all controls, or of the active ones."""
        if not self._since <= now < self._until:
            self._settle(now)
        key = (only_active, page, profile)
        body = self._pages.get(key)
        if body is None:
            if len(self._pages) >= _PAGES_LIMIT:
                self._pages.clear()
            body = self._pages[key] = self._render(*key)
        return body

    def one(self, mrid: str, now: datetime, profile: Profile) -> Open:
        """Return one control; one that has ended stands as it did last. Unknown if never seen."""
        element = control(*self.row(mrid, now), SCOPE)
        return _cut(encode(element, profile=profile))

    def row(self, mrid: str, now: datetime) -> Row:
        """Return where one control stands; one that has ended stands as it did last."""
        course = self._courses.get(Mrid(mrid))
        if course is None:
            raise Unknown("there is no such resource")
        standing = course.standing(now) or course.last_standing()
        if standing is None:
            raise Unknown("there is no such resource")
        return course.control, standing

    def _settle(self, now: datetime) -> None:
        """Find out who stands where, from now until something changes."""
        found = [(course.control, course.standing(now)) for course in self._courses.values()]
        self._rows = tuple((control, standing) for control, standing in found if standing)
        self._active = tuple(row for row in self._rows if row[1].status is Status.ACTIVE)
        self._since = now
        self._until = self._first_change(now)
        self._pages.clear()

    def _first_change(self, now: datetime) -> datetime:
        changes = (course.next_change(now) for course in self._courses.values())
        return min((at for at in changes if at is not None), default=_NEVER)

    def _render(self, only_active: bool, page: Page, profile: Profile) -> Open:
        rows = self._active if only_active else self._rows
        later = rows
        if page.after is not None:
            later = tuple(row for row in rows if row[0].start.timestamp() > page.after)
        chosen = later[page.start : page.start + page.limit]
        name = "active_controls" if only_active else "controls"
        element = DERControlList(
            href=href(name, e=SCOPE, p=self._program_id),
            subscribable=SUBSCRIBABLE,
            all=len(rows),
            results=len(chosen),
        )
        fragments = [self._fragment(*row, profile) for row in chosen]
        return _cut(encode(element, fragments=fragments, profile=profile))

    def _fragment(self, of: Control, standing: Standing, profile: Profile) -> bytes:
        key = (of.mrid, profile)
        known = self._fragments.get(key)
        if known is None or known[0] != standing:
            fragment = encode_fragment(control(of, standing, SCOPE), profile=profile)
            known = self._fragments[key] = (standing, fragment)
        return known[1]


class Offer:
    """A program at one revision, with the views that its devices have of it."""

    def __init__(self, book: Book, program_id: ProgramId, now: datetime) -> None:
        self.revision = book.revision_by_program.get(program_id)
        self.made_at = now
        self._book = book
        self._program_id = program_id
        events = (book.events[event] for event in book.events_by_program.get(program_id, ()))
        self._events = relevant(events, now, _latest_end)
        self._views: dict[tuple[EventId, ...], View] = {}
        self._by_device: dict[DeviceId, View] = {}
        self._membership = book.membership_revision

    def view(self, device: Device) -> View:
        """Return a device's view; Unknown if the program is not offered to it."""
        if self._membership != self._book.membership_revision:
            self._membership = self._book.membership_revision
            self._by_device.clear()
        view = self._by_device.get(device.id)
        if view is None:
            self._check_offered(device)
            if len(self._by_device) >= _DEVICES_LIMIT:
                self._by_device.clear()
            view = self._by_device[device.id] = self._shared(device)
        return view

    def _check_offered(self, device: Device) -> None:
        mine = self._book.groups_by_device.get(device.id, {})
        if self._book.programs[self._program_id].groups.isdisjoint(mine):
            raise Unknown("there is no such resource")

    def _shared(self, device: Device) -> View:
        """Return the view of all devices that see the same events."""
        visible = tuple(e for e in self._events if self._book.is_targeted(e, device.id))
        key = tuple(event.id for event in visible)
        view = self._views.get(key)
        if view is None:
            if len(self._views) >= _VIEWS_LIMIT:
                self._views.clear()
            in_order = controls_of(visible)
            view = self._views[key] = View(self._program_id, in_order)
        return view


class Views:
    """The views of all programs, each made anew when the book says something else."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._offers: dict[ProgramId, Offer] = {}

    def view(self, device: Device, program_id: str, now: datetime) -> View:
        """Return how a device sees a program; Unknown if there is none or not for it."""
        known = ProgramId(program_id)
        offer = self._offers.get(known)
        if (
            offer is None
            or offer.revision != self._book.revision_by_program.get(known)
            or now < offer.made_at
        ):
            if known not in self._book.programs:
                raise Unknown("there is no such resource")
            offer = self._offers[known] = Offer(self._book, known, now)
        return offer.view(device)


def _latest_end(event: Event) -> datetime:
    zero = timedelta(0)
    end = max(interval.end for interval in event.published)
    return end + max(zero, event.randomize_start) + max(zero, event.randomize_duration)


def _cut(body: bytes) -> Open:
    return tuple(body.split(SCOPE.encode()))
