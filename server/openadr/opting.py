"""What VENs have opted: kept, and told to whom it matters, the operators among them.

Shared by all faces that VENs speak to. It must not know messages, nor what is made of it.
"""

from collections.abc import Callable
from typing import Final

from pydantic import TypeAdapter

from server.config import OptPolicy
from server.core.availability import Opts
from server.core.model import Client, ClientId, ClientKind
from server.desk import Desk
from server.errors import Conflict, Unknown
from server.openadr.kept import Kept

OPTS_DOCUMENT: Final = "opts"
"""The name under which a VEN's device keeps what the VEN has opted."""


class Opting:
    """Knows what each VEN has opted, and what holds where no program says what becomes of it."""

    def __init__(self, desk: Desk, policy: OptPolicy = OptPolicy.WARN) -> None:
        self._desk = desk
        self.policy = policy
        """What becomes of VENs that are out where their program does not say."""
        self._kept: Kept[Opts] = Kept(desk, OPTS_DOCUMENT, TypeAdapter(Opts), Opts())

    async def of(self, client_id: ClientId) -> Opts:
        """Return all that a VEN has opted and that may still matter.

        Raises Unknown if there is no such client, Conflict if it is not a VEN.
        """
        client = self._desk.book.clients.get(client_id)
        if client is None:
            raise Unknown(f"there is no client {client_id!r}")
        if client.kind is not ClientKind.VEN:
            raise Conflict(f"{client_id} is not a VEN")
        return await self._kept.of(client) if client.registration is not None else Opts()

    async def change(self, client: Client, change: Callable[[Opts], Opts]) -> Opts:
        """Keep what `change` makes of what a VEN has opted."""
        return await self._kept.change(client, change)
