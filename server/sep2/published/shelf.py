"""What is published, as one device may see it: which there are, and where they stand.

The courses of what is like an event are settled once for all devices, until what stands beside it
changes in the book. It must not know HTTP, nor what a publication says.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from schemas.sep2.base import DateTimeInterval
from server.core.book import Book
from server.core.model import Device, Mrid
from server.core.publication import Posting, Publication, PublicationId, posting_of
from server.core.timeline import Course, Standing, Status, courses
from server.errors import Unknown
from server.publications.drafts import element_of
from server.publications.kinds import KINDS, Kind
from server.sep2.recent import relevant

_MOMENT = timedelta(microseconds=1)
_FAMILIES_LIMIT = 20_000

Courses = dict[Mrid, Course[Posting]]


class Row(NamedTuple):
    """A publication, and where it stands if it is like an event."""

    publication: Publication
    standing: Standing | None = None

    def is_active(self, now: datetime) -> bool:
        """Tell whether it holds now: by its standing, else by the interval that it tells of."""
        if self.standing is not None:
            return self.standing.status is Status.ACTIVE
        said: Any = element_of(KINDS[self.publication.kind], self.publication.document)
        interval: DateTimeInterval = said.interval
        return interval.start <= now.timestamp() < interval.start + interval.duration


class _Family(NamedTuple):
    """The courses of those of a kind that stand beside each other, at one revision of the book."""

    revision: int
    made_at: datetime
    courses: Courses


class Shelf:
    """The publications of the book."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._families: dict[tuple[str, str], _Family] = {}

    def offered(
        self, device: Device, kind: str, now: datetime, group: str | None = None
    ) -> Sequence[Row]:
        """Return what is offered of a kind to a device, by any of its groups or by one."""
        found = [
            one
            for one in self._book.publications_for(device.id)
            if one.kind == kind and _is_of(one, group)
        ]
        if not KINDS[kind].is_event:
            return [Row(one) for one in found]
        return self._standing(KINDS[kind], device.id, found.__iter__, now)

    def below(self, parent: Publication, kind: str, now: datetime) -> Sequence[Row]:
        """Return what is listed of a kind right below a publication."""

        def found() -> Iterable[Publication]:
            below = self._book.publications_below(parent.id)
            return (one for one in below if one.kind == kind)

        if not KINDS[kind].is_event:
            return [Row(one) for one in found()]
        return self._standing(KINDS[kind], parent.id, found, now)

    def find(self, device: Device, kind: str, ids: Sequence[str]) -> Publication:
        """Return the publication that the last ids of a path name; Unknown if it is not there.

        The ids before the last are those of what it stands below.
        """
        publication = self._book.publications.get(PublicationId(ids[-1]))
        if publication is None or publication.kind != kind:
            raise Unknown("there is no such resource")
        line = [one.id for one in reversed(self._book.line_of(publication))]
        is_there = line[-len(ids) :] == list(ids)
        if not is_there or not self._book.is_offered(publication, device.id):
            raise Unknown("there is no such resource")
        return publication

    def row(self, publication: Publication, now: datetime) -> Row:
        """Return where a publication stands; one that has ended stands as it did last."""
        kind = KINDS[publication.kind]
        if not kind.is_event:
            return Row(publication)
        family = self._family(kind, publication.family, lambda: self._book.beside(publication), now)
        course = family.courses.get(publication.mrid)
        if course is None or now < publication.created_at:
            raise Unknown("there is no such resource")
        standing = course.standing(now) or course.standing(course.leaves_at - _MOMENT)
        return Row(publication, standing)

    def next_change(self, row: Row, now: datetime) -> datetime | None:
        """Return when time alone will next have a publication stand elsewhere."""
        publication = row.publication
        if publication.window is not None:
            kind = KINDS[publication.kind]
            family = self._family(
                kind, publication.family, lambda: self._book.beside(publication), now
            )
            return family.courses[publication.mrid].next_change(now)
        said: Any = element_of(KINDS[publication.kind], publication.document)
        interval = getattr(said, "interval", None)
        if interval is None:
            return None
        edges = (interval.start, interval.start + interval.duration)
        later = [edge for edge in edges if edge > now.timestamp()]
        return datetime.fromtimestamp(min(later), UTC) if later else None

    def root(self, publication: Publication) -> Publication:
        """Return what a publication stands below in the end, which may be itself."""
        return self._book.line_of(publication)[-1]

    def _standing(
        self, kind: Kind, family: str, find: Callable[[], Iterable[Publication]], now: datetime
    ) -> Sequence[Row]:
        found = self._family(kind, family, find, now).courses.values()
        rows = (Row(course.control.publication, course.standing(now)) for course in found)
        return [row for row in rows if row.standing is not None]

    def _family(
        self, kind: Kind, name: str, find: Callable[[], Iterable[Publication]], now: datetime
    ) -> _Family:
        key = (name, kind.name)
        revision = self._book.revision_by_family.get(name, 0)
        known = self._families.get(key)
        if known is None or known.revision != revision or now < known.made_at:
            if len(self._families) >= _FAMILIES_LIMIT:
                self._families.clear()
            known = self._families[key] = _Family(revision, now, _settled(find(), now))
        return known


def _is_of(publication: Publication, group: str | None) -> bool:
    """Tell whether a device finds a publication from a group: what is for it alone, from all."""
    return group is None or publication.device_id is not None or group in publication.groups


def _settled(publications: Iterable[Publication], now: datetime) -> Courses:
    postings = filter(None, map(posting_of, publications))
    recent = relevant(postings, now, attrgetter("latest_end"))
    return {course.control.mrid: course for course in courses(recent)}
