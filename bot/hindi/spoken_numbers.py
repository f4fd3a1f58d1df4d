"""
Decides in which words a number is said: Indian grouping, halves and quarters, ordinals, years.

Beyond a crore, crores are counted, as they are in speech: 10^12 is "एक लाख करोड़".
"""

from collections.abc import Iterator

from bot.hindi.counting import NUMBERS
from bot.hindi.read_back import one_by_one

_SCALES = ((10_000_000, "करोड़"), (100_000, "लाख"), (1_000, "हज़ार"), (100, "सौ"))
SCALES = {name: worth for worth, name in _SCALES}
"""What follows a number and multiplies it."""
LARGEST = 10**13
"""Larger numbers are said digit by digit."""
POINT = "दशमलव"
MINUS = "माइनस"
_HUNDRED = 100
_HALVES = ("आधा", "डेढ़", "ढाई")
_ORDINALS = {1: "पहल", 2: "दूसर", 3: "तीसर", 4: "चौथ", 6: "छठ"}
_ENDINGS = {"ा": "वाँ", "ी": "वीं", "े": "वें"}
"""After the stem of an irregular ordinal, and after the number of a regular one."""
_PARTS = {3: "तिहाई", 4: "चौथाई"}


def cardinal(number: int) -> str:
    """A whole number in words: 125000 is "एक लाख पच्चीस हज़ार"."""
    if number < 0:
        return f"{MINUS} {cardinal(-number)}"
    if number > LARGEST:
        return one_by_one(str(number))
    return " ".join(_cardinal(number)) or NUMBERS[0]


def _cardinal(number: int) -> Iterator[str]:
    for worth, name in _SCALES:
        if number >= worth:
            yield from _cardinal(number // worth)
            yield name
            number %= worth
    if number:
        yield NUMBERS[number]


def year(number: int) -> str:
    """A year: 1947 is "उन्नीस सौ सैंतालीस", 2024 is "दो हज़ार चौबीस"."""
    if not 1_100 <= number < 2_000:
        return cardinal(number)
    rest = f" {NUMBERS[number % 100]}" if number % 100 else ""
    return f"{NUMBERS[number // 100]} सौ{rest}"


def decimal(whole: str, part: str) -> str:
    """ASCII digits before and after the point: "3", "14" is "तीन दशमलव एक चार"."""
    if not part:
        return cardinal(int(whole))
    after = " ".join(NUMBERS[int(digit)] for digit in part)
    return f"{cardinal(int(whole))} {POINT} {after}"


def quarters(whole: int, part: str) -> str:
    """
    डेढ़, ढाई, साढ़े तीन, सवा दो, पौने तीन: for a number and its decimals; empty where none fits.

    None does beside a hundred: "सवा एक सौ" is 125.
    """
    if whole + part.startswith("7") >= _HUNDRED:
        return ""
    match part.rstrip("0"):
        case "5":
            return _HALVES[whole] if whole < len(_HALVES) else f"साढ़े {cardinal(whole)}"
        case "25" if whole:
            return "सवा" if whole == 1 else f"सवा {cardinal(whole)}"
        case "75":
            return f"पौने {cardinal(whole + 1)}" if whole else "पौन"
        case _:
            return ""


def scaled(whole: str, part: str, scale: str) -> str:
    """A number before हज़ार, लाख or करोड़: "1", "5", "लाख" is "डेढ़ लाख", "1", "35" is exact."""
    said = quarters(int(whole), part) if int(whole) else ""
    if said or not part.strip("0"):
        return f"{said or cardinal(int(whole))} {scale}"
    size = len(part)
    worth = int(whole + part) * SCALES[scale]
    if worth % 10**size or SCALES[scale] == 100:
        return f"{decimal(whole, part)} {scale}"
    return cardinal(worth // 10**size)


def ordinal(number: int, sign: str = "ा") -> str:
    """पहला, दूसरी, पाँचवें: `sign` is the vowel of its ending (ा, ी or े)."""
    if stem := _ORDINALS.get(number):
        return stem + sign
    return cardinal(number) + _ENDINGS[sign]


def fraction(above: int, below: int) -> str:
    """1/2 is "आधा", 3/4 "तीन चौथाई", 5/8 "पाँच बटा आठ"."""
    if (above, below) == (1, 2):
        return "आधा"
    if below in _PARTS and above < below:
        return f"{cardinal(above)} {_PARTS[below]}"
    return f"{cardinal(above)} बटा {cardinal(below)}"
