"""
The webhooks that wait: whose turn it is, and what becomes of each. Several bots share them.

Those of one call go one after another: none is taken while an earlier one of its call waits or is
being sent. Who takes one moves its `due` to when it may be taken again: a bot that dies while it
sends loses nothing, and what it had sent may come twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine, and_, delete, exists, func, select, update

from bot.records.database import database_errors, writing
from bot.records.tables import calls, outbox

BACK_OFF: Final = (5.0, 3600.0)
"""Seconds before the second try, and the longest wait between two; each is twice the one before."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A webhook that is ours for a while."""

    id: str
    call_id: str
    type: str
    body: str
    made: datetime
    tries: int


def take(engine: Engine, most: int, lease: float) -> list[Waiting]:
    """
    Webhooks to send now, for `lease` seconds ours alone. Raises ServiceUnavailable.
    """
    now = datetime.now(UTC)
    earlier = outbox.alias("earlier")
    blocked = exists().where(
        earlier.c.call_id == outbox.c.call_id, ~earlier.c.dead, earlier.c.id < outbox.c.id
    )
    due = (
        select(outbox)
        .where(~outbox.c.dead, outbox.c.due <= now, ~blocked)
        .order_by(outbox.c.due)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    with database_errors(), writing(engine) as connection:
        rows = connection.execute(due).all()
        ours = outbox.c.id.in_([row.id for row in rows])
        until = now + timedelta(seconds=lease)
        connection.execute(update(outbox).where(ours).values(due=until, tries=outbox.c.tries + 1))
    return [
        Waiting(row.id, row.call_id, row.type, row.body, row.made, row.tries + 1) for row in rows
    ]


def delivered(engine: Engine, id: str) -> None:
    """It has arrived. Raises ServiceUnavailable."""
    with database_errors(), writing(engine) as connection:
        connection.execute(delete(outbox).where(outbox.c.id == id))


def failed(engine: Engine, sent: Waiting, error: str, dead_after: float) -> bool:
    """
    It has not: try again later; after `dead_after` hours, put it aside. Returns whether it was.

    Raises ServiceUnavailable.
    """
    now = datetime.now(UTC)
    dead = now - sent.made > timedelta(hours=dead_after)
    wait = min(BACK_OFF[0] * 2.0 ** min(sent.tries - 1, 30), BACK_OFF[1])
    values = {"dead": dead, "error": error[:256], "due": now + timedelta(seconds=wait)}
    with database_errors(), writing(engine) as connection:
        connection.execute(update(outbox).where(outbox.c.id == sent.id).values(values))
    return dead


def settled(engine: Engine, call_id: str, kind: str) -> bool:
    """
    Whether the call is over and no webhook of this type waits for its first answer.

    Raises ServiceUnavailable.
    """
    first = exists().where(
        outbox.c.call_id == call_id, ~outbox.c.dead, outbox.c.type == kind, outbox.c.error == ""
    )
    over = exists().where(calls.c.id == call_id, calls.c.outcome.is_not(None))
    with database_errors(), engine.connect() as connection:
        return bool(connection.execute(select(and_(over, ~first))).scalar_one())


def backlog(engine: Engine) -> tuple[int, float]:
    """How many wait, and for how many seconds the oldest. Raises ServiceUnavailable."""
    query = select(func.count(), func.min(outbox.c.made)).where(~outbox.c.dead)
    with database_errors(), engine.connect() as connection:
        count, oldest = connection.execute(query).one()
    age = (datetime.now(UTC) - oldest).total_seconds() if oldest else 0.0
    return count, max(0.0, age)


def listing(engine: Engine, limit: int) -> Sequence[Any]:
    """Those that wait or were put aside, the oldest first. Raises ServiceUnavailable."""
    query = select(outbox).order_by(outbox.c.id).limit(limit)
    with database_errors(), engine.connect() as connection:
        return connection.execute(query).all()


def revive(engine: Engine) -> int:
    """Try those that were put aside again, for as long as at first; how many."""
    now = datetime.now(UTC)
    again = {"dead": False, "due": now, "made": now, "tries": 0}
    with database_errors(), writing(engine) as connection:
        done = connection.execute(update(outbox).where(outbox.c.dead).values(again))
        return int(done.rowcount)
