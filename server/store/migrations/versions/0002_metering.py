"""What devices mirror of their metering: mirror, reading_set."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the two tables."""
    _create_mirror()
    _create_reading_set()


def _create_mirror() -> None:
    op.create_table(
        "mirror",
        sa.Column("device_id", sa.Text, nullable=False),
        sa.Column("mrid", sa.Text, nullable=False),
        sa.Column("parent", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("removed_at", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("device_id", "mrid"),
    )
    lives = sa.text("removed_at IS NULL")
    op.create_index(
        "mirror_lives_once",
        "mirror",
        ["mrid"],
        unique=True,
        sqlite_where=lives,
        postgresql_where=lives,
    )


def _create_reading_set() -> None:
    op.create_table(
        "reading_set",
        sa.Column("device_id", sa.Text, nullable=False),
        sa.Column("point", sa.Text, nullable=False),
        sa.Column("start", sa.BigInteger, nullable=False),
        sa.Column("duration", sa.BigInteger, nullable=False),
        sa.Column("mrid", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("device_id", "point", "start"),
        sqlite_with_rowid=False,
    )
