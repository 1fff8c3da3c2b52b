"""The EndDevices that a client sees: its own entry and those of its devices.

Projects the book; it must not know HTTP.
"""

from collections.abc import Callable
from functools import partial

from schemas.sep2.device import EndDevice
from server.core.book import Book
from server.core.model import Client, ClientKind, Device, DeviceId
from server.sep2.access import Access, Caller
from server.sep2.pace import Paces
from server.sep2.project_device import aggregator_entry, end_device
from server.sep2.project_fsa import assigned_groups
from server.sep2.settings import Sep2Settings

ItemCount = Callable[[DeviceId, str], int]
"""Returns how many items a device keeps in a list, by the list's place below the EndDevice."""


class Entries:
    """What stands in each client's EndDeviceList."""

    def __init__(
        self, book: Book, access: Access, settings: Sep2Settings, count: ItemCount
    ) -> None:
        self._book = book
        self._access = access
        self._settings = settings
        self._paces = Paces(book, settings)
        self._count = count

    def seen_by(self, caller: Caller) -> tuple[Client | Device, ...]:
        """Return what stands behind a caller's entries: an aggregator first, then devices."""
        devices = self._access.devices(caller)
        if caller.client is not None and caller.is_aggregator:
            return (caller.client, *devices)
        return devices

    def element(self, of: Client | Device, reader: Client | None) -> EndDevice:
        """Return an entry as a client reads it: subscriptions are linked in its own only."""
        own = None
        if reader is not None and home_of(self._book, reader) == of.id:
            own = len(self._book.subscriptions_by_client.get(reader.id, ()))
        if isinstance(of, Client):
            return aggregator_entry(of, subscriptions=own or 0)
        return end_device(
            of,
            self._settings,
            assignments=len(assigned_groups(self._book, of)),
            post_rate_s=self.post_rate(of),
            subscriptions=own,
            count=partial(self._count, of.id),
        )

    def post_rate(self, of: Device) -> int | None:
        """Return how often a device is to post, as its EndDevice says."""
        return self._paces.post_rate("EndDevice", of.id, of.post_rate_s)


def home_of(book: Book, client: Client) -> str | None:
    """Return the id of a client's own EndDevice; None for a device that is not there."""
    if client.kind is ClientKind.AGGREGATOR:
        return client.id
    return next((d.id for d in book.devices_of(client.id) if d.lfdi == client.lfdi), None)
