"""What a VEN left with us and must outlast a restart, kept as one document of its device.

Read once for each registration and then held in memory, so that a poll need not ask the store. A
registration anew begins with nothing, as everything is forgotten with the one before (rule 406).
It must not know what it keeps.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pydantic import TypeAdapter

from server.core.model import Client, ClientId, Device
from server.desk import Desk

T = TypeVar("T")


@dataclass(slots=True)
class _Held(Generic[T]):
    registration_id: str
    value: T | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Kept(Generic[T]):
    """One value for each registered VEN, empty at first."""

    def __init__(self, desk: Desk, name: str, kind: TypeAdapter[T], empty: T) -> None:
        """Take the name of the document and the type of what is in it."""
        self._desk = desk
        self._name = name
        self._kind = kind
        self._empty = empty
        self._held: dict[ClientId, _Held[T]] = {}

    async def of(self, client: Client) -> T:
        """Return the value of a VEN."""
        held = self._of(client)
        if held.value is not None:
            return held.value
        async with held.turn:
            return await self._load(client, held)

    async def change(self, client: Client, change: Callable[[T], T]) -> T:
        """Keep what `change` makes of the value; whatever it raises leaves the value as it is."""
        held = self._of(client)
        async with held.turn:
            before = await self._load(client, held)
            after = change(before)
            if after != before:
                await self._store(client, after)
                held.value = after
            return after

    def _of(self, client: Client) -> _Held[T]:
        registration_id = client.registration.registration_id if client.registration else ""
        held = self._held.get(client.id)
        if held is None or held.registration_id != registration_id:
            held = self._held[client.id] = _Held(registration_id)
        return held

    async def _load(self, client: Client, held: _Held[T]) -> T:
        if held.value is None:
            device = home_of(self._desk, client)
            document = device and await self._desk.store.document(device.id, self._name)
            held.value = self._kind.validate_json(document.body) if document else self._empty
        return held.value

    async def _store(self, client: Client, value: T) -> None:
        device = home_of(self._desk, client)
        if device is not None:
            body = self._kind.dump_json(value)
            now = self._desk.clock.now()
            await self._desk.store.put_document(device.id, self._name, body, at=now)


def home_of(desk: Desk, client: Client) -> Device | None:
    """Return the device that a VEN is; None if an operator took it away."""
    return next(iter(desk.book.devices_of(client.id)), None)
