"""What those who subscribed to publications are told of: each item, by its version.

It must not know when or how often anybody is told.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, cast

from schemas.sep2 import Profile
from schemas.sep2.base import Resource
from server.core.book import Book
from server.core.model import Device, Subject
from server.sep2.content import WHOLE, Content, Part
from server.sep2.pace import Pace
from server.sep2.published.gallery import LISTS, Asked, Gallery, Item
from server.sep2.published.project import listing
from server.sep2.published.routes import PUBLISHED
from server.sep2.route import Route

_ROUTES = {
    route.name: route
    for route in PUBLISHED
    if "subscribable" in cast(Any, route.gives).__dataclass_fields__
}
TOPICS = frozenset(_ROUTES)
"""The routes that may be subscribed to."""


class PublishedNotices:
    """The publications that may be subscribed to."""

    def __init__(self, book: Book) -> None:
        self._gallery = Gallery(book)

    def content(
        self, device: Device, subject: Subject, now: datetime, *, pace: Pace, profile: Profile
    ) -> Content:
        """Return what a device reads; Unknown if there is none for it."""
        asked = _asked(device, subject, profile, now)
        if subject.topic not in LISTS:
            return Content([_part(self._gallery.one(asked, device))._replace(key=WHOLE)])
        items = self._gallery.items(asked, device)
        frame = partial(_framed, asked.route, asked.variables, pace, len(items))
        pace_told = str(pace.poll_rate(asked.route.gives.wire_tag))
        return Content([_part(item) for item in items], frame, pace_told)

    def next_change(self, device: Device, subject: Subject, now: datetime) -> datetime | None:
        """Return when time alone may next change what a device reads; Unknown if it is gone."""
        return self._gallery.next_change(_asked(device, subject, Profile.CSIPAUS_13, now), device)


def _asked(device: Device, subject: Subject, profile: Profile, now: datetime) -> Asked:
    ids = tuple(subject.item.split("/")) if subject.item else ()
    return Asked(_ROUTES[subject.topic], (device.id, *ids), profile, now)


def _part(item: Item) -> Part:
    publication, standing = item.row
    version = str(publication.version)
    if standing is not None:
        version += f".{standing.status}.{standing.potentially_superseded:d}"
    return Part(publication.id, version, lambda: item.element)


def _framed(
    route: Route, at: Sequence[str], pace: Pace, total: int, items: Sequence[Any]
) -> Resource:
    return cast(Resource, listing(route, at, items, pace, total=total))
