"""
The tables: what is kept of a call, and of calls that we are to make.

A change here needs a migration (migrations/versions); a test compares the two.
"""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

ID: Final = 32
"""Characters of a sortable id."""


class Utc(TypeDecorator[datetime]):
    """An instant: `timestamptz` in PostgreSQL, UTC without a zone in SQLite, which has none."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Only instants with a zone can be stored."""
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """In UTC, with its zone."""
        if value is None:
            return None
        instant: datetime = value
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


metadata = MetaData()

calls = Table(
    "calls",
    metadata,
    Column("id", String(64), primary_key=True, comment="the UUID that Asterisk knows"),
    Column("profile", String(64), nullable=False),
    Column("caller", String(64), nullable=False),
    Column("called", String(64), nullable=False),
    Column("channel", String(128), nullable=False),
    Column("line", String(16), nullable=False),
    Column("rate", Integer, nullable=False),
    Column("bot", String(128), nullable=False, comment="the machine whose bot has it, or had"),
    Column("api", String(256), nullable=False, server_default="", comment="where its API is"),
    Column("began", Utc, nullable=False),
    Column("seen", Utc, nullable=False, comment="when the bot last said that it is up"),
    Column("ended", Utc),
    Column("outcome", String(16), comment="caller_left, hang_up, transfer, fallback or lost"),
    Column("seconds", Float),
    Column("turns", Integer, nullable=False),
    Column("summary", Text, nullable=False),
    Column("recording", String(512), nullable=False, comment="its name in the storage; or empty"),
    Column("order_id", String(36), nullable=False, server_default="", comment="where we called"),
    Column("dropped_in", Integer, nullable=False),
    Column("dropped_out", Integer, nullable=False),
    Index("calls_began", "began"),
    Index("calls_caller", "caller", "began"),
    Index("calls_called", "called", "began"),
    Index("calls_profile", "profile", "began"),
    Index("calls_outcome", "outcome", "began"),
)


def _of_a_call() -> list[Column[Any]]:
    """What every row about a call begins with."""
    return [
        Column("id", String(ID), primary_key=True),
        Column("call_id", String(64), ForeignKey("calls.id", ondelete="CASCADE"), nullable=False),
        Column("at", Float, nullable=False, comment="seconds since this bot had the call"),
    ]


turns = Table(
    "turns",
    metadata,
    *_of_a_call(),
    Column("number", Integer, nullable=False),
    Column("heard", Text, nullable=False),
    Column("said", Text, nullable=False),
    Column("phrase", String(32), nullable=False),
    Column("cut", Boolean, nullable=False),
    Column("error", String(64), nullable=False),
    Index("turns_call", "call_id", "id"),
)

intervals = Table(
    "intervals",
    metadata,
    Column("turn_id", String(ID), ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("seconds", Float, nullable=False),
)

events = Table(
    "events",
    metadata,
    *_of_a_call(),
    Column("kind", String(32), nullable=False),
    Column("detail", Text, nullable=False),
    Index("events_call", "call_id", "id"),
)

fields = Table(
    "fields",
    metadata,
    *_of_a_call(),
    Column("name", String(64), nullable=False),
    Column("value", Text, nullable=False, comment="masked where it is a secret"),
    Column("secret", Boolean, nullable=False),
    Index("fields_call", "call_id", "id"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", String(ID), primary_key=True),
    Column("call_id", String(64), nullable=False),
    Column("type", String(32), nullable=False),
    Column("body", Text, nullable=False),
    Column("made", Utc, nullable=False),
    Column("due", Utc, nullable=False, comment="not before; while it is sent: when it is not"),
    Column("tries", Integer, nullable=False),
    Column("dead", Boolean, nullable=False),
    Column("error", String(256), nullable=False),
    Index("outbox_due", "dead", "due"),
    Index("outbox_call", "call_id", "dead", "id"),
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", String(ID), primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("profile", String(64), nullable=False),
    Column("rate", Float, nullable=False, comment="calls begun a minute"),
    Column("calls", Integer, nullable=False, comment="at once"),
    Column("state", String(16), nullable=False, comment="running, paused or stopped"),
    Column("source", String(64), nullable=False, comment="a digest of its file; or empty"),
    Column("made", Utc, nullable=False),
    Column("due", Utc, nullable=False, comment="its next call is not begun before"),
)

orders = Table(
    "orders",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("campaign_id", String(ID), ForeignKey("campaigns.id", ondelete="CASCADE")),
    Column("number", String(16), nullable=False, comment="in its one writing"),
    Column("profile", String(64), nullable=False),
    Column("data", Text, nullable=False, comment="JSON: what the dialogue knows of the person"),
    Column("consent", String(256), nullable=False, comment="how it was given; or empty"),
    Column("state", String(16), nullable=False, comment="waiting, calling, done or cancelled"),
    Column("tries", Integer, nullable=False),
    Column("made", Utc, nullable=False),
    Column("changed", Utc, nullable=False),
    Column("due", Utc, nullable=False, comment="not before"),
    Column("owner", String(64), nullable=False, comment="the bot that calls; or empty"),
    Column("lease", Utc, comment="until when that bot has it, unless it says so again"),
    Column("call_id", String(36), nullable=False, comment="of the latest try; or empty"),
    Column("outcome", String(16), nullable=False, comment="of the latest try; or empty"),
    Column("detail", String(256), nullable=False),
    Index("orders_once", "campaign_id", "number", unique=True),
    Index("orders_due", "state", "campaign_id", "due"),
    Index("orders_number", "number"),
)

tries = Table(
    "tries",
    metadata,
    Column("call_id", String(36), primary_key=True, comment="as in calls, where one came of it"),
    Column("order_id", String(36), ForeignKey("orders.id", ondelete="CASCADE"), nullable=False),
    Column("made", Utc, nullable=False),
    Column("placed", Utc, comment="when Asterisk was asked for it"),
    Column("answered", Utc),
    Column("outcome", String(16), nullable=False),
    Column("detail", String(256), nullable=False),
    Index("tries_order", "order_id", "made"),
)

do_not_call = Table(
    "do_not_call",
    metadata,
    Column("number", String(16), primary_key=True, comment="in its one writing"),
    Column("since", Utc, nullable=False),
    Column("source", String(16), nullable=False, comment="caller, command or api"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(16), primary_key=True, comment="the part of the key that may be shown"),
    Column("name", String(64), nullable=False),
    Column("hash", String(64), nullable=False, comment="SHA-256 of its secret part"),
    Column("role", String(16), nullable=False, comment="viewer, operator or admin"),
    Column("profiles", Text, nullable=False, comment="JSON list; empty: all"),
    Column("made", Utc, nullable=False),
    Column("expires", Utc),
    Column("revoked", Utc),
    Column("used", Utc, comment="about when it was last used"),
)

BY_NAME: Final = metadata.tables
