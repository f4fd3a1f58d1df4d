"""
Decides whether what a caller said is an attack on the bot rather than something for it to do.

It knows words (guard_words.yaml), which of them together are an attack (guard_rules.py), and other
ways to write them (guard_readings.py). It does not understand: docs/guard.md says what passes it.
"""

import re
from functools import lru_cache

from bot.core.guarded import Guarded
from bot.hindi.guard_readings import readings
from bot.hindi.guard_rules import matched

_FORMS = (
    (re.compile(r"<\|?/?[a-z_]+\|>|\[/?INST\]|<</?SYS>>|<tool_call>|#{2,} ?(?:system|instruction)",
                re.IGNORECASE), Guarded.OVERRIDE),
    (re.compile(r"[\"'](?:name|arguments|parameters|function|tool_calls?)[\"']\s*:"),
     Guarded.TOOL_ABUSE),
    (re.compile(r"\b(?:run|execute|invoke|call|trigger|use)\s+[a-z]+(?:_[a-z]+)+\b|"
                r"\b[a-z]+(?:_[a-z]+)*\([a-z_]+\s*=|"
                r"\b[a-z]+(?:_[a-z]+)+(?:\s*\(| tool| function| चला)", re.IGNORECASE),
     Guarded.TOOL_ABUSE),
    (re.compile(r"\bselect\b.+\bfrom\b.+(?:\bwhere\b|;|\btable\b|\busers\b|\bcustomers\b)"
                r"|\bdrop\s+table\b|\bunion\s+select\b|\bor\s+1\s*=\s*1\b", re.IGNORECASE),
     Guarded.FISHING),
)  # fmt: skip
"""What no caller says, but a client of the gateway may write."""
_CODED = re.compile(
    r"(?:decode|decrypt|unscramble|डिकोड|डीकोड|डिक्रिप्ट)\b.{0,60}?"
    r"(?:\bdo\b|follow|execute|obey|\bsays?\b|करो|करके|मानो|\bkaro\b|\bmano\b|कीजिए)"
    r"|(?:base ?64|rot ?13|बेस ?64|बेस चौंसठ|hex|morse|ascii|cipher|उल्टा|उलटा|ulta|backwards?"
    r"|reversed?)"
    r".{0,60}?(?:\bdo (?:what|it|that)\b|follow|execute|obey|वो करो|वही करो|उसे मानो|मान लो"
    r"|पालन|\bwo karo|\bwahi karo|\bmano\b|instructions?\b|निर्देश)",
    re.IGNORECASE,
)


def attack(text: str, before: str = "") -> Guarded | None:
    """
    The kind of attack that these words of a caller are; None for what is none.

    `before`: the words of the caller's turn before, which were none by themselves: an attack may be
    told in two pieces.
    """
    found = _attack(text)
    if found is None and before and text:
        found = _attack(f"{before} {text}")
    return found


@lru_cache(maxsize=512)
def _attack(text: str) -> Guarded | None:
    for form, kind in _FORMS:
        if form.search(text):
            return kind
    if (found := matched(text)) is not None:
        return found
    if _CODED.search(text) or any(matched(reading) for reading in readings(text)):
        return Guarded.ENCODED
    return None


def harmless(text: str) -> str:
    """
    The words without what has a meaning to a model or to the bot beside their own.

    That is brackets, in which the bot tells the model what was pressed ("[keys: 42]"), and the
    marks of chat templates. Speech has none of them; a client of the gateway may write them.
    """
    return " ".join(re.sub(r"<\|[^|>]*\|>|[\[\]{}<>|]", " ", text).split())
