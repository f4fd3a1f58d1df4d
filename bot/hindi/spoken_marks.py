"""Decides which characters of a text have no sound: markdown, emoji, brackets, quotes, joiners."""

import re
import unicodedata
from functools import lru_cache

_EMOJI = (
    "\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\U0001f000-\U0001faff\U000e0000-\U000e007f\ufe0e\ufe0f\u20e3"
)
_SILENT = re.compile(
    r"\]\([^()\s]*\)"  # the address of a link
    r"|</?[A-Za-z][^<>\s]*/?>"
    rf"|[{_EMOJI}\u200b\u2060\ufeff\u00ad]"
    r"|\*\*+|(?<![A-Za-z\d*])\*(?![\d#])|(?<=[^\W\d_])\*|`+|~~+|^_+|_+$|^#+$|^>+"
)
_BRACKETS = re.compile(r"[\[\]{}<>|\\“”„«»\"()]")
"""What they hold stays apart."""
_STARS = re.compile(r"(?<=\d)\s?[★⭐]")
_HINDI = re.compile("[\u0900-\u0963\u0970-\u097f]+[।,?!.]?")
BULLET = re.compile(r"[-+*•●▪◦‣–—]+$")
_QUOTES = re.compile(r"^['‘’]+(?!\d\d(?:\D|$))|(?<![A-Za-z])['‘’]+$|['‘’]+(?=[।.,?!]*$)")


_SAME = {
    "₹": "₹",
    "₨": "Rs",
    "−": "-",
    "‑": "-",
    "‐": "-",
    "⁄": "/",
    "ß": "ss",
    "æ": "ae",
    "ø": "o",
}
_DIGITS = {0x0966 + digit: str(digit) for digit in range(10)}
_UNUSUAL = re.compile(r"[^\x00-\x7f\u0900-\u0965\u0970-\u097f₹]")


_STARS_FOR_DIGITS = re.compile(r"[*•xX]{3,}")
_LAST_DIGITS = re.compile(r"\d{2,6}\W*")
_KEYS = {"*": "स्टार", "#": "हैश"}
_PRESSED = re.compile("दब|press|dab|बटन|button|key", re.IGNORECASE)


def sounding(words: list[str]) -> list[str]:
    """Words whose signs are no markdown where they stand: "# दबाइए", "कार्ड **** 4521"."""
    return [_sounding(word, after) for word, after in zip(words, [*words[1:], ""], strict=False)]


def _sounding(word: str, after: str) -> str:
    key = _KEYS.get(word.strip("'‘’\"“”"), "")
    if key and _PRESSED.match(after):
        return key
    hides = _STARS_FOR_DIGITS.fullmatch(word) and _LAST_DIGITS.fullmatch(after)
    return "X" * len(word) if hides else word


@lru_cache(maxsize=1_000)
def _usual(character: str) -> str:
    """A digit of any script, a Latin letter of any shape, as ASCII: "é" is "e"."""
    if character in _SAME:
        return _SAME[character]
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if not character.isalpha():
        return character
    base = unicodedata.normalize("NFKD", character)
    letters = "".join(letter for letter in base if not unicodedata.combining(letter))
    return letters if letters.isascii() and letters.isalpha() else character


def prepared(word: str) -> str:
    """A word, or words, with plain digits and letters, without what has no sound."""
    plain = unicodedata.normalize("NFC", word)
    if _HINDI.fullmatch(plain):
        return plain
    plain = _UNUSUAL.sub(lambda found: _usual(found[0]), plain).translate(_DIGITS)
    plain = _BRACKETS.sub(" ", _SILENT.sub("", _STARS.sub(" स्टार", plain)))
    return _QUOTES.sub("", plain)
