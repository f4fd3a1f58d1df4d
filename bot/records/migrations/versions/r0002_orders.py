"""Calls that we are to make: orders, their tries, campaigns; numbers that nobody may call."""

import sqlalchemy as sa
from alembic import op

from bot.records.tables import Utc

revision = "r0002"
down_revision = "r0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; calls know their order."""
    op.add_column(
        "calls", sa.Column("order_id", sa.String(length=36), nullable=False, server_default="")
    )
    _campaigns()
    _orders()
    _tries()
    op.create_table(
        "do_not_call",
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("since", Utc(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )


def _campaigns() -> None:
    op.create_table(
        "campaigns",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("profile", sa.String(length=64), nullable=False),
        sa.Column("rate", sa.Float(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("made", Utc(), nullable=False),
        sa.Column("due", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )


def _orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("campaign_id", sa.String(length=32), nullable=True),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("profile", sa.String(length=64), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("consent", sa.String(length=256), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("made", Utc(), nullable=False),
        sa.Column("changed", Utc(), nullable=False),
        sa.Column("due", Utc(), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("lease", Utc(), nullable=True),
        sa.Column("call_id", sa.String(length=36), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.String(length=256), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("orders_once", "orders", ["campaign_id", "number"], unique=True)
    op.create_index("orders_due", "orders", ["state", "campaign_id", "due"])
    op.create_index("orders_number", "orders", ["number"])


def _tries() -> None:
    op.create_table(
        "tries",
        sa.Column("call_id", sa.String(length=36), nullable=False),
        sa.Column("order_id", sa.String(length=36), nullable=False),
        sa.Column("made", Utc(), nullable=False),
        sa.Column("placed", Utc(), nullable=True),
        sa.Column("answered", Utc(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.String(length=256), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id"),
    )
    op.create_index("tries_order", "tries", ["order_id", "made"])
