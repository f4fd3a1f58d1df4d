"""
Deletes calls and orders with all that belongs to them, by age or number; closes calls that were
lost.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import Connection, Engine, delete, func, or_, select, update

from bot.core.errors import BotError
from bot.core.telephone import one_writing
from bot.records import catalogue
from bot.records.call_record import webhook
from bot.records.catalogue import CollectedField
from bot.records.database import database_errors, writing
from bot.records.orders import State
from bot.records.search import LOST_AFTER, ways_to_write
from bot.records.tables import calls, campaigns, fields, orders, outbox

SOME: Final = 200
"""Calls deleted in one transaction, so that writers never wait long."""

RemoveRecording = Callable[[str], None]
"""Takes a call's id, and removes its sound, where there is any. Raises BotError."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Doomed:
    """Which calls to delete: those of one number, those that began before an instant, or both."""

    before: datetime | None = None
    number: str = ""
    profiles: frozenset[str] | None = None
    """Only of these; None: of all."""


def count(engine: Engine, doomed: Doomed) -> int:
    """How many calls would be deleted. Raises ServiceUnavailable."""
    query = select(func.count()).select_from(calls).where(*_which(doomed))
    with database_errors(), engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def purge(engine: Engine, doomed: Doomed, remove: RemoveRecording) -> int:
    """
    Delete them, the sound first; return how many. Calls that are up stay.

    A call whose recording cannot be removed keeps its record, so that the next purge finds it.
    Raises ServiceUnavailable.
    """
    deleted, kept = 0, [""]
    while True:
        query = select(calls.c.id).where(*_which(doomed))
        query = query.where(calls.c.id.not_in(kept)).limit(SOME)
        with database_errors(), engine.connect() as connection:
            some = list(connection.execute(query).scalars())
        if not some:
            return deleted
        gone = [id for id in some if _removed(remove, id)]
        kept += [id for id in some if id not in gone]
        if not gone:
            return deleted  # the storage is away: the next purge tries again
        with database_errors(), writing(engine) as connection:
            connection.execute(delete(outbox).where(outbox.c.call_id.in_(gone)))
            connection.execute(delete(calls).where(calls.c.id.in_(gone)))
        deleted += len(gone)


def forget_orders(engine: Engine, doomed: Doomed) -> int:
    """
    Delete orders, how many; by number all of them, by age those that are over or forgotten.

    That nobody may call a number stays known. Raises ServiceUnavailable.
    """
    which = _which_orders(doomed)
    with database_errors(), writing(engine) as connection:
        told = outbox.c.call_id.in_(select(orders.c.id).where(*which))
        connection.execute(delete(outbox).where(told))
        gone = int(connection.execute(delete(orders).where(*which)).rowcount)
        if doomed.before is not None:
            left = select(orders.c.campaign_id).where(orders.c.campaign_id == campaigns.c.id)
            empty = campaigns.c.made < doomed.before, ~left.exists()
            connection.execute(delete(campaigns).where(*empty))
    return gone


def forget_sound(engine: Engine, before: datetime, remove: RemoveRecording) -> int:
    """Delete the recordings of calls that began earlier; how many. Raises ServiceUnavailable."""
    query = select(calls.c.id).where(calls.c.recording != "", calls.c.began < before)
    with database_errors(), engine.connect() as connection:
        some = list(connection.execute(query.limit(SOME)).scalars())
    gone = [id for id in some if _removed(remove, id)]
    with database_errors(), writing(engine) as connection:
        connection.execute(update(calls).where(calls.c.id.in_(gone)).values(recording=""))
    more = len(gone) == SOME
    return len(gone) + (forget_sound(engine, before, remove) if more else 0)


def forget_dead(engine: Engine, before: datetime) -> int:
    """Delete webhooks that were put aside and are older. Raises ServiceUnavailable."""
    with database_errors(), writing(engine) as connection:
        old = delete(outbox).where(outbox.c.dead, outbox.c.made < before)
        return int(connection.execute(old).rowcount)


def close_lost(engine: Engine, types: frozenset[str]) -> int:
    """
    Note the end of calls whose bot has long said nothing; return how many.

    `types`: the webhooks that are wanted. Several bots may do this at once: each call is closed by
    one of them. Raises ServiceUnavailable.
    """
    silent = calls.c.outcome.is_(None), calls.c.seen < datetime.now(UTC) - LOST_AFTER
    with database_errors(), writing(engine) as connection:
        lost = (
            update(calls).where(*silent).values(outcome="lost", ended=calls.c.seen).returning(calls)
        )
        rows = [dict(row._mapping) for row in connection.execute(lost)]
        for row in rows:
            seconds = round((row["seen"] - row["began"]).total_seconds(), 3)
            mine = calls.c.id == row["id"]
            connection.execute(update(calls).where(mine).values(seconds=seconds))
            if "call.ended" in types:
                _tell_lost(connection, row, seconds)
    return len(rows)


def _tell_lost(connection: Connection, row: dict[str, Any], seconds: float) -> None:
    given = select(fields).where(fields.c.call_id == row["id"]).order_by(fields.c.id)
    names = ("id", "profile", "caller", "called")
    data = catalogue.Ended(
        call=catalogue.Call(**{name: row[name] for name in names}),
        began=row["began"],
        seconds=seconds,
        outcome="lost",
        turns=row["turns"],
        summary=row["summary"],
        fields=tuple(
            CollectedField(name=each.name, value=each.value, secret=each.secret)
            for each in connection.execute(given)
        ),
        transcript=(),
    )
    write = webhook("call.ended", row["id"], datetime.now(UTC), data)
    connection.execute(outbox.insert(), [dict(write.row)])


def older_than(days: float) -> datetime:
    """The instant so many days ago."""
    return datetime.now(UTC) - timedelta(days=days)


def _which(doomed: Doomed) -> list[Any]:
    """Raises BotError where nothing is given: all calls would be meant."""
    if doomed.before is None and not doomed.number:
        raise BotError("which calls? give --older-than DAYS, --number NUMBER, or both")
    over = or_(calls.c.outcome.is_not(None), calls.c.seen < datetime.now(UTC) - LOST_AFTER)
    which: list[Any] = [over]
    if doomed.before is not None:
        which.append(calls.c.began < doomed.before)
    if doomed.number:
        which.append(calls.c.caller.in_(ways_to_write(doomed.number)))
    if doomed.profiles is not None:
        which.append(calls.c.profile.in_(sorted(doomed.profiles)))
    return which


def _which_orders(doomed: Doomed) -> list[Any]:
    which: list[Any] = []
    if doomed.before is not None:
        which += [orders.c.changed < doomed.before, orders.c.state != State.CALLING]
    if doomed.number:
        which.append(orders.c.number == one_writing(doomed.number))
    if doomed.profiles is not None:
        which.append(orders.c.profile.in_(sorted(doomed.profiles)))
    return which


def _removed(remove: RemoveRecording, call_id: str) -> bool:
    try:
        remove(call_id)
        return True
    except BotError as error:
        log.warning("recording not removed", call=call_id, error=str(error))
        return False
