"""
Decides how digits are said back to the caller: one by one, in groups, with a pause between them.

A mobile number goes five and five, as India writes it (98765 43210). Others go in groups of four
and three, the longer ones first; up to four digits are one group.
"""

from bot.hindi.counting import NUMBERS

MOBILE = 10
_GROUP = 4


def count_word(count: int) -> str:
    """A number from 0 to 99 in words."""
    return NUMBERS[count]


def one_by_one(digits: str) -> str:
    """ASCII digits as Hindi words, in groups with commas: "987" is "नौ आठ सात"."""
    return ", ".join(" ".join(NUMBERS[int(digit)] for digit in group) for group in groups(digits))


def groups(digits: str) -> list[str]:
    """The digits cut into the groups in which they are said."""
    lengths = group_lengths(len(digits))
    starts = [sum(lengths[:place]) for place in range(len(lengths))]
    return [digits[at : at + length] for at, length in zip(starts, lengths, strict=True)]


def group_lengths(count: int) -> list[int]:
    """How long the groups of so many digits are: 10 is 5 and 5, 11 is 4, 4 and 3."""
    if count == MOBILE:
        return [MOBILE // 2] * 2
    parts = -(-count // _GROUP)
    return [(count + parts - 1 - place) // parts for place in range(parts)]
