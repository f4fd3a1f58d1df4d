"""
Decides how a written sentence is said: every figure, sign, unit and Latin word as Hindi words.

`spoken` gives the text for the synthesizer. `aloud` also tells which written words are over when
a spoken one is, so that what the caller has heard can be told in the words that were written.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from bot.hindi.aloud import Aloud
from bot.hindi.lexicon import DEFAULT, Lexicon, Own
from bot.hindi.spoken_marks import BULLET, prepared, sounding
from bot.hindi.spoken_units import ABBREVIATIONS

_WORD = re.compile(r"\S+")
_LETTER = re.compile(r"[^\W_]")
_CLOSING = "।॥,;:?!.…"
"""Marks that follow a word without a space."""


_CONTEXT = 60
"""Letters of what was said before that count."""
_QUOTES = str.maketrans("", "", "'‘’")
"""They may stand in a Latin word or before a year, and nothing is said for them."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """What is said for the text from `start` on; `kept` where that is the text itself."""

    start: int
    end: int
    said: str
    kept: bool = False


def spoken(text: str, lexicon: Lexicon = DEFAULT) -> str:
    """
    The text as it is said: "₹1,25,000, 5:30 PM" is "एक लाख पच्चीस हज़ार रुपये, शाम साढ़े पाँच बजे".

    Spoken text is its own spoken form. Lines stay lines.
    """
    return "\n".join(aloud(line, lexicon).said for line in text.split("\n"))


def aloud(text: str, lexicon: Lexicon = DEFAULT, before: str = "") -> Aloud:
    """
    A sentence as it is said, word for word beside what is written.

    `before` was said just before: after "आपका ऑर्डर नंबर," the figures are a row.
    """
    words = [prepared(word) for word in sounding(text.split())]
    if words and BULLET.fullmatch(words[0]):
        words[0] = ""
    context = "".join(f"{prepared(word)} " for word in before[-_CONTEXT:].split())
    starts = [*accumulate((len(word) + 1 for word in words), initial=len(context))][:-1]
    pieces = list(_pieces(context + " ".join(words), len(context), lexicon))
    offsets = [0, *accumulate(len(piece.said) for piece in pieces)]
    said: list[str] = []
    owners: list[int] = []
    """The first written word that each spoken word belongs to."""
    for found in _WORD.finditer("".join(piece.said for piece in pieces)):
        word = found[0].translate(_QUOTES)
        if said and word[:1] in _CLOSING:
            said[-1] = _no_short(said[-1] + word)
            continue
        if not said and not _LETTER.search(word):
            continue
        at = bisect_right(offsets, found.start()) - 1
        inside = found.start() - offsets[at] if pieces[at].kept else 0
        said.append(word if pieces[at].kept else _no_short(word))
        owners.append(bisect_right(starts, pieces[at].start + inside) - 1)
    return Aloud(text, " ".join(said), (*owners[1:], len(words)) if said else ())


def _no_short(word: str) -> str:
    """A spoken word without the stop that would make it short for another: "E." is no ईस्वी."""
    return word[:-1] if word in ABBREVIATIONS else word


def _pieces(text: str, at: int, lexicon: Lexicon) -> Iterator[_Piece]:
    """The text from `at` on: pieces that stay as they are, and those that there are words for."""
    own = lexicon.own_words(text)
    while at < len(text):
        piece = _special(text, at, lexicon, own)
        if piece is None or piece.start > at:
            end = piece.start if piece else len(text)
            yield _Piece(at, end, text[at:end], kept=True)
        if piece is None:
            return
        yield piece
        at = piece.end


def _special(text: str, at: int, lexicon: Lexicon, own: list[Own]) -> _Piece | None:
    """The next piece from `at` on that is said otherwise than written."""
    while own and own[0].start < at:
        own.pop(0)
    while found := lexicon.next_special(text, at):
        if own and own[0].start <= found.start():
            break
        for rule in lexicon.rules_at(text, found.start()):
            match = rule.pattern.match(text, found.start())
            if match and match.end() > found.start() and (said := rule.say(match)):
                return _piece(text, match.start(), match.end(), said)
        at = found.end()
    return _piece(text, *own.pop(0)) if own else None


def _piece(text: str, start: int, end: int, said: str) -> _Piece:
    """Put spaces where the words would run into their neighbours."""
    left = " " if start and _LETTER.match(text[start - 1]) else ""
    right = " " if end < len(text) and _LETTER.match(text[end]) else ""
    return _Piece(start, end, f"{left}{said}{right}")
