"""How far the telling of each subscription is: outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "outbox",
        sa.Column("subscription_id", sa.Text, nullable=False),
        sa.Column("told", sa.Text, nullable=False),
        sa.Column("tried", sa.Text, nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=True),
        sa.Column("failure", sa.Text, nullable=False),
        sa.Column("is_dead", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("subscription_id"),
    )
