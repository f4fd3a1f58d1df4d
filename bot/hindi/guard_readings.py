"""
Decides how else a line may be read: spelled out, reversed, in figures, hexadecimal or base64.

Each reading is tried by guard.py as if it had been said. A line of ordinary words has none.
"""

import base64
import binascii
import codecs
import re
from collections.abc import Callable, Iterator, Sequence

from bot.hindi.fold import fold

LONGEST = 2_000
"""Letters of a line that are read in other ways."""
_LETTERS = {
    name: letter
    for names, letter in (
        ("ए", "a"), ("बी", "b"), ("सी", "c"), ("डी", "d"), ("ई", "e"), ("एफ", "f"), ("जी", "g"),
        ("एच", "h"), ("आई", "i"), ("आइ", "i"), ("जे", "j"), ("के", "k"), ("एल", "l"), ("एम", "m"),
        ("एन", "n"), ("ओ", "o"), ("पी", "p"), ("क्यू", "q"), ("आर", "r"), ("एस", "s"),
        ("टी", "t"), ("यू", "u"), ("वी", "v"), ("डब्ल्यू", "w"), ("एक्स", "x"), ("वाई", "y"),
        ("जेड", "z"), ("ज़ेड", "z"),
    )
    for name in (fold(names),)
}  # fmt: skip
_FEW_LETTERS = 4
"""Letters from which a row of them is a spelled word."""
_LEET = str.maketrans("013457@$!", "oieastasi")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_HEX = re.compile(r"(?:\b[0-9a-f]{2}\b[ :,-]*){6,}|\b(?:[0-9a-f]{2}){8,}\b", re.IGNORECASE)
_NUMBERS = re.compile(r"(?:\b\d{1,3}\b[ ,.-]*){6,}")
_KNOWN_WORDS = """
ignore disregard forget override all any previous prior above your the my system prompt
instructions instruction rules rule guidelines reveal show tell me print repeat everything act as
admin password hacker mode developer tool function call run transfer delete every and what is are
told you
"""
"""English words of attacks, the longest first, for spellings that leave the blanks out."""
_KNOWN = re.compile("|".join(sorted(_KNOWN_WORDS.split(), key=len, reverse=True)))
_WORTH = re.compile(
    "ignor|disregard|forget|overrid|bypass|instruct|prompt|rules?|guideline|reveal|system|password"
    "|admin|hacker|pretend|customer|निर्देश|प्रॉम्प्ट|नियम|इग्नोर|भूल जा|आदेश|nirdesh|niyam|bhool"
    "|bhul|jao",
    re.IGNORECASE,
)


def readings(text: str) -> Iterator[str]:
    """What the line may say, read in other ways, as far as it has a word of an attack in it."""
    text = text[:LONGEST]
    for read in _WAYS:
        yield from (reading for reading in read(text) if _WORTH.search(reading))


def _spelled(text: str) -> Iterator[str]:
    """Letters one by one, by their names or as they are: "i g n o r e", "आई जी एन ओ आर ई"."""
    read: list[str] = []
    row = ""
    for word in (*fold(text).split(), ""):
        letter = word if len(word) == 1 and word.isascii() else _LETTERS.get(word, "")
        if letter:
            row += letter
            continue
        if row:
            read.append(_parted(row) if len(row) >= _FEW_LETTERS else row)
            row = ""
        read.append(word)
    if (spelled := " ".join(read).strip()) != fold(text):
        yield spelled


def _parted(letters: str) -> str:
    """Letters with blanks put between the words that are known: "ignoreallrules"."""
    return " ".join(_KNOWN.sub(lambda found: f" {found.group()} ", letters).split())


def _reversed(text: str) -> Iterator[str]:
    if any(letter.isascii() and letter.isalpha() for letter in text):
        yield text[::-1]
        yield " ".join(word[::-1] for word in text.split())


def _leet(text: str) -> Iterator[str]:
    mixed = re.search(r"[A-Za-z][0-9@$!]|[0-9@$!][A-Za-z]", text)
    if mixed:
        yield text.translate(_LEET)


def _rot13(text: str) -> Iterator[str]:
    if text.isascii():
        yield codecs.decode(text, "rot13")


def _from_base64(text: str) -> Iterator[str]:
    for found in _BASE64.finditer(text):
        row = found.group().rstrip("=").translate(str.maketrans("-_", "+/"))
        try:
            decoded = base64.b64decode(row + "=" * (-len(row) % 4), validate=True).decode()
        except (binascii.Error, ValueError):
            continue
        yield decoded


def _from_hex(text: str) -> Iterator[str]:
    for found in _HEX.finditer(text):
        digits = re.sub("[^0-9a-fA-F]", "", found.group())
        try:
            yield bytes.fromhex(digits[: len(digits) // 2 * 2]).decode()
        except ValueError:
            continue


def _from_numbers(text: str) -> Iterator[str]:
    """Figures for letters: 9 7 14 is "ign", and so is 105 103 110."""
    for found in _NUMBERS.finditer(fold(text)):
        numbers = [int(number) for number in re.findall(r"\d+", found.group())]
        yield _parted(_as_letters(numbers, 96)) if max(numbers) <= 26 else _as_letters(numbers, 0)


def _as_letters(numbers: Sequence[int], base: int) -> str:
    codes = (number + base for number in numbers)
    return "".join(chr(code) if 32 < code < 127 else " " for code in codes).lower()


_WAYS: Sequence[Callable[[str], Iterator[str]]] = (
    _spelled, _reversed, _leet, _rot13, _from_base64, _from_hex, _from_numbers,
)  # fmt: skip
