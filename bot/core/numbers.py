"""What a number is that the model wants from the caller."""

from dataclasses import dataclass

from bot.core.errors import BotError

MOST_DIGITS = 32
"""The longest number that a caller can be asked for; an IBAN has 34 characters, no digits only."""
KEYS = frozenset("0123456789*#ABCD")


@dataclass(frozen=True, slots=True)
class NumberWanted:
    """
    A number that the call shall collect by keys, by voice or both: the model's wish.

    `name` is what the model calls it ("account_number"). It has `least` to `most` digits. With
    `choices` it is a menu instead: one key of these. A `secret` one is masked in logs and records.
    With `confirm` it is read back before it is believed.
    """

    name: str
    least: int
    most: int
    secret: bool = False
    confirm: bool = True
    choices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise BotError for a number that nobody can give."""
        if not 1 <= self.least <= self.most <= MOST_DIGITS:
            raise BotError(
                f"{self.name}: 1 <= least <= most <= {MOST_DIGITS} digits are needed, not "
                f"{self.least} and {self.most}"
            )
        if wrong := [key for key in self.choices if key not in KEYS]:
            raise BotError(f"{self.name}: a choice is one key of 0-9, * and #, not {wrong[0]!r}")
