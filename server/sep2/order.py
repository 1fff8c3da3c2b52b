"""The order of lists, by the keys that the route table gives, and what `a` leaves of them.

Pure functions of wire instances.
"""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

_TIMES = frozenset(
    {"createdDateTime", "effectiveTime", "interval.start", "intervalRequested.start"}
    | {"timePeriod.start"}
)


def in_order(items: Sequence[Any], keys: Sequence[str]) -> Sequence[Any]:
    """Return items by several keys, those with a `-` descending; what lacks a key comes last."""
    found = list(items)
    for key in reversed(keys):
        is_descending = key.startswith("-")
        value_of = attrgetter(key.removeprefix("-"))
        present = [item for item in found if value_of(item) is not None]
        absent = [item for item in found if value_of(item) is None]
        found = sorted(present, key=value_of, reverse=is_descending) + absent
    return found


def after(items: Sequence[Any], seconds: int | None, keys: Sequence[str]) -> Sequence[Any]:
    """Return the items of a list later than an instant, if its first key is a time."""
    key = keys[0].removeprefix("-")
    if seconds is None or key not in _TIMES:
        return items
    return [item for item in items if attrgetter(key)(item) > seconds]
