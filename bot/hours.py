"""Whether a time is within the hours of a week, and when they next are; holidays are closed."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.config_profile import DAYS, WeekSettings

Span = tuple[int, int]
"""Minutes of the day: from, to. Beyond 1440, it is the next day's morning."""
DAY = 1440
AHEAD = 400
"""Days that are looked at for the next opening: a year, and a long holiday."""


def is_open(hours: WeekSettings, now: datetime) -> bool:
    """Whether `now` (with its zone) is within the hours."""
    local = now.astimezone(ZoneInfo(hours.timezone))
    if not hours.weekly:
        return not _holiday(hours, local)
    minute = local.hour * 60 + local.minute
    today = any(start <= minute < end for start, end in _spans(hours, local))
    night = _spans(hours, local - timedelta(days=1))
    return today or any(minute + DAY < end for _, end in night)


def next_opening(hours: WeekSettings, now: datetime) -> datetime | None:
    """The next time within the hours: `now`, or the beginning of a span; None: there is none."""
    if is_open(hours, now):
        return now
    local = now.astimezone(ZoneInfo(hours.timezone))
    for ahead in range(AHEAD):
        day = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=ahead)
        for start, _ in _spans(hours, day) if hours.weekly else [(0, DAY)]:
            opens = day.replace(hour=start // 60, minute=start % 60)
            if opens > local and is_open(hours, opens):
                return opens.astimezone(UTC)
    return None


def told(hours: WeekSettings, now: datetime, days: int = 7) -> dict[str, object]:
    """What the model is told of the hours: now, and the next `days`."""
    local = now.astimezone(ZoneInfo(hours.timezone))
    coming = [local + timedelta(days=ahead) for ahead in range(days)]
    return {
        "now": local.strftime("%Y-%m-%d %H:%M (%a)"),
        "open_now": is_open(hours, now),
        "always_open": not hours.weekly and not hours.holidays,
        "days": {day.strftime("%Y-%m-%d %a"): _day(hours, day) for day in coming},
    }


def _day(hours: WeekSettings, day: datetime) -> str:
    if name := _holiday(hours, day):
        return f"closed: {name}"
    if not hours.weekly:
        return "open"
    return ", ".join(f"{_clock(a)}-{_clock(b)}" for a, b in _spans(hours, day)) or "closed"


def _clock(minute: int) -> str:
    hour, rest = divmod(minute % DAY, 60)
    return time(hour, rest).strftime("%H:%M")


def _holiday(hours: WeekSettings, day: datetime) -> str:
    """The holiday's name; empty on other days."""
    return hours.holidays[day.date()] or "holiday" if day.date() in hours.holidays else ""


def _spans(hours: WeekSettings, day: datetime) -> list[Span]:
    """The hours of this day, none on a holiday."""
    if _holiday(hours, day):
        return []
    weekday = day.weekday()
    texts = [text for days, text in hours.weekly.items() if weekday in _weekdays(days)]
    return sorted(span for text in texts for span in _parsed(text))


def _weekdays(days: str) -> set[int]:
    """The days of "mon", "mon-fri" or "sat-mon"."""
    first, _, last = days.partition("-")
    start, end = DAYS.index(first), DAYS.index(last or first)
    length = (end - start) % 7
    return {(start + ahead) % 7 for ahead in range(length + 1)}


def _parsed(text: str) -> Iterator[Span]:
    for part in filter(None, (each.strip() for each in text.split(","))):
        start, end = (int(t[:-3]) * 60 + int(t[-2:]) for t in part.split("-"))
        yield start, end if end > start else end + DAY
