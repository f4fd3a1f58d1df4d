"""Keys of the HTTP API; where the API of the bot is that has a call."""

import sqlalchemy as sa
from alembic import op

from bot.records.tables import Utc

revision = "r0003"
down_revision = "r0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and the column."""
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("profiles", sa.Text(), nullable=False),
        sa.Column("made", Utc(), nullable=False),
        sa.Column("expires", Utc(), nullable=True),
        sa.Column("revoked", Utc(), nullable=True),
        sa.Column("used", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.add_column(
        "calls", sa.Column("api", sa.String(length=256), nullable=False, server_default="")
    )
