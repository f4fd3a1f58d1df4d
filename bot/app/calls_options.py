"""The words of `voicebot calls` and `voicebot records`."""

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.records.outcomes import OUTCOMES

LISTED = 50
"""Calls of a list, where nothing else is wanted."""
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def add_calls(parser: argparse.ArgumentParser, config: argparse.ArgumentParser) -> None:
    """The words of `voicebot calls`."""
    words = parser.add_subparsers(required=True, metavar="WHAT")
    listed = words.add_parser("list", parents=[config], help="one line a call, the latest first")
    _add_filters(listed)
    listed.add_argument("--limit", type=int, default=LISTED, help="0: all (default %(default)s)")
    listed.add_argument("--json", action="store_true", help="JSON lines in place of a table")
    listed.set_defaults(act="list")
    show = words.add_parser("show", parents=[config], help="all that is known of one call")
    show.add_argument("call", help="its id, or the first letters of it")
    show.add_argument("--json", action="store_true")
    show.set_defaults(act="show")
    export = words.add_parser("export", parents=[config], help="whole calls as JSON lines")
    _add_filters(export)
    export.add_argument("--to", type=Path, help="a file; default: standard output")
    export.set_defaults(act="export")
    purge = words.add_parser("purge", parents=[config], help="delete calls with all that is theirs")
    purge.add_argument("--number", default="", help="of this caller")
    purge.add_argument("--older-than", type=float, metavar="DAYS", help="that began earlier")
    purge.add_argument("--yes", action="store_true", help="do it; else only count them")
    purge.set_defaults(act="purge")


def add_records(parser: argparse.ArgumentParser, config: argparse.ArgumentParser) -> None:
    """The words of `voicebot records`."""
    words = parser.add_subparsers(required=True, metavar="WHAT")
    what = "bring the database to the tables of this version"
    words.add_parser("migrate", parents=[config], help=what).set_defaults(act="migrate")


def when(text: str) -> datetime:
    """
    An instant: `2026-11-23`, `2026-11-23T18:30` (in this machine's zone), or an age: `90m`, `7d`.

    Raises argparse.ArgumentTypeError.
    """
    try:
        if text[-1:] in _UNITS:
            return datetime.now(UTC) - timedelta(**{_UNITS[text[-1]]: float(text[:-1])})
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError as error:
        wanted = "a date (2026-11-23, 2026-11-23T18:30) nor an age (90m, 24h, 7d)"
        raise argparse.ArgumentTypeError(f"{text!r} is neither {wanted}") from error


def add_webhooks(parser: argparse.ArgumentParser, config: argparse.ArgumentParser) -> None:
    """The words of `voicebot webhooks`."""
    words = parser.add_subparsers(required=True, metavar="WHAT")
    listed = words.add_parser("list", parents=[config], help="those that wait, or were put aside")
    listed.add_argument("--limit", type=int, default=LISTED, help="(default %(default)s)")
    listed.set_defaults(act="webhooks")
    retry = words.add_parser("retry", parents=[config], help="try those that were put aside again")
    retry.set_defaults(act="retry")


def _add_filters(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--since", type=when, help="that began then or later: 2026-11-23T18:30, or 24h, 7d")
    add("--until", type=when, help="that began before")
    add("--number", default="", help="of this caller, or to this number")
    add("--profile", help="that this dialogue answered")
    add("--outcome", choices=OUTCOMES, default="", help="that ended so")
