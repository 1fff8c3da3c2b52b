"""Words that clients have signed with: nonce."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "nonce",
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("word", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "word"),
        sqlite_with_rowid=False,
    )
    op.create_index("nonce_by_age", "nonce", ["at"])
