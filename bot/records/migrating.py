"""Brings a database to the tables of this version, by Alembic's steps in migrations/versions."""

from importlib.resources import files
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from bot.core.errors import ConfigError
from bot.records.database import database_errors, writing

LOCK: Final = 7_402_118_033
"""PostgreSQL's advisory lock for this: one bot migrates, the others wait."""
MIGRATION: Final = 3600
"""Seconds that one step may take: a big table may have to be rewritten."""


def migrate(engine: Engine) -> tuple[str, str]:
    """
    Take all steps that lack, in one transaction; the revision before (or "") and after.

    Raises ServiceUnavailable when the database cannot be reached.
    """
    config = _config()
    with database_errors(), writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL statement_timeout = '{MIGRATION}s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        before = revision(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return before, revision(connection)


def revision(connection: Connection) -> str:
    """Which step the database is at; empty: none was taken."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def head() -> str:
    """The step that this version needs."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def check(engine: Engine) -> None:
    """
    Raise ConfigError where the tables are not those of this version.

    Raises ServiceUnavailable when the database cannot be reached.
    """
    with database_errors(), engine.connect() as connection:
        found, needed = revision(connection), head()
    if found != needed:
        raise ConfigError(
            f"the records' database is at step {found or 'none'}, and this version needs"
            f" {needed}; run voicebot records migrate"
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("bot.records") / "migrations"))
    return config
