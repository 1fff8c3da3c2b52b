"""One message, once it is known who sent it.

What handlers are given and what they return; it must not know what they do with it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from schemas.openadr import Message
from server.core.model import Client
from server.errors import Forbidden
from server.openadr.answer import Answer, response

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class Call(Generic[M]):
    """A message from an admitted client; nobody is known behind some queries."""

    message: M
    body: bytes
    """The document that held it, byte for byte."""
    client: Client | None
    now: datetime

    @property
    def ven(self) -> Client:
        """Return the client; Forbidden if nobody is known."""
        if self.client is None:
            raise Forbidden("this VEN is not enrolled")
        return self.client


Handler = Callable[[Call[Any]], Awaitable[Message | Answer]]


async def acknowledge(call: Call[Any]) -> Message:
    """Take note of an answer to one of our messages."""
    return response(call.message, call.ven.ven_id)
