"""What is kept of a call, in SQLite and in PostgreSQL: the same tests for both."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text, update

from bot.core.errors import BotError, ServiceUnavailable
from bot.core.events import Ending
from bot.records import purging, search
from bot.records.database import writing
from bot.records.purging import Doomed
from bot.records.search import Wanted
from bot.records.tables import calls, metadata, outbox
from tests.records.stories import Rows, record, turn


def nothing(call_id):
    """There is no sound to remove."""


async def held(engine, call_id="c-1", ending=Ending.HANG_UP, **more):
    """A call that is stored, from its beginning to its end."""
    rows = Rows()
    made = record(rows.put, call_id, **more)
    await asyncio.sleep(2)
    made.heard("मेरा खाता बंद है")
    made.turn(turn())
    made.field("account", "1234567890", False, "[account: 1234567890]")
    made.ended(ending, 12.5, 1, 2)
    rows.store(engine)


async def test_all_of_a_call_is_found_again(engine):
    """Its row, turns with their intervals, events and fields; times in UTC."""
    await held(engine)
    call = search.one(engine, "c-")
    assert (call["caller"], call["outcome"], call["seconds"]) == ("9812345678", "hang_up", 12.5)
    assert abs(call["began"] - datetime.now(UTC)) < timedelta(minutes=1)
    assert call["ended"] - call["began"] == timedelta(seconds=2)
    [spoken] = call["turns"]
    assert (spoken["said"], spoken["intervals"]) == ("जी, देखती हूँ।", {"response": 0.4})
    assert [event["kind"] for event in call["events"]] == ["heard"]
    assert call["fields"][0]["value"] == "1234567890"
    assert (call["dropped_in"], call["dropped_out"]) == (1, 2)


async def test_the_same_rows_twice_are_there_once(engine):
    """A batch of which nobody knows whether it was written is written again."""
    rows = Rows()
    made = record(rows.put)
    made.turn(turn())
    groups = list(rows.groups)
    rows.store(engine)
    rows.groups = groups
    rows.store(engine)
    assert len(search.one(engine, "c-1")["turns"]) == 1


async def test_a_call_that_another_bot_takes_over_goes_on_in_its_record(engine):
    """It is up again, and what was said before stays."""
    await held(engine)
    rows = Rows()
    again = record(rows.put)
    again.turn(turn(said="फिर से नमस्ते।"))
    rows.store(engine)
    call = search.one(engine, "c-1")
    assert (call["outcome"], call["ended"]) == ("up", None)
    assert [each["said"] for each in call["turns"]] == ["जी, देखती हूँ।", "फिर से नमस्ते।"]


async def test_a_call_whose_beginning_was_dropped_is_kept_all_the_same(engine):
    """While the queue was full: each later group brings the call's row with it."""
    rows = Rows()
    made = record(rows.put)
    rows.groups.clear()
    made.turn(turn())
    rows.store(engine)
    assert search.one(engine, "c-1")["caller"] == "9812345678"


async def test_calls_are_found_by_time_number_profile_and_outcome(engine):
    """Each filter alone, the latest call first."""
    await held(engine, "a", number="9812345678", profile="cards")
    await held(engine, "b", number="+919812345678", ending=Ending.TRANSFER)
    await held(engine, "c", number="9900000000")
    now = datetime.now(UTC)
    with writing(engine) as connection:
        for age, name in enumerate("abc"):
            began = now - timedelta(days=age)
            connection.execute(update(calls).where(calls.c.id == name).values(began=began))

    def ids(**wanted):
        return "".join(found.id for found in search.find(engine, Wanted(**wanted)))

    assert ids() == "abc"
    assert ids(limit=2) == "ab"
    assert ids(since=now - timedelta(days=1.5)) == "ab"
    assert ids(until=now - timedelta(days=1.5)) == "c"
    assert ids(number="09812345678") == "ab"  # however the exchange writes it
    assert ids(number="18001234") == "abc"
    assert ids(profile="cards") == "a"
    assert ids(outcome="transfer") == "b"
    assert ids(outcome="up") == ""


async def test_a_wrong_outcome_is_a_clear_error(engine):
    """With those that there are."""
    with pytest.raises(BotError, match="'gone'.*caller_left"):
        search.find(engine, Wanted(outcome="gone"))


async def test_a_beginning_of_an_id_that_fits_several_calls_is_an_error(engine):
    """And one that fits none."""
    await held(engine, "c-1")
    await held(engine, "c-2")
    with pytest.raises(BotError, match="several calls begin with c-"):
        search.one(engine, "c-")
    with pytest.raises(BotError, match="no call x%"):
        search.one(engine, "x%")


async def test_an_export_has_every_call_with_all_its_rows(engine):
    """In pieces that fit into memory."""
    for number in range(7):
        await held(engine, f"c-{number}")
    exported = list(search.whole(engine, Wanted(), chunk=3))
    assert sorted(call["id"] for call in exported) == [f"c-{n}" for n in range(7)]
    assert all(len(call["turns"]) == len(call["fields"]) == 1 for call in exported)


async def test_a_purge_by_number_leaves_nothing_of_that_caller(engine):
    """No row in any table but those of other callers; webhooks that wait neither."""
    await held(engine, "a")
    await held(engine, "b", number="9900000000")
    removed = []
    assert purging.count(engine, Doomed(number="+91 98123 45678")) == 1
    gone = purging.purge(engine, Doomed(number="+91 98123 45678"), removed.append)
    assert (gone, removed) == (1, ["a"])
    with engine.connect() as connection:
        for name in ("calls", "turns", "intervals", "events", "fields", "outbox"):
            table = metadata.tables[name]
            column = table.c.get("call_id", table.c.get("id"))
            if table.name == "intervals":
                assert connection.execute(select(func.count()).select_from(table)).scalar() == 1
            else:
                assert set(connection.execute(select(column)).scalars()) == {"b"}, table.name


async def test_a_purge_by_age_leaves_younger_calls_and_those_that_are_up(engine):
    """Retention."""
    await held(engine, "old")
    await held(engine, "young")
    rows = Rows()
    record(rows.put, "up")
    rows.store(engine)
    old = purging.older_than(90)
    with writing(engine) as connection:
        aged = update(calls).where(calls.c.id.in_(["old", "up"]))
        connection.execute(aged.values(began=old - timedelta(days=1)))
    assert purging.purge(engine, Doomed(before=old), nothing) == 1
    assert {found.id for found in search.find(engine, Wanted())} == {"young", "up"}


async def test_a_record_stays_while_its_recording_cannot_be_removed(engine):
    """The storage is away: the next purge finds the call again."""
    await held(engine)

    def away(call_id):
        raise ServiceUnavailable("recordings", "the bucket is away")

    assert purging.purge(engine, Doomed(number="9812345678"), away) == 0
    assert purging.purge(engine, Doomed(number="9812345678"), nothing) == 1


async def test_a_purge_of_everything_by_mistake_is_refused(engine):
    """Neither age nor number is no purge."""
    with pytest.raises(BotError, match="--older-than"):
        purging.purge(engine, Doomed(), nothing)


async def test_a_call_whose_bot_died_is_closed_as_lost_once(engine):
    """And whoever listens for webhooks is told of its end."""
    rows = Rows()
    record(rows.put)
    rows.store(engine)
    hooks = frozenset({"call.ended"})
    assert purging.close_lost(engine, hooks) == 0
    with writing(engine) as connection:
        silent = {"began": purging.older_than(1), "seen": purging.older_than(0.9)}
        connection.execute(update(calls).values(silent))
    assert [found.outcome for found in search.find(engine, Wanted(outcome="lost"))] == ["lost"]
    assert purging.close_lost(engine, hooks) == 1
    assert purging.close_lost(engine, hooks) == 0
    [found] = search.find(engine, Wanted(outcome="lost"))
    assert 0.09 < found.seconds / 86_400 < 0.11
    with engine.connect() as connection:
        kinds = connection.execute(select(outbox.c.type).order_by(outbox.c.id)).scalars().all()
    assert kinds == ["call.started", "call.ended"]


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ({}, "calls_began"),
        ({"since": datetime(2026, 1, 1, tzinfo=UTC)}, "calls_began"),
        ({"profile": "cards"}, "calls_profile"),
        ({"outcome": "transfer"}, "calls_outcome"),
    ],
)
async def test_a_list_is_read_in_the_order_of_an_index(engine, filters, index):
    """No sorting, no reading of all calls: lists stay quick however many calls there are."""
    query = search.listing(Wanted(limit=50, **filters))
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            connection.execute(text("SET LOCAL enable_bitmapscan = off"))
            connection.execute(text("SET LOCAL enable_sort = off"))
        compiled = query.compile(engine, compile_kwargs={"render_postcompile": True})
        verb = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
        plan = connection.exec_driver_sql(f"{verb} {compiled}", _parameters(engine, compiled))
        lines = " ".join(str(row) for row in plan)
    assert index in lines
    assert "B-TREE" not in lines and "Sort" not in lines


def _parameters(engine, compiled):
    """As the driver wants them."""
    values = compiled.construct_params()
    if engine.dialect.name == "postgresql":
        return values
    return tuple(
        value.replace(tzinfo=None).isoformat(" ") if isinstance(value, datetime) else value
        for value in (values[name] for name in compiled.positiontup)
    )
