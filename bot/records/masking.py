"""Decides how what was said in a call is stored: its secrets and known kinds of numbers masked."""

import re
from typing import Final

from bot.hindi.digits import heard_digits
from bot.hindi.redact import redact

SECRET: Final = "[SECRET]"
LONGEST: Final = 10_000
"""Letters of one text that are kept."""
_DEVANAGARI_ZERO: Final = 0x966


class Mask:
    """The mask of one call: it also knows the secrets that were given in it, to find them again."""

    def __init__(self) -> None:
        self._secrets: list[tuple[str, re.Pattern[str]]] = []

    def keep_secret(self, text: str) -> None:
        """From now on, the digits of this text are masked wherever they are said or written."""
        digits = re.sub(r"\D", "", text)
        if digits:
            self._secrets.append((digits, _written(digits)))

    def shown(self, text: str) -> str:
        """The text as it may be stored. Where a secret is said in words, nothing of it is left."""
        text = text[:LONGEST].replace("\0", "")
        for digits, written in self._secrets:
            text = written.sub(SECRET, text)
            if digits in heard_digits(text):
                return SECRET
        return redact(text)


def _written(digits: str) -> re.Pattern[str]:
    """These digits in figures, Latin or Devanagari, with spaces, commas or hyphens between them."""
    each = (f"[{digit}{chr(_DEVANAGARI_ZERO + int(digit))}]" for digit in digits)
    return re.compile(r"[\s,.-]*".join(each))
