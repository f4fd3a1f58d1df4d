"""The numbers that nobody may call: those who asked us not to. Retention does not delete them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.core.telephone import one_writing
from bot.records.database import database_errors, writing
from bot.records.tables import do_not_call


@dataclass(frozen=True, slots=True)
class Unwanted:
    """A number that is not called, since when, and who said so: caller, command or api."""

    number: str
    since: datetime
    source: str


def add(engine: Engine, number: str, source: str) -> bool:
    """Call this number no more; False where it was there. Raises BotError for no number."""
    dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
    row = {"number": one_writing(number), "since": datetime.now(UTC), "source": source}
    insert = dialect.insert(do_not_call).values(row).on_conflict_do_nothing()
    with database_errors(), writing(engine) as connection:
        return bool(connection.execute(insert.returning(do_not_call.c.number)).all())


def remove(engine: Engine, number: str) -> bool:
    """This number may be called again; False where it was not there."""
    mine = do_not_call.c.number == one_writing(number)
    with database_errors(), writing(engine) as connection:
        return connection.execute(delete(do_not_call).where(mine)).rowcount == 1


def has(engine: Engine, number: str) -> bool:
    """Whether this number is there, however it is written."""
    query = select(do_not_call.c.number).where(do_not_call.c.number == one_writing(number))
    with database_errors(), engine.connect() as connection:
        return connection.execute(query).one_or_none() is not None


def find(engine: Engine) -> list[Unwanted]:
    """All of them, the latest first."""
    query = select(do_not_call).order_by(do_not_call.c.since.desc(), do_not_call.c.number)
    with database_errors(), engine.connect() as connection:
        return [Unwanted(*row) for row in connection.execute(query)]
