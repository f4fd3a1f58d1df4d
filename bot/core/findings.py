"""What a check of one neighbour found: a line of `voicebot doctor`."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from bot.core.errors import BotError


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One check: `name` of what was looked at, whether it is well, `what` was seen.

    `remedy` says what to do; it is empty where nothing needs doing.
    """

    name: str
    ok: bool
    what: str
    remedy: str = ""


def failed(name: str, error: BotError, remedy: str = "see the server's log") -> Finding:
    """The finding for an error. Our messages end with the remedy, after the last semicolon."""
    what, _, own = str(error).rpartition("; ")
    return Finding(name, False, what or own, own if what else remedy)


def nearest(name: str, names: Iterable[str]) -> list[str]:
    """The names, the most similar to `name` first, whatever its letters' case."""
    wished = name.lower()

    def distance(other: str) -> tuple[float, str]:
        return -difflib.SequenceMatcher(None, wished, other.lower()).ratio(), other

    return sorted(names, key=distance)
