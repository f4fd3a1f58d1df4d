"""
Decides what of a text must not be stored, logged or sent out, and puts a typed mark in its place.

Aadhaar, PAN, telephone, card and account numbers, IFSC, UPI and e-mail addresses, OTPs, PINs, dates
of birth and keypad entries, in figures of either script and in spoken words, become a mark such as
[PHONE] (`Mark` has them all). Amounts, counts, dates, times and order numbers stay. What is hidden
is hidden whole: no digit of it is left.
"""

import re

from bot.hindi.asked import Asked, what_was_asked
from bot.hindi.redact_codes import codes
from bot.hindi.redact_digits import Digits, Hidden
from bot.hindi.redact_labels import Mark, Rule, Said, labels
from bot.hindi.redact_words import pieces, words_of

__all__ = ["Mark", "redact"]

_KEYS = re.compile(r"\[keys: ([0-9A-D*#]+)\]")
"""How the house writes what was pressed."""
_MENU_KEYS = 2
"""Up to so many keys (one and a #) are a choice, not a number."""
_MARKS = re.compile("|".join(re.escape(mark) for mark in Mark))


def redact(text: str, asked: str = "", growing: bool = False) -> str:
    """
    The text with what identifies a person or opens something replaced by marks.

    `asked` is what the other side said just before: after "अपना ओटीपी बताइए", four bare digits are
    an OTP. `growing`: the text is an interim, whose last digits may be the beginning of more.
    Redacted text stays as it is: where a mark has parted a number from a word that freed it, the
    number is hidden, too.
    """
    while (hidden := _once(text, asked, growing)) != text:
        text = hidden
    return text


def _once(text: str, asked: str, growing: bool) -> str:
    if not _may_hold(text):
        return text
    parts: list[str] = []
    at = 0
    for match in _MARKS.finditer(text):
        parts += _redacted(text[at : match.start()], asked, False), match.group()
        at = match.end()
    return "".join([*parts, _redacted(text[at:], asked, growing)])


_ANYTHING = re.compile(r"[0-9०-९@]|(?i:passw|passcode)|[^\x00-\x7f]| [a-z]+ ")


def _may_hold(text: str) -> bool:
    """Whether there is anything to look for: a quick answer for most lines of a log."""
    return _ANYTHING.search(text) is not None


def _redacted(text: str, asked: str, growing: bool) -> str:
    hidden = [*_pressed(text), *codes(text)]
    hidden = _joined([*hidden, *Digits(text, _said(asked), growing).hidden()])
    parts: list[str] = []
    at = 0
    for each in hidden:
        parts += text[at : each.start], each.mark
        at = each.end
    return "".join([*parts, text[at:]])


def _pressed(text: str) -> list[Hidden]:
    return [
        Hidden(*match.span(), Mark.KEYS)
        for match in _KEYS.finditer(text)
        if len(match[1]) > _MENU_KEYS
    ]


def _joined(found: list[Hidden]) -> list[Hidden]:
    """What overlaps is one, under the mark that was found first; in the order of the text."""
    rank = {each: place for place, each in enumerate(found)}
    joined: list[Hidden] = []
    for each in sorted(found, key=lambda each: (each.start, rank[each])):
        if joined and each.start < joined[-1].end:
            last = joined.pop()
            first = min(last, each, key=lambda one: rank.get(one, 0))
            each = Hidden(last.start, max(last.end, each.end), first.mark)
        joined.append(each)
    return joined


_ANY_NUMBER = Rule(Mark.NUMBER, 3, 3)


def _said(asked: str) -> Said | None:
    """What our words before say of the number that comes now."""
    if not asked or what_was_asked(asked) is not Asked.NUMBER:
        return None
    named = labels(words_of(pieces(asked)))
    return Said(named[-1].rule if named else _ANY_NUMBER, True)
