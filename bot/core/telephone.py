"""Decides when two writings of a telephone number are one number."""

import re
from typing import Final
from unicodedata import decimal

from bot.core.errors import BotError

COUNTRY: Final = "91"
"""India's code: a number of ten digits without any code is one of India."""
NATIONAL: Final = 10
SHOWN: Final = 2
"""Digits of a number that a log may show."""
_SEPARATORS: Final = re.compile(r"[\s().-]")
_NUMBER: Final = re.compile(r"\+?[0-9]{3,15}")


def one_writing(number: str) -> str:
    """
    The one form in which a number is kept and compared: "+919812345678" for one of India, however
    it was written ("098123 45678", "९८१२३४५६७८", "0091...", "+91 (0)..."); "+" and digits for one
    abroad; digits for an extension. Raises BotError for what is no number.
    """
    plain = "".join(str(decimal(each, each)) for each in _SEPARATORS.sub("", number))
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    if not _NUMBER.fullmatch(plain):
        raise BotError(f"{masked(number)} is no telephone number; write +919812345678")
    digits = plain.lstrip("+").lstrip("0") if plain[0] == "0" else plain.lstrip("+")
    if len(digits) == NATIONAL and plain[0] != "+":
        return f"+{COUNTRY}{digits}"
    national = digits.removeprefix(COUNTRY).lstrip("0")
    if len(national) == NATIONAL and digits.startswith(COUNTRY):
        return f"+{COUNTRY}{national}"
    return plain


def masked(number: str) -> str:
    """The number as a log may show it: its last two digits."""
    digits = re.sub(r"\D", "", number)
    return f"...{digits[-SHOWN:]}" if len(digits) > 2 * SHOWN else "..."
