"""What a rule of the spoken form is: a pattern, and the words for what it matches."""

import csv
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files

DEVANAGARI = "\u0900-\u0963\u0970-\u097f"
NO_LETTER_BEFORE = f"(?<![0-9A-Za-z{DEVANAGARI}])"
NO_LETTER_AFTER = f"(?![0-9A-Za-z{DEVANAGARI}])"
NO_LATIN_AFTER = "(?![0-9A-Za-z])"
NUMBER = r"(?:\d{1,3}(?:,\d{2,3}){0,5},\d{3}(?!\d)|\d{1,15}(?!\d))(?:\.\d{1,20}(?!\d))?"
"""A number with its commas and decimals. A longer row is said digit by digit."""
TO = r"\s?[-–—]\s?"
"""What stands between the ends of a range."""
Match = re.Match[str]


@dataclass(frozen=True, slots=True)
class Rule:
    """
    What is said for a piece of text.

    `say` may decline a match by an empty string: then the next rule is tried.
    """

    pattern: re.Pattern[str]
    say: Callable[[Match], str]


def rule(
    pattern: str, say: Callable[[Match], str], flags: int = 0, end: str = NO_LETTER_AFTER
) -> Rule:
    """A rule that holds where the match is followed by `end`: no more letters or digits."""
    whole = unicodedata.normalize("NFC", f"(?:{pattern}){end}")
    return Rule(re.compile(whole, flags | re.ASCII), say)


def before(match: Match, letters: int = 60) -> str:
    """The text in front of what was matched."""
    return match.string[max(0, match.start() - letters) : match.start()]


def after(match: Match, letters: int = 40) -> str:
    """The text behind what was matched."""
    return match.string[match.end() : match.end() + letters]


def any_of(words: str) -> str:
    """A pattern for any of these words, the longest first; blanks in a word are `_`."""
    longest = sorted(words.split(), key=len, reverse=True)
    return "|".join(re.escape(word).replace("_", r"\s?") for word in longest)


def parts(number: str) -> tuple[str, str]:
    """The digits before and after the point of a `NUMBER`."""
    whole, _, decimals = number.replace(",", "").partition(".")
    return whole, decimals


def rows(name: str) -> list[tuple[str, list[str]]]:
    """The lines of a file of this room: what is said, and the written forms."""
    text = files("bot.hindi").joinpath(name).read_text(encoding="utf-8")
    lines = csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return [(said, forms.split()) for said, forms in lines]


def table(name: str) -> dict[str, str]:
    """What is said for each written form, by a file of this room."""
    return {form: said for said, forms in rows(name) for form in forms}


def pairs(text: str) -> dict[str, str]:
    """A table of written forms, each followed by what is said; `_` is a blank."""
    words = text.split()
    said = (word.replace("_", " ") for word in words[1::2])
    return dict(zip(words[::2], said, strict=True))
