"""The way to one server for one client: what waits for it goes out one after the other.

Each has a task of its own while something waits, so that a slow server delays nobody else.
"""

from urllib.parse import urlsplit

from server.clients.peer import Peer
from server.core.model import ClientId, Subscription, SubscriptionId
from server.outbox.courier import Courier, Failure, deliver

Address = tuple[ClientId, str]


class Lane:
    """The subscriptions that wait to be looked at, and the connection while there are any."""

    def __init__(self, courier: Courier) -> None:
        self.waiting: dict[SubscriptionId, None] = {}
        self._courier = courier
        self._peer: Peer | None = None

    def next(self) -> SubscriptionId | None:
        """Return whose turn it is, and let it wait no more."""
        found = next(iter(self.waiting), None)
        if found is not None:
            del self.waiting[found]
        return found

    async def send(self, uri: str, body: bytes) -> Failure | None:
        """Send a body to a URI of the lane's server; return why it was not taken, if so."""
        if self._peer is None:
            try:
                self._peer = self._courier.peer(uri)
            except ValueError as fault:
                return Failure(str(fault), is_final=True)
        return await deliver(self._peer, uri, body)

    async def close(self) -> None:
        """Hang up."""
        if self._peer is not None:
            await self._peer.close()


def address_of(subscription: Subscription) -> Address:
    """Return what tells a subscription's lane from others."""
    parts = urlsplit(subscription.notification_uri)
    return subscription.client_id, f"{parts.scheme}://{parts.netloc}".lower()
