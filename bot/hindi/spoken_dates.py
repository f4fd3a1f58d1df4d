"""Decides how dates, clock times and durations are said."""

import re

from bot.hindi.spoken_numbers import cardinal, quarters, year
from bot.hindi.spoken_rule import NO_LETTER_AFTER, TO, Match, after, any_of, before, rule, table

_MONTHS = table("spoken_months.tsv")
_NAMES = list(dict.fromkeys(_MONTHS.values()))
MONTH_BEGINS = "".join(
    sorted({letter for name in _MONTHS for letter in (name[0], name[0].upper())})
)
"""The first letters of all months."""
_MONTH = f"(?P<month>{any_of(' '.join(_MONTHS))})"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4})"
_CENTURY_TURNS = 50
"""Two-digit years below are of this century."""


def _date(day: int, month: int, written_year: str = "") -> str:
    """Day, month and a year of two or four digits in words; empty where there is no such day."""
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return ""
    said = f"{cardinal(day)} {_NAMES[month - 1]}"
    return f"{said} {year(full_year(written_year))}" if written_year else said


def full_year(written: str) -> int:
    """The year of two or four digits."""
    number = int(written)
    if len(written) > 2:
        return number
    return number + (2000 if number < _CENTURY_TURNS else 1900)


def _named(match: Match) -> str:
    groups = match.groupdict()
    month = _NAMES.index(_MONTHS[match["month"].lower()]) + 1
    return _date(int(match["day"]), month, groups.get("year") or groups.get("short") or "")


def _from(match: Match) -> str:
    """The first of two dates: 5 Nov–4 Dec."""
    said = _named(match)
    return f"{said} से " if said else ""


def _month_year(match: Match) -> str:
    month = _MONTHS[match["month"].lower()]
    return f"{month} {year(full_year(match['year']))}"


def _numeric(match: Match) -> str:
    day, month = int(match["day"]), int(match["month"])
    if month > 12:
        day, month = month, day
    return _date(day, month, match["year"])


_DATE_BEFORE = re.compile("(?:तारीख|दिनांक|date|on|डेट)[\\s:]*$", re.IGNORECASE)
_DATE_AFTER = re.compile(rf"\s*(?:को|की|तक|से|तारीख){NO_LETTER_AFTER}")


def _day_month(match: Match) -> str:
    near = _DATE_BEFORE.search(before(match)) or _DATE_AFTER.match(after(match))
    return _date(int(match["day"]), int(match["month"])) if near else ""


def _iso(match: Match) -> str:
    date = _date(int(match["day"]), int(match["month"]), match["year"])
    if not date or match["hour"] is None:
        return date
    second = int(match["second"] or 0)
    return f"{date} {_clock(int(match['hour']), int(match['minute']), True, second=second)}"


def _decade(match: Match) -> str:
    """1990s, 90's."""
    return f"{year(int(match['year']))} {'के' if _TO_CASE.match(after(match)) else 'का'} दशक"


def _two_years(match: Match) -> str:
    """2024-25."""
    first, second = int(match["first"]), int(match["second"])
    if second != (first + 1) % 100:
        return ""
    return f"{year(first)}-{cardinal(second)}"


_PARTS = ((4, "रात"), (12, "सुबह"), (16, "दोपहर"), (20, "शाम"), (25, "रात"))
_PART_BEFORE = re.compile(
    "(?:सुबह|दोपहर|शाम|रात|सवेरे|तड़के|subah|dopahar|shaam|sham|raat)(?:\\s+(?:को|के|में))?\\s*$"
)
_DAY_PARTS = frozenset(name for _, name in _PARTS)


def _part(hour: int) -> str:
    return next(name for until, name in _PARTS if hour < until)


def _clock(hour: int, minute: int, sure: bool, at: str = "", second: int = 0) -> str:
    """
    A time of the day in words.

    `sure`: the hour is of 24, so that the part of the day is said. `at` follows odd minutes.
    """
    said = _on_the_dial(hour % 12 or 12, minute) + (at if minute % 15 else "")
    if second:
        said = (
            f"{cardinal(hour % 12 or 12)} बजकर {cardinal(minute)} मिनट {cardinal(second)} सेकंड{at}"
        )
    return f"{_part(hour % 24)} {said}" if sure else said


def _on_the_dial(hour: int, minute: int) -> str:
    if minute == 45:
        return f"पौने {cardinal(hour % 12 + 1)} बजे"
    if minute in (15, 30):
        return f"{quarters(hour, '25' if minute == 15 else '5')} बजे"
    if not minute:
        return f"{cardinal(hour)} बजे"
    return f"{cardinal(hour)} बजकर {cardinal(minute)} मिनट"


_HALF = r"[AaPp]\.?\s?[Mm](?:\.(?!\s*$))?"
_TIME = (
    r"(?P<hour{0}>\d{{1,2}})(?:[:.](?P<minute{0}>\d{{2}}))?(?::00)?\s?(?P<half{0}>" + _HALF + ")?"
)
_COLON = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?"
_TO_CASE = re.compile(r"\s*(?:का|की|के|में|से|तक|पर|वाला|वाली|वाले|[।.,?!]|$)")


def _half_of_first(match: Match, end: str) -> str:
    """AM or PM of "10-11 AM", where only the second time has it: "9-5 PM" begins in the morning."""
    half = match["half2"] if end == "1" else None
    if not half:
        return ""
    return half if int(match["hour1"]) % 12 <= int(match["hour2"]) % 12 else "a"


def _said_time(match: Match, end: str, at: str = "") -> str:
    """The time of one end of a range, or the only one; empty where it is none."""
    hour, minute = int(match["hour" + end]), int(match["minute" + end] or 0)
    if hour > 24 or minute > 59:
        return ""
    half = (match["half" + end] or _half_of_first(match, end)).lower()
    if half:
        hour = hour % 12 + 12 * half.startswith("p")
    known = bool(half) or hour > 12 or hour == 0
    second = int(match.groupdict().get("second") or 0)
    told = end != "2" and _PART_BEFORE.search(before(match))
    return _clock(hour, minute, known and not told, at, second)


def _time(match: Match) -> str:
    groups = match.groupdict()
    follows = groups.get("oclock") and not _TO_CASE.match(after(match))
    return _said_time(match, "", " पर" if follows else "")


def _times(match: Match) -> str:
    first, second = _said_time(match, "1"), _said_time(match, "2")
    if not (first and second):
        return ""
    part, _, rest = second.partition(" ")
    again = not match["half1"] and part in _DAY_PARTS and first.startswith(part)
    return f"{first} से {rest if again else second}"


def _lasting(match: Match) -> str:
    """2:30 घंटे."""
    large, small = ("घंटे", "मिनट") if match["unit"] in _HOURS.split() else ("मिनट", "सेकंड")
    return f"{cardinal(int(match['hour']))} {large} {cardinal(int(match['minute']))} {small}"


_HOURS = "घंटे घंटा घंटों hours hour hrs hr"
_MINUTES = "मिनट minutes minute mins min"


def _short_lasting(match: Match) -> str:
    """2h 30m."""
    units = (("hours", "घंटे"), ("minutes", "मिनट"), ("seconds", "सेकंड"))
    said = [f"{cardinal(int(match[name]))} {unit}" for name, unit in units if match[name]]
    return " ".join(said) if len(said) > 1 else ""


_OCLOCK = r"\s?(?P<oclock>बजे|baje)"
DATE_RULES = (
    rule(
        r"(?P<year>\d{4})([-/.])(?P<month>\d{1,2})\2(?P<day>\d{1,2})"
        r"(?:[T ](?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?(?:\.\d+)?Z?)?",
        _iso,
    ),
    rule(r"(?P<day>\d{1,2})([-/])(?P<month>\d{1,2})\2(?P<year>\d{4}|\d{2})", _numeric),
    rule(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})", _numeric),
    rule(
        rf"{_DAY}\s?{_MONTH}\.?(?:,?\s{_YEAR})?\s?[-–—]\s?",
        _from,
        re.IGNORECASE,
        end=rf"(?=\d{{1,2}}(?:st|nd|rd|th)?\s?(?:{any_of(' '.join(_MONTHS))}))",
    ),
    rule(
        rf"{_DAY}(?:\s?(?:[-/.,]\s?)?|\sof\s){_MONTH}\.?"
        rf"(?:[\s,\-/]{{1,2}}{_YEAR}(?!\d)|(?:[-/]|,?\s?['’])(?P<short>\d{{2}}))?",
        _named,
        re.IGNORECASE,
    ),
    rule(rf"{_MONTH}\.?\s?{_DAY}(?:,?\s{_YEAR})?(?![:.]\d)", _named, re.IGNORECASE),
    rule(
        rf"{_MONTH}\.?[\s,\-]?\s?['’]?(?P<year>\d{{4}}|(?<=['’])\d\d)", _month_year, re.IGNORECASE
    ),
    rule(r"(?P<day>\d{1,2})/(?P<month>\d{1,2})", _day_month),
    rule(r"(?P<year>(?:19|20)?\d0)['’]?s", _decade),
    rule(r"(?P<first>(?:19|20)\d{2})[-–](?P<second>\d{2})", _two_years),
)
"""Dates; also those that begin with the name of a month in Latin letters."""
TIME_RULES = (
    rule(r"24\s?[/xX×]\s?7", lambda match: "चौबीसों घंटे सातों दिन"),
    rule(rf"{_COLON}\s?(?P<unit>{any_of(_HOURS + ' ' + _MINUTES)})", _lasting),
    rule(
        r"(?:(?P<hours>\d{1,3})\s?h(?:rs?)?\.?\s?)?(?:(?P<minutes>\d{1,3})\s?m(?:ins?)?\.?\s?)?"
        r"(?:(?P<seconds>\d{1,3})\s?s(?:ecs?)?\.?)?(?<=[a-z.])",
        _short_lasting,
    ),
    rule(
        rf"(?=\S+?(?:[:]|\s?[AaPp]\.?[Mm])){_TIME.format(1)}{TO}{_TIME.format(2)}(?:\s?बजे)?",
        _times,
    ),
    rule(rf"{_COLON}(?:\s?(?P<half>{_HALF}))?(?:{_OCLOCK})?", _time),
    rule(rf"(?P<hour>\d{{1,2}})\.(?P<minute>\d{{2}})\s?(?P<half>{_HALF})(?:{_OCLOCK})?", _time),
    rule(rf"(?P<hour>\d{{1,2}})\.(?P<minute>[0-5]\d)(?P<half>){_OCLOCK}", _time),
    rule(rf"(?P<hour>\d{{1,2}})(?P<minute>)\s?(?P<half>{_HALF})(?:{_OCLOCK})?", _time),
)
