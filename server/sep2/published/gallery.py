"""What stands at each path of publications: the items of lists and single ones, projected.

Serves readers and those who are told of changes alike. It must not know HTTP, nor what any kind
means.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from schemas.sep2 import Profile
from schemas.sep2.file import File
from schemas.sep2.pricing import TimeTariffInterval
from schemas.wire import Element
from server.core.book import Book
from server.core.model import Device
from server.core.publication import Publication
from server.errors import Unknown
from server.publications.kinds import KINDS, Audience
from server.sep2.order import in_order
from server.sep2.published import project
from server.sep2.published.location import located
from server.sep2.published.pricing import with_prices
from server.sep2.published.routes import COMBINED, LINES
from server.sep2.published.shelf import Row, Shelf
from server.sep2.route import Route


class Asked(NamedTuple):
    """Which resource is asked for, when, and what it is to be written in."""

    route: Route
    variables: tuple[str, ...]
    profile: Profile
    now: datetime


class Item(NamedTuple):
    """A publication as a device reads it, and where it stands."""

    row: Row
    element: Element


class Spot(NamedTuple):
    """What a route lists: which kind, and which of it."""

    kind: str
    is_active: bool = False
    is_of_group: bool = False
    is_combined: bool = False


Placed = tuple[Row, tuple[str, ...]]
"""A publication, and the variables that its path begins with."""
_INTERVAL = "time_tariff_interval"
_SINGLE = frozenset(line.one.name for line in LINES if line.many is None)
LISTS: Mapping[str, Spot] = {
    route.name: Spot(line.kind, route is line.active, route is line.of_group)
    for line in LINES
    for route in line.routes
    if route is not line.one
} | {COMBINED.name: Spot(_INTERVAL, is_combined=True)}


class Gallery:
    """The publications of the book, as devices read them."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._shelf = Shelf(book)

    def items(self, asked: Asked, device: Device) -> Sequence[Item]:
        """Return all that a list holds, in its order."""
        spot = LISTS[asked.route.name]
        rows: dict[str, Row] = {}
        found: list[Any] = []
        for row, at in self._rows(asked, device, spot):
            if not spot.is_active or row.is_active(asked.now):
                made: Any = self._element(asked, row, device, (*at, row.publication.id))
                rows[made.href] = row
                found.append(made)
        return [Item(rows[one.href], one) for one in in_order(found, asked.route.order)]

    def one(self, asked: Asked, device: Device) -> Item:
        """Return a single publication; Unknown if it is not there."""
        name, ids = asked.route.name, asked.variables[1:]
        if name in _SINGLE:
            parent = self._parent(name, device, ids)
            row = next(iter(self._shelf.below(parent, name, asked.now)), None)
            if row is None:
                raise Unknown("nothing was published here yet")
        else:
            row = self._shelf.row(self._shelf.find(device, name, ids), asked.now)
        return Item(row, self._element(asked, row, device, asked.variables))

    def next_change(self, asked: Asked, device: Device) -> datetime | None:
        """Return when time alone may next change what stands at a path."""
        if asked.route.name in LISTS:
            placed = self._rows(asked, device, LISTS[asked.route.name])
            rows = [row for row, _ in placed]
        else:
            rows = [self.one(asked, device).row]
        changes = (self._shelf.next_change(row, asked.now) for row in rows)
        return min((at for at in changes if at is not None), default=None)

    def _rows(self, asked: Asked, device: Device, spot: Spot) -> Iterable[Placed]:
        """Return what may stand in a list, and the variables that each item's path begins with."""
        if spot.is_combined:
            return self._combined(asked, device)
        if KINDS[spot.kind].audience is Audience.ABOVE:
            parent = self._parent(spot.kind, device, asked.variables[1:])
            rows = self._shelf.below(parent, spot.kind, asked.now)
            return [(row, asked.variables) for row in rows]
        group = asked.variables[1] if spot.is_of_group else None
        if group is not None and group not in self._book.groups_by_device.get(device.id, {}):
            raise Unknown("there is no such resource")
        rows = self._shelf.offered(device, spot.kind, asked.now, group)
        return [(row, (device.id,)) for row in rows]

    def _combined(self, asked: Asked, device: Device) -> Iterable[Placed]:
        if asked.profile is not Profile.CSIPAUS_13:
            raise Unknown("there is no such resource")
        tariff = self._shelf.find(device, "tariff_profile", asked.variables[1:])
        for component in self._shelf.below(tariff, "rate_component", asked.now):
            at = (*asked.variables, component.publication.id)
            for row in self._shelf.below(component.publication, _INTERVAL, asked.now):
                yield row, at

    def _parent(self, kind: str, device: Device, ids: Sequence[str]) -> Publication:
        for parent in KINDS[kind].parents:
            try:
                return self._shelf.find(device, parent, ids)
            except Unknown:
                continue
        raise Unknown("there is no such resource")

    def _element(self, asked: Asked, row: Row, device: Device, at: Sequence[str]) -> Element:
        def count(publication: Publication, name: str) -> int | None:
            return self._count(publication, name, asked)

        set_id = self._shelf.root(row.publication).id
        made = project.element(row, device, at, count=count, set_id=set_id)
        if isinstance(made, TimeTariffInterval) and asked.profile is Profile.CSIPAUS_13:
            below = self._shelf.below(row.publication, "consumption_tariff_interval", asked.now)
            prices: Any = [
                self._element(asked, one, device, (*at, one.publication.id)) for one in below
            ]
            return with_prices(made, at, in_order(prices, ("startValue",)))
        return located(made, at) if isinstance(made, File) else made

    def _count(self, publication: Publication, name: str, asked: Asked) -> int | None:
        spot = LISTS.get(name)
        if spot is None:
            return 1 if self._shelf.below(publication, name, asked.now) else None
        parents = [publication]
        if spot.is_combined:
            components = self._shelf.below(publication, "rate_component", asked.now)
            parents = [component.publication for component in components]
        return sum(self._total(one, spot, asked.now) for one in parents)

    def _total(self, parent: Publication, spot: Spot, now: datetime) -> int:
        rows = self._shelf.below(parent, spot.kind, now)
        return sum(not spot.is_active or row.is_active(now) for row in rows)
