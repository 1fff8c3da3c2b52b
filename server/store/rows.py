"""The tables, and how instants and spans are kept in them.

Both are whole microseconds in a BIGINT: exact, ordered and the same on every database. A change
here needs a migration beside it; a test compares the two.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlmodel import Field, SQLModel

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def count_instant(instant: datetime) -> int:
    """Return the microseconds since 1970; raises TypeError for a naive datetime."""
    return (instant - EPOCH) // MICROSECOND


def count_span(span: timedelta) -> int:
    """Return the microseconds."""
    return span // MICROSECOND


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept as microseconds since 1970 and given back in UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Count the microseconds; raises TypeError for a naive datetime."""
        return None if value is None else count_instant(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Return the instant that the count stands for."""
        return None if value is None else EPOCH + timedelta(microseconds=value)


class Span(TypeDecorator[timedelta]):
    """A timedelta, kept as microseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:
        """Count the microseconds."""
        return None if value is None else count_span(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> timedelta | None:
        """Return the span that the count stands for."""
        return None if value is None else timedelta(microseconds=value)


# SQLite numbers rows by itself only if the key is spelled INTEGER.
SERIAL = BigInteger().with_variant(Integer, "sqlite")


class Row(SQLModel):
    """The base of the tables, with a catalogue of its own."""

    metadata = MetaData()


class FeedRow(Row, table=True):
    """One change, numbered by the one who appends it."""

    __tablename__ = "feed"

    seq: int = Field(primary_key=True, sa_type=SERIAL, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=Instant)
    actor: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text)


class DocumentRow(Row, table=True):
    """The newest document of a device under a name."""

    __tablename__ = "document"

    device_id: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(primary_key=True, sa_type=Text)
    body: bytes = Field(sa_type=LargeBinary)
    at: datetime = Field(sa_type=Instant)


class ResponseRow(Row, table=True):
    """A device's word on an event; `mrid` is empty if it is about the whole of it."""

    __tablename__ = "response"
    __table_args__ = (
        UniqueConstraint(
            "device_id", "event_id", "mrid", "status", "version", name="response_said_once"
        ),
        Index("response_of_event", "event_id"),
    )

    id: int = Field(primary_key=True, sa_type=SERIAL)
    device_id: str = Field(sa_type=Text)
    event_id: str = Field(sa_type=Text)
    mrid: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    code: int | None = Field(sa_type=BigInteger)
    said_at: datetime | None = Field(sa_type=Instant)
    received_at: datetime = Field(sa_type=Instant)
    version: int = Field(sa_type=BigInteger)
    detail: str = Field(sa_type=Text)


class ReadingRow(Row, table=True):
    """One value of a time series."""

    __tablename__ = "reading"
    # On SQLite the table is then its own index, in half the space.
    __table_args__ = {"sqlite_with_rowid": False}

    source: str = Field(primary_key=True, sa_type=Text)
    point: str = Field(primary_key=True, sa_type=Text)
    start: datetime = Field(primary_key=True, sa_type=Instant)
    duration: timedelta = Field(sa_type=Span)
    value: float
    quality: str = Field(sa_type=Text)
    unit: str = Field(sa_type=Text)


FEED: Table = Row.metadata.tables["feed"]
DOCUMENT: Table = Row.metadata.tables["document"]
RESPONSE: Table = Row.metadata.tables["response"]
READING: Table = Row.metadata.tables["reading"]
