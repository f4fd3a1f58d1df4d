"""
How long it takes to list recorded calls, and how quickly they are written.

    python -m bench.records                       10,000 calls in a file of SQLite
    python -m bench.records --url postgresql://USER@HOST/DATABASE    in an empty database

Prints the median and the longest of 20 runs of each list, from the query to the whole table as
text, and the processor time of one. `voicebot calls list` takes that, and the start of Python with
its imports.
"""

import argparse
import random
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from bench.process import machine
from bot.app.calls_text import table
from bot.records import search
from bot.records.database import open_database, writing
from bot.records.ids import sortable_id
from bot.records.migrating import migrate
from bot.records.search import Wanted
from bot.records.tables import calls, intervals, turns

RUNS = 20
TURNS = 10
OUTCOMES = ("caller_left", "hang_up", "transfer", "fallback")


def main() -> None:
    """Fill a database, and list it."""
    parser = argparse.ArgumentParser(description="Lists of recorded calls.")
    parser.add_argument("--url", default="")
    parser.add_argument("--calls", type=int, default=10_000)
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(options.url or f"sqlite:///{folder}/calls.db")
        migrate(engine)
        began = time.perf_counter()
        fill(engine, options.calls)
        seconds = time.perf_counter() - began
        rows = options.calls * (1 + 2 * TURNS)
        print(f"{rows} rows written in {seconds:.1f} s: {rows / seconds:.0f} a second")
        report(engine, options.calls)
        engine.dispose()


def report(engine, number) -> None:
    """Time each kind of list."""
    now = datetime.now(UTC)
    lists = {
        f"all {number}": Wanted(),
        "the latest 50": Wanted(limit=50),
        "one number": Wanted(number="9800000042"),
        "one outcome, the latest 50": Wanted(outcome="transfer", limit=50),
        "the last day": Wanted(since=now - timedelta(days=1)),
    }
    print(f"{'list':28}{'calls':>8}{'ms':>9}{'longest':>9}{'processor ms':>14}")
    for name, wanted in lists.items():
        wall, processor, found = [], [], 0
        for _ in range(RUNS):
            began, used = time.perf_counter(), time.process_time()
            lines = list(table(search.find(engine, wanted)))
            wall.append((time.perf_counter() - began) * 1000)
            processor.append((time.process_time() - used) * 1000)
            found = len(lines) - 1
        middle = statistics.median(wall), max(wall), statistics.median(processor)
        print(f"{name:28}{found:8}{middle[0]:9.1f}{middle[1]:9.1f}{middle[2]:14.1f}")


def fill(engine, number) -> None:
    """So many calls of `TURNS` turns, over 90 days."""
    now, dice = datetime.now(UTC), random.Random(1)
    for start in range(0, number, 500):
        ids = [sortable_id() for _ in range(min(500, number - start))]
        spoken = [(call, sortable_id(), turn) for call in ids for turn in range(TURNS)]
        with writing(engine) as connection:
            connection.execute(insert(calls), [_call(each, now, dice) for each in ids])
            connection.execute(insert(turns), [_turn(*each) for each in spoken])
            connection.execute(insert(intervals), [_interval(turn) for _, turn, _ in spoken])


def _call(name, now, dice) -> dict:
    began = now - timedelta(days=90 * dice.random())
    return {
        "id": name, "profile": "default", "caller": f"98{dice.randrange(10_000):08}",
        "called": "18001234", "channel": "PJSIP/1", "line": "audiosocket", "rate": 8000,
        "bot": "bot-0", "began": began, "seen": began, "ended": began, "seconds": 120.0,
        "outcome": dice.choice(OUTCOMES), "turns": TURNS, "summary": "", "recording": "",
        "dropped_in": 0, "dropped_out": 0,
    }  # fmt: skip


def _turn(call, name, number) -> dict:
    return {
        "id": name, "call_id": call, "at": 10.0 * number, "number": number, "phrase": "",
        "heard": "मेरा बिल कितना है", "said": "आपका बिल चार सौ रुपये है।", "cut": False, "error": "",
    }  # fmt: skip


def _interval(turn) -> dict:
    return {"turn_id": turn, "name": "response", "seconds": 0.4}


if __name__ == "__main__":
    main()
