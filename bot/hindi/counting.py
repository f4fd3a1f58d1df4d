"""
Decides what each number word is worth: Hindi and English, in both scripts, 0 to 99 and the scales.

`number_spellings.tsv` holds the usual spellings, and a key folds what is left: short and long
vowels, nasals, viramas, doubled letters (अट्ठाइस अठाईस, उन्नासी उनासी).
"""

import csv
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

from bot.hindi.fold import fold

_LENGTHS = str.maketrans("ीूैईऊऐ", "िुेइउए", "ं्")
_DOUBLED = re.compile(r"(\D)\1")
_HARDENED = re.compile("क(?=ख)|ग(?=घ)|च(?=छ)|ज(?=झ)|ट(?=ठ)|ड(?=ढ)|त(?=थ)|द(?=ध)|प(?=फ)|ब(?=भ)")
_NINETIES = re.compile("(?<=[ाय])नबे$")
_LATIN = (
    (re.compile("aa+"), "a"),
    (re.compile("ee|ii"), "i"),
    (re.compile("oo|uu"), "u"),
    (re.compile("w"), "v"),
    (re.compile("z"), "j"),
    (_DOUBLED, r"\1"),
)


@lru_cache(maxsize=20_000)
def key(word: str) -> str:
    """Under which a folded word is looked up: less than its spelling, for number talk only."""
    if word < "\u0900":
        for spelling, plain in _LATIN:
            word = spelling.sub(plain, word)
        return word
    plain = _DOUBLED.sub(r"\1", word.translate(_LENGTHS))
    return _NINETIES.sub("नवे", _HARDENED.sub("", plain))


def keys(text: str) -> list[str]:
    """The keys of all words of a text."""
    return [key(word) for word in fold(text).split()]


def _spellings() -> Iterator[tuple[int, str, list[str]]]:
    """Value, column and words of each cell of the table."""
    table = files("bot.hindi").joinpath("number_spellings.tsv").read_text(encoding="utf-8")
    for row in csv.DictReader(table.splitlines(), delimiter="\t"):
        for column in ("hindi", "english", "roman"):
            yield int(row["value"]), column, row[column].split()


WORTH: dict[str, int] = {}
"""What a word is worth, by its key: 0 to 99, or a scale."""
ENGLISH_TENS: set[str] = set()
"""Keys of the words that a digit may follow to make one number: "ninety eight"."""
_SAID: dict[int, str] = {}

for _value, _column, _words in _spellings():
    _SAID.setdefault(_value, _words[0] if _words else "")
    WORTH |= {key(fold(word)): _value for word in _words}
    if _column == "english" and _value in range(20, 100, 10):
        ENGLISH_TENS |= {key(fold(word)) for word in _words}

NUMBERS = tuple(_SAID[value] for value in range(100))
"""The words of 0 to 99, as they are said to the caller."""
SCALES = frozenset((100, 1_000, 100_000, 10_000_000))
