"""
Decides which day the words of a sentence name: with a month, by counting, of the week, or today.

Written dates ("15/8/1990") are read by `heard_dates`.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from bot.hindi.calendar_words import MONTHS, WEEKDAYS
from bot.hindi.date_words import (
    AGO,
    BY_TENSE,
    DAY_WORDS,
    END,
    FIRST,
    LAST,
    LATER,
    MONTH,
    NAMED,
    NEXT,
    PASSED_OVER,
    PLAIN,
    SPANS,
    THIS,
    YEARS,
)
from bot.hindi.quantity import Quantity, quantities
from bot.hindi.tense import Tense, tense_of

_LONGEST_MONTH = 31
_CENTURIES = (19, 20)
"""As they are said before the rest of a year: "twenty twenty six"."""


class DayWords:
    """What one sentence says of a day. `_past`: it is about the past."""

    def __init__(self, words: Sequence[str], today: date) -> None:
        self._words = words
        self._today = today
        self._past = tense_of(words) is Tense.PAST

    def day(self) -> date | None:
        """The one day that is named."""
        days = {day for day in self._days() if day is not None}
        return days.pop() if len(days) == 1 else None

    def _days(self) -> Iterator[date | None]:
        """By the first of the readings that finds anything."""
        for reading in (self._in_month, self._counted, self._of_week, self._named, self._bare):
            found = list(reading())
            if found:
                yield from found
                return

    def _word(self, at: int) -> str:
        return self._words[at] if 0 <= at < len(self._words) else ""

    # With the name of a month.

    def _in_month(self) -> Iterator[date | None]:
        for at, word in enumerate(self._words):
            if word in MONTHS:
                yield self._month_day(at)
        if not any(word in MONTHS for word in self._words):
            yield from self._all_numbers()

    def _month_day(self, at: int) -> date | None:
        """Day and perhaps year around the month at this place."""
        numbers = [(each.start, each.end, int(each.value)) for each in quantities(self._words)]
        before = [each for each in numbers if each[1] <= at and self._near(each[1], at)]
        after = [each for each in numbers if each[0] > at and self._near(at + 1, each[0])]
        if len(before) > 1 and before[-2][1] == before[-1][0]:
            return None  # "पाँच छह दिसंबर"
        if before and before[-1][2] > _LONGEST_MONTH and len(after) == 1:
            before, after = after, before
        if not before and len(after) == 2 and after[0][2] > _LONGEST_MONTH:
            after.reverse()  # "जनवरी दो हज़ार एक की छब्बीस"
        day = before[-1][2] if before else after.pop(0)[2] if after else 0
        year = self._year(
            [each[2] for each in after] or [each[2] for each in before if each[2] >= 1_000]
        )
        month = MONTHS[self._words[at]]
        if not day and END & set(self._words):
            day = monthrange(year or self._today.year, month)[1]
        if year:
            return date_of(year, month, day)
        return nearest(day, month, self._today, self._past)

    def _near(self, start: int, end: int) -> bool:
        return all(
            word in PASSED_OVER or word in DAY_WORDS or word[0].isdigit() or quantities([word])
            for word in self._words[start:end]
        )

    def _year(self, numbers: Sequence[int]) -> int:
        """The year of 1990, of 90, or of 19 and 90; 0 where none was said."""
        if not numbers:
            return 0
        if len(numbers) > 1 and numbers[0] in _CENTURIES and numbers[1] < 100:
            return numbers[0] * 100 + numbers[1]
        return full_year(numbers[0], self._today)

    def _all_numbers(self) -> Iterator[date | None]:
        """पंद्रह आठ उन्नीस सौ नब्बे: day, month and year as bare numbers."""
        row = quantities(self._words)
        if len(row) == 2 and self._only(row) and row[1].value not in (row[0].value + 1, 10):
            yield nearest(int(row[0].value), int(row[1].value), self._today, self._past)
        alone = 3 <= len(row) <= 4 and all(
            self._near(one.end, other.start) for one, other in zip(row, row[1:], strict=False)
        )
        if alone and all(each.value.denominator == 1 for each in row):
            day, month, *rest = (int(each.value) for each in row)
            if len(rest) == 1 or rest[0] in _CENTURIES:
                yield date_of(self._year(rest), month, day)

    # With days, weeks and months.

    def _counted(self) -> Iterator[date | None]:
        """दो दिन बाद, तीन हफ़्ते पहले, अगले महीने की पाँच तारीख."""
        end = -1
        for each in quantities(self._words):
            about, end = each.start == end, each.end
            unit = self._word(each.end)
            sign = self._direction(each.end + 1) if unit in SPANS.keys() | MONTH | YEARS else 0
            if sign and not about and each.value.denominator == 1 and each.value < 1_000:
                yield self._moved(int(each.value) * sign, unit)
        yield from self._in_some_month()

    def _direction(self, at: int) -> int:
        """1 for "बाद" and "में", -1 for "पहले"; 0 where a mere span is told."""
        near = [self._word(place) for place in range(at, at + 3)]
        if AGO.intersection(near):
            return -1
        later = (
            LATER.intersection(near)
            or near[0] in ("में", "mein", "के")
            or not {"in", "after"}.isdisjoint(self._words)
        )
        return 1 if later else 0

    def _moved(self, count: int, unit: str) -> date | None:
        if unit in SPANS:
            return self._today + timedelta(days=count * SPANS[unit])
        months = count * (12 if unit in YEARS else 1)
        year, month = divmod(self._today.year * 12 + self._today.month - 1 + months, 12)
        return date_of(year, month + 1, min(self._today.day, monthrange(year, month + 1)[1]))

    def _in_some_month(self) -> Iterator[date | None]:
        """इस महीने की बीस तारीख, महीने की आख़िरी तारीख, पाँच तारीख."""
        if not (MONTH | DAY_WORDS).intersection(self._words):
            return
        months = self._months_on()
        row = [each for each in quantities(self._words) if self._word(each.end) not in MONTH]
        numbers = [int(each.value) for each in row if 1 <= each.value <= 31]
        numbers = numbers or [
            FIRST[word]
            for word, after in zip(self._words, [*self._words[1:], ""], strict=False)
            if word in FIRST and after in DAY_WORDS
        ]
        for day in numbers:
            yield self._day_of_month(day, months)
        if not numbers and self._ends_month():
            yield self._last_day(months or 0)

    def _ends_month(self) -> bool:
        """महीने की आख़िरी तारीख, महीने के अंत में."""
        said = set(self._words)
        ends = any(
            word in MONTH and END.intersection(self._words[at + 1 : at + 3])
            for at, word in enumerate(self._words)
        )
        return ends or bool(END & said and DAY_WORDS & said)

    def _months_on(self) -> int | None:
        """How many months on is meant; None where nothing says so."""
        for at, word in enumerate(self._words[:-1]):
            if self._words[at + 1] in MONTH or self._word(at + 2) in MONTH:
                if word in NEXT:
                    return 1
                if word in LAST:
                    return -1
                if word in THIS:
                    return 0
        return None

    def _last_day(self, months: int) -> date:
        year, month = divmod(self._today.year * 12 + self._today.month - 1 + months, 12)
        return date(year, month + 1, monthrange(year, month + 1)[1])

    def _day_of_month(self, day: int, months: int | None) -> date | None:
        if months is None:
            passed = day < self._today.day
            months = -(day > self._today.day) if self._past else int(passed)
        year, month = divmod(self._today.year * 12 + self._today.month - 1 + months, 12)
        return date_of(year, month + 1, day)

    # Days of the week, and today.

    def _of_week(self) -> Iterator[date]:
        for at, word in enumerate(self._words):
            if word in WEEKDAYS and not self._also_other(at):
                yield self._weekday(WEEKDAYS[word])

    def _also_other(self, at: int) -> bool:
        """Whether the short name of a day is another word here: मंगल, sun, sat."""
        return len(self._words[at]) <= 3 and self._words[at].isascii() and len(self._words) > 2

    def _weekday(self, weekday: int) -> date:
        """The next one after today; in the past, the last one before; of next week if said so."""
        week = [word for word in self._words if SPANS.get(word) == 7]
        said = set(self._words)
        if week and (said & NEXT or said & LAST):
            monday = self._today - timedelta(days=self._today.weekday())
            return monday + timedelta(days=weekday + (7 if said & NEXT else -7))
        ahead = (weekday - self._today.weekday() - 1) % 7 + 1
        back = (self._today.weekday() - weekday - 1) % 7 + 1
        past = bool(said & LAST) or (self._past and not said & NEXT)
        return self._today + timedelta(days=-back if past else ahead)

    def _named(self) -> Iterator[date]:
        for word in self._words:
            if word in NAMED:
                yield self._today + timedelta(days=NAMED[word])
            elif word in BY_TENSE:
                back = self._past or bool(LAST.intersection(self._words))
                yield self._today + timedelta(days=BY_TENSE[word] * (-1 if back else 1))

    def _bare(self) -> Iterator[date | None]:
        """A number alone, as an answer to "which day?": "पंद्रह को"."""
        row = quantities(self._words)
        alone = self._only(row) or (len(row) == 1 and self._word(row[0].end) in ("को", "ko"))
        if len(row) == 1 and alone and 1 <= row[0].value <= 31 and row[0].value.denominator == 1:
            yield self._day_of_month(int(row[0].value), None)

    def _only(self, row: Sequence[Quantity]) -> bool:
        """Whether nothing of weight is said beside these numbers."""
        said = {at for each in row for at in range(each.start, each.end)}
        rest = {word for at, word in enumerate(self._words) if at not in said}
        return rest <= PASSED_OVER | PLAIN and all(each.value.denominator == 1 for each in row)


def date_of(year: int, month: int, day: int) -> date | None:
    """The day; None where there is no such day."""
    try:
        return date(year, month, day)
    except (ValueError, OverflowError):
        return None


def full_year(year: int, today: date) -> int:
    """A year of two digits is at most ten years ahead."""
    if year >= 100:
        return year
    century = today.year // 100 * 100
    return year + century - (100 if year + century > today.year + 10 else 0)


def nearest(day: int, month: int, today: date, past: bool) -> date | None:
    """The next such day from today on, or the last one up to today."""
    years = range(today.year, today.year - 9, -1) if past else range(today.year, today.year + 9)
    days = (date_of(year, month, day) for year in years)
    return next(
        (each for each in days if each and (each <= today if past else each >= today)), None
    )
