"""How often clients are told to poll and to post: an operator's word, else the settings'.

Asked of the book at each projection, so that a rate that is set anew shows at once. It must not
know what is projected.
"""

from dataclasses import dataclass

from server.core.book import Book
from server.core.model import Client, ClientId, Device, DeviceId
from server.sep2.settings import Sep2Settings


@dataclass(frozen=True, slots=True)
class Pace:
    """The poll rates of one client; those of all others where it is not known."""

    book: Book
    settings: Sep2Settings
    client_id: ClientId | None

    def poll_rate(self, element: str) -> int:
        """Return the seconds between polls that a resource proposes."""
        return self.set_poll_rate(element) or self.settings.poll_rate(element)

    def set_poll_rate(self, element: str) -> int | None:
        """Return the seconds between polls if an operator set them while the server ran."""
        return self.book.poll_rate_s(element, self.client_id)


class Paces:
    """The rates of all clients and devices."""

    def __init__(self, book: Book, settings: Sep2Settings) -> None:
        self._book = book
        self._settings = settings

    def of(self, client: Client | None) -> Pace:
        """Return the poll rates of a client."""
        return Pace(self._book, self._settings, None if client is None else client.id)

    def of_device(self, device: Device) -> Pace:
        """Return the poll rates of the client that speaks for a device."""
        return Pace(self._book, self._settings, device.client_id)

    def post_rate(
        self, element: str, device_id: DeviceId, proposed_s: int | None, *, item: str = ""
    ) -> int | None:
        """Return the seconds between posts; what the client proposed if nothing goes before."""
        configured_s = self._settings.post_rates_s.get(element, proposed_s)
        return self._book.post_rate_s(device_id, element, item) or configured_s
