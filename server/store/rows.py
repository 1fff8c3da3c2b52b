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
    text,
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


class MirrorRow(Row, table=True):
    """A usage point of a device, or a meter reading of one; `removed_at` is empty while it lives.

    An mRID lives on one device only.
    """

    __tablename__ = "mirror"
    __table_args__ = (
        Index(
            "mirror_lives_once",
            "mrid",
            unique=True,
            sqlite_where=text("removed_at IS NULL"),
            postgresql_where=text("removed_at IS NULL"),
        ),
    )

    device_id: str = Field(primary_key=True, sa_type=Text)
    mrid: str = Field(primary_key=True, sa_type=Text)
    parent: str = Field(sa_type=Text)
    body: bytes = Field(sa_type=LargeBinary)
    at: datetime = Field(sa_type=Instant)
    removed_at: datetime | None = Field(sa_type=Instant)


class ReadingSetRow(Row, table=True):
    """The values of a point for one span, as its device gave them."""

    __tablename__ = "reading_set"
    __table_args__ = {"sqlite_with_rowid": False}

    device_id: str = Field(primary_key=True, sa_type=Text)
    point: str = Field(primary_key=True, sa_type=Text)
    start: datetime = Field(primary_key=True, sa_type=Instant)
    duration: timedelta = Field(sa_type=Span)
    mrid: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text)


class OutboxRow(Row, table=True):
    """How far the telling of a subscription is; `told` is JSON, `due_at` empty if nothing waits."""

    __tablename__ = "outbox"

    subscription_id: str = Field(primary_key=True, sa_type=Text)
    told: str = Field(sa_type=Text)
    tried: str = Field(sa_type=Text)
    attempts: int = Field(sa_type=BigInteger)
    due_at: datetime | None = Field(sa_type=Instant)
    failure: str = Field(sa_type=Text)
    is_dead: bool


class NonceRow(Row, table=True):
    """A word that a client signed with and may not sign with again; `at` is when it did."""

    __tablename__ = "nonce"
    __table_args__ = (Index("nonce_by_age", "at"), {"sqlite_with_rowid": False})

    client_id: str = Field(primary_key=True, sa_type=Text)
    word: str = Field(primary_key=True, sa_type=Text)
    at: datetime = Field(sa_type=Instant)


class AnswerRow(Row, table=True):
    """What a request was answered that may come again; no status until that is known."""

    __tablename__ = "answer"
    __table_args__ = (Index("answer_by_age", "at"),)

    token_id: str = Field(primary_key=True, sa_type=Text)
    key: str = Field(primary_key=True, sa_type=Text)
    digest: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=Instant)
    status: int | None = Field(sa_type=BigInteger)
    location: str = Field(sa_type=Text)
    body: bytes = Field(sa_type=LargeBinary)


class OptWordRow(Row, table=True):
    """One of all the words that a VEN said to an event."""

    __tablename__ = "opt_word"
    __table_args__ = (Index("opt_word_of_event", "event_id"),)

    id: int = Field(primary_key=True, sa_type=SERIAL)
    device_id: str = Field(sa_type=Text)
    event_id: str = Field(sa_type=Text)
    version: int = Field(sa_type=BigInteger)
    status: str = Field(sa_type=Text)
    code: int | None = Field(sa_type=BigInteger)
    request_id: str = Field(sa_type=Text)
    said_at: datetime | None = Field(sa_type=Instant)
    received_at: datetime = Field(sa_type=Instant)
    detail: str = Field(sa_type=Text)


class AuditRow(Row, table=True):
    """What an operator asked for, as a link in a chain of hashes."""

    __tablename__ = "audit"

    seq: int = Field(primary_key=True, sa_type=SERIAL, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=Instant)
    actor: str = Field(sa_type=Text)
    token_id: str = Field(sa_type=Text)
    role: str = Field(sa_type=Text)
    operation: str = Field(sa_type=Text)
    method: str = Field(sa_type=Text)
    path: str = Field(sa_type=Text)
    status: int = Field(sa_type=BigInteger)
    verdict: str = Field(sa_type=Text)
    request_id: str = Field(sa_type=Text)
    digest: str = Field(sa_type=Text)
    previous: str = Field(sa_type=Text)
    hash: str = Field(sa_type=Text)


class AuditHeadRow(Row, table=True):
    """The one row that says where the audit trail ends."""

    __tablename__ = "audit_head"

    id: int = Field(primary_key=True, sa_type=SERIAL, sa_column_kwargs={"autoincrement": False})
    seq: int = Field(sa_type=BigInteger)
    hash: str = Field(sa_type=Text)


class LeaseRow(Row, table=True):
    """Who has what only one instance may do; `beat` goes on while its holder lives."""

    __tablename__ = "lease"

    name: str = Field(primary_key=True, sa_type=Text)
    holder: str = Field(sa_type=Text)
    epoch: int = Field(sa_type=BigInteger)
    beat: int = Field(sa_type=BigInteger)


FEED: Table = Row.metadata.tables["feed"]
DOCUMENT: Table = Row.metadata.tables["document"]
RESPONSE: Table = Row.metadata.tables["response"]
READING: Table = Row.metadata.tables["reading"]
MIRROR: Table = Row.metadata.tables["mirror"]
READING_SET: Table = Row.metadata.tables["reading_set"]
OUTBOX: Table = Row.metadata.tables["outbox"]
NONCE: Table = Row.metadata.tables["nonce"]
LEASE: Table = Row.metadata.tables["lease"]
OPT_WORD: Table = Row.metadata.tables["opt_word"]
ANSWER: Table = Row.metadata.tables["answer"]
AUDIT: Table = Row.metadata.tables["audit"]
AUDIT_HEAD: Table = Row.metadata.tables["audit_head"]
