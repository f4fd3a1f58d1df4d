"""Decides which meanings together are an attack: how close, and what excuses them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.guarded import Guarded
from bot.hindi.fold import fold
from bot.hindi.guard_words import key, meanings

Spans = Sequence[tuple[int, int]]
Places = Mapping[str, Spans]
MOST_WORDS = 400
"""Words of a turn that are looked at; the last ones, since what is said last is what is asked."""

BEFORE, AFTER = 3, 2
"""Words before and after those that fit a rule in which an excuse counts."""


@dataclass(frozen=True, slots=True)
class Rule:
    """All of `needs` within `span` words, and none of `excuses` there or a little around it."""

    kind: Guarded
    span: int
    needs: tuple[str, ...]
    excuses: tuple[str, ...] = ()


ORDER, ROLE = Guarded.OVERRIDE, Guarded.ROLE_PLAY
FISH, TOOL = Guarded.FISHING, Guarded.TOOL_ABUSE
RULES: Sequence[Rule] = (
    Rule(ORDER, 9, ("forget", "orders"), ("my", "how")),
    Rule(ORDER, 16, ("forget", "orders", "obey")),
    Rule(ORDER, 8, ("remove", "orders", "all_or_before"), ("my", "how")),
    Rule(ORDER, 10, ("forget", "taught"), ("my",)),
    Rule(ORDER, 12, ("remove", "taught", "everything"), ("my",)),
    Rule(ORDER, 5, ("that_you_are",)),
    Rule(ORDER, 9, ("forget", "context")),
    Rule(ORDER, 9, ("remove", "context")),
    Rule(ORDER, 12, ("obey", "from_now")),
    Rule(ORDER, 7, ("forget", "creator", "obey")),
    Rule(ORDER, 8, ("forget", "creator"), ("my", "how")),
    Rule(ORDER, 7, ("new_orders", "is_now"), ("how", "reveal", "asks_whether")),
    Rule(ORDER, 5, ("system_message",)),
    Rule(ORDER, 14, ("orders", "void", "you_bot"), ("my", "asks_whether")),
    Rule(ORDER, 18, ("orders", "void", "permitted"), ("my", "asks_whether")),
    Rule(ORDER, 6, ("reset_self",), ("my", "how")),
    Rule(ROLE, 9, ("yourself", "deem"), ("asks_whether",)),
    Rule(ROLE, 7, ("you_from_now", "are"), ("asks_whether",)),
    Rule(ROLE, 16, ("fiction", "sensitive")),
    Rule(ROLE, 6, ("mode",), ("my", "device")),
    Rule(ROLE, 9, ("become", "somebody"), ("is_addressed",)),
    Rule(ROLE, 10, ("no_rules", "answer_so"), ("my",)),
    Rule(ROLE, 14, ("i_am_authority", "wants_inside")),
    Rule(FISH, 10, ("prompt", "reveal"), ("device",)),
    Rule(FISH, 5, ("prompt", "own")),
    Rule(FISH, 4, ("prompt", "system"), ("device",)),
    Rule(FISH, 8, ("instructions", "own", "reveal"), ("again", "my")),
    Rule(FISH, 12, ("instructions", "system", "reveal"), ("my",)),
    Rule(FISH, 12, ("told_you", "reveal"), ("my",)),
    Rule(FISH, 5, ("asks_orders",), ("my",)),
    Rule(FISH, 10, ("text_above", "reveal"), ("my",)),
    Rule(FISH, 12, ("others", "data", "reveal"), ("negated", "family")),
    Rule(FISH, 8, ("secret", "reveal"), ("my",)),
    Rule(FISH, 12, ("your_inside", "reveal"), ("my",)),
    Rule(FISH, 6, ("forbidden",), ("my", "how")),
    Rule(FISH, 10, ("you_bot", "orders", "follows", "reveal"), ("my", "again", "blames")),
    Rule(FISH, 16, ("who_called", "on_the_line", "data", "tell"), ("negated", "family", "to_me")),
    Rule(FISH, 14, ("outsider", "private", "tell"), ("negated", "delivers", "how")),
    Rule(FISH, 12, ("stealth", "private", "tell"), ("negated",)),
    Rule(TOOL, 12, ("stealth", "does_it"), ("negated", "how", "blames")),
    Rule(FISH, 8, ("never_said", "aloud"), ("for_what", "negated", "parcel", "device")),
    Rule(FISH, 5, ("after_me",)),
    Rule(ROLE, 8, ("game", "you_bot")),
    Rule(ROLE, 12, ("become", "unbound"), ("my",)),
    Rule(ROLE, 9, ("you_bot", "unbound"), ("my", "asks_whether")),
    Rule(TOOL, 16, ("no_questions", "does_it"), ("how",)),
    Rule(TOOL, 12, ("steps", "dispensed", "does_it"), ("how", "asks_whether")),
    Rule(TOOL, 14, ("later", "does_it"), ("how",)),
    Rule(TOOL, 6, ("verified_me",)),
    Rule(TOOL, 10, ("check", "dispensed", "does_it"), ("how", "asks_whether")),
    Rule(TOOL, 5, ("tool", "run"), ("how", "device")),
    Rule(TOOL, 10, ("without", "check", "grant"), ("how",)),
    Rule(TOOL, 8, ("all_calls", "end"), ("how",)),
)


def matched(text: str) -> Guarded | None:
    """The kind of attack that the words themselves are, of the first rule that fits; else None."""
    places = meanings([key(word) for word in fold(text).split()[-MOST_WORDS:]])
    return next((rule.kind for rule in RULES if _fits(rule, places)), None)


def _fits(rule: Rule, places: Places) -> bool:
    spans = [places.get(meaning, []) for meaning in rule.needs]
    if not all(spans):
        return False
    firsts = sorted({first for span in spans for first, _ in span})
    return any(
        end and not _excused(rule, first, end, places)
        for first in firsts
        for end in [_end(spans, first, rule.span)]
    )


def _end(spans: Sequence[Spans], first: int, length: int) -> int:
    """Where all that is needed has been said, from this word on; 0 where it is not near enough."""
    ends = [[end for one, end in span if first <= one and end <= first + length] for span in spans]
    return max(map(min, ends)) if all(ends) else 0


def _excused(rule: Rule, first: int, end: int, places: Places) -> bool:
    return any(
        first - BEFORE <= one and last <= end + AFTER
        for excuse in rule.excuses
        for one, last in places.get(excuse, [])
    )
