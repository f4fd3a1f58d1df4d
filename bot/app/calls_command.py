"""
What `voicebot calls`, `voicebot records` and `voicebot webhooks` do; their words: calls_options.py.

They read the database of `records.url` directly, whether a bot runs or not.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Engine

from bot.app.calls_text import as_json, call_text, table
from bot.config import Settings
from bot.config_file import load
from bot.core.errors import BotError, ConfigError
from bot.records import migrating, outbox, purging, search
from bot.records.database import open_database
from bot.records.purging import Doomed
from bot.records.search import Wanted
from bot.records.storage import remover

Print = Callable[[str], None]


def run(options: argparse.Namespace, say: Print) -> int:
    """Do what the words want. Raises BotError."""
    settings = load(options.config)
    with database(settings) as engine:
        if options.act != "migrate":
            migrating.check(engine)
        ACTS[options.act](options, engine, say)
    return 0


def _wanted(options: argparse.Namespace, limit: int | None = None) -> Wanted:
    return Wanted(
        options.since, options.until, options.number, options.profile, options.outcome, limit
    )


def _list(options: argparse.Namespace, engine: Engine, say: Print) -> None:
    found = search.find(engine, _wanted(options, options.limit or None))
    if found or not options.json:
        say("\n".join(map(as_json, found) if options.json else table(found)))


def _show(options: argparse.Namespace, engine: Engine, say: Print) -> None:
    call = search.one(engine, options.call)
    say(as_json(call) if options.json else call_text(call))


def _export(options: argparse.Namespace, engine: Engine, say: Print) -> None:
    calls = search.whole(engine, _wanted(options))
    if options.to is None:
        for call in calls:
            say(as_json(call))
        return
    try:
        with options.to.open("w", encoding="utf-8") as file:
            number = sum(1 for call in calls if file.write(as_json(call) + "\n"))
    except OSError as error:
        raise BotError(f"--to {options.to}: cannot be written: {error.strerror}") from error
    say(f"{number} calls in {options.to}")


def _purge(options: argparse.Namespace, engine: Engine, say: Print) -> None:
    age = options.older_than
    doomed = Doomed(None if age is None else purging.older_than(age), options.number)
    if not options.yes:
        say(f"{purging.count(engine, doomed)} calls would be deleted; do it with --yes")
        return
    remove = remover(load(options.config).recordings)
    say(f"{purging.purge(engine, doomed, remove)} calls deleted")
    if orders := purging.forget_orders(engine, doomed):
        say(f"{orders} orders of outbound calls deleted")


def _migrate(options: argparse.Namespace, engine: Engine, say: Print) -> None:
    before, after = migrating.migrate(engine)
    say(f"the tables are at step {after}; they were at {before or 'none'}")


def _webhooks(options: argparse.Namespace, engine: Engine, say: Print) -> None:
    for row in outbox.listing(engine, options.limit):
        state = "put aside" if row.dead else "waits"
        say(f"{row.id}  {row.call_id}  {row.type:18}  {state}  {row.tries} tries  {row.error}")


def _retry(options: argparse.Namespace, engine: Engine, say: Print) -> None:
    say(f"{outbox.revive(engine)} webhooks will be tried again")


@contextmanager
def database(settings: Settings) -> Iterator[Engine]:
    """The database of the settings. Raises ConfigError where there is none."""
    url = settings.records.url.get_secret_value()
    if not url:
        raise ConfigError("records.url is empty: no calls are kept; set BOT_RECORDS__URL")
    engine = open_database(url)
    try:
        yield engine
    finally:
        engine.dispose()


ACTS: Mapping[str, Callable[[argparse.Namespace, Engine, Print], None]] = {
    "list": _list,
    "show": _show,
    "export": _export,
    "purge": _purge,
    "migrate": _migrate,
    "webhooks": _webhooks,
    "retry": _retry,
}
