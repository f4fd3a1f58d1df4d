"""
Decides what each word means to somebody who dictates a number: a number, a "no", a place, filler.

It looks at words one by one, and at short phrases (`number_phrases.tsv`). What numbers stand
together, `number_grammar` decides; what a correction does, `digits`.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from importlib.resources import files

from bot.hindi.counting import ENGLISH_TENS, SCALES, WORTH, keys


class Kind(Enum):
    """What a word, or a phrase, is for."""

    NUMBER = auto()
    """Its `digits` were said; its `value` is worth something beside a scale."""
    TENS = auto()
    """English tens: a digit may follow."""
    SCALE = auto()
    PART = auto()
    """Quarters before a scale: डेढ़ is six, साढ़े two beside the number after it."""
    TIMES = auto()
    """Double, triple: what follows is said `value` times."""
    BAR = auto()
    """The "बार" of "दो बार"."""
    NO = auto()
    """What was said before is wrong."""
    ANEW = auto()
    """It all begins again."""
    DELETE = auto()
    ALL = auto()
    PLACE = auto()
    """Which digit is meant: 1 is the first, -1 the last."""
    DIGITS = auto()
    """The word "digits"; after the grammar, `value` of them."""
    COUNTED = auto()
    """A number before it counts something: minutes, people."""
    MEASURE = auto()
    """The same, but it may be the answer: rupees, years."""
    IS = auto()
    AND = auto()
    FILLER = auto()
    STRANGER = auto()
    """No word of number talk."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a phrase. `value` and `digits` as the kind says."""

    kind: Kind
    key: str
    value: int = 0
    digits: str = ""


_STEMS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    (Kind.DELETE, ("हटा", "मिटा", "डिलिट", "काट")),
    (
        Kind.FILLER,
        ("बोल", "बता", "लिख", "कह", "दबा", "चुन", "सुना", "नोट", "दिजि", "डाल", "bol", "bata"),
    ),
)
"""Beginnings of keys."""


def _phrases() -> dict[str, dict[tuple[str, ...], tuple[Kind, int]]]:
    """By their first key: from the keys of a phrase to what it is for, the longest first."""
    table = files("bot.hindi").joinpath("number_phrases.tsv").read_text(encoding="utf-8")
    phrases = {
        tuple(keys(phrase)): (Kind[row["kind"]], int(row["value"]))
        for row in csv.DictReader(table.splitlines(), delimiter="\t")
        for phrase in row["phrases"].split(",")
    }
    by_first: dict[str, dict[tuple[str, ...], tuple[Kind, int]]] = {}
    for phrase in sorted(phrases, key=len, reverse=True):
        by_first.setdefault(phrase[0], {})[phrase] = phrases[phrase]
    return by_first


_PHRASES = _phrases()
_GIVE = frozenset(keys("दो do"))
_VERBS = frozenset(
    keys("""
बता बोल कर हटा मिटा काट लिख छोड़ दे जोड़ मिला करा करवा भेज बना रख लगा कह दिखा सुना पढ़ रोक खोल निकाल डाल
चला समझा दबा बदल bata bol kar hata likh chhod de rehne jaane rukne sochne
""")
)
"""Before a "दो" they make it the verb: "बता दो"."""
_ERGATIVE = frozenset(keys("मैंने हमने आपने उसने तूने उन्होंने इसने ने पौने"))
_PERHAPS = {
    word: digits for words, digits in (("नो", "9"), ("ओ oh o", "0")) for word in keys(words)
}
"""Digits only beside other numbers."""
MISHEARD = {
    word: digit
    for digit, words in enumerate(
        ("सोने सोना सुनी", "", "", "टीन", "चर चीर", "पंच पंज पुंज", "छा", "साथ", "आउट अति आज अट")
    )
    for word in keys(words)
}
"""What recognisers write for a digit; it is one only in a row of numbers."""
_NUMERIC = frozenset((Kind.NUMBER, Kind.TENS, Kind.SCALE, Kind.TIMES))
_INTO = frozenset(keys("को"))
"""Between two numbers, the second replaces the first: "सात को आठ कर दीजिए"."""
_FIRST_NO = frozenset(keys("ना न"))
"""A "no" at the beginning; later it only asks for assent."""


def tokens(text: str) -> list[Token]:
    """What each word of a text is for, the longest phrases first."""
    heard = keys(text)
    found: list[Token] = []
    at = 0
    while at < len(heard):
        length, token = _token(heard, at)
        found.append(token)
        at += length
    return _heard_right([_beside(found, place) for place in range(len(found))])


def _token(heard: Sequence[str], at: int) -> tuple[int, Token]:
    """The phrase, or else the word, that begins here, and how many words it takes."""
    word = heard[at]
    for phrase, (kind, value) in _PHRASES.get(word, {}).items():
        if tuple(heard[at : at + len(phrase)]) == phrase:
            return len(phrase), Token(kind, " ".join(phrase), value)
    if gives(heard, at):
        return 1, Token(Kind.FILLER, word)
    return 1, _number(word) or _by_stem(word)


def gives(heard: Sequence[str], at: int) -> bool:
    """Whether the key at this place is a "दो" that is a verb: "भेज दो", "रहने दो"."""
    before = heard[at - 1] if at else ""
    verb = before in _VERBS or (before.endswith("ने") and before not in _ERGATIVE)
    return verb and heard[at] in _GIVE


def _number(word: str) -> Token | None:
    if word.isdigit():
        return Token(Kind.NUMBER, word, int(word), word)
    if (worth := WORTH.get(word)) is None:
        return None
    if worth in SCALES:
        return Token(Kind.SCALE, word, worth)
    return Token(Kind.TENS if word in ENGLISH_TENS else Kind.NUMBER, word, worth, str(worth))


def _by_stem(word: str) -> Token:
    kinds = (kind for kind, stems in _STEMS if word.startswith(stems))
    return Token(next(kinds, Kind.STRANGER), word)


def _beside(found: Sequence[Token], at: int) -> Token:
    """The token as its neighbours make it."""
    token = found[at]
    if token.key in _FIRST_NO and at == 0:
        return Token(Kind.NO, token.key)
    if token.key in _PERHAPS and any(_numeric(found, near) for near in (at - 1, at + 1)):
        digits = _PERHAPS[token.key]
        return Token(Kind.NUMBER, token.key, int(digits), digits)
    if token.key in _INTO and all(_numeric(found, near) for near in (at - 1, at + 1)):
        return Token(Kind.NO, token.key)
    return token


def _numeric(found: Sequence[Token], at: int) -> bool:
    return 0 <= at < len(found) and found[at].kind in _NUMERIC


def _heard_right(found: list[Token]) -> list[Token]:
    """In a row of numbers, turn what was misheard back into digits."""
    right = list(found)
    start = 0
    for at in range(len(found) + 1):
        if at < len(found) and (_numeric(found, at) or found[at].key in MISHEARD):
            continue
        row = found[start:at]
        if sum(token.kind in _NUMERIC for token in row) > 1:
            right[start:at] = [_as_digit(token) for token in row]
        start = at + 1
    return right


def _as_digit(token: Token) -> Token:
    digit = MISHEARD.get(token.key)
    return token if digit is None else Token(Kind.NUMBER, token.key, digit, str(digit))
