"""
Decides how a written sentence is said: every figure, sign, unit and Latin word as Hindi words.

`spoken` gives the text for the synthesizer. `aloud` also tells which written words are over when
a spoken one is, so that what the caller has heard can be told in the words that were written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.hindi.lexicon import DEFAULT, Lexicon
from bot.hindi.spoken_marks import BULLET, prepared

_SPACES = re.compile(r"\s+")
_BEFORE_MARK = re.compile(r"\s+(?=[।,;:?!.…])")
_LETTER = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text: where it is, and what is said for it."""

    start: int
    end: int
    said: str


@dataclass(frozen=True, slots=True)
class Aloud:
    """
    A sentence as it is written and as it is said.

    `done[n]` is how many of the written words are over when n + 1 spoken words are. Words are what
    white space divides.
    """

    written: str
    said: str
    done: tuple[int, ...]

    def heard(self, words: int) -> str:
        """The written words that are over when so many spoken words are."""
        count = self.done[min(words, len(self.done)) - 1] if words and self.done else 0
        return " ".join(self.written.split()[:count])


def spoken(text: str, lexicon: Lexicon = DEFAULT) -> str:
    """
    The text as it is said: "₹1,25,000, 5:30 PM" is "एक लाख पच्चीस हज़ार रुपये, शाम साढ़े पाँच बजे".

    Spoken text is its own spoken form. Lines stay lines.
    """
    return "\n".join(_line(line, lexicon) for line in text.split("\n"))


def _line(text: str, lexicon: Lexicon) -> str:
    words = [prepared(word) for word in text.split()]
    if words and BULLET.fullmatch(words[0]):
        words[0] = ""
    return _tidy("".join(piece.said for piece in _pieces(" ".join(words), lexicon)))


def _tidy(said: str) -> str:
    return _BEFORE_MARK.sub("", _SPACES.sub(" ", said)).strip()


def _pieces(text: str, lexicon: Lexicon) -> Iterator[Piece]:
    """The text in pieces: those that stay as they are, and those that a rule has words for."""
    at = 0
    while at < len(text):
        found = lexicon.next_special(text, at)
        if found is None:
            yield Piece(at, len(text), text[at:])
            return
        if found.start() > at:
            yield Piece(at, found.start(), text[at : found.start()])
        piece = _ruled(text, found.start(), lexicon)
        yield piece
        at = piece.end


def _ruled(text: str, at: int, lexicon: Lexicon) -> Piece:
    for rule in lexicon.rules_at(text, at):
        match = rule.pattern.match(text, at)
        if match and match.end() > at and (said := rule.say(match)):
            return Piece(at, match.end(), _apart(text, at, match.end(), said))
    return Piece(at, at + 1, text[at])


def _apart(text: str, start: int, end: int, said: str) -> str:
    """The words with a space where they would run into their neighbours."""
    left = " " if start and _LETTER.match(text[start - 1]) else ""
    right = " " if end < len(text) and _LETTER.match(text[end]) else ""
    return f"{left}{said}{right}"
