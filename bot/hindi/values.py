"""
Decides which value a caller has given who was asked for one: the one entry for all slots.

| slot    | value                                  | its text                |
|---------|----------------------------------------|-------------------------|
| digits  | str, ASCII digits                      | 9876543210              |
| amount  | Decimal, rupees                        | 1250 or 1250.50         |
| count   | int                                    | 3                       |
| date    | date                                   | 2026-11-25              |
| time    | time, to the minute                    | 17:30                   |
| yes_no  | bool                                   | yes or no               |
| letters | str, capital letters and ASCII digits  | ABCPK1234F              |

Every function is for text that answers the question for its slot, and for that only: "चार पाँच लोग"
holds no digits, no amount and no count, and no other text is ever rewritten.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal

from bot.hindi.answers import yes_or_no
from bot.hindi.digits import heard_digits
from bot.hindi.heard_amounts import heard_amount, heard_count
from bot.hindi.heard_dates import heard_date
from bot.hindi.heard_times import heard_time
from bot.hindi.letters import spelled
from bot.hindi.slots import Slot

__all__ = ["Slot", "Value", "canonical", "value"]

Value = str | int | bool | Decimal | date | time


INDIA = timezone(timedelta(hours=5, minutes=30))
_PARSERS: Mapping[Slot, Callable[[str], Value | None]] = {
    Slot.DIGITS: lambda text: heard_digits(text) or None,
    Slot.AMOUNT: heard_amount,
    Slot.COUNT: heard_count,
    Slot.TIME: heard_time,
    Slot.YES_NO: yes_or_no,
    Slot.LETTERS: lambda text: spelled(text) or None,
}


def value(slot: Slot | str, text: str, today: date | None = None) -> Value | None:
    """
    The value of this slot that the text gives; None where it gives none, or several.

    `today` is what आज and कल count from: by default, the date in India. Raises ValueError for an
    unknown slot.
    """
    slot = Slot(slot)
    if slot is Slot.DATE:
        return heard_date(text, today or datetime.now(INDIA).date())
    return _PARSERS[slot](text)


def canonical(found: Value | None) -> str:
    """The one text for a value, as the table says; empty for None."""
    if found is None:
        return ""
    if isinstance(found, bool):
        return "yes" if found else "no"
    if isinstance(found, time):
        return found.strftime("%H:%M")
    if isinstance(found, Decimal):
        whole = found == found.to_integral_value()
        return f"{found:.0f}" if whole else f"{found:.2f}"
    return str(found)
