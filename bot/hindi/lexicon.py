"""
Decides how single words are said: the rules that everybody has, and a tenant's own pronunciations.

A tenant's words come first, whatever the rules would make of them.
"""

import re
from collections.abc import Mapping, Sequence

from bot.hindi.spoken_amounts import AMOUNT_RULES, MONEY_RULES
from bot.hindi.spoken_codes import CODE_RULES, MIXED_RULES
from bot.hindi.spoken_dates import DATE_RULES, TIME_RULES
from bot.hindi.spoken_latin import ADDRESS_RULES, WORD_RULES
from bot.hindi.spoken_rule import DEVANAGARI, NO_LETTER_BEFORE, Match, Rule, any_of
from bot.hindi.spoken_signs import SIGN_RULES, SIGNS
from bot.hindi.spoken_units import ABBREVIATIONS, SHORT_RULES, UNIT_RULES

_FIGURES = (
    *ADDRESS_RULES, *DATE_RULES, *TIME_RULES, *MONEY_RULES, *CODE_RULES, *UNIT_RULES,
    *MIXED_RULES, *AMOUNT_RULES,
)  # fmt: skip
_LATIN = (
    *ADDRESS_RULES,
    *SHORT_RULES,
    *DATE_RULES,
    *MONEY_RULES,
    *CODE_RULES[:1],
    *MIXED_RULES,
    *WORD_RULES,
)
_SIGNS = (*MONEY_RULES, *CODE_RULES, *UNIT_RULES, *AMOUNT_RULES, *SIGN_RULES)
_HINDI = (*SHORT_RULES, *MONEY_RULES)
_SHORT_HINDI = any_of(" ".join(word for word in ABBREVIATIONS if word[0] > "\u0900"))
_SPECIAL = (
    rf"(?<![A-Za-z])[A-Za-z]|\d|(?<![0-9A-Za-z{DEVANAGARI}])[-−–](?=[\d₹])|[{re.escape(SIGNS)}]"
    rf"|[*•]{{2,}}(?=\d)|{NO_LETTER_BEFORE}(?:{_SHORT_HINDI}|रु\s?(?=\d)|रू\s?(?=\d))"
)


class Lexicon:
    """What a text's special places are, and the rules for each. `own`: how a tenant says words."""

    def __init__(self, own: Mapping[str, str] | None = None) -> None:
        self._own: Sequence[Rule] = ()
        special = _SPECIAL
        self._special = re.compile(special)

    def next_special(self, text: str, start: int) -> Match | None:
        """The next place from `start` on that may have to be said otherwise than written."""
        return self._special.search(text, start)

    def rules_at(self, text: str, at: int) -> Sequence[Rule]:
        """The rules to try at a special place, in order."""
        first = text[at]
        if first.isdigit():
            return (*self._own, *_FIGURES)
        if first.isascii() and first.isalpha():
            return (*self._own, *_LATIN)
        return (*self._own, *(_HINDI if first > "\u0900" and first < "\u0980" else _SIGNS))


DEFAULT = Lexicon()
"""The rules alone."""
