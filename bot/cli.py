"""
The command `voicebot`: which words it takes, and the exit code.

0: done. 1: something failed. 2: the words or the configuration are wrong. What a command needs is
imported when it runs, so that `voicebot version` is quick.
"""

import argparse
import asyncio
import sys
from pathlib import Path

from bot import __version__
from bot.core.errors import BotError, ConfigError


def main(words: list[str] | None = None) -> int:
    """Run one command; return the exit code."""
    options = _parser().parse_args(words)
    try:
        return int(options.run(options))
    except ConfigError as error:
        print(f"voicebot: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except BotError as error:
        print(f"voicebot: {error}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="voicebot", description="A voice bot for Hindi callers.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    config = argparse.ArgumentParser(add_help=False)
    config.add_argument("--config", type=Path, help="YAML file; BOT_* variables go over it")

    serve = commands.add_parser("serve", parents=[config], help="take calls from Asterisk")
    serve.set_defaults(run=_serve)
    commands.add_parser("version", help="print the version").set_defaults(run=_version)
    return parser


def _serve(options: argparse.Namespace) -> int:
    from bot.config import load
    from bot.ops import logs

    settings = load(options.config)
    logs.configure(settings.log)
    from bot.app.bot import serve

    asyncio.run(serve(settings))
    return 0


def _version(options: argparse.Namespace) -> int:
    print(f"voicebot {__version__}")  # noqa: T201
    return 0
