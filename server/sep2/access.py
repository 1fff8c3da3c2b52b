"""Who asks, and which EndDevices that one may see.

Everything is looked up in the book at each request, so that a denial acts at once, on open
connections too. What is not the caller's is said not to exist. It must not know HTTP.
"""

from datetime import datetime
from typing import NamedTuple

from certs.identity import Identity, sfdi
from server.config import InBand
from server.core.book import Book
from server.core.model import Client, ClientId, ClientKind, Device, DeviceId, Lfdi
from server.errors import Forbidden, Unknown


class Caller(NamedTuple):
    """The holder of a certificate that was let in; `client` is None for a stranger."""

    lfdi: Lfdi
    client: Client | None

    @property
    def is_aggregator(self) -> bool:
        """Tell whether the caller speaks for devices other than itself."""
        return self.client is not None and self.client.kind is ClientKind.AGGREGATOR

    @property
    def actor(self) -> str:
        """Return the name that the feed keeps for what the caller changes."""
        return f"sep2:{self.lfdi}"


def caller_of(client: Client) -> Caller:
    """Return a client as it would ask; Unknown if it could not."""
    if client.lfdi is None:
        raise Unknown("there is no such resource")
    return Caller(client.lfdi, client)


class Access:
    """The book's answers to what a caller may see."""

    def __init__(self, book: Book, in_band: InBand) -> None:
        self._book = book
        self._in_band = in_band
        self._ordered: dict[ClientId, tuple[int, tuple[Device, ...]]] = {}

    def admit(self, identity: Identity, now: datetime) -> Caller:
        """Return who asks; Forbidden for the denied, the expired and uninvited strangers."""
        if not identity.is_valid_at(now):
            raise Forbidden("this certificate is not valid now")
        return self.admit_lfdi(Lfdi(identity.lfdi))

    def admit_lfdi(self, lfdi: Lfdi) -> Caller:
        """Return who asks with a certificate that is good; Forbidden as for `admit`."""
        client_id = self._book.client_by_lfdi.get(lfdi)
        client = None if client_id is None else self._book.clients[client_id]
        if client is None and self._in_band != InBand.OPEN:
            raise Forbidden("this certificate is not enrolled")
        if client is not None and not client.enabled:
            raise Forbidden("this client is denied")
        return Caller(lfdi, client)

    def own_entry(self, caller: Caller, entry_id: str) -> Client | None:
        """Return the aggregator whose own EndDevice an id names, if that is the caller."""
        client = caller.client
        return client if client and caller.is_aggregator and client.id == entry_id else None

    def device(self, caller: Caller, entry_id: str, *, writing: bool = False) -> Device:
        """Return the caller's device of that id.

        Otherwise Unknown for reads and Forbidden for writes, whether there is such a device or not.
        """
        device = self._book.devices.get(DeviceId(entry_id))
        client = caller.client
        if device is not None and client is not None and device.client_id == client.id:
            return device
        if writing and self.own_entry(caller, entry_id) is None:
            raise Forbidden("this is no device of yours")
        raise Unknown("there is no such resource")

    def devices(self, caller: Caller) -> tuple[Device, ...]:
        """Return the caller's devices, sFDI ascending."""
        if caller.client is None:
            return ()
        client_id, revision = caller.client.id, self._book.membership_revision
        known = self._ordered.get(client_id)
        if known is None or known[0] != revision:
            devices = sorted(self._book.devices_of(client_id), key=_sfdi)
            if not caller.is_aggregator:
                return tuple(devices)
            known = self._ordered[client_id] = (revision, tuple(devices))
        return known[1]

    def may_register(self, caller: Caller) -> bool:
        """Tell whether the caller may add devices in band, or could while it has none."""
        if self._in_band == InBand.OFF:
            return False
        return self._in_band == InBand.OPEN or caller.client is not None


def _sfdi(device: Device) -> int:
    return sfdi(device.lfdi or "")
