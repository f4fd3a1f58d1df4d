"""
Decides what each word of a text could be in a number that must be hidden: a digit, a pause, a unit.

Every piece knows where it stands in the text, so that just that can be replaced.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from bot.hindi.calendar_words import MONTHS
from bot.hindi.counting import SCALES, WORTH, key, keys
from bot.hindi.fold import fold
from bot.hindi.number_talk import MISHEARD


class Kind(Enum):
    """What a piece is for."""

    FIGURES = auto()
    NUMBER = auto()
    """A number word."""
    SCALE = auto()
    TIMES = auto()
    """डबल, ट्रिपल."""
    FILL = auto()
    """What people say between digits."""
    MISHEARD = auto()
    """What recognisers write for a digit, and another word as often."""
    MONTH = auto()
    ORDINAL = auto()
    """The day of a date: "fifteenth August"."""
    DATE = auto()
    """15/08/1990, 2026-11-23."""
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Piece:
    """A word or a row of figures, from `start` to `end` in the text; `key` as of number talk."""

    kind: Kind
    start: int
    end: int
    key: str


_D = "[0-9०-९]"
_UUID = r"(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_CHANNEL = r"(?<=[A-Za-z0-9_])-0000[0-9a-f]{4}(?![0-9A-Za-z])"
"""The end of an Asterisk channel's name: PJSIP/100-0000001a."""
_ADDRESS = rf"{_D}+(?:\.{_D}+){{3}}"
_DECIMAL = rf"{_D}+\.{_D}{{1,3}}(?!{_D})"
_TIME = rf"{_D}{{1,2}}:{_D}{{2}}(?::{_D}{{2}})?"
_DAY_FIRST = (
    rf"(?<!{_D}){_D}{{1,2}}(?P<mark>[/.-]){_D}{{1,2}}(?P=mark)(?:{_D}{{4}}|{_D}{{2}})(?!{_D})"
)
_YEAR_FIRST = rf"(?<!{_D}){_D}{{4}}(?P<bar>[/-]){_D}{{1,2}}(?P=bar){_D}{{1,2}}(?!{_D})"
_LAKHS = rf"{_D}{{1,2}}(?:,{_D}{{2}})*,{_D}{{3}}(?![,0-9०-९])"
_MILLIONS = rf"{_D}{{1,3}}(?:,{_D}{{3}})+(?![,0-9०-९])"
_PIECE = re.compile(
    rf"(?P<other>{_UUID}|{_CHANNEL}|{_ADDRESS}|{_DECIMAL}|{_TIME})"
    rf"|(?P<date>{_DAY_FIRST}|{_YEAR_FIRST})"
    rf"|(?P<figures>{_LAKHS}|{_MILLIONS}|{_D}+)"
    r"|(?P<word>[A-Za-z']+|[\u0900-\u0963\u0970-\u097f\u200c\u200d:]+)"
)
_GLUED_SHORT = 8
"""Figures that stick to Latin letters (ORD-123456, 5GB) are a name, up to so many."""
_FILL = frozenset(
    keys("""
और फिर जी हाँ अम्म उम्म उम एम्म हम्म अ आ कॉमा कोमा डैश डेश स्पेस हाइफन comma dash space
hyphen उसके इसके बाद के तो आगे uske baad and then um uh ओके ok ठीक नहीं सॉरी sorry no नो
मतलब यानी डॉट प्लस plus बार phir fir aur st nd rd th of
""")
)
_MISHEARD = frozenset(MISHEARD) | frozenset(keys("सुन अत तिन ओ oh o at do"))
_AMBIGUOUS = frozenset(keys("सुन at do"))
_ORDINALS = frozenset(
    keys("""
first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth
fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth फर्स्ट थर्ड
फोर्थ फिफ्थ सिक्स्थ सेवंथ एट्थ नाइंथ टेंथ पहली
""")
)
_TH = re.compile("(?:st|nd|rd|th)(?![A-Za-z])", re.IGNORECASE)
_TIMES = frozenset(keys("डबल ट्रिपल double triple डबुल ट्रिपिल treble"))


def pieces(text: str) -> list[Piece]:
    """Every word and every row of figures of a text, in order."""
    return [_piece(text, match) for match in _PIECE.finditer(text)]


def _piece(text: str, match: re.Match[str]) -> Piece:
    start, end = match.span()
    group = match.lastgroup if match.lastgroup not in ("mark", "bar") else "date"
    if group == "figures":
        glued = _glued(text, start, end) and end - start <= _GLUED_SHORT
        return Piece(Kind.OTHER if glued else Kind.FIGURES, start, end, fold(match.group()))
    if group == "word":
        kind, word = _known(match.group())
        return Piece(kind, start, end, word)
    return Piece(Kind.DATE if group == "date" else Kind.OTHER, start, end, "")


def _glued(text: str, start: int, end: int) -> bool:
    """Whether figures belong to a Latin word: it touches them, or only a - or _ is between."""
    before = text[start - 1 : start]
    if before in ("-", "_"):
        before = text[start - 2 : start - 1]
    return _latin(before) or (_latin(text[end : end + 1]) and not _TH.match(text, end))


def _latin(letter: str) -> bool:
    return letter.isascii() and letter.isalpha()


@lru_cache(maxsize=20_000)
def _known(word: str) -> tuple[Kind, str]:
    """The kind and the key of a word without figures."""
    folded = fold(word)
    return _kind(folded, key(folded)), key(folded)


def _kind(folded: str, word: str) -> Kind:
    if word in _TIMES:
        return Kind.TIMES
    if word in WORTH and word not in _AMBIGUOUS:
        return Kind.SCALE if WORTH[word] in SCALES else Kind.NUMBER
    if word in _FILL or word in _MISHEARD:
        return Kind.FILL if word in _FILL else Kind.MISHEARD
    if word in _ORDINALS:
        return Kind.ORDINAL
    return Kind.MONTH if folded in MONTHS else Kind.OTHER


def words_of(row: Sequence[Piece]) -> list[str]:
    """The keys of some pieces."""
    return [piece.key for piece in row]
