"""Finds calls in the records: which, in which order, and all that is known of one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import Engine, Select, Table, and_, case, or_, select

from bot.core.errors import BotError
from bot.records.database import database_errors
from bot.records.outcomes import LOST, OUTCOMES, UP
from bot.records.tables import calls, events, fields, intervals, tries, turns

LOST_AFTER: Final = timedelta(minutes=5)
"""A call that is up, but of which its bot has said nothing for so long, is lost."""
INDIAN: Final = 10
"""Digits of an Indian number."""
_LISTED: Final = ("id", "began", "caller", "called", "profile", "seconds", "outcome", "turns")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which calls: those that match all that is given. `number` is the caller's or the called."""

    since: datetime | None = None
    until: datetime | None = None
    number: str = ""
    profile: str | None = None
    outcome: str = ""
    limit: int | None = None


class Found(NamedTuple):
    """A line of the list. `seconds` of a call that is not over: until its bot last wrote."""

    id: str
    began: datetime
    caller: str
    called: str
    profile: str
    seconds: float
    outcome: str
    turns: int


def listing(wanted: Wanted) -> Select[Any]:
    """The query of a list, the latest call first."""
    seen = case((calls.c.outcome.is_(None), calls.c.seen))  # else nobody asks, and it takes time
    query = select(*(calls.c[name] for name in _LISTED), seen).order_by(calls.c.began.desc())
    return matching(query, wanted).limit(wanted.limit)


def find(engine: Engine, wanted: Wanted) -> list[Found]:
    """The calls, the latest first. Raises ServiceUnavailable."""
    now = datetime.now(UTC)
    with database_errors(), engine.connect() as connection:
        rows = connection.execute(listing(wanted)).all()
    return [_found(now, *row) for row in rows]


def whole(engine: Engine, wanted: Wanted, chunk: int = 200) -> Iterator[dict[str, Any]]:
    """Each call with all that is known of it, the latest first; a few in memory at a time."""
    query = matching(select(calls).order_by(calls.c.began.desc()), wanted).limit(wanted.limit)
    with database_errors(), engine.connect() as connection:
        rows = connection.execution_options(yield_per=chunk).execute(query)
        for some in rows.partitions():
            yield from with_details(engine, [dict(row._mapping) for row in some])


def one(engine: Engine, call_id: str) -> dict[str, Any]:
    """All of one call, by the first letters of its id. Raises BotError for none or several."""
    query = select(calls).where(calls.c.id.startswith(call_id, autoescape=True)).limit(2)
    with database_errors(), engine.connect() as connection:
        found = [dict(row._mapping) for row in connection.execute(query)]
    if len(found) != 1:
        what = "several calls begin with" if found else "there is no call"
        raise BotError(f"{what} {call_id}; voicebot calls list names those that are recorded")
    return next(with_details(engine, found))


def ways_to_write(number: str) -> list[str]:
    """A number as given, and an Indian one with each prefix that an exchange may have put to it."""
    digits = re.sub(r"\D", "", number)
    if len(digits) < INDIAN or not re.fullmatch(r"(\+?91|0)?\d{10}", digits):
        return [number]
    return sorted({number} | {prefix + digits[-INDIAN:] for prefix in ("", "0", "91", "+91")})


def outcome(noted: str | None, seen: datetime, now: datetime) -> str:
    """How the call ended; where nobody noted it: whether it is up, or lost."""
    return noted or (LOST if now - seen > LOST_AFTER else UP)


def _found(now: datetime, *row: Any) -> Found:
    id, began, caller, called, profile, seconds, noted, turns, seen = row
    if not noted:
        noted = outcome(None, seen, now)
        seconds = (seen - began).total_seconds()
    return Found(id, began, caller, called, profile, seconds, noted, turns)


def matching(query: Select[Any], wanted: Wanted) -> Select[Any]:
    """The query, of the calls that are wanted. Raises BotError for an unknown outcome."""
    if wanted.since is not None:
        query = query.where(calls.c.began >= wanted.since)
    if wanted.until is not None:
        query = query.where(calls.c.began < wanted.until)
    if wanted.number:
        same = ways_to_write(wanted.number)
        query = query.where(or_(calls.c.caller.in_(same), calls.c.called.in_(same)))
    if wanted.profile is not None:
        query = query.where(calls.c.profile == wanted.profile)
    if wanted.outcome:
        query = query.where(_with_outcome(wanted.outcome))
    return query


def _with_outcome(name: str) -> Any:
    """Raises BotError for an outcome that there is not."""
    if name not in OUTCOMES:
        raise BotError(f"there is no outcome {name!r}; known: {', '.join(OUTCOMES)}")
    silent = calls.c.seen < datetime.now(UTC) - LOST_AFTER
    if name == UP:
        return and_(calls.c.outcome.is_(None), ~silent)
    if name == LOST:
        return or_(calls.c.outcome == LOST, and_(calls.c.outcome.is_(None), silent))
    return calls.c.outcome == name


def with_details(engine: Engine, some: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """These calls with their turns, events and fields, in their order."""
    ids = [call["id"] for call in some]
    with database_errors(), engine.connect() as connection:
        details = {table.name: _of(connection, table, ids) for table in (turns, events, fields)}
        spans = _intervals(connection, ids)
        made = _made(connection, ids)
    now = datetime.now(UTC)
    for call in some:
        call["outcome"] = outcome(call["outcome"], call["seen"], now)
        call["outbound"] = made.get(call["id"])
        for name, rows in details.items():
            call[name] = rows.get(call["id"], [])
        for turn in call["turns"]:
            turn["intervals"] = spans.get(turn["id"], {})
        yield call


def _of(connection: Any, table: Table, ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    """The rows of these calls in this table, by call, in the order in which they were made."""
    query = select(table).where(table.c.call_id.in_(ids)).order_by(table.c.call_id, table.c.id)
    found: dict[str, list[dict[str, Any]]] = {}
    for row in connection.execute(query):
        values = dict(row._mapping)
        found.setdefault(values.pop("call_id"), []).append(values)
    return found


def _made(connection: Any, ids: list[str]) -> dict[str, dict[str, Any]]:
    """Of calls that we made: for which order, and who answered."""
    names = (tries.c.order_id, tries.c.outcome, tries.c.detail)
    query = select(tries.c.call_id, *names).where(tries.c.call_id.in_(ids))
    made = [dict(row._mapping) for row in connection.execute(query)]
    return {each.pop("call_id"): each for each in made}


def _intervals(connection: Any, ids: list[str]) -> dict[str, dict[str, float]]:
    query = (
        select(intervals)
        .join(turns, turns.c.id == intervals.c.turn_id)
        .where(turns.c.call_id.in_(ids))
        .order_by(intervals.c.turn_id, intervals.c.name)
    )
    found: dict[str, dict[str, float]] = {}
    for turn_id, name, seconds in connection.execute(query):
        found.setdefault(turn_id, {})[name] = seconds
    return found
