"""
Decides which digits a caller has said, and what a correction makes of those said before.

For text that answers the question for a number. "एक मिनट" and "चार पाँच लोग" hold no digits then;
"नौ सौ पाँच" holds three. Corrections work within one text ("सात नहीं आठ") as on earlier digits.
"""

from collections.abc import Sequence

from bot.hindi.counting import keys
from bot.hindi.dictation import Dictation, Sought, parts_of, replaced
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
    return _read("", number_talk(text), Sought(False, whole))


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
    sought = Sought(complete, whole)
    said = _read("", row, sought)
    if len(said) == whole - len(entered) and _place(row) and not _has(row, Kind.NO):
        return None
    read = _read(entered, row, sought)
    return None if read == entered + said else read


def ends_open(text: str) -> str:
    """The "डबल" that ends a text and waits for its digit; empty where there is none."""
    row = number_talk(text)
    return row[-1].key if row and row[-1].kind is Kind.TIMES else ""


def _read(entered: str, row: Sequence[Token], sought: Sought) -> str:
    """The digits after a text, corrected or simply continued."""
    if (anew := _anew(row)) is not None:
        return _read("", anew, sought)
    if (place := _place(row)) is not None:
        return _placed(entered, row, place)
    if _has(row, Kind.DELETE) and not _writes_instead(row):
        return _deleted(entered, row)
    return Dictation(entered, sought).after(row)


def _anew(row: Sequence[Token]) -> list[Token] | None:
    """What follows the last "फिर से" that is not meant for us."""
    places = [at for at, token in enumerate(row) if token.kind is Kind.ANEW]
    if not places:
        return None
    rest = list(row[places[-1] + 1 :])
    asks_us = any(token.key in _ASKS_US for token in rest)
    return None if asks_us and not _digits(rest) else rest


def _writes_instead(row: Sequence[Token]) -> bool:
    """Whether digits come before and after: "पाँच हटाइए, चार लिखिए" is "पाँच नहीं, चार"."""
    place = next(at for at, token in enumerate(row) if token.kind is Kind.DELETE)
    return bool(_digits(row[:place]) and _digits(row[place:]))


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
    parts = parts_of(row)
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
        return replaced(entered, said, "") if said in entered else entered
    return entered[: -(_counted(row) or 1)]
