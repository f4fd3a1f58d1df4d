"""
Decides which number words and figures of a text make up which quantities, halves and quarters too.

"साढ़े तीन हज़ार" is 3500, "सवा लाख" 125000, "दो करोड़ तीस लाख" one quantity, "चार पाँच" two. For text
that answers a question for an amount, a count, a date or a time; digits are read by `digits`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from bot.hindi.counting import ENGLISH_TENS, SCALES, WORTH, key, keys
from bot.hindi.fold import fold
from bot.hindi.number_talk import gives

_FIGURES = {0x966 + figure: str(figure) for figure in range(10)}
_WORD = re.compile(r"\d+(?:,\d+)*(?:[.:]\d+)*|[^\W\d_](?:[^\W\d_]|[\u0900-\u0963\u200c\u200d'’])*")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{2,3})*,\d{3}")
_DECIMAL = re.compile(r"\d+(?:\.\d+)?")
_LARGE = {"अरब": 10**9, "arab": 10**9, "खरब": 10**11, "kharab": 10**11}
_SHORT = {"k": 1_000, "l": 100_000, "lakhs": 100_000, "lacs": 100_000, "cr": 10_000_000} | {
    "crores": 10_000_000
}
_PARTS = {
    part: quarters
    for quarters, words in (
        (6, "डेढ़ ढेड़ dedh"),
        (10, "ढाई अढ़ाई dhai dhaai adhai"),
    )
    for part in keys(words)
}
"""Quarters; they stand without a number."""
_BESIDE_SAID = (
    (1, "सवा sava"),
    (2, "साढ़े सारे sadhe saadhe"),
    (-1, "पौने पोने paune"),
)
_BESIDE = {part: quarters for quarters, words in _BESIDE_SAID for part in keys(words)}
"""Quarters beside the number that follows."""
_MISHEARD_PARTS = frozenset(keys("सारे"))
_ALONE = {word: Fraction(1, 2) for word in keys("आधा आधे आधी हाफ़ aadha half")} | {
    key("पौन"): Fraction(3, 4)
}
_HUNDRED, _CRORE = 100, 10_000_000
"""Crores are counted in thousands and lakhs: "एक हज़ार एक करोड़"."""
_FOURTHS = frozenset(keys("चौथाई chauthai"))
_AND_A_HALF = ["and", "a", "half"]
_POINT = frozenset(keys("दशमलव पॉइंट पाइंट point dashamlav"))
_AND = frozenset(keys("and एंड और aur"))
_NOT_NUMBERS = frozenset(keys("सुन at"))


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number that is the words from `start` up to `end`; `plain`: one word or row of figures."""

    value: Fraction
    start: int
    end: int
    plain: bool = False


def words_of(text: str) -> list[str]:
    """Folded words; figures keep their decimals and lose their grouping: 1,25,000.50, 5:30."""
    found: list[str] = []
    for word in _WORD.findall(text.translate(_FIGURES)):
        if word[0].isdigit():
            grouped = _GROUPED.match(word)
            found += [word.replace(",", "")] if grouped else word.split(",")
        else:
            found += fold(word).split()
    return found


def quantities(words: Sequence[str]) -> list[Quantity]:
    """All quantities of these words (`words_of`), in order."""
    found: list[Quantity] = []
    at = 0
    while at < len(words):
        end, value = _quantity(words, at)
        if value is None:
            at += 1
        else:
            found.append(Quantity(value, at, end, end == at + 1))
            at = end
    return found


def _quantity(words: Sequence[str], at: int) -> tuple[int, Fraction | None]:
    """The longest quantity that begins here, and where it ends; `here` waits for its scale."""
    end, here = _coefficient(words, at)
    if here is None:
        if WORTH.get(_word(words, at)) not in SCALES:
            return at, None
        here = Fraction(1)
    total = Fraction(0)
    while scale := _scale(words, end):
        if scale == _HUNDRED and here:
            end, more = _more(words, end + 1, scale)
            here = here * scale + more
            if not _scale(words, end):
                break
        else:
            grows = scale >= _CRORE or not here
            total = (total + here) * scale if grows else total + here * scale
            end, here = _more(words, end + 1, scale)
    return end, total + here


def _more(words: Sequence[str], at: int, scale: int) -> tuple[int, Fraction]:
    """What follows a scale and is below it; 0 where nothing does."""
    start = at + 1 if _word(words, at) in _AND else at
    end, value = _coefficient(words, start)
    if value is None or value >= scale:
        return at, Fraction(0)
    after = _scale(words, end)
    too_large = after == scale or _HUNDRED < scale < after < _CRORE
    too_large = too_large or (after < scale and value * after >= scale)  # "हज़ार-पंद्रह सौ"
    if too_large or (value.denominator > 1 and not after):
        return at, Fraction(0)
    return end, value


def _coefficient(words: Sequence[str], at: int) -> tuple[int, Fraction | None]:
    """A number below a hundred, or in figures, with its halves and decimals."""
    word = _word(words, at)
    if word in _PARTS:
        return at + 1, Fraction(_PARTS[word], 4)
    if word in _ALONE:
        return at + 1, _ALONE[word]
    if word in _BESIDE:
        return _quartered(words, at)
    end, whole = _whole(words, at)
    if whole is None:
        return end, None
    if _word(words, end) in _FOURTHS:
        return end + 1, whole / 4
    if [_word(words, place) for place in range(end, end + 3)] == _AND_A_HALF:
        return end + 3, whole + Fraction(1, 2)
    return _pointed(words, end, whole) if _word(words, end) in _POINT else (end, whole)


def _quartered(words: Sequence[str], at: int) -> tuple[int, Fraction | None]:
    """सवा दो, साढ़े तीन, पौने चार; सवा लाख; a bare सवा is one and a quarter."""
    part = Fraction(_BESIDE[_word(words, at)], 4)
    end, whole = _whole(words, at + 1)
    if whole is not None and whole.denominator == 1:
        return end, whole + part
    if _word(words, at) in _MISHEARD_PARTS or abs(part) != Fraction(1, 4):
        return at, None
    return at + 1, 1 + part


def _whole(words: Sequence[str], at: int) -> tuple[int, Fraction | None]:
    word = _word(words, at)
    if _DECIMAL.fullmatch(word):
        return at + 1, Fraction(word)
    worth = WORTH.get(word)
    if worth is None or worth in SCALES or word in _NOT_NUMBERS or _is_verb(words, at):
        return at, None
    unit = WORTH.get(_word(words, at + 1), 0)
    if word in ENGLISH_TENS and 0 < unit < 10:
        return at + 2, Fraction(worth + unit)
    return at + 1, Fraction(worth)


def _is_verb(words: Sequence[str], at: int) -> bool:
    return gives((_word(words, at - 1), _word(words, at)), 1)


def _pointed(words: Sequence[str], at: int, whole: Fraction) -> tuple[int, Fraction]:
    """The digits after a spoken point."""
    digits, end = "", at + 1
    while (worth := WORTH.get(_word(words, end), 100)) < 100 or _word(words, end).isdigit():
        digits += _word(words, end) if _word(words, end).isdigit() else str(worth)
        end += 1
    if not digits:
        return at, whole
    return end, whole + Fraction(int(digits), 10 ** len(digits))


def _scale(words: Sequence[str], at: int) -> int:
    word = _word(words, at)
    worth = WORTH.get(word, 0)
    return worth if worth in SCALES else _LARGE.get(word, 0) or _SHORT.get(word, 0)


def _word(words: Sequence[str], at: int) -> str:
    """The key of the word; figures as they are."""
    if not 0 <= at < len(words):
        return ""
    word = words[at]
    return word if word[0].isdigit() else key(word)
