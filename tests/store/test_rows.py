"""Instants and spans are exact and ordered as integers."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from server.store.rows import Instant, Span, count_instant

DIALECT = sqlite.dialect()
INSTANTS = st.datetimes(
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]),
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
)


@settings(max_examples=50)
@given(INSTANTS)
def test_an_instant_comes_back_equal_and_in_utc(instant: datetime) -> None:
    kept = Instant().process_bind_param(instant, DIALECT)
    back = Instant().process_result_value(kept, DIALECT)
    assert back == instant
    assert back is not None
    assert back.tzinfo is UTC


@settings(max_examples=50)
@given(INSTANTS, INSTANTS)
def test_instants_keep_their_order(one: datetime, other: datetime) -> None:
    assert (one < other) == (count_instant(one) < count_instant(other))


@settings(max_examples=50)
@given(st.timedeltas())
def test_a_span_comes_back_equal(span: timedelta) -> None:
    kept = Span().process_bind_param(span, DIALECT)
    assert Span().process_result_value(kept, DIALECT) == span


def test_a_naive_instant_is_not_taken() -> None:
    with pytest.raises(TypeError):
        count_instant(datetime(2026, 1, 1))  # noqa: DTZ001


def test_nothing_stays_nothing() -> None:
    for kind in (Instant(), Span()):
        assert kind.process_bind_param(None, DIALECT) is None
        assert kind.process_result_value(None, DIALECT) is None
