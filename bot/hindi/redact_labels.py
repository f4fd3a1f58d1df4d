"""
Decides which words say what a number is: "आधार", "ओटीपी", "मोबाइल नंबर", "ऑर्डर आईडी".

The nearest one counts, before the number or, failing that, after it. They are in
`redact_labels.tsv`.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files

from bot.hindi.counting import WORTH, keys


class Mark(StrEnum):
    """What stands in a text for what was there."""

    AADHAAR = "[AADHAAR]"
    PAN = "[PAN]"
    PHONE = "[PHONE]"
    CARD = "[CARD]"
    ACCOUNT = "[ACCOUNT]"
    """Account, customer, policy, loan and consumer numbers."""
    IFSC = "[IFSC]"
    UPI = "[UPI]"
    OTP = "[OTP]"
    PIN = "[PIN]"
    """PIN, CVV and passwords."""
    EMAIL = "[EMAIL]"
    DOB = "[DOB]"
    ID = "[ID]"
    """Passport, voter's card, driving licence, ration card."""
    KEYS = "[KEYS]"
    """What was pressed on the keypad."""
    NUMBER = "[NUMBER]"
    """Too long for a count, and nothing says what it is."""


@dataclass(frozen=True, slots=True)
class Rule:
    """
    What follows from a label: the mark; None for a number that may be seen.

    From `bare` digits on the label itself suffices, from `named` on where it says "number" too.
    """

    mark: Mark | None
    bare: int
    named: int


_FREE = 9
"""Digits; a shorter number beside "order" is the order's, even where nobody says "number"."""
_NAMED = frozenset(
    keys("नंबर नम्बर संख्या क्रमांक number no num nambar आईडी आइडी id अंक डिजिट digit digits कोड code")
)
_OWN = 2
"""Words after a label that sets a number free, within which its own "number" is said: in "मेरा बिल
आया है, मेरा नंबर ..." the number is the caller's, not the bill's."""
_BEFORE, _AFTER = 7, 4
"""How many words away from its number a label may be."""


def _phrases() -> dict[str, dict[tuple[str, ...], Rule]]:
    """By their first key: from the keys of a label to its rule, the longest first."""
    table = files("bot.hindi").joinpath("redact_labels.tsv").read_text(encoding="utf-8")
    rules: dict[tuple[str, ...], Rule] = {}
    for row in csv.DictReader(table.splitlines(), delimiter="\t"):
        mark = Mark[row["mark"]] if row["mark"] else None
        rule = Rule(mark, int(row["bare"]), int(row["named"]))
        rules |= {tuple(keys(phrase)): rule for phrase in row["phrases"].split(",")}
    by_first: dict[str, dict[tuple[str, ...], Rule]] = {}
    for phrase in sorted(rules, key=len, reverse=True):
        by_first.setdefault(phrase[0], {})[phrase] = rules[phrase]
    return by_first


_BY_FIRST = _phrases()


@dataclass(frozen=True, slots=True)
class Label:
    """A label from word `start` up to `end`."""

    rule: Rule
    start: int
    end: int


def labels(words: Sequence[str]) -> list[Label]:
    """All labels among these keys, the longest phrases first."""
    found: list[Label] = []
    at = 0
    while at < len(words):
        length, rule = _label(words, at)
        if rule is not None:
            found.append(Label(rule, at, at + length))
        at += length
    return found


def _label(words: Sequence[str], at: int) -> tuple[int, Rule | None]:
    for phrase, rule in _BY_FIRST.get(words[at], {}).items():
        if tuple(words[at : at + len(phrase)]) == phrase:
            return len(phrase), rule
    return 1, None


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of a number: the rule of its label, and whether "number" was said too."""

    rule: Rule
    named: bool

    def mark(self, digits: int) -> Mark | None:
        """The mark for so many digits; None where they are too few."""
        least = self.rule.named if self.named else self.rule.bare
        return self.rule.mark if digits >= least else None

    def frees(self, digits: int) -> bool:
        """Whether the number may be seen because of its label."""
        return self.rule.mark is None and (self.named or digits < _FREE)


def said_of(words: Sequence[str], found: Sequence[Label], start: int, end: int) -> Said | None:
    """What is said of the number that is the words from `start` up to `end`."""
    before = [each for each in found if each.end <= start and start - each.end < _BEFORE]
    if before:
        last = before[-1]
        return Said(last.rule, _is_named(words, last, start))
    after = [each for each in found if end <= each.start < end + _AFTER]
    if not after:
        return None
    return Said(after[0].rule, not _NAMED.isdisjoint(words[after[0].start : after[0].end + 2]))


def _is_named(words: Sequence[str], label: Label, start: int) -> bool:
    """Whether the number at `start` is said to be the label's; one that it sets free, its first."""
    if label.rule.mark is not None:
        return not _NAMED.isdisjoint(words[label.start : start])
    taken = any(word.isdigit() or word in WORTH for word in words[label.end : start])
    return not taken and not _NAMED.isdisjoint(words[label.start : min(start, label.end + _OWN)])
