"""Whether a signed message is new: sent just now, and with a word that was never used (rule 514).

The words are kept in the store, so that a restart forgets none, and dropped once the moment they
were used at alone speaks against them. It must not know keys or messages.
"""

import hashlib
from datetime import datetime, timedelta

from schemas.openadr.signature import ReplayProtect
from server.core.model import Client
from server.openadr.signature import BadSignature
from server.store.store import Store


class Replays:
    """Knows which words each VEN has signed with."""

    def __init__(self, store: Store, window: timedelta) -> None:
        self._store = store
        self._window = window

    async def check(self, client: Client, protection: ReplayProtect, now: datetime) -> None:
        """Spend the word of a message; raises BadSignature for an old, early or repeated one."""
        if not -self._window <= protection.timestamp - now <= self._window:
            raise BadSignature(
                f"it was made at {protection.timestamp.isoformat()}, too far from now"
            )
        is_new = await self._store.nonces.spend(
            client.id,
            hashlib.sha256(protection.nonce.text.encode()).hexdigest(),
            at=protection.timestamp,
            forget_before=now - self._window,
        )
        if not is_new:
            raise BadSignature("its nonce was used before")
