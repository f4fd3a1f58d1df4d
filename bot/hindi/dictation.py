"""
Decides what a "no" among dictated digits does: which of those said before it takes back.

"नौ आठ सात नहीं छह" is 986, "नौ आठ सात, नहीं, आठ छह" too. Of several readings, the one that gives
as many digits as are sought is right.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.hindi.number_talk import Kind, Token


@dataclass(frozen=True, slots=True)
class Sought:
    """What is known of the number: whether the digits entered are complete; its length, or 0."""

    complete: bool
    whole: int


@dataclass(slots=True)
class Part:
    """What was said between two "no"s: the numbers, and where the last group of them begins."""

    numbers: list[str]
    group: int = 0
    direct: bool = False
    """The "no" that ends it follows a number at once."""


_DENIES = (Kind.NO, Kind.DELETE)


def parts_of(row: Sequence[Token]) -> list[Part]:
    """Cut at each "no"; several in a row are one."""
    parts = [Part([])]
    before: Kind | None = None
    for token in row:
        part = parts[-1]
        if token.kind is Kind.NUMBER:
            part.numbers.append(token.digits)
        elif token.kind in _DENIES and before not in _DENIES:
            part.direct = before is Kind.NUMBER
            parts.append(Part([]))
        elif token.kind in (Kind.IS, Kind.AND) and part.numbers:
            part.group = len(part.numbers)
        before = token.kind
    for part in parts:
        part.group = part.group if part.group < len(part.numbers) else 0
    return parts


class Dictation:
    """Digits dictated after those entered, and what each "no" does to them."""

    def __init__(self, entered: str, sought: Sought) -> None:
        self._entered = entered
        self._sought = sought
        self._said: list[str] = []

    def after(self, row: Sequence[Token]) -> str:
        """The digits after this text."""
        entered = self._entered
        parts = parts_of(row)
        denied = not parts[0].numbers and len(parts) > 1
        before, *others = parts[1:] if denied else parts
        self._said = before.numbers
        for number, part in enumerate(others):
            if part.numbers:
                self._go_on(part, opening=number == 0)
            elif before.direct:
                self._take_back(before)
            before = part
        if denied and self._said and self._entered == entered:
            return _replaced_somewhere(entered, self._said, self._sought)
        return self._entered + "".join(self._said)

    def _go_on(self, part: Part, opening: bool) -> None:
        """Digits, a "no", more digits: they replace some of what was said before."""
        wrong, right = "".join(self._said), "".join(part.numbers)
        if opening and wrong in self._entered:
            self._entered = replaced(self._entered, wrong, right)
            self._said = []
        else:
            lacking = max(0, self._sought.whole - len(self._entered))
            self._said = _said_again(self._said, part.numbers, lacking)

    def _take_back(self, part: Part) -> None:
        """Digits, then a "no": the last of them are wrong; "आठ है, सात नहीं" tells the right ones."""
        wrong = "".join(part.numbers[part.group :])
        right = "".join(part.numbers[: part.group])
        if wrong in self._entered and (right or part.group == 0 and len(part.numbers) == 1):
            self._entered = replaced(self._entered, wrong, right)
            self._said = []
        else:
            self._said = self._said[:-1]


def _said_again(said: list[str], again: list[str], whole: int) -> list[str]:
    """
    The digits when "no" comes between these two.

    Who repeats some digits before the wrong one begins there: "नौ आठ सात, नहीं, आठ छह" is 986. Who
    says as many digits as before begins anew. Else the last number is replaced. Where one of
    these gives a `whole` number, that is it.
    """
    before, after = "".join(said), "".join(again)
    readings = [[*said[:-1], *again], again]
    if len(after) >= len(before) >= 3:
        readings.reverse()
    start = _repeats_from(said, after)
    if start is not None:
        readings.insert(0, [*said[:start], after])
    return next((one for one in readings if len("".join(one)) == whole), readings[0])


def _repeats_from(said: list[str], after: str) -> int | None:
    """The number from which `after` goes along for longest, and then differs; the last such one."""
    best, most = None, 0
    for start in range(len(said)):
        rest = "".join(said[start:])
        alike = _alike(rest, after)
        if most <= alike > 0 and alike < min(len(after), len(rest)):
            best, most = start, alike
    return best


def _alike(one: str, other: str) -> int:
    """How many digits at the beginning are the same."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _replaced_somewhere(entered: str, numbers: list[str], sought: Sought) -> str:
    """A "no", then digits, without a word on where they belong."""
    right = "".join(numbers)
    if not sought.complete:
        begins = len(right) > 1 and entered.startswith(right)
        return right if begins else "".join(_said_again(list(entered), numbers, sought.whole))
    if len(right) >= len(entered) or (len(right) > 1 and entered.startswith(right)):
        return right
    start = _window(entered, right)
    return entered[:start] + right + entered[start + len(right) :]


def _window(entered: str, right: str) -> int:
    """Where the digits fit best: half of them the same, else at the end."""
    last = len(entered) - len(right)
    fits = [
        (sum(a == b for a, b in zip(entered[at:], right, strict=False)), at)
        for at in range(last + 1)
    ]
    most, at = max(fits)
    return at if 2 * most >= len(right) > 1 else last


def replaced(entered: str, wrong: str, right: str) -> str:
    """Put other digits in the place where these come last."""
    at = entered.rindex(wrong)
    return entered[:at] + right + entered[at + len(wrong) :]
