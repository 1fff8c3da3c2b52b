"""Changes as JSON text and back.

A change is kept under the name of its class; what an older version wrote is read with the defaults
of the fields that came later. Knows no SQL.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, get_args

from pydantic import TypeAdapter

from server.core.change import Change
from server.errors import Invalid

_ADAPTERS: Mapping[str, TypeAdapter[Any]] = MappingProxyType(
    {kind.__name__: TypeAdapter(kind) for kind in get_args(Change)}
)


class UnreadableEntry(Exception):  # noqa: N818 - it names what was found
    """The feed holds what this version cannot read: it must not go on from there."""

    def __init__(self, seq: int, why: str) -> None:
        """Take the entry's number and what is wrong with it."""
        super().__init__(f"entry {seq} of the feed cannot be read: {why}")
        self.seq = seq


def encode(change: Change) -> tuple[str, str]:
    """Return a change's kind and its JSON text.

    Raises Invalid for what JSON cannot carry: a number that is not finite, half a character.
    """
    kind = type(change).__name__
    try:
        value = _ADAPTERS[kind].dump_python(change, mode="json")
        body = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        body.encode()
    except ValueError as fault:
        raise Invalid("a number is not finite or a text is not Unicode") from fault
    return kind, body


def decode(seq: int, kind: str, body: str) -> Change:
    """Return the change that an entry holds; raises UnreadableEntry."""
    adapter = _ADAPTERS.get(kind)
    if adapter is None:
        raise UnreadableEntry(seq, f"its kind {kind!r} is unknown to this version")
    try:
        change: Change = adapter.validator.validate_json(body)
    except ValueError as fault:
        raise UnreadableEntry(seq, f"its body is not a {kind}") from fault
    return change
