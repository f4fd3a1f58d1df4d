"""Finds calls page by page, and one call by its id, of some profiles only: for the HTTP API."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine, and_, or_, select

from bot.records.database import database_errors
from bot.records.search import Wanted, matching, outcome, with_details
from bot.records.tables import calls, events

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SOME: Final = 500
"""Events read at once."""
Profiles = frozenset[str] | None
"""The profiles whose calls may be seen; None: all."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: the beginning of its last call, in microseconds since 1970, and its id."""

    began: int
    id: str


def page(
    engine: Engine, wanted: Wanted, profiles: Profiles, after: Place | None, limit: int
) -> tuple[list[dict[str, Any]], Place | None]:
    """
    So many calls at most, the latest first, and where the next page goes on; None: that was all.

    Calls that come meanwhile do not move the pages. Raises BotError for an unknown outcome,
    ServiceUnavailable.
    """
    query = matching(select(calls), wanted).order_by(calls.c.began.desc(), calls.c.id.desc())
    if profiles is not None:
        query = query.where(calls.c.profile.in_(sorted(profiles)))
    if after is not None:
        began = EPOCH + timedelta(microseconds=after.began)
        same = and_(calls.c.began == began, calls.c.id < after.id)
        query = query.where(or_(calls.c.began < began, same))
    with database_errors(), engine.connect() as connection:
        rows = [dict(row._mapping) for row in connection.execute(query.limit(limit + 1))]
    found = list(_as_they_stand(rows[:limit]))
    return found, _place(rows[limit - 1]) if len(rows) > limit else None


def exactly(engine: Engine, id: str, profiles: Profiles) -> dict[str, Any] | None:
    """The call's own row; None where there is none, or none for these profiles."""
    query = select(calls).where(calls.c.id == id)
    with database_errors(), engine.connect() as connection:
        rows = [dict(row._mapping) for row in connection.execute(query)]
    seen = (row for row in _as_they_stand(rows) if profiles is None or row["profile"] in profiles)
    return next(seen, None)


def detailed(engine: Engine, id: str, profiles: Profiles) -> dict[str, Any] | None:
    """The same with its turns, events, fields and intervals."""
    row = exactly(engine, id, profiles)
    if row is None:
        return None
    return next(with_details(engine, [row]))


def happenings(engine: Engine, id: str, after: str) -> list[dict[str, Any]]:
    """What happened in this call after the event with this id, in its order; some at a time."""
    mine = events.c.call_id == id, events.c.id > after
    query = select(events).where(*mine).order_by(events.c.call_id, events.c.id).limit(SOME)
    with database_errors(), engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(query)]


def _as_they_stand(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows, those of calls without a noted end with what is known of them now."""
    now = datetime.now(UTC)
    for row in rows:
        if row["outcome"] is None:
            row["outcome"] = outcome(None, row["seen"], now)
            row["seconds"] = (row["seen"] - row["began"]).total_seconds()
        yield row


def _place(row: dict[str, Any]) -> Place:
    return Place(int((row["began"] - EPOCH) / timedelta(microseconds=1)), row["id"])
