"""
Decides how single words are said: the rules that everybody has, and a tenant's own pronunciations.

A tenant's words come first, whatever the rules would make of them.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from bot.core.errors import ConfigError
from bot.hindi.spoken_amounts import AMOUNT_RULES, MONEY_RULES, PLAIN_RULES, SCALE_RULES
from bot.hindi.spoken_codes import CODE_RULES, MIXED_RULES
from bot.hindi.spoken_dates import DATE_RULES, MONTH_BEGINS, TIME_RULES
from bot.hindi.spoken_latin import ADDRESS_RULES, WORD_RULES
from bot.hindi.spoken_rule import DEVANAGARI, NO_LETTER_BEFORE, Match, Rule, any_of
from bot.hindi.spoken_signs import SIGN_RULES, SIGNS
from bot.hindi.spoken_units import ABBREVIATIONS, SHORT_RULES, UNIT_RULES

MOST_WORDS = 5_000
LONGEST = 100
"""Letters of a written form, and of what is said for it."""
_ADDRESSES = (re.compile(r"[\w.+-]*(?:@|\.[A-Za-z]|://)", re.ASCII), ADDRESS_RULES)
_Group = tuple[re.Pattern[str] | None, Sequence[Rule]]
"""Rules that need not be tried where the pattern, which is quicker, does not match."""
_MARKED = re.compile(r"[\d.,]*\d\s?(?:[^\s\d.,;।?!]|\d+/)")
"""A number that a word, a sign or a fraction follows."""
_FIGURES: Sequence[_Group] = (
    _ADDRESSES,
    (
        re.compile(rf"\d{{1,4}}(?:[-/.–,'’]|(?:st|nd|rd|th)?[\s,]*[{MONTH_BEGINS}])"),
        DATE_RULES,
    ),
    (
        re.compile(r"\d{1,3}(?:[:.]\d\d|\s?[AaPpHhMm/xX×]|\s?[-–—]\s?\d{1,2}\s?[AaPp:])", re.ASCII),
        TIME_RULES,
    ),
    (_MARKED, MONEY_RULES[1:]),
    (re.compile(r"\d{3}|\d{1,2}[\s-](?:\d{3}|\d{2}[\s-])|\d+/\w+/"), CODE_RULES[1:]),
    (_MARKED, (*SCALE_RULES, *UNIT_RULES)),
    (re.compile(r"\d+[A-Za-z]"), MIXED_RULES),
    (_MARKED, AMOUNT_RULES),
    (None, PLAIN_RULES),
)
_LATIN: Sequence[_Group] = (
    _ADDRESSES,
    (re.compile(r"[A-Z]{2,3}\$?\.?\s?-?\d|rs", re.ASCII | re.IGNORECASE), MONEY_RULES[:1]),
    (re.compile(r"[A-Za-z]+[./]"), SHORT_RULES),
    (re.compile(r"[A-Za-z]{3,9}[\s.,'’-]{1,3}\d"), DATE_RULES),
    (re.compile("[Xx]{2}"), CODE_RULES[:1]),
    (re.compile(r"[A-Za-z]{1,6}[\s/-]?\d"), MIXED_RULES),
    (None, WORD_RULES),
)
_SIGNS: Sequence[_Group] = (
    (None, (*MONEY_RULES, *CODE_RULES, *UNIT_RULES, *AMOUNT_RULES, *PLAIN_RULES, *SIGN_RULES)),
)
_HINDI: Sequence[_Group] = ((None, (*MONEY_RULES, *SHORT_RULES)),)
_SHORT_HINDI = any_of(" ".join(word for word in ABBREVIATIONS if word[0] > "\u0900"))
_SPECIAL = re.compile(
    rf"(?<![A-Za-z])[A-Za-z]|\d|(?<![0-9A-Za-z{DEVANAGARI}])[-−–](?=[\d₹])|[{re.escape(SIGNS)}]"
    rf"|[*•]{{2,}}(?=\d)|{NO_LETTER_BEFORE}(?:{_SHORT_HINDI}|रु\s?(?=\d)|रू\s?(?=\d))"
)
_TOKEN = re.compile(f"[0-9A-Za-z{DEVANAGARI}]+")
_SAYABLE = re.compile(f"[{DEVANAGARI} ,-]*[{DEVANAGARI}][{DEVANAGARI} ,-]*")


class Own(NamedTuple):
    """Where a tenant's word stands, and what is said for it."""

    start: int
    end: int
    said: str


class Lexicon:
    """How words are said: the rules, and before them a tenant's own words."""

    def __init__(self, own: Mapping[str, str] | None = None) -> None:
        """
        `own`: what is said, in Devanagari, for words as they are written; capitals do not matter.

        Raises ConfigError that names each wrong word and the remedy.
        """
        self._own: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        """By first word: all words of a written form, longest first, and what is said."""
        own = own or {}
        if problems := list(_problems(own)):
            raise ConfigError("\n".join(problems))
        forms = {_tokens(written): " ".join(said.split()) for written, said in own.items()}
        for words in sorted(forms, key=len, reverse=True):
            said = unicodedata.normalize("NFC", forms[words])
            self._own.setdefault(words[0], []).append((words, said))

    def own_words(self, text: str) -> list[Own]:
        """The tenant's words in a text, in order."""
        return list(self._own_words(text)) if self._own else []

    def _own_words(self, text: str) -> Iterator[Own]:
        found = list(_TOKEN.finditer(text))
        tokens = [token[0].lower() for token in found]
        at = 0
        while at < len(tokens):
            for words, said in self._own.get(tokens[at], ()):
                last = at + len(words) - 1
                if tuple(tokens[at : last + 1]) == words:
                    yield Own(found[at].start(), found[last].end(), said)
                    at = last
                    break
            at += 1

    def next_special(self, text: str, start: int) -> Match | None:
        """The next place from `start` on that may have to be said otherwise than written."""
        return _SPECIAL.search(text, start)

    def rules_at(self, text: str, at: int) -> Iterator[Rule]:
        """The rules to try at a special place, in order."""
        for quick, rules in _groups(text[at]):
            if quick is None or quick.match(text, at):
                yield from rules


def _groups(first: str) -> Sequence[_Group]:
    """The groups of rules for what begins with this character."""
    if first.isdigit():
        return _FIGURES
    if first.isascii() and first.isalpha():
        return _LATIN
    return _HINDI if "\u0900" < first < "\u0980" else _SIGNS


def _tokens(written: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(unicodedata.normalize("NFC", written).lower()))


def _problems(own: Mapping[str, str]) -> Iterator[str]:
    """A line for each word that cannot be said so."""
    if len(own) > MOST_WORDS:
        yield f"{len(own)} words are too many; at most {MOST_WORDS} are allowed"
    forms = {word for written in own for word in _tokens(written)}
    for written, said in own.items():
        if not _tokens(written) or len(written) > LONGEST:
            yield f"{written!r}: write a word of letters or digits, at most {LONGEST} of them"
        elif len(said) > LONGEST or not _SAYABLE.fullmatch(unicodedata.normalize("NFC", said)):
            yield (
                f"{written!r}: {said!r} cannot be said; write it in Devanagari letters, "
                f"at most {LONGEST}, as in 'PNB': 'पी एन बी'"
            )
        elif _tokens(said) != _tokens(written) and (again := forms & set(_tokens(said))):
            yield (
                f"{written!r}: {said!r} contains {min(again)!r}, which has a pronunciation itself; "
                "write it as it sounds"
            )


DEFAULT = Lexicon()
"""The rules alone."""
