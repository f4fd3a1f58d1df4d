"""The settings that tell one profile from another: its hours, people, limits (docs/profiles.md)."""

import datetime
import re
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field

from bot.config_part import Part, Seconds

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)")


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("no such time zone; write one as the tz database does: Asia/Kolkata")
    ZoneInfo(name)
    return name


def _days(text: str) -> str:
    """Check "mon", or "mon-fri"."""
    first, _, last = text.partition("-")
    if first not in DAYS or (last or first) not in DAYS:
        raise ValueError(f"no day {text!r}; write a day ({', '.join(DAYS)}) or days: mon-fri")
    return text


def _spans(value: object) -> object:
    """Check "09:00-13:00, 14:00-18:00"; empty: closed."""
    if not isinstance(value, str):
        raise ValueError('write hours as text: "09:00-18:00", or "" for closed')
    for span in filter(None, (part.strip() for part in value.split(","))):
        found = _SPAN.fullmatch(span)
        if found is None or not _possible(found):
            raise ValueError(f'no hours {span!r}; write "09:00-18:00", up to 24:00')
    return value


def _possible(found: re.Match[str]) -> bool:
    from_hour, from_minute, to_hour, to_minute = map(int, found.groups())
    ends = (from_hour * 60 + from_minute, to_hour * 60 + to_minute)
    return from_minute < 60 and to_minute < 60 and max(ends) <= 1440 and ends[0] != ends[1]


Days = Annotated[str, AfterValidator(_days)]
Spans = Annotated[str, BeforeValidator(_spans)]


class WeekSettings(Part):
    """Hours of a week in a time zone."""

    timezone: Annotated[str, AfterValidator(_zone)] = "Asia/Kolkata"
    weekly: dict[Days, Spans] = {}
    """Day or days, and their hours: {mon-fri: "09:00-13:00, 14:00-18:00", sat: "10:00-14:00"}.
    Days without hours are closed; hours may end after midnight (22:00-06:00). Empty: always
    open."""
    holidays: dict[datetime.date, str] = {}
    """Closed days and their names: {2027-01-26: "गणतंत्र दिवस"}."""


class HoursSettings(WeekSettings):
    """When somebody is there: told to the model by `opening_hours`, and decides what callers get
    outside."""

    outside: Literal["talk", "hang_up", "transfer"] = "talk"
    """What happens outside the hours, after `phrases.closed`: the bot talks as ever, hangs up, or
    hands the caller over."""


class LimitsSettings(Part):
    """What the calls of one profile may take, of what all calls have."""

    calls: Annotated[int, Field(ge=0, le=2000)] = 0
    """Calls at once in this process; further ones are refused. 0: as many as there are lines."""


TransferMode = Literal["blind", "warm"]


class TargetSettings(Part):
    """A place to which callers are transferred."""

    context: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,79}$")] = ""
    """The dialplan's context; it must allow it (BOT_TRANSFERS). Empty: `pbx.transfer_context`."""
    exten: Annotated[str, Field(pattern=r"^[A-Za-z0-9*#_+-]{1,79}$")] = "s"
    mode: TransferMode = "blind"
    """`warm`: the caller hears hold music while the agent is told about the call, and accepts it
    with a key. `blind`: the caller is put through at once (docs/transfer.md)."""
    description: Annotated[str, Field(max_length=300)] = ""
    """For the model: when callers belong there."""


class ProfilesSettings(Part):
    """Which profile takes a call, by the number that was called (docs/profiles.md)."""

    folder: str = ""
    """A folder of YAML files, one for each profile. Empty: these settings are the one profile,
    `default`."""
    poll: Seconds = 2.0
    """Between two looks whether a file has changed; SIGHUP has them looked at now."""
