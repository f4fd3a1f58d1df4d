"""
What the caller is told while a number is collected: the templates of the settings, filled in.

A secret number is never said digit by digit, for others listen. A long one (an account, a card) is
told by its last two digits; of a short one (a PIN, an OTP), two digits would give half away, so
that only their count is said.
"""

from bot.config import FieldSettings
from bot.core.numbers import NumberWanted
from bot.hindi.read_back import count_word, groups, one_by_one

LONG_SECRET = 8
"""Digits from which the last two of a secret number may be said and logged."""
LAST = 2


class FieldWords:
    """The sentences about one number."""

    def __init__(
        self, wanted: NumberWanted, settings: FieldSettings, figures: bool = False
    ) -> None:
        """`figures`: numbers are told in figures, for a voice that is not Hindi."""
        self._wanted = wanted
        self._settings = settings
        self._figures = figures

    def ask_again(self) -> str:
        """Which digits are wanted."""
        return self._filled(self._settings.ask_again)

    def too_few(self, digits: str) -> str:
        """What was understood, and how much is missing."""
        missing = self._count(self._wanted.least - len(digits))
        return self._filled(self._settings.too_few, heard=self._heard(digits), missing=missing)

    def too_many(self, count: int) -> str:
        """So many digits are too many."""
        return self._filled(self._settings.too_many, count=self._count(min(count, 99)))

    def confirm(self, digits: str) -> str:
        """What was understood; is it right?"""
        return self._filled(self._settings.confirm, heard=self._heard(digits))

    def again(self) -> str:
        """It was wrong; once more, please."""
        return self._filled(self._settings.again)

    def wrong_key(self) -> str:
        """No such choice."""
        return self._filled(self._settings.wrong_key)

    def _filled(self, template: str, **values: str) -> str:
        """Fill in what a template asks for; unknown braces are left as they are."""
        for name, value in {"digits": self._wanted_digits(), **values}.items():
            template = template.replace("{" + name + "}", value)
        return template

    def _wanted_digits(self) -> str:
        """Give "दस", or "आठ से बारह"."""
        least, most = self._count(self._wanted.least), self._count(self._wanted.most)
        return least if least == most else f"{least} {'to' if self._figures else 'से'} {most}"

    def _count(self, count: int) -> str:
        return str(count) if self._figures else count_word(count)

    def _heard(self, digits: str) -> str:
        if self._figures:
            return self._in_figures(digits)
        if not self._wanted.secret:
            return one_by_one(digits)
        count = f"{count_word(len(digits))} अंकों का नंबर"
        if len(digits) < LONG_SECRET:
            return count
        return f"{count}, जिसके आख़िर में {one_by_one(digits[-LAST:])} है,"

    def _in_figures(self, digits: str) -> str:
        """Give "9 8 7 6 5, 4 3 2 1 0"; of a secret number its length, of a long one its end."""
        if not self._wanted.secret:
            return ", ".join(" ".join(group) for group in groups(digits))
        end = f" that ends in {' '.join(digits[-LAST:])}" if len(digits) >= LONG_SECRET else ""
        return f"a number of {len(digits)} digits{end}"


def masked(digits: str) -> str:
    """How a secret number may be logged: "****12", or "****" where it is short."""
    return "****" + (digits[-LAST:] if len(digits) >= LONG_SECRET else "") if digits else ""
