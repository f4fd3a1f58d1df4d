"""What `voicebot api-keys` does; its words: api_keys_options.py."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Engine

from bot.app.calls_command import database
from bot.config_file import load
from bot.core.errors import ConfigError
from bot.records import api_keys, migrating
from bot.records.api_keys import StoredKey

Print = Callable[[str], None]


def run(options: argparse.Namespace, say: Print) -> int:
    """Do what the words want. Raises BotError."""
    with database(load(options.config)) as engine:
        if engine.dialect.name == "sqlite":
            migrating.migrate(engine)  # the bot does so too when it starts
        migrating.check(engine)
        ACTS[options.act](options, engine, say)
    return 0


def _add(options: argparse.Namespace, engine: Engine, say: Print) -> None:
    for profile in options.profile:
        if not profile.replace("-", "").replace("_", "").isalnum():
            raise ConfigError(f"--profile {profile}: a profile's name is that of its file")
    token = api_keys.add(engine, options.name, options.role, options.profile, options.expires)
    say(token)


def _list(options: argparse.Namespace, engine: Engine, say: Print) -> None:
    for key in api_keys.listing(engine):
        say(_line(key))


def _revoke(options: argparse.Namespace, engine: Engine, say: Print) -> None:
    key = api_keys.revoke(engine, options.key)
    say(f"{key.id} ({key.name}) opens nothing any more, within three seconds everywhere")


def _line(key: StoredKey) -> str:
    now = datetime.now(UTC)
    state = "revoked" if key.revoked else "ok" if key.valid(now) else "expired"
    of = ",".join(key.profiles) or "all profiles"
    expires = f"until {key.expires:%Y-%m-%d %H:%M}" if key.expires else "for good"
    used = f"used {key.used:%Y-%m-%d %H:%M}" if key.used else "never used"
    return f"{key.id}  {key.name:16}  {key.role:8}  {state:7}  {of}  {expires}  {used}"


ACTS = {"add": _add, "list": _list, "revoke": _revoke}
