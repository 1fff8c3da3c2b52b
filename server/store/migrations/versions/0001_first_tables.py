"""The first tables: feed, document, response, reading."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the four tables."""
    _create_feed()
    _create_document()
    _create_response()
    _create_reading()


def _create_feed() -> None:
    op.create_table(
        "feed",
        sa.Column("seq", SERIAL, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )


def _create_document() -> None:
    op.create_table(
        "document",
        sa.Column("device_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("device_id", "name"),
    )


def _create_response() -> None:
    op.create_table(
        "response",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("device_id", sa.Text, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("mrid", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("code", sa.BigInteger, nullable=True),
        sa.Column("said_at", sa.BigInteger, nullable=True),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "device_id", "event_id", "mrid", "status", "version", name="response_said_once"
        ),
    )
    op.create_index("response_of_event", "response", ["event_id"])


def _create_reading() -> None:
    op.create_table(
        "reading",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("point", sa.Text, nullable=False),
        sa.Column("start", sa.BigInteger, nullable=False),
        sa.Column("duration", sa.BigInteger, nullable=False),
        sa.Column("value", sa.Float, nullable=False),
        sa.Column("quality", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("source", "point", "start"),
        sqlite_with_rowid=False,
    )
