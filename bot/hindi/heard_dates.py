"""
Decides which day a caller has named: "परसों", "अगले सोमवार", "पंद्रह अगस्त", "दो दिन पहले", "15/8/1990".

A day without its month or year is the next one, or in a sentence about the past the last one; so is
कल tomorrow, or yesterday. Two days are none.
"""

import re
from collections.abc import Sequence
from datetime import date

from bot.hindi.date_words import NO, about_day, plain_ordinals
from bot.hindi.fold import fold
from bot.hindi.named_days import DayWords, date_of, full_year, nearest
from bot.hindi.quantity import words_of
from bot.hindi.tense import Tense, tense_of

_WRITTEN = re.compile(
    r"(?<!\d)(?:(?P<iso>\d{4})[-/.](?P<isomonth>\d{1,2})[-/.](?P<isoday>\d{1,2})"
    r"|(?P<day>\d{1,2})\s?[-/.]\s?(?P<month>\d{1,2})\s?[-/.]\s?(?P<year>\d{4}|\d{2})"
    r"|(?P<someday>\d{1,2})\s?[-/]\s?(?P<somemonth>\d{1,2}))(?!\d)"
)
_RANGE = re.compile(r"\d\s?[-–]\s?\d{1,2}\s+(?=[^\W\d_])(?!को|ko\b|तारीख|तक)")
"""5-6 दिसंबर."""
_FIGURES = {0x966 + figure: str(figure) for figure in range(10)}
_SUFFIX = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b", re.IGNORECASE)
_TWO_DAYS = re.compile(r"\bday (after|before) (tomorrow|yesterday)\b", re.IGNORECASE)


def heard_date(text: str, today: date) -> date | None:
    """The day; None where none, or more than one, is named, or there is no such day."""
    text = _TWO_DAYS.sub(r"\1\2", _SUFFIX.sub("", text.translate(_FIGURES)))
    if _RANGE.search(text):
        return None
    written = {_written(match, text, today) for match in _WRITTEN.finditer(text)}
    if written:
        return written.pop() if len(written) == 1 else None
    words = plain_ordinals(words_of(text))
    return DayWords(_after_no(words), today).day()


def _written(match: re.Match[str], text: str, today: date) -> date | None:
    if match["iso"]:
        return date_of(int(match["iso"]), int(match["isomonth"]), int(match["isoday"]))
    day, month = int(match["day"] or match["someday"]), int(match["month"] or match["somemonth"])
    if month > 12:
        day, month = month, day
    if match["year"]:
        return date_of(full_year(int(match["year"]), today), month, day)
    return nearest(day, month, today, tense_of(fold(text).split()) is Tense.PAST)


def _after_no(words: Sequence[str]) -> Sequence[str]:
    """What follows a "no" if a day follows it: "सोमवार नहीं मंगलवार"."""
    for at in range(len(words) - 1, 0, -1):
        rest = words[at + 1 :]
        if words[at] in NO and any(about_day(word) for word in rest):
            return rest
    return words
