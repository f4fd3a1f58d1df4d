"""The words of `voicebot campaign`, `voicebot do-not-call`, and of `voicebot dial NUMBER`."""

import argparse
import re
from pathlib import Path

_NAME = re.compile(r"[^\W\d]\w{0,39}")
_NUMBER = re.compile(r"\+?\d[\d\s().-]*")


def is_number(target: str) -> bool:
    """Whether this is a telephone number, and no SIP address."""
    return _NUMBER.fullmatch(target) is not None


def add_order(parser: argparse.ArgumentParser) -> None:
    """The words of a call that the bot makes."""
    group = parser.add_argument_group("a telephone number: the bot calls it (docs/outbound.md)")
    group.add_argument("--profile", default="default", help="the dialogue that it has")
    group.add_argument(
        "--set", type=_value, action="append", default=[], metavar="NAME=VALUE", dest="data",
        help="what the dialogue knows of them, for the greeting and the model; may be repeated",
    )  # fmt: skip
    group.add_argument("--consent", default="", help="how they have agreed to be called")
    group.add_argument("--wait", action="store_true", help="until it is over, and say how it ended")


def add_campaign(parser: argparse.ArgumentParser, config: argparse.ArgumentParser) -> None:
    """The words of `voicebot campaign`."""
    words = parser.add_subparsers(required=True, metavar="WHAT")
    start = words.add_parser("start", parents=[config], help="call the people of a CSV file")
    start.add_argument("file", type=Path, help="CSV in UTF-8; one column is `number`")
    start.add_argument("--profile", default="default", help="the dialogue that calls have")
    start.add_argument("--rate", type=float, default=10.0, help="calls begun a minute (10)")
    start.add_argument("--calls", type=int, default=5, help="calls at once (5)")
    start.add_argument("--name", default="", help="default: the file's name without its ending")
    start.add_argument("--consent", default="", help="how all of them have agreed to be called")
    start.set_defaults(act="start")
    listed = words.add_parser("list", parents=[config], help="one line a campaign")
    listed.set_defaults(act="campaigns")
    for act, what in (
        ("show", "how far it is"),
        ("pause", "begin no more calls; those that are up go on"),
        ("resume", "go on"),
        ("stop", "for good: whoever waits is called no more"),
    ):
        one = words.add_parser(act, parents=[config], help=what)
        one.add_argument("name")
        one.set_defaults(act=act)
    export = words.add_parser("export", parents=[config], help="each number and its outcome, CSV")
    export.add_argument("name")
    export.add_argument("--to", type=Path, help="a file; default: standard output")
    export.set_defaults(act="export")


def add_do_not_call(parser: argparse.ArgumentParser, config: argparse.ArgumentParser) -> None:
    """The words of `voicebot do-not-call`."""
    words = parser.add_subparsers(required=True, metavar="WHAT")
    for act, what in (("add", "call these numbers no more"), ("remove", "they may be called")):
        one = words.add_parser(act, parents=[config], help=what)
        one.add_argument("numbers", nargs="+", metavar="NUMBER")
        one.set_defaults(act=act)
    words.add_parser("list", parents=[config], help="all of them").set_defaults(act="unwanted")


def _value(text: str) -> tuple[str, str]:
    """Read "name=value"; raises argparse.ArgumentTypeError."""
    name, sign, value = text.partition("=")
    if not sign or not _NAME.fullmatch(name):
        raise argparse.ArgumentTypeError(f"{text!r}: write NAME=VALUE, such as name=आशा")
    return name, value
