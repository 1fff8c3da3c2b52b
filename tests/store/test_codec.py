"""Changes survive the way through JSON, and what cannot be read is named."""

import enum
import json
import math
import types
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.core.change import Change, DefaultSet, DeviceAdded, EventCancelled, TokenRevoked
from server.core.model import Controls, DeviceId, EventId, ProgramId, TokenId
from server.errors import Invalid
from server.store.codec import UnreadableEntry, decode, encode

PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    str: st.text(),
    bytes: st.text().map(str.encode),  # XML in UTF-8
    type(None): st.none(),
    datetime: st.datetimes(
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=-9, minutes=-30))])
    ),
    timedelta: st.timedeltas(),
}


def values_of(kind: Any) -> st.SearchStrategy[Any]:
    if kind in PLAIN:
        return PLAIN[kind]
    if isinstance(kind, NewType):
        return values_of(kind.__supertype__)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return st.sampled_from(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        return st.builds(kind, **{part.name: values_of(hints[part.name]) for part in fields(kind)})
    parts = [values_of(part) for part in get_args(kind) if part is not ...]
    if get_origin(kind) is tuple and ... not in get_args(kind):
        return st.tuples(*parts)
    return collections_of(get_origin(kind), parts)


def collections_of(origin: Any, parts: list[st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    if origin is tuple:
        return st.lists(parts[0], max_size=3).map(tuple)
    if origin is frozenset:
        return st.frozensets(parts[0], max_size=3)
    assert origin in {Union, types.UnionType}, origin
    return st.one_of(parts)


@pytest.mark.parametrize("kind", get_args(Change), ids=lambda kind: kind.__name__)
def test_every_change_comes_back_equal(kind: type[Change]) -> None:
    @settings(max_examples=25, deadline=None)
    @given(values_of(kind))
    def check(change: Change) -> None:
        name, body = encode(change)
        assert name == kind.__name__
        assert "\n" not in body
        assert decode(1, name, body) == change

    check()


def test_an_instant_comes_back_aware() -> None:
    change = EventCancelled(
        event_id=EventId("e"), at=datetime(2026, 3, 29, 1, 30, tzinfo=UTC), at_random=True
    )
    back = decode(1, *encode(change))
    assert isinstance(back, EventCancelled)
    assert back.at.utcoffset() == timedelta(0)


def test_an_unknown_kind_names_the_entry() -> None:
    with pytest.raises(UnreadableEntry, match=r"entry 17 .*'Teleported'") as caught:
        decode(17, "Teleported", "{}")
    assert caught.value.seq == 17


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"token_id":5}', '{"token":"t"}'])
def test_an_unreadable_body_names_the_entry(body: str) -> None:
    with pytest.raises(UnreadableEntry, match=r"entry 9 .*TokenRevoked"):
        decode(9, "TokenRevoked", body)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_number_that_is_not_finite_is_refused(value: float) -> None:
    change = DefaultSet(program_id=ProgramId("p"), controls=Controls(target_w=value), version=1)
    with pytest.raises(Invalid):
        encode(change)


def test_half_a_character_is_refused() -> None:
    with pytest.raises(Invalid):
        encode(TokenRevoked(token_id=TokenId("\ud800")))


def test_a_field_that_came_later_gets_its_default() -> None:
    body = {
        "device": {
            "id": "d",
            "name": "d",
            "language": "sep2",
            "added_at": "2026-01-01T00:00:00Z",
        }
    }
    change = decode(1, "DeviceAdded", json.dumps(body))
    assert isinstance(change, DeviceAdded)
    assert change.device.id == DeviceId("d")
    assert change.device.in_band is False
    assert change.groups == frozenset()


def test_a_field_of_a_newer_version_is_passed_over() -> None:
    change = decode(1, "TokenRevoked", '{"token_id":"t","reason":"lost"}')
    assert change == TokenRevoked(token_id=TokenId("t"))
