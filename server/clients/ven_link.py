"""Messages from a VEN to its VTN and back: one post per message, checked as far as any answer can.

It must not know which message comes when.
"""

import random
from typing import Any, TypeVar

from schemas.openadr import MEDIA_TYPE, Message, decode_payload, encode_payload, wrap
from schemas.openadr.blocks import EiResponse
from schemas.wire import WireError
from server.clients.peer import ExchangeFailed, Peer

M = TypeVar("M", bound=Any)

OK = "200"


class VtnDeclined(ExchangeFailed):
    """The VTN answered with a response code that is no success."""

    def __init__(self, why: str, *, code: str) -> None:
        """Take the code as it stood on the wire (OADR 2.0b 8.7)."""
        super().__init__(why, status=200)
        self.code = code

    @property
    def is_stranger(self) -> bool:
        """Whether the VTN does not know the VEN or its ids (any more)."""
        return self.code in {"452", "463"}


class VtnLink:
    """The services of one VTN."""

    def __init__(self, peer: Peer, *, prefix: str, rng: random.Random) -> None:
        self._peer = peer
        self._base = f"/{prefix.strip('/')}/OpenADR2/Simple/2.0b/".replace("//", "/")
        self._rng = rng

    def new_id(self) -> str:
        """Return a requestID."""
        return f"{self._rng.getrandbits(64):016x}"

    async def say(self, service: str, message: Message) -> Message:
        """Post a message and return the answer; raises ExchangeFailed, VtnDeclined for a code."""
        body = encode_payload(wrap(message))
        reply = await self._peer.post(self._base + service, body, media_type=MEDIA_TYPE)
        try:
            answer = decode_payload(reply.body).oadrSignedObject.message
        except WireError as fault:
            raise ExchangeFailed(f"{service}: {fault}") from fault
        outcome: EiResponse | None = getattr(answer, "eiResponse", None)
        if outcome is not None and not outcome.responseCode.startswith("2"):
            code, text = outcome.responseCode, outcome.responseDescription or ""
            raise VtnDeclined(f"{service}: {code} {text}".rstrip(), code=code)
        return answer

    async def ask(self, service: str, message: Message, kind: type[M]) -> M:
        """Post a message that has one kind of answer and return it."""
        answer = await self.say(service, message)
        if not isinstance(answer, kind):
            raise ExchangeFailed(f"{service}: {type(answer).__name__} is no answer")
        return answer
