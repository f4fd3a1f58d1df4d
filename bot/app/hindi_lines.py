"""
The command `voicebot hindi`: decides what one line becomes, for integrators and their tests.

Exactly one line of output for each line of input, at once, in UTF-8 whatever the locale, and
nothing else.
"""

import argparse
import sys
from collections.abc import Callable
from datetime import date
from typing import BinaryIO

from bot.hindi.slots import Slot

BETWEEN = "\t"
"""Between the sentences of one line, for `cut`; a tab in the text becomes a space."""
_Change = Callable[[str], str]


def add_options(parser: argparse.ArgumentParser) -> None:
    """The words and options after `voicebot hindi`."""
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    tasks.add_parser("spoken", help="a text as it is said")
    value = tasks.add_parser("value", help="the value that an answer gives; an empty line for none")
    value.add_argument(
        "slot",
        type=lambda slot: slot.replace("-", "_"),
        choices=[slot.value for slot in Slot],
        metavar="SLOT",
        help=", ".join(Slot),
    )
    value.add_argument(
        "--today",
        type=date.fromisoformat,
        metavar="YYYY-MM-DD",
        help="what आज and कल count from (default: the date in India)",
    )
    tasks.add_parser("cut", help="a text in sentences, with a tab between them")
    tasks.add_parser("redact", help="a text as it may be stored")
    tasks.add_parser("fold", help="a text in one spelling")


def run(options: argparse.Namespace) -> int:
    """Read standard input to its end; return the exit code."""
    rewrite(_change(options), sys.stdin.buffer, sys.stdout.buffer)
    return 0


def rewrite(change: _Change, lines: BinaryIO, out: BinaryIO) -> None:
    """Write one line for each line read, and flush it. What is no UTF-8 is read as U+FFFD."""
    for line in lines:
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        out.write(f"{_one_line(change(text))}\n".encode("utf-8", "replace"))
        out.flush()


def _one_line(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ")


def _change(options: argparse.Namespace) -> _Change:
    """What this task does to a text; only what it needs is imported."""
    if options.task == "value":
        from bot.hindi.values import canonical, value

        return lambda text: canonical(value(options.slot, text, options.today))
    if options.task == "spoken":
        from bot.hindi.spoken import spoken

        return spoken
    if options.task == "redact":
        from bot.hindi.redact import redact

        return redact
    if options.task == "cut":
        return _sentences
    from bot.hindi.fold import fold

    return fold


def _sentences(text: str) -> str:
    from bot.hindi.cut import cut

    return BETWEEN.join(cut(text.replace(BETWEEN, " ")))
