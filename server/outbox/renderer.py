"""What the outbox wants of the face whose resources are subscribed to."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from server.core.model import Ending, Subscription


class Renderer(Protocol):
    """Knows what resources say, and how that is put."""

    async def gather(self, subscription: Subscription) -> object:
        """Return what the store holds of the resource, for the questions that follow."""
        ...

    def survey(
        self, subscription: Subscription, matter: object, now: datetime
    ) -> Mapping[str, str] | None:
        """Return the version of each part of the resource; None if the client has it no more.

        The key of what is no item of a list is empty, and so is the version of a part that the
        client does not want to be told of now.
        """
        ...

    def render(
        self,
        subscription: Subscription,
        keys: Collection[str],
        matter: object,
        now: datetime,
    ) -> bytes:
        """Return the notification that tells of some items; at the same instant as `survey`."""
        ...

    def farewell(self, subscription: Subscription, ending: Ending) -> bytes:
        """Return the last notification of a subscription."""
        ...

    def next_change(self, subscription: Subscription, now: datetime) -> datetime | None:
        """Return when time alone may next change what the resource says."""
        ...
