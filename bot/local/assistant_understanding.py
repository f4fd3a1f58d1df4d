"""Decides what one utterance means: an intent, a yes or a no, a name, digits, an amount."""

import re
from functools import lru_cache
from typing import Literal

from bot.local.assistant_numbers import (
    heard_digits,
    heard_number,
    number_share,
    spoken_digits,
    spoken_number,
)
from bot.local.assistant_phrases import Match, PhraseBook
from bot.local.assistant_script import Intent, Script, Step
from bot.local.assistant_sounds import Lexicon, sounding, sounds, words

THRESHOLD = 0.6
"""An intent less sure than this is not understood."""
MARGIN = 0.03
"""Nor is one that another intent follows this closely..."""
_SURE = 0.9
"""... unless it is as sure as this."""
_MATTERS = 0.75
_BEHIND = 0.06
"""An intent as sure as this, and no further behind, goes before a greeting or a thank-you."""
_CLEAR_WORD = 0.75
"""A word this like हाँ or नहीं is that word."""
_FEW_WORDS = 3
_SHORT_WORD = 6
"""The most words of a garbled yes or no, and the most sounds of its first word."""
_MOST_WORDS = 60
"""Words of an utterance that are looked at."""
_PHONE_DIGITS = 6
_MOSTLY_NUMBERS = 0.6
_LARGE = 100
"""A number like this is an amount even without रुपये."""
_NAME_PATTERNS = (
    r"(?:नाम|naam|name is)\s+([^\W\d_]\S*)",
    r"(?:मैं|में|main)\s+([^\W\d_]\S*)(?:\s+\S+)?\s+(?:बोल|बात|bol)",
)

Polarity = Literal["yes", "no"]


class Understanding:
    """What a script's intents mean for what was heard. Pure: the same words, the same answer."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._yes = Lexicon([sounding(word) for word in script.yes_words.split()])
        self._no = Lexicon([sounding(word) for word in script.no_words.split()])
        self._light = frozenset(sounds(word) for word in script.light.split())
        self._book = PhraseBook(
            {name: intent.phrases for name, intent in script.intents.items()},
            {name: intent.keywords for name, intent in script.intents.items()},
            script.light.split(),
        )
        self._ranked = lru_cache(maxsize=2_000)(self._book.ranked)

    def ranked(self, text: str) -> list[Match]:
        """All intents, the likeliest first."""
        return self._ranked(" ".join(words(text)[:_MOST_WORDS]))

    def intent(self, text: str) -> str | None:
        """The intent of an utterance out of any context, or None where that is not clear."""
        if len(heard_digits(text)) >= _PHONE_DIGITS:
            return "mobile_number"
        if number_share(text) >= _MOSTLY_NUMBERS:
            return "number"
        return self._clear_match(text) or ("name" if self._name(text) else None)

    def _clear_match(self, text: str) -> str | None:
        """The likeliest intent, if it is sure enough and well ahead of the next."""
        ranked = self.ranked(text)
        matters = [match for match in ranked if not self._script.intents[match.intent].yields]
        if matters and matters[0].score >= max(_MATTERS, ranked[0].score - _BEHIND):
            ranked = matters
        score, others = ranked[0].score, [match.score for match in ranked[1:2]]
        ahead = score >= _SURE or not others or score - others[0] >= MARGIN
        return ranked[0].intent if score >= THRESHOLD and ahead else None

    def polarity(self, step: Step, text: str) -> Polarity | None:
        """Whether an utterance says yes or no to the question of a step."""
        spoken = words(text)
        intent = self.intent(text)
        if intent in step.about:
            return "no" if _any_like(spoken, self._no) else "yes"
        if intent in ("yes", "no"):
            return "yes" if intent == "yes" else "no"
        if intent is None and _any_like(spoken, self._no):
            return "no"
        if intent is None and _any_like(spoken, self._yes):
            return "yes"
        return _garbled_polarity(spoken) if intent is None else None

    def slot(self, intent: Intent, text: str) -> dict[str, str]:
        """The slot of an intent as it is spoken (in Devanagari); empty where it was not heard."""
        if intent.slot == "name":
            name = self._name(text)
            return {"name": name} if name > "\u0900" else {}
        if intent.slot == "digits":
            digits = heard_digits(text)
            return {"digits": spoken_digits(digits)} if len(digits) >= _PHONE_DIGITS else {}
        return _amount(text) if intent.slot == "amount" else {}

    def _name(self, text: str) -> str:
        """The first name that the caller gives, in letters only; empty where none was heard."""
        plain = re.sub(r"[^\w\s\u0900-\u0963]", " ", text.lower())
        for pattern in _NAME_PATTERNS:
            found = re.search(pattern, plain)
            if found and sounds(found.group(1)) not in self._light:
                return found.group(1)[:30]
        return ""


def _amount(text: str) -> dict[str, str]:
    """An amount of money, or a bare number; small numbers among other words are neither."""
    number = heard_number(text)
    rupees = re.search(r"रुप|रूप|rup|₹|\brs\b", text.lower()) is not None
    bare = number_share(text) >= _MOSTLY_NUMBERS
    if number is None or not (rupees or bare or number >= _LARGE):
        return {}
    return {"amount": spoken_number(number) + (" रुपये" if rupees else "")}


def _any_like(spoken: list[str], known: Lexicon) -> bool:
    return any(known.likeness(sounding(word)).max() >= _CLEAR_WORD for word in spoken)


def _garbled_polarity(spoken: list[str]) -> Polarity | None:
    """A bare हाँ or नहीं comes through as any short word: its first sound is what is left of it."""
    first = sounds(spoken[0]) if spoken else ""
    if not first or len(spoken) > _FEW_WORDS or len(first) > _SHORT_WORD:
        return None
    if first[0] == "h":
        return "yes"
    return "no" if first[0] == "n" else None
