"""
Decides which digits a caller has said, and what a correction makes of those said before.

For text that answers the question for a number. "एक मिनट" and "चार पाँच लोग" hold no digits then;
"नौ सौ पाँच" holds three. Corrections work within one text ("सात नहीं आठ") as on earlier digits.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.hindi.counting import keys
from bot.hindi.number_grammar import number_talk
from bot.hindi.number_talk import Kind, Token

_ASKS_US = frozenset(
    keys("बोलिए बोलिये बोलो बताइए बताओ कहिए कहो सुनाइए सुनाओ दोहराइए दोहराओ पूछिए batao bataiye boliye")
)
"""After a "फिर से", we shall say it again, not the caller."""


def heard_digits(text: str, whole: int = 0) -> str:
    """
    All digits of the caller's number in order: "नौ आठ डबल सात" is "9877"; empty where none.

    Where a "no" among them can be understood in several ways, the one that gives `whole` digits is
    meant.
    """
    return _read("", number_talk(text), _Sought(False, whole))


def correct(entered: str, text: str, complete: bool = False, whole: int = 0) -> str | None:
    """
    What the digits `entered` before have become; None where the text corrects nothing.

    "सात नहीं आठ" changes the last 7; "आख़िरी दो अंक चार पाँच हैं", "पहला अंक छह" and "पिछला हटाइए" tell
    the place; "फिर से, नौ आठ" begins anew; "नहीं, छह" is for the last digit. With `complete`,
    `entered` is a whole number: "नहीं, चार पाँच" then keeps its length. Of a number of `whole` digits
    where just two are missing, "आख़िरी दो अंक चार पाँच" are those.
    """
    if not entered:
        return None
    row = number_talk(text)
    sought = _Sought(complete, whole)
    said = _read("", row, sought)
    if len(said) == whole - len(entered) and _place(row) and not _has(row, Kind.NO):
        return None
    read = _read(entered, row, sought)
    return None if read == entered + said else read


def ends_open(text: str) -> str:
    """The "डबल" that ends a text and waits for its digit; empty where there is none."""
    row = number_talk(text)
    return row[-1].key if row and row[-1].kind is Kind.TIMES else ""


@dataclass(frozen=True, slots=True)
class _Sought:
    """What is known of the number: whether the digits entered are complete; its length, or 0."""

    complete: bool
    whole: int


def _read(entered: str, row: Sequence[Token], sought: _Sought) -> str:
    """The digits after a text, corrected or simply continued."""
    if (anew := _anew(row)) is not None:
        return _read("", anew, sought)
    if (place := _place(row)) is not None:
        return _placed(entered, row, place)
    if _has(row, Kind.DELETE):
        return _deleted(entered, row)
    return _Dictation(entered, sought).after(row)


def _anew(row: Sequence[Token]) -> list[Token] | None:
    """What follows the last "फिर से" that is not meant for us."""
    places = [at for at, token in enumerate(row) if token.kind is Kind.ANEW]
    if not places:
        return None
    rest = list(row[places[-1] + 1 :])
    asks_us = any(token.key in _ASKS_US for token in rest)
    return None if asks_us and not _digits(rest) else rest


def _has(row: Sequence[Token], kind: Kind) -> bool:
    return any(token.kind is kind for token in row)


def _digits(row: Sequence[Token]) -> str:
    return "".join(token.digits for token in row if token.kind is Kind.NUMBER)


# Corrections that tell the place.


def _place(row: Sequence[Token]) -> Token | None:
    """The word that tells which digit is meant: "तीसरा" only before "अंक", "आख़िरी" always."""
    for at, token in enumerate(row):
        if token.kind is Kind.NUMBER and not _has(row, Kind.NO):
            return None  # "नौ आठ और आख़िर में चार" goes on.
        if token.kind is Kind.PLACE and (token.value < 0 or _names_digit(row[at + 1 :])):
            return token
    return None


def _names_digit(after: Sequence[Token]) -> bool:
    """Whether "दूसरा" is the second digit: before "अंक", or "नंबर" where one digit follows."""
    if not after or after[0].kind is Kind.DIGITS or after[0].key in _IN:
        return bool(after)
    return after[0].key in _NUMBER and len(_exchange(after)[1]) == 1


_IN = frozenset(keys("में mein"))
_NUMBER = frozenset(keys("नंबर number"))


def _placed(entered: str, row: Sequence[Token], place: Token) -> str:
    """Put the digits said at the place; without any, a "no" or "delete" takes those away."""
    wrong, right = _exchange(row)
    counted = _counted(row)
    if _has(row, Kind.DELETE):
        return _swapped(entered, place, counted or _to_delete(entered, wrong or right), "")
    if not right and (not _has(row, Kind.NO) or _has(row, Kind.STRANGER)):
        return entered
    return _swapped(entered, place, counted or len(right) or len(wrong) or 1, right)


def _counted(row: Sequence[Token]) -> int:
    """The two of "दो अंक"; 0 where nothing is counted."""
    return next((token.value for token in row if token.kind is Kind.DIGITS), 0)


def _to_delete(entered: str, said: str) -> int:
    """How many digits "पिछले दो हटाइए" is for: two, unless a 2 was the last."""
    return int(said[:2]) if said and not entered.endswith(said) else len(said) or 1


def _swapped(entered: str, place: Token, length: int, right: str) -> str:
    """Put `right` where so many digits were, from the place on or up to it."""
    start = place.value - 1
    if place.value < 0:
        start = max(0, len(entered) - length + place.value + 1)
    return entered[:start] + right + entered[start + length :]


def _exchange(row: Sequence[Token]) -> tuple[str, str]:
    """The wrong and the right digits of "सात नहीं आठ" or "आठ है, सात नहीं"."""
    parts = _parts(row)
    if len(parts) == 1:
        return "", "".join(parts[0].numbers)
    if parts[-1].numbers:
        return "".join(parts[0].numbers), "".join(parts[-1].numbers)
    before = parts[-2]
    return "".join(before.numbers[before.group :]), "".join(before.numbers[: before.group])


def _deleted(entered: str, row: Sequence[Token]) -> str:
    """After "सब हटाइए", "सात हटाइए", "दो अंक हटाइए"; a bare "हटाइए" is for the last digit."""
    said = _digits(row)
    if _has(row, Kind.ALL):
        return ""
    if said:
        return _replaced(entered, said, "") if said in entered else entered
    return entered[: -(_counted(row) or 1)]


def _replaced(entered: str, wrong: str, right: str) -> str:
    at = entered.rindex(wrong)
    return entered[:at] + right + entered[at + len(wrong) :]


# Corrections in the course of dictation.


@dataclass(slots=True)
class _Part:
    """What was said between two "no"s: the numbers, and where the last group of them begins."""

    numbers: list[str]
    group: int = 0
    direct: bool = False
    """The "no" that ends it follows a number at once."""


def _parts(row: Sequence[Token]) -> list[_Part]:
    """Cut at each "no"; several in a row are one."""
    parts = [_Part([])]
    before: Kind | None = None
    for token in row:
        part = parts[-1]
        if token.kind is Kind.NUMBER:
            part.numbers.append(token.digits)
        elif token.kind is Kind.NO and before is not Kind.NO:
            part.direct = before is Kind.NUMBER
            parts.append(_Part([]))
        elif token.kind in (Kind.IS, Kind.AND) and part.numbers:
            part.group = len(part.numbers)
        before = token.kind
    for part in parts:
        part.group = part.group if part.group < len(part.numbers) else 0
    return parts


class _Dictation:
    """Digits dictated after those entered, and what each "no" does to them."""

    def __init__(self, entered: str, sought: _Sought) -> None:
        self._entered = entered
        self._sought = sought
        self._said: list[str] = []

    def after(self, row: Sequence[Token]) -> str:
        """The digits after this text."""
        entered = self._entered
        parts = _parts(row)
        denied = not parts[0].numbers and len(parts) > 1
        before, *others = parts[1:] if denied else parts
        self._said = before.numbers
        for number, part in enumerate(others):
            if part.numbers:
                self._go_on(part, opening=number == 0)
            elif before.direct:
                self._take_back(before)
            before = part
        if denied and self._said and self._entered == entered:
            return _replaced_somewhere(entered, self._said, self._sought)
        return self._entered + "".join(self._said)

    def _go_on(self, part: _Part, opening: bool) -> None:
        """Digits, a "no", more digits: they replace some of what was said before."""
        wrong, right = "".join(self._said), "".join(part.numbers)
        if opening and wrong in self._entered:
            self._entered = _replaced(self._entered, wrong, right)
            self._said = []
        else:
            lacking = max(0, self._sought.whole - len(self._entered))
            self._said = _said_again(self._said, part.numbers, lacking)

    def _take_back(self, part: _Part) -> None:
        """Digits, then a "no": the last of them are wrong; "आठ है, सात नहीं" tells the right ones."""
        wrong = "".join(part.numbers[part.group :])
        right = "".join(part.numbers[: part.group])
        if wrong in self._entered and (right or part.group == 0 and len(part.numbers) == 1):
            self._entered = _replaced(self._entered, wrong, right)
            self._said = []
        else:
            self._said = self._said[:-1]


def _said_again(said: list[str], again: list[str], whole: int) -> list[str]:
    """
    The digits when "no" comes between these two.

    Who repeats some digits before the wrong one begins there: "नौ आठ सात, नहीं, आठ छह" is 986. Who
    says as many digits as before begins anew. Else the last number is replaced. Where one of
    these gives a `whole` number, that is it.
    """
    before, after = "".join(said), "".join(again)
    readings = [[*said[:-1], *again], again]
    if len(after) >= len(before) >= 3:
        readings.reverse()
    start = _repeats_from(said, after)
    if start is not None:
        readings.insert(0, [*said[:start], after])
    return next((one for one in readings if len("".join(one)) == whole), readings[0])


def _repeats_from(said: list[str], after: str) -> int | None:
    """The number from which `after` goes along for longest, and then differs; the last such one."""
    best, most = None, 0
    for start in range(len(said)):
        rest = "".join(said[start:])
        alike = _alike(rest, after)
        if most <= alike > 0 and alike < min(len(after), len(rest)):
            best, most = start, alike
    return best


def _alike(one: str, other: str) -> int:
    """How many digits at the beginning are the same."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _replaced_somewhere(entered: str, numbers: list[str], sought: _Sought) -> str:
    """A "no", then digits, without a word on where they belong."""
    right = "".join(numbers)
    if not sought.complete:
        begins = len(right) > 1 and entered.startswith(right)
        return right if begins else "".join(_said_again(list(entered), numbers, sought.whole))
    if len(right) >= len(entered) or (len(right) > 1 and entered.startswith(right)):
        return right
    start = _window(entered, right)
    return entered[:start] + right + entered[start + len(right) :]


def _window(entered: str, right: str) -> int:
    """Where the digits fit best: half of them the same, else at the end."""
    last = len(entered) - len(right)
    fits = [
        (sum(a == b for a, b in zip(entered[at:], right, strict=False)), at)
        for at in range(last + 1)
    ]
    most, at = max(fits)
    return at if 2 * most >= len(right) > 1 else last
