"""
How rows leave the event loop: into a bounded queue, from which one thread writes them.

A slow or lost database costs rows when the queue is full, which are counted, and never a caller's
sound. What was taken is written within half a second; a batch of unknown outcome is written again,
and rows that are there already stay as they are.
"""

import contextlib
import queue
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from time import perf_counter
from typing import Any, Final

import structlog
from sqlalchemy import Connection, Engine, bindparam, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from bot.core.errors import BotError
from bot.records.database import reason, writing
from bot.records.tables import BY_NAME, calls
from bot.records.writes import Verb, Write

BATCH: Final = 500
"""Rows of one transaction, about."""
GATHER: Final = 0.2
"""Seconds for which the first row of a transaction waits for others."""
BEAT: Final = 0.5
"""Seconds between two notes that a call is still up."""
BACK_OFF: Final = (0.5, 30.0)
"""Seconds before the next try, the first and the longest."""
GRACE: Final = 3.0
"""Seconds that the last rows get when the program ends."""

Told = Callable[[str, int], None]
"""Hears how many rows were "written", "dropped" or "refused", from any thread."""
Group = tuple[Write, ...]
log = structlog.get_logger()


class Writer:
    """
    Writes for all calls of the process. `put` never waits; `close` ends the thread.

    `_up` are the calls that are up, `_beaten` when that was last noted; `_failing` says that the
    last try failed, `_usable` that the tables are those of this version.
    """

    def __init__(
        self, engine: Engine, longest: int, told: Told, check: Callable[[Engine], None]
    ) -> None:
        """`longest`: groups of rows that may wait. `check` raises while the tables are not ours."""
        self._engine = engine
        self._check = check
        self._usable = False
        self._beaten = 0.0
        self._told = told
        self._waiting: queue.Queue[Group | None] = queue.Queue(longest)
        self._up: set[str] = set()
        self._failing = False
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._write_all, name="records", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many groups of rows wait."""
        return self._waiting.qsize()

    def put(self, group: Group) -> None:
        """Take rows that belong together; drop them when too much waits."""
        try:
            self._waiting.put_nowait(group)
        except queue.Full:
            self._told("dropped", len(group))

    def close(self) -> None:
        """Write what waits, but not for longer than `GRACE`. Blocks: use it in a thread."""
        self._closing.set()
        with contextlib.suppress(queue.Full):  # then the thread is stuck
            self._waiting.put(None, timeout=GRACE)
        self._thread.join(GRACE)
        if left := self._waiting.qsize():
            log.warning("records lost at the end", groups=left)

    # In the thread.

    def _write_all(self) -> None:
        more = True
        while more:
            try:
                writes, more = self._batch()
                self._insist(writes)
            except Exception:
                log.exception("records: a bug in writing them")

    def _batch(self) -> tuple[list[Write], bool]:
        """The next rows, with the notes of calls that are up; and whether there will be more."""
        writes: list[Write] = []
        end = perf_counter() + (BEAT if self._up else 3600.0)
        while len(writes) < BATCH:
            try:
                group = self._waiting.get(timeout=max(0.0, end - perf_counter()))
            except queue.Empty:
                break
            if group is None:
                return writes, False
            if not writes:
                end = min(end, perf_counter() + GATHER)
            writes += group
        self._follow(writes)
        return writes + self._beats(), True

    def _beats(self) -> list[Write]:
        """That the calls are still up, where it is time to say so."""
        if perf_counter() - self._beaten < BEAT:
            return []
        self._beaten, now = perf_counter(), datetime.now(UTC)
        return [Write(Verb.SET, "calls", {"id": id, "seen": now}) for id in sorted(self._up)]

    def _follow(self, writes: Sequence[Write]) -> None:
        """Know which calls are up."""
        for write in writes:
            if write.verb is Verb.BEGIN:
                self._up.add(write.row["id"])
            elif write.verb is Verb.SET and "outcome" in write.row:
                self._up.discard(write.row["id"])

    def _insist(self, writes: list[Write]) -> None:
        """Write them, however long it takes; a row that the database will never take is refused."""
        wait = BACK_OFF[0]
        while writes and not self._written(writes):
            if self._closing.wait(wait * random.uniform(0.8, 1.2)):
                self._told("dropped", len(writes))
                return
            wait = min(2 * wait, BACK_OFF[1])

    def _written(self, writes: list[Write]) -> bool:
        """Try once; False where it is worth another try."""
        try:
            if not self._usable:
                self._check(self._engine)
                self._usable = True
            self._write(writes)
        except BotError as error:
            return self._ill(str(error))
        except DBAPIError as error:
            if isinstance(error, OperationalError) or error.connection_invalidated:
                return self._ill(reason(error))
            self._one_by_one(writes)
        except SQLAlchemyError as error:  # no connection in time
            return self._ill(reason(error))
        else:
            self._well(len(writes))
        return True

    def _write(self, writes: Sequence[Write]) -> None:
        with writing(self._engine) as connection:
            for run in _runs(writes):
                _execute(connection, run)

    def _one_by_one(self, writes: Sequence[Write]) -> None:
        """Some of these rows cannot be stored: find them out."""
        refused = 0
        for write in writes:
            try:
                self._write([write])
            except SQLAlchemyError as error:
                refused += 1
                log.warning("record refused", table=write.table, error=reason(error))
        self._told("refused", refused)
        self._told("written", len(writes) - refused)

    def _well(self, number: int) -> None:
        self._told("written", number)
        if self._failing:
            self._failing = False
            log.info("records written again")

    def _ill(self, why: str) -> bool:
        if not self._failing:
            self._failing = True
            log.warning("records not written", error=why, waiting=self.waiting)
        return False


def _runs(writes: Sequence[Write]) -> Iterator[list[Write]]:
    """Neighbours that one statement can write, in the order in which they came."""
    for _, run in groupby(writes, key=lambda each: (each.verb, each.table, tuple(each.row))):
        yield list(run)


def _execute(connection: Connection, run: Sequence[Write]) -> None:
    verb, table = run[0].verb, BY_NAME[run[0].table]
    if verb is Verb.SET:
        columns: dict[str, Any] = {
            name: bindparam(f"new_{name}") for name in run[0].row if name != "id"
        }
        statement = update(table).where(table.c.id == bindparam("the_id")).values(columns)
        rows = [
            {"the_id": each.row["id"]}
            | {f"new_{name}": value for name, value in each.row.items() if name != "id"}
            for each in run
        ]
        connection.execute(statement, rows)
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    insert = dialect.insert(table)
    if verb is Verb.BEGIN:
        again = {"ended": None, "outcome": None, "seconds": None}
        fresh = {name: insert.excluded[name] for name in ("seen", "bot", "api", "line")}
        insert = insert.on_conflict_do_update(index_elements=[calls.c.id], set_=again | fresh)
    else:
        insert = insert.on_conflict_do_nothing()
    connection.execute(insert, [dict(each.row) for each in run])
