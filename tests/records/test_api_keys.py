"""Keys of the API in SQLite and in PostgreSQL; pages of calls."""

from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from sqlalchemy import MetaData, Table, select, text, update

from bot.core.errors import BotError
from bot.records import api_keys, migrating, paging
from bot.records.database import open_database, writing
from bot.records.search import Wanted
from bot.records.tables import api_keys as table
from bot.records.tables import calls, metadata
from tests.records.conftest import emptied
from tests.records.stories import Rows, record


def test_a_key_is_found_by_all_of_it_and_stored_only_as_a_hash(engine):
    """With its role and profiles; a wrong letter finds nothing."""
    token = api_keys.add(engine, "crm", "operator", ["bank", "cards"])
    found = api_keys.find(engine, token)
    assert (found.name, found.role, found.profiles) == ("crm", "operator", ("bank", "cards"))
    for wrong in (token[:-1] + ("A" if token[-1] != "A" else "B"), token[:-1], token + "A", ""):
        assert api_keys.find(engine, wrong) is None
    secret = token.split("_", 2)[2]
    with engine.connect() as connection:
        assert secret not in str(connection.execute(select(table)).all())


def test_a_revoked_key_and_an_expired_one_are_not_valid(engine):
    """Whoever asks for a key that there is not is told so."""
    now = datetime.now(UTC)
    token = api_keys.add(engine, "crm", "viewer", expires=now + timedelta(hours=1))
    found = api_keys.find(engine, token)
    assert found.valid(now) and not found.valid(now + timedelta(hours=1))
    api_keys.revoke(engine, found.id)
    assert not api_keys.find(engine, token).valid(now)
    with pytest.raises(BotError, match="no key nobody.*api-keys list"):
        api_keys.revoke(engine, "nobody")


def test_the_last_use_is_noted_about_once_a_minute(engine):
    """So that a key in use does not write with each request."""
    token = api_keys.add(engine, "crm", "viewer")
    for _ in range(2):
        api_keys.find(engine, token)
        [first] = api_keys.listing(engine)
    old = datetime.now(UTC) - timedelta(minutes=2)
    with writing(engine) as connection:
        connection.execute(update(table).values(used=old))
    api_keys.find(engine, token)
    [second] = api_keys.listing(engine)
    assert second.used > old and first.used is not None


def test_a_key_opens_also_where_its_use_cannot_be_noted(sqlite_url):
    """A database that can only be read, as a standby, still knows the key."""
    engine = emptied(sqlite_url)
    token = api_keys.add(engine, "crm", "viewer")
    with writing(engine) as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER no BEFORE UPDATE ON api_keys BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    assert api_keys.find(engine, token).name == "crm"
    engine.dispose()


def test_calls_that_were_there_before_stay(database_url):
    """A database of an older version gets the new tables and columns around them."""
    engine = open_database(database_url)
    with writing(engine) as connection:
        for each in reversed(metadata.sorted_tables):
            connection.execute(text(f"DROP TABLE IF EXISTS {each.name}"))
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
        config = migrating._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "r0001")
        old = Table("calls", MetaData(), autoload_with=connection)
        assert "api" not in old.c and "order_id" not in old.c
        row = dict.fromkeys((each.name for each in old.c if not each.nullable), "")
        row |= dict.fromkeys(("rate", "turns", "dropped_in", "dropped_out"), 0)
        row |= dict.fromkeys(("began", "seen"), datetime(2026, 11, 1))
        connection.execute(old.insert(), [row | {"id": "c-1"}])
    assert migrating.migrate(engine)[0] == "r0001"
    migrating.check(engine)
    found = paging.detailed(engine, "c-1", None)
    assert (found["api"], found["order_id"], found["outcome"]) == ("", "", "lost")
    engine.dispose()


async def test_pages_go_on_where_the_last_one_ended(engine):
    """Also between calls that began in one instant; new calls do not move them."""
    rows = Rows()
    for number in range(7):
        record(rows.put, f"c-{number}", profile="bank" if number % 2 else "cards")
    rows.store(engine)
    began = datetime(2026, 11, 23, 12, 0, 0, 5, tzinfo=UTC)
    with writing(engine) as connection:
        connection.execute(update(calls).values(began=began))
    seen, after = [], None
    while True:
        some, after = paging.page(engine, Wanted(), None, after, 3)
        seen += [row["id"] for row in some]
        if after is None:
            break
    assert seen == [f"c-{number}" for number in range(6, -1, -1)]
    some, after = paging.page(engine, Wanted(), frozenset({"bank"}), None, 3)
    assert [row["id"] for row in some] == ["c-5", "c-3", "c-1"]
    assert after is None


async def test_a_call_of_another_profile_is_none(engine):
    """By its whole id, not by the first letters."""
    rows = Rows()
    record(rows.put, "c-1", profile="bank")
    rows.store(engine)
    assert paging.detailed(engine, "c-1", None)["outcome"] == "up"
    assert paging.exactly(engine, "c-1", frozenset({"bank"}))["id"] == "c-1"
    assert paging.exactly(engine, "c-1", frozenset({"cards"})) is None
    assert paging.detailed(engine, "c-", None) is None
