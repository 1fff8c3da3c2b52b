"""The documents that polls ask for, kept in memory.

Holds what the store holds, or nothing: a write replaces, and a read that a write overtook is not
kept. Bounded by bytes; the least recently used goes first. It must not know where documents live.
"""

from collections import OrderedDict

from server.core.model import DeviceId
from server.store.values import Document

OVERHEAD_BYTES = 512

Key = tuple[DeviceId, str]


class DocumentCache:
    """Documents, and the knowledge that there is none, by device and name."""

    def __init__(self, *, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._bytes = 0
        self._kept: OrderedDict[Key, Document | None] = OrderedDict()
        self._loads: dict[Key, object] = {}

    def __contains__(self, key: Key) -> bool:
        return key in self._kept

    def __getitem__(self, key: Key) -> Document | None:
        self._kept.move_to_end(key)
        return self._kept[key]

    def start_load(self, key: Key) -> object:
        """Note that a read from the store begins; returns what `end_load` wants."""
        return self._loads.setdefault(key, object())

    def end_load(self, key: Key, load: object, document: Document | None) -> None:
        """Keep what was read, unless a write came between."""
        if self._loads.get(key) is load:
            self.keep(key, document)

    def keep(self, key: Key, document: Document | None) -> None:
        """Hold what the store now holds."""
        self.forget(key)
        self._kept[key] = document
        self._bytes += _size(document)
        while self._bytes > self._limit_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= _size(oldest)

    def forget(self, key: Key) -> None:
        """Hold nothing of a document, nor of a read that is under way."""
        self._loads.pop(key, None)
        if key in self._kept:
            self._bytes -= _size(self._kept.pop(key))

    def forget_device(self, device_id: DeviceId) -> None:
        """Hold nothing of a device."""
        for key in [key for key in (*self._kept, *self._loads) if key[0] == device_id]:
            self.forget(key)


def _size(document: Document | None) -> int:
    return OVERHEAD_BYTES + (0 if document is None else len(document.body))
