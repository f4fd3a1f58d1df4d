"""
Decides which time of the day a caller has named: "शाम साढ़े पाँच बजे", "पौने दस", "5:30 pm".

Without a part of the day, a time is taken for one when people are awake: from eight in the morning
until just before eight in the evening. Two times ("दस से ग्यारह") and a time from now ("एक घंटे बाद")
are none.
"""

import re
from collections.abc import Sequence
from datetime import time
from fractions import Fraction

from bot.hindi.calendar_words import MONTHS
from bot.hindi.counting import WORTH, key, keys
from bot.hindi.date_words import DAY_WORDS
from bot.hindi.quantity import Quantity, quantities, words_of

_HALF_DAY = 720
"""Minutes."""
_PARTS = {
    part: name
    for name, words in (
        ("morning", "सुबह सवेरे सुबेरे तड़के प्रातः मॉर्निंग subah savere morning am एएम"),
        ("noon", "दोपहर दुपहर दोपहरी नून dopahar dopeher noon afternoon आफ्टरनून"),
        ("evening", "शाम सायं साँझ इवनिंग shaam sham evening"),
        ("night", "रात रात्रि नाइट raat night"),
        ("pm", "pm पीएम"),
    )
    for part in keys(words)
}
_FROM = {"morning": 0, "noon": 11 * 60, "evening": 14 * 60, "night": 18 * 60, "pm": 12 * 60}
"""Minutes of the day from which on a part lasts twelve hours."""
_AWAKE = 8 * 60
_MIDNIGHT = (("आधी", "रात"), ("midnight",), ("मिडनाइट",))
_NOON = (("noon",), ("ठीक", "दोपहर"), ("भरी", "दोपहर"))
_LASTING = frozenset(keys("घंटे घंटा घंटों hours hour दिन दिनों days ghante ghanta"))
_MINUTES = frozenset(keys("मिनट मिनिट मिनटों minutes minute min"))
_OCLOCK = frozenset(keys("बजे बजकर बजके बज oclock baje baj bajkar ओक्लॉक क्लॉक"))
_TO = frozenset(keys("बजने bajne"))
_NO = frozenset(keys("नहीं सॉरी बल्कि no not sorry nahi"))
_DAY_FIGURES = re.compile(r"(\d{1,2})[:.](\d{2})(?:[:.]\d{2})?")
_SPLIT_HALVES = ((re.compile(r"\b([ap])\s?\.\s?m\b\.?", re.IGNORECASE), r" \1m "),
                 (re.compile("ए\\s?\\.?\\s?एम(?![\u0900-\u097f])"), " am "),
                 (re.compile("पी\\s?\\.?\\s?एम(?![\u0900-\u097f])"), " pm "),
                 (re.compile(r"(?<=\d)([ap]m)\b", re.IGNORECASE), r" \1"),
                 (re.compile(r"\bo['’]?\s?clock\b", re.IGNORECASE), " oclock "))  # fmt: skip


def heard_time(text: str) -> time | None:
    """The time of the day; None where none, or more than one, is named."""
    for pattern, plain in _SPLIT_HALVES:
        text = pattern.sub(plain, text)
    words = words_of(text)
    said = [key(word) for word in words]
    cut = _after_no(words, said)
    words, said = words[cut:], said[cut:]
    if _has(said, _MIDNIGHT):
        return time(0, 0)
    minutes = _on_dial(words, said)
    if minutes is None:
        return time(12, 0) if _has(said, _NOON) and not quantities(words) else None
    part = next((_PARTS[word] for word in said if word in _PARTS), "")
    exact = not part and any(_DAY_FIGURES.fullmatch(word) and word[0] == "0" for word in words)
    return _of_day(minutes, part, exact)


def _of_day(minutes: int, part: str, exact: bool) -> time | None:
    """The time of these minutes after midnight; those of a dial (1:00 to 12:59) want a part."""
    if minutes >= 24 * 60:
        return None
    if minutes >= _HALF_DAY + 60 or minutes < 60 or exact:
        return time(*divmod(minutes, 60))
    start = _FROM.get(part, _AWAKE)
    if part == "night" and minutes % _HALF_DAY < 6 * 60:
        start = 0
    if part == "morning" and minutes >= _HALF_DAY:
        start = 0
    return time(*divmod((minutes % _HALF_DAY - start) % _HALF_DAY + start, 60))


def _on_dial(words: Sequence[str], said: Sequence[str]) -> int | None:
    """Minutes after twelve, or after midnight where the hour is of 24; None for no one time."""
    written = [match for word in words if (match := _DAY_FIGURES.fullmatch(word))]
    if written:
        hour, minute = int(written[0][1]), int(written[0][2])
        return hour * 60 + minute if len(written) == 1 and hour < 25 and minute < 60 else None
    row = [each for each in quantities(words) if not _of_date(words, each)]
    if any(_word(said, each.end) in _LASTING for each in row):
        return None
    if (before := _to_or_past(said, row)) is not None:
        return before
    if len(row) == 1:
        return None if _word(said, row[0].end) in _MINUTES else _minutes(row[0])
    return _hour_and_minutes(said, row) if len(row) == 2 else None


def _of_date(words: Sequence[str], each: Quantity) -> bool:
    """Whether it is a day: "पाँच तारीख", "पाँच दिसंबर"."""
    after = words[each.end] if each.end < len(words) else ""
    return after in DAY_WORDS or after in MONTHS


def _minutes(hour: Quantity) -> int | None:
    minutes = hour.value * 60
    if minutes.denominator > 1 or not 0 < minutes < 25 * 60:
        return None
    return int(minutes) if minutes >= 60 else int(minutes) + _HALF_DAY


def _hour_and_minutes(said: Sequence[str], row: Sequence[Quantity]) -> int | None:
    """पाँच बजकर बीस मिनट, पाँच तीस, दस बजने में पाँच मिनट."""
    hour, minutes = row
    between = said[hour.end : minutes.start]
    if hour.value.denominator > 1 or minutes.value.denominator > 1 or minutes.value >= 60:
        return None
    if not _TO.isdisjoint(between):
        return int(hour.value * 60 - minutes.value) % _HALF_DAY
    if between and _OCLOCK.isdisjoint(between):
        return None
    told = _word(said, minutes.end) in _MINUTES or "".join(between).endswith(
        ("कर", "के", "kar", "ke")
    )
    if not (told or (not between and minutes.value >= 10) or between):
        return None
    if _word(said, minutes.end) in _OCLOCK:
        return None
    return _minutes(Quantity(hour.value + Fraction(minutes.value, 60), hour.start, minutes.end))


_PAST_WORDS = frozenset(("past", "to"))


def _to_or_past(said: Sequence[str], row: Sequence[Quantity]) -> int | None:
    """half past five, quarter to six, ten past four."""
    place = next((at for at, word in enumerate(said) if word in _PAST_WORDS), 0)
    hour = next((each for each in row if each.start == place + 1), None)
    if not place or hour is None:
        return None
    before = _word(said, place - 1)
    minutes = {"half": 30, "quarter": 15, "qarter": 15}.get(before, WORTH.get(before, 0))
    if not minutes:
        return None
    sign = -1 if said[place] == "to" else 1
    return (int(hour.value) * 60 + sign * minutes) % _HALF_DAY


def _after_no(words: Sequence[str], said: Sequence[str]) -> int:
    for at in range(len(said) - 1, 0, -1):
        if said[at] in _NO and quantities(words[at:]) and quantities(words[:at]):
            return at + 1
    return 0


def _has(said: Sequence[str], phrases: Sequence[tuple[str, ...]]) -> bool:
    text = f" {' '.join(said)} "
    return any(f" {' '.join(key(word) for word in phrase)} " in text for phrase in phrases)


def _word(said: Sequence[str], at: int) -> str:
    return said[at] if 0 <= at < len(said) else ""
