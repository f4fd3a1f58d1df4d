"""Decides how the database is reached: drivers, time-outs, what its errors mean."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from bot.core.errors import ConfigError, ServiceUnavailable

CONNECT: Final = 5
"""Seconds that a connection may take."""
STATEMENT: Final = 15
"""Seconds that a statement may take, and that one waits for another writer of the file."""
CACHE: Final = 16_384
"""KiB of a SQLite file that a connection may keep in memory: a long list reads its calls in the
order of an index, so each page many times."""


def open_database(url: str) -> Engine:
    """
    The database of this URL; nothing is connected yet. Raises ConfigError.

    SQLite: write-ahead log, each commit on the disk. PostgreSQL: psycopg, with time-outs.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError(
            "records.url is no database URL; give sqlite:////FOLDER/calls.db or"
            " postgresql://USER:PASSWORD@HOST/DATABASE"
        ) from error
    kind = parsed.get_backend_name()
    if kind == "sqlite":
        return _sqlite(parsed)
    if kind in ("postgresql", "postgres"):
        return _postgresql(parsed.set(drivername="postgresql+psycopg"))
    raise ConfigError(f"records.url: {kind} is not supported; use sqlite or postgresql")


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise ConfigError(
            "records.url names no file; with four slashes: sqlite:////var/lib/voicebot/calls.db"
        )
    folder = Path(url.database).absolute().parent
    if not folder.is_dir():
        raise ConfigError(f"records.url: the folder {folder} does not exist; create it")
    engine = create_engine(url, connect_args={"timeout": STATEMENT})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, record: object) -> None:
    """Transactions are begun by us: the driver would begin them too late for DDL and locks."""
    connection.isolation_level = None
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"cache_size = -{CACHE}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(url: URL) -> Engine:
    arguments = {
        "connect_timeout": CONNECT,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": STATEMENT * 1000,
        "application_name": "voicebot",
    }
    given = {name: value for name, value in arguments.items() if name not in url.query}
    try:
        engine = create_engine(
            url, connect_args=given, pool_pre_ping=True, pool_size=4, pool_timeout=CONNECT
        )
    except (ImportError, NoSuchModuleError) as error:
        raise ConfigError(
            "records.url is PostgreSQL's, but the package psycopg is missing; install"
            " voicebot[postgres]"
        ) from error
    event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _prepare_postgresql(connection: Any, record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = '{STATEMENT}s'")
        cursor.execute("SET idle_in_transaction_session_timeout = '60s'")
    connection.commit()


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes: SQLite locks the file when it begins, not in the middle."""
    connection = engine.connect().execution_options(writes=True)
    with connection, connection.begin():
        yield connection


@contextlib.contextmanager
def database_errors() -> Iterator[None]:
    """Raise ServiceUnavailable for what the database, or the way to it, does wrong."""
    try:
        yield
    except SQLAlchemyError as error:
        raise ServiceUnavailable("records", reason(error)) from error


def reason(error: SQLAlchemyError) -> str:
    """What went wrong, without the statement and its values: those hold callers' words."""
    if not isinstance(error, DBAPIError) or error.orig is None:
        return type(error).__name__
    return " ".join(str(error.orig).splitlines()[:1])[:200]
