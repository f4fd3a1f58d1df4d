"""Databases for tests: a file of SQLite, and a PostgreSQL of our own."""

import pytest
from sqlalchemy import text

from bot.records.database import open_database, writing
from bot.records.migrating import migrate
from bot.records.tables import metadata


@pytest.fixture(scope="session")
def postgres_server():
    """A PostgreSQL server for the whole run."""
    from scripts.postgres_program import running_postgres

    with running_postgres() as server:
        yield server.url


def emptied(url):
    """A migrated database without a row."""
    engine = open_database(url)
    migrate(engine)
    with writing(engine) as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(text(f"DELETE FROM {table.name}"))
    return engine


@pytest.fixture
def sqlite_url(tmp_path):
    """A file that does not exist yet."""
    return f"sqlite:///{tmp_path}/calls.db"


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)],
)
def database_url(request, sqlite_url):
    """Each kind of database: its URL."""
    if request.param == "sqlite":
        return sqlite_url
    return request.getfixturevalue("postgres_server")


@pytest.fixture
def engine(database_url):
    """Each kind of database, with the tables of this version and no rows."""
    engine = emptied(database_url)
    yield engine
    engine.dispose()
