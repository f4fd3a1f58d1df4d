"""Decides how what was said in a call is stored: its secrets and known kinds of numbers masked."""

import re
from typing import Final

from bot.hindi.digits import heard_digits
from bot.hindi.redact import redact

SECRET: Final = "[SECRET]"
LONGEST: Final = 10_000
"""Letters of one text that are kept."""
REMEMBERED: Final = 20
_DEVANAGARI_ZERO: Final = 0x966


class Mask:
    """
    The mask of one call: it also knows the secrets that were given in it, to find them again.

    `_masked` are the last texts as they may be stored: each comes twice, and takes a millisecond.
    """

    def __init__(self) -> None:
        self._masked: dict[tuple[str, str], str] = {}
        self._secrets: list[tuple[str, re.Pattern[str]]] = []

    def keep_secret(self, text: str) -> None:
        """From now on, the digits of this text are masked wherever they are said or written."""
        digits = re.sub(r"\D", "", text)
        if digits:
            self._masked.clear()
            self._secrets.append((digits, _written(digits)))

    def shown(self, text: str, asked: str = "") -> str:
        """
        The text as it may be stored. Where a secret is said in words, nothing of it is left.

        `asked` is what the other side said just before: it tells what bare digits are.
        """
        known = text, asked
        if known not in self._masked:
            if len(self._masked) >= REMEMBERED:
                self._masked.clear()
            self._masked[known] = self._mask(text[:LONGEST].replace("\0", ""), asked)
        return self._masked[known]

    def _mask(self, text: str, asked: str) -> str:
        for digits, written in self._secrets:
            text = written.sub(SECRET, text)
            if digits in heard_digits(text):
                return SECRET
        return redact(text, asked)


def _written(digits: str) -> re.Pattern[str]:
    """These digits in figures, Latin or Devanagari, with spaces, commas or hyphens between them."""
    each = (f"[{digit}{chr(_DEVANAGARI_ZERO + int(digit))}]" for digit in digits)
    return re.compile(r"[\s,.-]*".join(each))
