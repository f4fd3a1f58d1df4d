"""
The digits of one number as they come in by keys and words, and what each utterance makes of them.

It does not know what the caller is told, nor when the number is complete.
"""

from bot.core.numbers import NumberWanted
from bot.hindi.digits import correct, ends_open, heard_digits

MOBILE = 10
PREFIXES = ("91", "0", "091", "0091")
"""Said before a mobile number, and no part of its ten digits."""


class Entry:
    """
    One number that grows.

    `_held` are words that belong to the next utterance: a "डबल" without its digit, a lone "नहीं".
    """

    def __init__(self, wanted: NumberWanted) -> None:
        self._wanted = wanted
        self._whole = wanted.most if wanted.least == wanted.most else 0
        self._held = ""
        self.digits = ""

    def __len__(self) -> int:
        """How many digits there are."""
        return len(self.digits)

    @property
    def fits(self) -> bool:
        """Whether it has as many digits as wanted."""
        return self._wanted.least <= len(self) <= self._wanted.most

    def begin(self, digits: str = "") -> None:
        """Forget everything; begin with these digits."""
        self.digits, self._held = digits, ""

    def press(self, key: str) -> None:
        """Add a digit by key."""
        self.digits, self._held = self.digits + key, ""

    def hold(self, text: str) -> None:
        """Keep words for the next utterance."""
        self._held = text + " "

    def dictate(self, text: str) -> bool:
        """Take an utterance; False where it holds nothing of a number."""
        text, self._held = self._held + text, ""
        before, self.digits = self.digits, self._after(text)
        if pending := ends_open(text):
            self.hold(pending)
        return self.digits != before or bool(pending or heard_digits(text))

    def after(self, interim: str, complete: bool) -> str:
        """What the digits would be after these words, of an entry that seemed `complete` or not."""
        if not complete:
            return self._after(self._held + interim)
        return self.corrected(interim) or self.instead(heard_digits(interim))

    def corrected(self, text: str) -> str | None:
        """What a correction makes of a number that seemed complete; None where it is none."""
        return correct(self.digits, text, complete=True)

    def instead(self, said: str) -> str:
        """
        What it is when, of a number that seemed complete, these digits are said without a comment.

        The whole number anew, more of it where there is room, or a part of it that was wrong.
        """
        said = self._without_prefix(said)
        if len(said) >= self._wanted.least:
            return said
        if len(self) + len(said) <= self._wanted.most:
            return self.digits + said
        return correct(self.digits, "नहीं " + " ".join(said), complete=True) or said

    def _after(self, text: str) -> str:
        corrected = correct(self.digits, text, whole=self._whole)
        if corrected is not None:
            return corrected
        said = heard_digits(text, max(0, self._whole - len(self)))
        return self._without_prefix(self.digits + said)

    def _without_prefix(self, digits: str) -> str:
        """A mobile number without the +91 or 0 before it."""
        prefix, number = digits[:-MOBILE], digits[-MOBILE:]
        mobile = self._wanted.least == self._wanted.most == MOBILE and number[:1] in "6789"
        return number if mobile and prefix in PREFIXES else digits
