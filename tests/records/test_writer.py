"""The thread that writes: slow, lost and full databases cost rows at most, and never a wait."""

import contextlib
import socket

import pytest
from sqlalchemy import text

from bot.core.errors import ConfigError
from bot.core.events import Ending
from bot.records import search
from bot.records.database import open_database, writing
from bot.records.migrating import check, migrate
from bot.records.tables import metadata
from bot.records.writer import Writer
from bot.records.writes import Verb, Write
from tests.asterisk.peer import eventually
from tests.records.stories import record, turn

pytestmark = pytest.mark.real_time


class Told:
    """Counts what the writer tells."""

    def __init__(self):
        self.counts = {"written": 0, "dropped": 0, "refused": 0}

    def __call__(self, what, number):
        """Add it up."""
        self.counts[what] += number


@contextlib.contextmanager
def writing_to(engine, longest=1000, ready=check):
    """A writer, ended at the end; and what it told."""
    told = Told()
    writer = Writer(engine, longest, told, ready)
    try:
        yield writer, told.counts
    finally:
        writer.close()


async def test_what_was_put_is_in_the_database_at_once(engine):
    """A call that is up can be read; its end is there when it is over."""
    with writing_to(engine) as (writer, counts):
        made = record(writer.put)
        made.turn(turn())
        await eventually(lambda: search.find(engine, search.Wanted(outcome="up")))
        made.ended(Ending.HANG_UP, 3.0, 0, 0)
        await eventually(lambda: search.find(engine, search.Wanted(outcome="hang_up")))
    assert counts["dropped"] == counts["refused"] == 0


async def test_a_call_that_is_up_is_noted_every_half_second(engine):
    """How long a lost call lasted is then known."""
    with writing_to(engine) as (writer, _):
        record(writer.put)
        await eventually(lambda: search.find(engine, search.Wanted()))
        first = search.one(engine, "c-1")["seen"]
        await eventually(lambda: search.one(engine, "c-1")["seen"] > first)


async def test_what_waits_is_written_before_the_program_ends(engine):
    """Closing writes first."""
    with writing_to(engine) as (writer, _):
        record(writer.put).ended(Ending.HANG_UP, 3.0, 0, 0)
    assert search.one(engine, "c-1")["outcome"] == "hang_up"


async def test_a_locked_database_holds_nobody_up_and_loses_nothing_that_fits(sqlite_url):
    """We have the file for ourselves: to wait for it would be for ever. What is lost is counted."""
    engine = open_database(sqlite_url)
    migrate(engine)
    with writing_to(engine, longest=30) as (writer, counts):
        with writing(engine):
            made = record(writer.put)
            for number in range(100):
                made.turn(turn(number))
            assert counts["dropped"] > 0
        await eventually(lambda: counts["written"] > 0)
        await eventually(lambda: writer.waiting == 0)
    assert len(search.one(engine, "c-1")["turns"]) >= 29
    engine.dispose()


async def test_a_row_that_no_database_takes_is_refused_alone(engine):
    """A bug in one row does not stop the others."""
    with writing_to(engine) as (writer, counts):
        made = record(writer.put)
        writer.put((Write(Verb.ADD, "turns", {"id": "x", "call_id": None, "at": 0.0}),))
        made.turn(turn())
        await eventually(lambda: counts["refused"] == 1)
        await eventually(lambda: search.one(engine, "c-1")["turns"])


async def test_nothing_is_refused_while_the_tables_are_not_there(database_url):
    """Rows wait until `voicebot records migrate` has run."""
    engine = open_database(database_url)
    with writing(engine) as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(text(f"DROP TABLE IF EXISTS {table.name}"))
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
    with pytest.raises(ConfigError, match="voicebot records migrate"):
        check(engine)
    with writing_to(engine) as (writer, counts):
        record(writer.put)
        await eventually(lambda: writer.waiting == 0)
        assert migrate(engine)[0] == ""
        await eventually(lambda: counts["written"] > 0)
    assert counts["refused"] == 0
    engine.dispose()


@pytest.mark.postgres
async def test_rows_wait_for_a_server_that_comes_back():
    """The server crashes in mid-call; when it is up again, all is written, and only once."""
    from scripts.postgres_program import running_postgres

    with running_postgres() as server:
        engine = open_database(server.url)
        migrate(engine)
        with writing_to(engine) as (writer, counts):
            made = record(writer.put)
            await eventually(lambda: counts["written"] > 0)
            server.stop()
            for number in range(20):
                made.turn(turn(number))
            server.start()
            await eventually(lambda: len(search.one(engine, "c-1")["turns"]) == 20)
        assert counts["dropped"] == counts["refused"] == 0
        engine.dispose()


async def test_a_host_that_takes_connections_and_never_answers_holds_nobody_up():
    """The end waits for it no longer than the grace."""
    pytest.importorskip("psycopg")
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        engine = open_database(f"postgresql://x@127.0.0.1:{deaf.getsockname()[1]}/x")
        with writing_to(engine) as (writer, counts):
            record(writer.put)
        assert counts["written"] == 0


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("calls.db", "sqlite:////FOLDER"),
        ("mysql://x/y", "mysql is not supported"),
        ("sqlite://", "four slashes"),
        ("sqlite:////no/such/folder/calls.db", "/no/such/folder does not exist"),
    ],
)
def test_a_wrong_url_is_a_clear_error(url, says):
    """It names the setting and the remedy."""
    with pytest.raises(ConfigError, match=f"records.url.*{says}"):
        open_database(url)
